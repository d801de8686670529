package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stagegate/stagegate/adapters/attest"
	"github.com/stagegate/stagegate/harness"
)

// ownKeys makes a key and a trust file for work on this machine, in a store
// that is a folder. What is there stays. It returns the files that it made.
func (a *app) ownKeys(gateYAML string) (made []string, err error) {
	f, err := load(gateYAML)
	if err != nil {
		return nil, err
	}
	s, err := a.archive(f)
	if err != nil {
		return nil, err
	}
	dir := s.folder()
	if dir == "" {
		return nil, errUsage{fmt.Errorf("the store is %s: whom to trust is not for the store to say\nhint: gate key FILE, and a trust file that --trust names", s.URL)}
	}
	key, trust := filepath.Join(dir, ownKey), filepath.Join(dir, ownTrust)
	if _, err := os.Lstat(trust); err == nil {
		return nil, errUsage{fmt.Errorf("%s is there already: it says who is trusted", trust)}
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	if _, err := os.Lstat(key); errors.Is(err, fs.ErrNotExist) {
		if _, err := newKey(key, attest.Generate); err != nil {
			return nil, err
		}
		made = append(made, key, key+".pub")
	}
	return append(made, trust), create(trust, trustFor(f.Targets))
}

// trustFor is a trust file that trusts the key of this machine for the commit
// stage and for every target but those with real users.
func trustFor(targets map[string]harness.Target) string {
	var b strings.Builder
	fmt.Fprintf(&b, `# Who may sign for which place, and the least that is asked there. This file is
# for work on one machine: it trusts the key beside it. Where it matters the
# verifier keeps such a file where no commit and no test can reach it, and names
# it with --trust.
signers:
  dev: {key: %s.pub}
places:
  commit: {signers: [dev]}
`, ownKey)
	for _, name := range slices.Sorted(maps.Keys(targets)) {
		t := targets[name]
		more := ""
		if t.Account != "" {
			more += fmt.Sprintf(", account: %q", t.Account)
		}
		if t.Emulated {
			more += ", emulated: true"
		}
		switch {
		case t.Dev:
		case t.Live && !t.Emulated:
			fmt.Fprintf(&b, "  # %s: {signers: [...]%s, live: true}   # real users: a key that no laptop has\n", name, more)
		case t.Live:
			fmt.Fprintf(&b, "  %s: {signers: [dev]%s, live: true}\n", name, more)
		default:
			fmt.Fprintf(&b, "  %s: {signers: [dev]%s}\n", name, more)
		}
	}
	return b.String()
}

// newKey makes a private key and its public half; it overwrites neither.
func newKey(file string, generate func() (*attest.FileSigner, error)) (publicKey, error) {
	if _, err := os.Lstat(file + ".pub"); err == nil {
		return publicKey{}, errUsage{fmt.Errorf("%s.pub is there already", file)}
	}
	k, err := generate()
	if err != nil {
		return publicKey{}, err
	}
	public, err := attest.EncodePublic(k.Public())
	if err != nil {
		return publicKey{}, err
	}
	if err := k.Save(file); err != nil {
		if errors.Is(err, fs.ErrExist) {
			err = errUsage{err}
		}
		return publicKey{}, err
	}
	return publicKey{k.KeyID(), string(public)}, create(file+".pub", string(public))
}
