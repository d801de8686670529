package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/stagegate/stagegate/adapters/alarms"
	"github.com/stagegate/stagegate/adapters/gotest"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/harness/schedule"
	"github.com/stagegate/stagegate/internal/flow"
	"github.com/stagegate/stagegate/internal/gatefile"
	"github.com/stagegate/stagegate/internal/ledger"
	"github.com/stagegate/stagegate/internal/notary"
	"github.com/stagegate/stagegate/internal/protocol"
)

// within calls do with the gate of this call: that of the checkout, or of a
// second work tree where another commit or artifact was asked for.
func (a *app) within(ctx context.Context, do func(context.Context, *flow.Gate) error) error {
	f, err := load(a.file)
	if err != nil {
		return err
	}
	s, err := a.archive(f)
	if err != nil {
		return err
	}
	sign, err := a.notary(ctx, s)
	if err != nil {
		return err
	}
	g, err := a.gate(f, s, sign)
	if err != nil {
		return err
	}
	if dir, err := os.MkdirTemp("", "stagegate-linked-"); err == nil { // it saves time, and is no more needed
		defer os.RemoveAll(dir)
		a.linked = dir
	}
	commit, err := a.wanted(ctx, g)
	if err != nil {
		return err
	}
	head, err := g.Tree.Head(ctx)
	if commit == "" || err == nil && head == commit {
		return do(ctx, g)
	}
	g.Say("checking out %s", commit[:12])
	return g.Tree.At(ctx, commit, func(dir string) error {
		f, err := load(filepath.Join(dir, filepath.Base(a.file)))
		if err != nil {
			return err
		}
		if err := s.Apart(f.Targets); err != nil {
			return errConfig{fmt.Errorf("%s of commit %s: %w", a.file, commit[:12], err)}
		}
		other, err := a.gate(f, s, sign)
		if err != nil {
			return err
		}
		return do(ctx, other)
	})
}

// wanted is the commit that --commit or --artifact ask for, "" for neither.
// With both the commit has to have made the artifact.
func (a *app) wanted(ctx context.Context, g *flow.Gate) (commit string, err error) {
	if a.commit != "" {
		if commit, err = g.Tree.Resolve(ctx, a.commit); err != nil {
			return "", errUsage{fmt.Errorf("--commit: %w", err)}
		}
	}
	if a.artifact == "" {
		return commit, nil
	}
	d, err := parseArtifact(a.artifact)
	if err != nil {
		return "", err
	}
	sources, err := g.Ledger.Makers(ctx, d)
	if err != nil {
		return "", err
	}
	for _, s := range sources {
		if s.Committed() && (commit == "" || s.Commit == commit) {
			return s.Commit, nil
		}
	}
	if commit != "" {
		return "", errUsage{fmt.Errorf("--artifact: no commit stage of commit %s in this store has made %s", commit[:12], d.Short())}
	}
	return "", errUsage{fmt.Errorf("--artifact: no commit stage in this store has made %s", d.Short())}
}

// parseArtifact reads a digest as a verdict shows it; "sha256:" may be left out.
func parseArtifact(s string) (harness.Digest, error) {
	d := harness.Digest("sha256:" + strings.TrimPrefix(s, "sha256:"))
	if !d.Valid() {
		return "", errUsage{fmt.Errorf("--artifact %q: want sha256: and 64 hexadecimal digits, as a verdict shows them", s)}
	}
	return d, nil
}

func load(file string) (*gatefile.File, error) {
	f, err := gatefile.Load(file)
	if err != nil {
		return nil, errConfig{err}
	}
	return f, nil
}

// gate wires a gate for a gate.yaml. The store and who signs are those of the
// call, whichever commit the gate.yaml is of.
func (a *app) gate(f *gatefile.File, s *archive, sign notary.Notary) (*flow.Gate, error) {
	v := newView(a.stderr, a.getenv)
	g := &flow.Gate{
		File:    f,
		Ledger:  ledger.Ledger{Store: s, Notary: sign},
		Tree:    s.tree(f),
		Version: version(),

		Keep: a.verdict != "", Patience: a.wait,
	}
	var err error
	if g.Order, err = schedule.ParseOrder(a.order, func() uint64 { return uint64(mathrand.Uint32()) }); err != nil {
		return nil, errUsage{fmt.Errorf("--order: %w", err)}
	}
	if a.artifact != "" {
		if g.Want, err = parseArtifact(a.artifact); err != nil {
			return nil, err
		}
	}
	if sign.Trust != nil {
		g.Trust = &sign.Trust.Trust
	}
	g.Ports = flow.Ports{
		Plan: func(ctx context.Context, s protocol.Session, suite harness.Suite) ([]harness.Planned, []protocol.Unused, error) {
			return a.runner(f.Dir, a.testEnv(s.Target, suite), v).Plan(ctx, s, suite)
		},
		Run: func(ctx context.Context, s protocol.Session, p harness.PlannedRun, shard int, env []string) (harness.Evidence, error) {
			return a.goSuite(ctx, a.runner(f.Dir, append(a.testEnv(s.Target, p.Definition), env...), v), v, s, p, shard)
		},
		Tool: func(ctx context.Context, t harness.Target, s harness.Suite, env []string) (harness.Evidence, error) {
			if a.kit != nil {
				return harness.Evidence{}, errUsage{fmt.Errorf("a bundle has Go suites only, and %s is a command\nhint: run the stage with a checkout", s.Name)}
			}
			return a.tool(ctx, f.Dir, s, append(a.testEnv(t, s), env...), v)
		},
		Shell: func(ctx context.Context, name, command string, env []string) harness.StepTime {
			return a.shell(ctx, f.Dir, name, command, append(a.commandEnv(), env...), a.stderr)
		},
		Account: a.account,
		Secrets: func(ctx context.Context, t harness.Target) (map[string]string, error) {
			values, err := a.secrets(ctx, t)
			v.conceal(values)
			return values, err
		},
		Alarms: func(ctx context.Context, t harness.Target, want harness.Alarms) (harness.Watch, error) {
			cfg, err := a.session(ctx, t)
			if err != nil {
				return harness.Watch{}, fmt.Errorf("target %s: %w", t.Name, err)
			}
			return alarms.Watch(ctx, cfg, want, v.say), nil
		},
		Served: served,
		Now:    time.Now,
		Nonce:  rand.Text,
		Say:    v.say,
	}
	return g, nil
}

func (a *app) runner(dir string, env []string, v *view) gotest.Runner {
	return gotest.Runner{Dir: dir, Env: append(env, a.kitEnv(dir)...), Progress: v.event, Kit: a.kit, Linked: a.linked}
}

// goSuite runs a Go suite, or the part of it that is this shard's.
func (a *app) goSuite(ctx context.Context, r gotest.Runner, v *view, s protocol.Session, p harness.PlannedRun, shard int) (harness.Evidence, error) {
	all, err := p.Inventory.All()
	if err != nil {
		return harness.Evidence{}, err
	}
	keep, err := askMessages(r.Dir, &s, p, shard, v.say)
	if err != nil {
		return harness.Evidence{}, err
	}
	defer keep()
	mine := inTurn(slices.DeleteFunc(slices.Clone(all), func(q harness.Planned) bool { return p.Divided() > 1 && q.Shard != shard }))
	switch divided, turned := p.Divided() > 1, len(mine) > 0 && mine[len(mine)-1].Turn > 0; {
	case divided:
		if s.Only, err = r.Select(ctx, p.Definition, mine); err != nil {
			return harness.Evidence{}, err
		}
		if len(mine) == 0 { // more shards than scenarios: nothing to do is not nothing to show
			now := time.Now().UTC()
			return harness.Evidence{Source: harness.GoTest, Started: now, Finished: now}, nil
		}
	case turned:
		if s.Order, err = r.Select(ctx, p.Definition, mine); err != nil { // an order is worth no failure, and who runs it finds what is wrong
			v.say("suite %s begins in no order: %v", p, err)
		}
	}
	v.begin(p.String(), len(mine))
	log, flush := v.log()
	r.Log = log
	seen, err := r.Run(ctx, s, p.Definition, all)
	flush()
	v.end()
	v.failures(p.String(), seen, s.Target)
	if err == nil {
		var doubts []string
		doubts, err = keepPacts(r.Dir, s, p, seen, v.say)
		seen.Doubts = append(seen.Doubts, doubts...)
	}
	return harness.Evidence{Source: harness.GoTest, Exit: seen.Exit, Started: seen.Started.UTC(), Finished: seen.Finished.UTC(),
		Doubts: seen.Doubts, Rows: harness.RowsOf(seen.Rows)}, err
}

// inTurn puts things in the order in which they begin: those without a turn
// first, as they stand.
func inTurn(all []harness.Planned) []harness.Planned {
	slices.SortStableFunc(all, func(a, b harness.Planned) int { return cmp.Compare(a.Turn, b.Turn) })
	return all
}

// version is the version of this gate: the module's, with the commit it was
// built from where the toolchain knows it.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	if v == "" || v == "(devel)" {
		v = "devel"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 && !strings.Contains(v, s.Value[:12]) {
			v += "+" + s.Value[:12]
		}
	}
	return v
}
