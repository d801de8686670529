package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"

	"github.com/stagegate/stagegate/adapters/attest"
	"github.com/stagegate/stagegate/adapters/report"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/checkout"
	"github.com/stagegate/stagegate/internal/flow"
	"github.com/stagegate/stagegate/internal/gatefile"
	"github.com/stagegate/stagegate/internal/ledger"
	"github.com/stagegate/stagegate/internal/notary"
)

// maxVerdict bounds a file with a verdict, in bytes.
const maxVerdict = 64 << 20

func (a *app) verifyCmd() *cobra.Command {
	asked := harness.Asked{Phase: harness.Entry}
	c := &cobra.Command{Use: "verify FILE --stage STAGE --target TARGET", Short: "For the deploy job: does this signed verdict allow this artifact to go there, now?", Args: cobra.ExactArgs(1),
		Long: `Verify a verdict that gate check, begin, run or decide wrote with --verdict FILE.

It is asked for a signature of the trust file's, and then for everything that
the job is about to do: stage, phase, target, artifact, account,
age. The target is asked for because gate.yaml, which is the commit's, says which
one a stage has. Needs no store and
no checkout; the artifact is the one that --artifact names, or the files that
artifacts in gate.yaml names, where they lie here.`,
		RunE: func(c *cobra.Command, args []string) error { return a.verify(c.Context(), args[0], asked) }}
	f := c.Flags()
	f.StringVar(&asked.Stage, "stage", "", "the `stage` that the artifact is about to enter")
	f.Func("phase", "`entry` (may it be deployed?) or exit (did it pass?); entry if not given", func(s string) error {
		asked.Phase = harness.Phase(s)
		if asked.Phase != harness.Entry && asked.Phase != harness.Exit {
			return errors.New("want entry or exit")
		}
		return nil
	})
	f.StringVar(&asked.Service, "service", "", "the `service`; gate.yaml's if there is one")
	f.StringVar(&asked.Target, "target", "", "the `target` that it is about to go to")
	f.StringVar(&asked.Account, "account", "", "the `account` of the credentials that will deploy")
	f.DurationVar(&asked.MaxAge, "max-age", time.Hour, "how old the verdict may be")
	f.BoolVar(&asked.Emulated, "emulated", false, "take a verdict on an emulated account")
	must(c.MarkFlagRequired("stage"))
	must(c.MarkFlagRequired("target"))
	return c
}

// verify rules on the verdict in file and answers like every gate.
func (a *app) verify(ctx context.Context, file string, asked harness.Asked) error {
	if err := a.about(&asked); err != nil {
		return err
	}
	n, err := a.judge(ctx)
	if err != nil {
		return err
	}
	text, err := readUpTo(file, maxVerdict)
	if err != nil {
		return errUsage{err}
	}
	v, err := opened(n, text)
	if err != nil {
		return a.verified(v, []harness.Ruling{{Rule: "signature", Result: harness.Inconclusive, Reason: err.Error()}})
	}
	asked.Now, asked.Trust = time.Now(), n.Trust.Trust
	rules := append([]harness.Ruling{{Rule: "signature", Result: harness.Pass, Reason: "signed by " + v.signer}}, harness.Verify(v.Verdict, asked)...)
	return a.verified(v, rules)
}

// about fills in what the files here say, where the flags do not.
func (a *app) about(asked *harness.Asked) (err error) {
	if a.artifact != "" {
		if asked.Artifact, err = parseArtifact(a.artifact); err != nil {
			return err
		}
	}
	if _, err := os.Stat(a.file); errors.Is(err, fs.ErrNotExist) && asked.Artifact != "" {
		return nil // no checkout: the flags say everything
	}
	f, err := gatefile.Load(a.file)
	switch {
	case err == nil:
		asked.Service = cmp.Or(asked.Service, f.Service)
	case asked.Artifact == "":
		return errUsage{fmt.Errorf("which artifact? %w\nhint: --artifact sha256:...", err)}
	default:
		return errConfig{err}
	}
	if asked.Artifact != "" {
		return nil
	}
	have, err := checkout.Artifact(f.Dir, f.Artifacts)
	if err == nil && len(have.Files) == 0 {
		err = errUsage{fmt.Errorf("the files that artifacts in %s names are not here\nhint: --artifact sha256:...", a.file)}
	}
	asked.Artifact = have.Digest
	return err
}

// judge is the trust file that --trust names; there is no other for who acts
// on a verdict.
func (a *app) judge(context.Context) (notary.Notary, error) {
	n := notary.Notary{ID: verifierID}
	file := first(a.trust, a.getenv("STAGEGATE_TRUST"))
	if file == "" {
		return n, errUsage{errors.New("whose signature? a verdict is worth what the trust file says\nhint: --trust FILE, which must not come from the commit")}
	}
	var err error
	if n.Trust, err = loadTrust(file); err != nil {
		return n, err
	}
	return n, nil
}

// A signedVerdict is a verdict and who signed it.
type signedVerdict struct {
	harness.Verdict
	signer string
}

// opened reads a bundle and checks its signature for the place that it is about.
func opened(n notary.Notary, text []byte) (v signedVerdict, err error) {
	b, err := attest.ParseBundle(text)
	if err != nil {
		return v, err
	}
	var claimed harness.Verdict // only for its place: nothing of it is believed yet
	if err := json.Unmarshal(b.Verdict, &claimed, json.RejectUnknownMembers(true)); err != nil {
		return v, fmt.Errorf("the verdict cannot be read: %w", err)
	}
	o := ledger.Object{Place: cmp.Or(claimed.Target, "commit"), Value: &v.Verdict, Read: b.Read}
	err = n.Open(&o, b.Envelope)
	v.signer = o.Signer
	return v, err
}

func (a *app) verified(v signedVerdict, rules []harness.Ruling) error {
	answer := harness.Sum(rules)
	if a.json {
		if err := a.printJSON(map[string]any{"verdict": answer, "rules": rules}); err != nil {
			return err
		}
	} else if err := report.WriteRules(a.stdout, answer, "verify "+cmp.Or(v.Stage, "verdict"), rules, a.colour()); err != nil {
		return err
	}
	if answer != harness.Allow {
		return errVerdict{answer}
	}
	return nil
}

// writeVerdict writes v, signed, to the file that --verdict names.
func (a *app) writeVerdict(ctx context.Context, g *flow.Gate, v harness.Verdict) error {
	if a.verdict == "" {
		return nil
	}
	fail := func(err error) error { return fmt.Errorf("--verdict: %w", err) }
	statement, full, err := g.Ledger.Signed(context.WithoutCancel(ctx), cmp.Or(v.Target, "commit"), v.Subject(), v)
	if err != nil {
		return fail(err)
	}
	b, err := attest.Bundle{Envelope: statement, Verdict: full}.Encode()
	if err != nil {
		return fail(err)
	}
	temp, err := os.CreateTemp(filepath.Dir(a.verdict), ".verdict-*")
	if err != nil {
		return fail(err)
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(b)
	if err = errors.Join(err, temp.Sync(), temp.Close()); err == nil {
		err = os.Rename(temp.Name(), a.verdict)
	}
	if err != nil {
		return fail(err)
	}
	return nil
}

func readUpTo(file string, limit int64) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = fmt.Errorf("%s: over %d bytes", file, limit)
	}
	return b, err
}
