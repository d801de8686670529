package harness

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sort"
	"strings"
)

// A Digest is "sha256:" and 64 lower-case hexadecimal digits.
type Digest string

// DigestOf is the digest of b.
func DigestOf(b []byte) Digest {
	sum := sha256.Sum256(b)
	return Digest("sha256:" + hex.EncodeToString(sum[:]))
}

// Short is the first twelve hexadecimal digits of d, for people.
func (d Digest) Short() string {
	s := strings.TrimPrefix(string(d), "sha256:")
	return s[:min(12, len(s))]
}

// Hex is d without its algorithm.
func (d Digest) Hex() string { return strings.TrimPrefix(string(d), "sha256:") }

// Valid reports whether d has the form of a digest.
func (d Digest) Valid() bool {
	h, ok := strings.CutPrefix(string(d), "sha256:")
	if !ok || len(h) != 64 {
		return false
	}
	return strings.Trim(h, "0123456789abcdef") == ""
}

// A Source is what a commit stage is about: the tree of files in the checkout,
// and the commit that has this tree.
type Source struct {
	Commit string `json:"commit,omitempty"` // 40 hexadecimal digits; empty where the tree is not committed
	Tree   string `json:"tree"`             // git's name of the tree
}

// Committed reports whether the tree is a commit's.
func (s Source) Committed() bool { return s.Commit != "" }

// String is the short commit, or says that there is none.
func (s Source) String() string {
	if !s.Committed() {
		return "uncommitted tree " + s.Tree[:min(12, len(s.Tree))]
	}
	return s.Commit[:min(12, len(s.Commit))]
}

// An Artifact is what is deployed: the files of a commit stage's last step.
type Artifact struct {
	Digest   Digest `json:"digest"`   // of the list of files: see [NewArtifact]
	Manifest Digest `json:"manifest"` // of the blob that holds Files
	Files    []File `json:"-"`        // by name
}

// A File is one file of an artifact.
type File struct {
	Name   string `json:"name"` // relative to gate.yaml, with slashes
	Digest Digest `json:"digest"`
	Size   int64  `json:"size"`
	Exec   bool   `json:"exec,omitempty"`
}

// NewArtifact sorts files by name and digests the list, one line
// "hex  name\n" for each, as sha256sum prints it.
func NewArtifact(files []File) Artifact {
	sort.Slice(files, func(i, j int) bool { return files[i].Name < files[j].Name })
	var b strings.Builder
	for _, f := range files {
		fmt.Fprintf(&b, "%s  %s\n", f.Digest.Hex(), f.Name)
	}
	return Artifact{Digest: DigestOf([]byte(b.String())), Files: files}
}

// Without are the files of a whose names other does not have.
func (a Artifact) Without(other Artifact) (all []File) {
	have := map[string]bool{}
	for _, f := range other.Files {
		have[f.Name] = true
	}
	for _, f := range a.Files {
		if !have[f.Name] {
			all = append(all, f)
		}
	}
	return all
}

// Differences lists how other differs from a, a sentence for each file.
func (a Artifact) Differences(other Artifact) (all []string) {
	have := map[string]File{}
	for _, f := range other.Files {
		have[f.Name] = f
	}
	for _, f := range a.Files {
		switch h, ok := have[f.Name]; {
		case !ok:
			all = append(all, f.Name+" is missing")
		case h.Digest != f.Digest:
			all = append(all, f.Name+" was changed")
		case h.Exec != f.Exec:
			all = append(all, f.Name+" may or may not be executed, unlike before")
		}
		delete(have, f.Name)
	}
	for _, f := range other.Files {
		if _, ok := have[f.Name]; ok {
			all = append(all, f.Name+" was added")
		}
	}
	return all
}

// A Subject is what a run is about: the source alone in a commit stage, the
// artifact and the source that it was made from later.
type Subject struct {
	Source   Source `json:"source"`
	Artifact Digest `json:"artifact,omitempty"`
}

// Key names s in the store.
func (s Subject) Key() string {
	switch {
	case s.Artifact != "":
		return "sha256-" + s.Artifact.Hex()
	case s.Source.Committed():
		return "commit-" + s.Source.Commit
	default:
		return "tree-" + s.Source.Tree
	}
}

// Names are s as in-toto names the subjects of a statement about service.
func (s Subject) Names(service string) []SubjectName {
	var all []SubjectName
	if s.Artifact != "" {
		all = append(all, SubjectName{Name: service, Digest: map[string]string{"sha256": s.Artifact.Hex()}})
	}
	source := map[string]string{"gitTree": s.Source.Tree}
	if s.Source.Committed() {
		source["gitCommit"] = s.Source.Commit
	}
	return append(all, SubjectName{Name: service + " source", Digest: source})
}
