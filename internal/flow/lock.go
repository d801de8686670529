package flow

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/ledger"
	"github.com/stagegate/stagegate/internal/lock"
)

func (g *Gate) locks() lock.Locks { return lock.Locks{Store: g.Ledger.Store, Now: g.Now} }

// claim takes the target for a run with that nonce, or says in in who has it.
// The commit stage has no target, and number 0.
func (g *Gate) claim(ctx context.Context, in *inputs, nonce string) (int, error) {
	if in.Target.InProcess() {
		return 0, nil
	}
	who := lock.Candidate{Stage: in.Stage.Name, Subject: in.Subject.Key(), Commit: in.Subject.Source.Commit, Nonce: nonce, At: g.Now().UTC()}
	claim, err := g.locks().Wait(ctx, ledger.Place(in.Target), who, g.Patience, func(c lock.Claim, until time.Time) {
		g.Say("%s has %s, until %s if it does not renew that: waiting", c.By, in.Target.Name, until.UTC().Format("15:04:05Z"))
	})
	var held *lock.HeldError
	var newer *lock.SupersededError
	if errors.As(err, &held) || errors.As(err, &newer) {
		in.Busy, in.Newer = err.Error(), newer != nil
		return 0, nil
	}
	return claim.Number, err
}

// giveUp lets go of a claim with which no run has begun.
func (g *Gate) giveUp(ctx context.Context, t harness.Target, claim int) error {
	if claim == 0 {
		return nil
	}
	return g.locks().Release(context.WithoutCancel(ctx), ledger.Place(t), claim)
}

// pulse is how often a process that works on a run says that it is alive.
const pulse = 5 * time.Minute

// hold keeps the target for rec while this process works on it. A run that had
// let go of it takes it again, if nobody else had it since: what somebody else
// deployed is not to be tested as rec's.
func (g *Gate) hold(ctx context.Context, rec harness.RunRecord) (letGo func(), err error) {
	if rec.Lock == 0 {
		return func() {}, nil
	}
	place := ledger.Place(rec.Target)
	last, _, err := g.locks().Latest(ctx, place)
	if err != nil {
		return nil, err
	}
	if last.By.Nonce != rec.Nonce {
		return nil, g.taken(rec, last.By.String()+" has taken it since")
	}
	err = g.locks().Renew(ctx, place, last.Number)
	if errors.Is(err, lock.ErrOvertaken) {
		last, err = g.locks().Take(ctx, place, last.By)
	}
	var held *lock.HeldError
	if errors.As(err, &held) {
		return nil, g.taken(rec, err.Error())
	}
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		g.beat(ctx, place, last.Number)
	}()
	return func() { cancel(); <-done }, nil
}

func (g *Gate) taken(rec harness.RunRecord, why string) error {
	return marked{fmt.Errorf("run %s has not got %s any more: %s\nhint: gate decide --run %s, and begin a new one", rec.ID, rec.Target.Name, why, rec.ID), ErrState}
}

// beat renews a claim until ctx ends.
func (g *Gate) beat(ctx context.Context, place string, claim int) {
	tick := time.NewTicker(pulse)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := g.locks().Renew(ctx, place, claim); err != nil && ctx.Err() == nil {
			g.Say("the claim on %s could not be renewed: %v", place, err) // the closing will tell whether that mattered
		}
	}
}

// overtaken says who took the target from rec; "" for nobody.
func (g *Gate) overtaken(ctx context.Context, rec harness.RunRecord) (string, error) {
	if rec.Lock == 0 {
		return "", nil
	}
	last, _, err := g.locks().Latest(ctx, ledger.Place(rec.Target))
	if err != nil || last.By.Nonce == rec.Nonce {
		return "", err
	}
	return last.By.String(), nil
}

// release lets go of the target when rec is decided, if rec still has it.
func (g *Gate) release(ctx context.Context, rec harness.RunRecord) error {
	if rec.Lock == 0 {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	last, free, err := g.locks().Latest(ctx, ledger.Place(rec.Target))
	if err != nil || free || last.By.Nonce != rec.Nonce {
		return err
	}
	return g.locks().Release(ctx, ledger.Place(rec.Target), last.Number)
}
