package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/stagegate/stagegate/adapters/attest"
	"github.com/stagegate/stagegate/internal/gatefile"
	"github.com/stagegate/stagegate/internal/notary"
	"github.com/stagegate/stagegate/internal/trustfile"
)

// verifierID names this program in signed verdicts.
const verifierID = "https://github.com/stagegate/stagegate/cmd/gate"

// Files in a store that is a folder, for work on one machine: who can write
// there can write anything. gate key makes them.
const (
	ownKey   = "dev.key"
	ownTrust = "trust.yaml"
)

// notary is who signs and who is trusted in this call: --key and --trust, else
// STAGEGATE_KEY and STAGEGATE_TRUST, else what lies in a store that is a folder.
// A key or a trust file that was named and cannot be used is an error, never a
// fall-back.
func (a *app) notary(ctx context.Context, s *archive) (n notary.Notary, err error) {
	n.ID = verifierID
	if n.Trust, err = a.trustFor(s); err != nil {
		return n, err
	}
	if key := first(a.key, a.getenv("STAGEGATE_KEY"), s.own(ownKey)); key != "" {
		if n.Signer, err = a.signer(ctx, key); err != nil {
			return n, fmt.Errorf("key: %w", err)
		}
	}
	if a.testKey != "" {
		if n.Tester, err = a.signer(ctx, a.testKey); err != nil {
			return n, fmt.Errorf("test key: %w", err)
		}
	}
	return n, nil
}

// trustFor is the trust file of a call that uses s, nil for none. A store that it
// does not mean is refused before anything is asked of it.
func (a *app) trustFor(s *archive) (*trustfile.File, error) {
	file := first(a.trust, a.getenv("STAGEGATE_TRUST"), s.own(ownTrust))
	if file == "" {
		return nil, nil
	}
	f, err := loadTrust(file)
	if err != nil {
		return nil, err
	}
	if err := meant(s.Store, f.Store); err != nil {
		return nil, errConfig{err}
	}
	return f, nil
}

// meant says how s is another store than the trust file wants: another name,
// another owner of the same name, or an emulator, which has buckets of any name
// and account.
func meant(s gatefile.Store, want trustfile.Store) error {
	switch {
	case want == (trustfile.Store{}):
		return nil
	case s.URL != want.URL:
		return fmt.Errorf("the store is %s, and the trust file says %s\nhint: what was seen elsewhere would be forgotten here", s.URL, want.URL)
	case s.Account != want.Account:
		return fmt.Errorf("the store %s is said to be of account %s, and the trust file says %s\nhint: a bucket of the same name elsewhere is another store", s.URL, s.Account, want.Account)
	case (s.Emulated || s.Endpoint != "") && !want.Emulated:
		return fmt.Errorf("the store %s is said to be an emulator's, and the trust file does not say so\nhint: only store: {emulated: true} in the trust file lets evidence be kept in an emulator", s.URL)
	default:
		return nil
	}
}

func loadTrust(file string) (*trustfile.File, error) {
	f, err := trustfile.Load(file)
	if err != nil {
		return nil, errConfig{err}
	}
	return f, nil
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
	kind := "ed25519"
	c := &cobra.Command{Use: "key [FILE|awskms://[ENDPOINT]/KEY]", Args: cobra.MaximumNArgs(1),
		Short: "Make a signing key: FILE for --key, FILE.pub for the trust file; or print the public key of one in KMS",
		Long: `Make a signing key.

Without an argument it is for work on this machine: a key and a trust file that
names it, in the store, where every call of gate finds them. With FILE it is a
key for --key, and FILE.pub for the trust file. With awskms:///KEY nothing is
made: the public key of a key in KMS is printed, for the trust file.`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return a.makeOwn()
			}
			if !isKMS(args[0]) {
				return a.makeKey(args[0], kind)
			}
			if c.Flags().Changed("type") {
				return errUsage{errors.New("--type: a key of KMS has its type already")}
			}
			return a.showKey(c.Context(), args[0])
		}}
	c.Flags().StringVar(&kind, "type", kind, "of a new key: ed25519 or `ecdsa` (P-256)")
	return c
}

// showKey prints the public key of a key in KMS, as a trust file takes it.
func (a *app) showKey(ctx context.Context, name string) error {
	k, err := parseKMS(name)
	if err != nil {
		return errUsage{err}
	}
	s, err := k.open(ctx)
	if err != nil {
		return err
	}
	public, err := attest.EncodePublic(s.Public())
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(publicKey{s.KeyID(), string(public)})
	}
	_, err = a.stdout.Write(public)
	return err
}

// publicKey is what gate key --json prints: the id in envelopes, and PEM.
type publicKey struct {
	ID     string `json:"id"`
	Public string `json:"public"`
}

// makeOwn makes the key and the trust file of this machine.
func (a *app) makeOwn() error {
	made, err := a.ownKeys(a.file)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]any{"files": made})
	}
	for _, file := range made {
		fmt.Fprintln(a.stdout, "created ", file)
	}
	return nil
}

// makeKey makes a key for --key.
func (a *app) makeKey(file, kind string) error {
	generate, ok := map[string]func() (*attest.FileSigner, error){"ed25519": attest.Generate, "ecdsa": attest.GenerateECDSA}[kind]
	if !ok {
		return errUsage{fmt.Errorf("--type %q: want ed25519 or ecdsa", kind)}
	}
	k, err := newKey(file, generate)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(k)
	}
	_, err = fmt.Fprintf(a.stdout, `created  %[1]s       keep it out of the repository; --key or STAGEGATE_KEY names it
created  %[1]s.pub   for the trust file, which the verifier keeps:

signers:
  %[2]s: {key: %[2]s.pub}
places:
  commit: {signers: [%[2]s]}
`, file, filepath.Base(file))
	return err
}
