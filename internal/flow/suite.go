package flow

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/conceal"
	"github.com/stagegate/stagegate/internal/protocol"
)

// A ground is what suites on a target stand on: the variables of their processes,
// and what is not to be told of them.
type ground struct {
	env     []string
	secrets conceal.Concealer
}

// ground proves the account of t for its tests, and reads its secrets.
func (g *Gate) ground(ctx context.Context, t harness.Target) (ground, error) {
	_, env, err := g.account(ctx, t.ForTests())
	if err != nil {
		return ground{}, err
	}
	secrets, err := g.secrets(ctx, t)
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		env = append(env[:len(env):len(env)], name+"="+secrets[name])
	}
	return ground{env, conceal.New(secrets)}, err
}

// suite runs one suite, or one shard of it, and writes its evidence.
func (g *Gate) suite(ctx context.Context, rec harness.RunRecord, s harness.PlannedRun, shard int, on ground) error {
	var err error
	var e harness.Evidence
	switch {
	case s.Definition.Run != nil:
		g.Say("suite %s: %d planned", s, s.Listed.Count)
		e, err = g.Run(ctx, g.session(protocol.Exec, rec, s.Definition), s, shard, on.env)
	default:
		g.Say("suite %s: %s", s, s.Definition.Cmd)
		e, err = g.Tool(ctx, rec.Target, s.Definition, append(g.environ(rec), on.env...))
	}
	if err != nil {
		return fmt.Errorf("suite %s: %w", s, err)
	}
	if e.Source != harness.GoTest {
		if err := foreign(&e, rec.Target); err != nil {
			return err
		}
	}
	if len(rec.Target.Secrets) > 0 {
		if err := hide(&e, on.secrets); err != nil {
			return err
		}
	}
	e.Placed, e.Shard = s.Placed, shard
	switch _, err := g.Ledger.Add(context.WithoutCancel(ctx), rec, e); {
	case errors.Is(err, harness.ErrExists):
		return marked{fmt.Errorf("run %s: somebody else has written the evidence of suite %s meanwhile: evidence is written once", rec.ID, s), ErrState}
	case err != nil:
		return err
	}
	return ctx.Err()
}

// secrets are the values of t's secrets.
func (g *Gate) secrets(ctx context.Context, t harness.Target) (map[string]string, error) {
	if len(t.Secrets) == 0 {
		return nil, nil
	}
	return g.Secrets(ctx, t)
}

// hide takes secrets out of what was seen, before it is kept for ever.
func hide(e *harness.Evidence, secrets conceal.Concealer) error {
	rows, err := e.Rows.All()
	if err != nil {
		return err
	}
	rows = slices.Clone(rows)
	for i, r := range rows {
		rows[i].Reason, rows[i].Name, rows[i].Created = secrets.In(r.Reason), secrets.In(r.Name), slices.Clone(r.Created)
		for k, made := range r.Created {
			rows[i].Created[k] = secrets.In(made)
		}
	}
	e.Rows, e.Doubts = harness.RowsOf(rows), slices.Clone(e.Doubts)
	for i, d := range e.Doubts {
		e.Doubts[i] = secrets.In(d)
	}
	return nil
}
