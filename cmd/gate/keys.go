package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/stagegate/stagegate/adapters/attest"
	"github.com/stagegate/stagegate/internal/notary"
	"github.com/stagegate/stagegate/internal/trustfile"
)

// verifierID names this program in signed verdicts.
const verifierID = "https://github.com/stagegate/stagegate/cmd/gate"

// notary is who signs and who is trusted in this call: --key and --trust, else
// STAGEGATE_KEY and STAGEGATE_TRUST, else trust.yaml in the store. A key or a
// trust file that was named and cannot be used is an error, never a fall-back.
func (a *app) notary(store string) (n notary.Notary, err error) {
	n.ID = verifierID
	if key := first(a.key, a.getenv("STAGEGATE_KEY")); key != "" {
		if n.Signer, err = attest.Load(key); err != nil {
			return n, errConfig{fmt.Errorf("key: %w", err)}
		}
	}
	file := first(a.trust, a.getenv("STAGEGATE_TRUST"))
	if file == "" {
		file = filepath.Join(store, "trust.yaml")
		if _, err := os.Lstat(file); err != nil && !errors.Is(err, fs.ErrPermission) {
			return n, nil // none, or the store is no folder: who opens the store will say so
		}
	}
	if n.Trust, err = trustfile.Load(file); err != nil {
		return n, errConfig{err}
	}
	return n, nil
}

func first(all ...string) string {
	for _, s := range all {
		if s != "" {
			return s
		}
	}
	return ""
}

func (a *app) keyCmd() *cobra.Command {
	return &cobra.Command{Use: "key FILE", Short: "Make a signing key: FILE for --key, FILE.pub for the trust file", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return a.makeKey(args[0]) }}
}

// makeKey writes a new private key and its public half; it overwrites neither.
func (a *app) makeKey(file string) error {
	if _, err := os.Lstat(file + ".pub"); err == nil {
		return errUsage{fmt.Errorf("%s.pub is there already", file)}
	}
	k, err := attest.Generate()
	if err != nil {
		return err
	}
	public, err := attest.EncodePublic(k.Public())
	if err != nil {
		return err
	}
	if err := k.Save(file); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return errUsage{err}
		}
		return err
	}
	if err := create(file+".pub", string(public)); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, `created  %[1]s       keep it out of the repository; --key or STAGEGATE_KEY names it
created  %[1]s.pub   for the trust file, which the verifier keeps:

signers:
  dev: {key: %[2]s.pub}
places:
  commit: {signers: [dev]}
`, file, filepath.Base(file))
	return err
}
