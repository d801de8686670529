package gotest

import (
	"path"
	"regexp"
)

// maxLinked bounds how many test binaries a call leaves behind: each has tens of
// megabytes.
const maxLinked = 8

var majorVersion = regexp.MustCompile(`^v[0-9]+$`)

// linked has go test leave the binaries of pkgs in Linked, where the next call finds
// them: go links again only what has changed, which it knows by their build IDs
// (go help buildid). It names them by the last element of the import path, so where
// two are alike nothing is kept.
func (r Runner) linked(pkgs []listed) []string {
	if r.Linked == "" || r.Kit != nil || len(pkgs) > maxLinked {
		return nil
	}
	names := map[string]bool{}
	for _, p := range pkgs {
		name := path.Base(p.ImportPath)
		if majorVersion.MatchString(name) {
			name = path.Base(path.Dir(p.ImportPath))
		}
		if names[name] {
			return nil
		}
		names[name] = true
	}
	return []string{"-o=" + r.Linked + "/"}
}
