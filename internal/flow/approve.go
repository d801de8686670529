package flow

import (
	"context"
	"fmt"
	"time"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/ledger"
)

// Approve writes a person's approval: of the promotion of the subject here to a
// stage, or of one rule that it does not pass. principal is who STS says that
// the person is, where that is known.
func (g *Gate) Approve(ctx context.Context, stage, rule, reason, principal string, lasts time.Duration) (harness.Approval, error) {
	s, t, err := g.stage(stage)
	if err != nil {
		return harness.Approval{}, err
	}
	if g.Trust == nil {
		return harness.Approval{}, marked{fmt.Errorf("there is no trust file: nobody is named who may approve\nhint: places.%s.approvers in the trust file", ledger.Place(t)), ErrState}
	}
	if rule != harness.Manual && g.Trust.Places[ledger.Place(t)].NoOverride {
		return harness.Approval{}, marked{fmt.Errorf("the trust file forbids overrides on %s", ledger.Place(t)), ErrState}
	}
	in := inputs{Stage: s, Target: t}
	if err := g.subject(ctx, &in); err != nil {
		return harness.Approval{}, err
	}
	if !t.InProcess() && in.Subject.Artifact == "" {
		return harness.Approval{}, marked{fmt.Errorf("no commit stage has made an artifact of commit %s: there is nothing to approve", in.Subject.Source), ErrState}
	}
	now := g.Now().UTC()
	a := harness.Approval{Service: g.File.Service, Stage: s.Name, Place: ledger.Place(t), Subject: in.Subject, Rule: rule, Reason: reason,
		At: now, Until: now.Add(lasts), Principal: principal}
	if err := a.Check(); err != nil {
		return a, marked{err, ErrStage}
	}
	return g.Ledger.Approve(ctx, a)
}
