package lock_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/lock"
)

var errCrashed = errors.New("the process has crashed")

// An actor is a process that wants the place: a test steps it from one stop to
// the next, at calls of the store or at sleeps alone. Nobody else runs then.
type actor struct {
	name    string
	world   *clock
	ahead   time.Duration // its clock
	fine    bool          // stops before each call of the store
	store   harness.Store
	proceed chan bool // true: go on; false: crash
	stopped chan string
	at      string // "call", "sleep", "" for at rest
	next    call   // where it stopped, at a call
	crashed bool
	read    time.Time // its clock when it looked last
	waitsOn int       // the claim for whose end it said that it waits
	gives   time.Time // when its patience ends
	came    int       // how often
	nonce   string    // as who it came last
	arrival string    // and when, as in its keys
	result  chan outcome
}

// A call is a call of the store.
type call struct{ op, key string }

// An outcome is what an operation returned.
type outcome struct {
	claim lock.Claim
	err   error
}

func newActor(name string, world *clock, store harness.Store) *actor {
	return &actor{name: name, world: world, store: store, proceed: make(chan bool), stopped: make(chan string), result: make(chan outcome, 1)}
}

func (a *actor) now() time.Time { return a.world.now().Add(a.ahead) }

func (a *actor) locks() lock.Locks {
	return lock.Locks{
		Store: watched{a.store, a.ask},
		Now:   func() time.Time { a.read = a.now(); return a.read },
		Sleep: func(context.Context, time.Duration) error { return a.stop("sleep") },
	}
}

func (a *actor) ask(op, key string, do func() error) error {
	if a.crashed {
		return errCrashed
	}
	if a.fine {
		a.next = call{op, key}
		if err := a.stop("call"); err != nil {
			return err
		}
	}
	err := do()
	if err == nil && op == "put" && strings.Contains(key, "/waiting/") {
		fmt.Sscanf(key, "locks/"+place+"/%d/waiting/", &a.waitsOn)
	}
	return err
}

func (a *actor) stop(at string) error {
	a.stopped <- at
	if a.crashed = !<-a.proceed; a.crashed {
		return errCrashed
	}
	return nil
}

// begin starts an operation and lets it run to its first stop.
func (a *actor) begin(do func(lock.Locks) (lock.Claim, error)) {
	go func() {
		claim, err := do(a.locks())
		a.result <- outcome{claim, err}
		a.stopped <- ""
	}()
	a.at = <-a.stopped
}

// step lets the operation run to its next stop.
func (a *actor) step() {
	a.proceed <- true
	a.at = <-a.stopped
}

// crash ends the operation where it is: nothing that it does has an effect.
func (a *actor) crash() {
	for a.at != "" {
		a.proceed <- false
		a.at = <-a.stopped
	}
	a.crashed = true
}

// candidate is the actor as it comes now.
func (a *actor) candidate() lock.Candidate {
	a.nonce = a.name
	if a.came++; a.came > 1 {
		a.nonce = fmt.Sprint(a.name, ".", a.came)
	}
	c := who(a.nonce)
	c.At = a.now()
	a.arrival = arrival(c.At, c.Nonce)
	return c
}

// arrival is when somebody came, as it stands in keys.
func arrival(at time.Time, nonce string) string {
	return at.Format("20060102T150405.000Z") + "-" + nonce
}

func (a *actor) take() {
	c := a.candidate()
	a.begin(func(l lock.Locks) (lock.Claim, error) { return l.Take(context.Background(), place, c) })
}

func (a *actor) wait(patience time.Duration) {
	c := a.candidate()
	a.waitsOn, a.gives = 0, a.now().Add(patience)
	a.begin(func(l lock.Locks) (lock.Claim, error) { return l.Wait(context.Background(), place, c, patience, nil) })
}

func (a *actor) renew(number int) {
	a.begin(func(l lock.Locks) (lock.Claim, error) {
		return lock.Claim{}, l.Renew(context.Background(), place, number)
	})
}

func (a *actor) release(number int) {
	a.begin(func(l lock.Locks) (lock.Claim, error) {
		return lock.Claim{}, l.Release(context.Background(), place, number)
	})
}

// said is what the operation returned, in a few words; "" while it runs.
func (a *actor) said() string {
	if a.at != "" {
		return ""
	}
	o := <-a.result
	if o.err == nil && o.claim.Number == 0 {
		return "ok"
	}
	return told(o.claim, o.err)
}
