package flow

import (
	"bytes"
	"context"
	"fmt"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/ledger"
)

// A Replay is a stored verdict and what this gate makes of the same inputs.
type Replay struct {
	Key     string          `json:"key"`   // where the verdict stands
	Phase   harness.Phase   `json:"phase"` // of the stored verdict
	Verdict harness.Answer  `json:"verdict"`
	Gate    string          `json:"gate"` // version that decided
	Same    bool            `json:"same"` // the payload is the same, byte for byte
	Agrees  bool            `json:"agrees"`
	Differs []string        `json:"differs,omitempty"` // how this gate decides, rule by rule
	Why     string          `json:"why,omitempty"`     // why it could not be decided anew
	Anew    harness.Verdict `json:"-"`
}

// Replay decides every stored verdict of a run anew, from the very inputs that
// it names, as the store was then. The payload must come out byte for byte if
// the same version of gate decided it; another version must agree in every rule.
func (g *Gate) Replay(ctx context.Context, id string) ([]Replay, error) {
	r, _, err := g.find(ctx, id)
	if err != nil {
		return nil, err
	}
	written, err := g.Ledger.Verdicts(ctx, *r.Record)
	if err != nil {
		return nil, err
	}
	if len(written) == 0 {
		return nil, marked{fmt.Errorf("run %s: nothing was decided of it yet", id), ErrState}
	}
	var all []Replay
	for _, w := range written {
		one, err := g.replay(ctx, *r.Record, w)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

func (g *Gate) replay(ctx context.Context, rec harness.RunRecord, w ledger.Written) (Replay, error) {
	one := Replay{Key: w.Key, Phase: w.Verdict.Phase, Verdict: w.Verdict.Verdict, Gate: w.Verdict.Gate}
	if w.Problem != "" {
		one.Why = w.Problem
		return one, nil
	}
	if g.Trust != nil && g.Trust.Digest != w.Verdict.Trust {
		one.Why = fmt.Sprintf("it was decided under another trust file: %s, this one is %s", w.Verdict.Trust.Short(), g.Trust.Digest.Short())
		return one, nil
	}
	in, err := g.readInputs(ctx, w.Verdict.Inputs)
	if err != nil {
		one.Why = err.Error()
		return one, nil
	}
	past := g.Ledger
	past.Store = ledger.Past(g.Ledger.Store, in.Read)
	c, err := in.gather(ctx, past, g.Trust, w.Verdict.Gate)
	if err != nil {
		one.Why = err.Error()
		return one, nil
	}
	v := harness.Decide(c)
	if v.Unread != nil {
		return one, v.Unread
	}
	v.Inputs = w.Verdict.Inputs
	payload, err := g.Ledger.Payload(ctx, rec, v)
	if err != nil {
		return one, err
	}
	one.Anew, one.Same = v, bytes.Equal(payload, w.Payload)
	one.Differs = differences(w.Verdict, v)
	one.Agrees = len(one.Differs) == 0
	return one, nil
}

// differences are the rules in which two verdicts differ, and their answers.
func differences(a, b harness.Verdict) (all []string) {
	if a.Verdict != b.Verdict {
		all = append(all, fmt.Sprintf("the verdict was %s, it is %s", a.Verdict, b.Verdict))
	}
	results := func(v harness.Verdict) map[string]harness.Result {
		m := map[string]harness.Result{}
		for _, r := range v.Rules {
			if was, ok := m[r.Rule]; !ok || was == harness.Pass {
				m[r.Rule] = r.Result
			}
		}
		return m
	}
	was, is := results(a), results(b)
	for _, r := range a.Rules {
		switch now, ok := is[r.Rule]; {
		case !ok:
			all = append(all, fmt.Sprintf("rule %s was asked, and is not", r.Rule))
		case now != was[r.Rule]:
			all = append(all, fmt.Sprintf("rule %s was %s, it is %s", r.Rule, was[r.Rule], now))
		}
	}
	for _, r := range b.Rules {
		if _, ok := was[r.Rule]; !ok {
			all = append(all, fmt.Sprintf("rule %s is asked, and was not", r.Rule))
		}
	}
	return all
}
