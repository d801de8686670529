package lock_test

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/stagegate/stagegate/internal/lock"
)

// A court knows what each actor believes to hold, and judges it.
type court struct {
	clock   *clock
	store   *memory
	beliefs map[*actor]belief
	granted map[int]string // by claim: to whom
	wrong   []string
}

// A belief is a claim with a lease by the actor's own clock.
type belief struct {
	number int
	until  time.Time
}

func newCourt() *court {
	return &court{clock: &clock{noon}, store: newMemory(), beliefs: map[*actor]belief{}, granted: map[int]string{}}
}

func (c *court) accuse(format string, args ...any) {
	c.wrong = append(c.wrong, c.clock.at.Format(time.TimeOnly)+": "+fmt.Sprintf(format, args...))
}

// heard is what a, whose operation has ended, was told: what it believes from
// now on.
func (c *court) heard(a *actor, does string) string {
	o := <-a.result
	said, _, _ := strings.Cut(told(o.claim, o.err), " until")
	switch {
	case a.crashed:
	case o.claim.Number > 0:
		n := o.claim.Number
		if c.granted[n] != "" {
			c.accuse("claim %d is %s's and %s's", n, c.granted[n], a.name)
		}
		c.granted[n] = a.name
		c.beliefs[a] = belief{n, o.claim.At.Add(time.Duration(o.claim.Lease))}
	case errors.Is(o.err, lock.ErrOvertaken):
		delete(c.beliefs, a)
	case o.err == nil && does == "renew":
		if b, ok := c.beliefs[a]; ok {
			c.beliefs[a] = belief{b.number, a.read.Add(time.Hour)}
		}
		return "ok"
	case o.err == nil:
		return "ok"
	case strings.HasPrefix(said, "error"):
		c.accuse("%s %ss: %s", a.name, does, said)
	}
	return said
}

// sees accuses if two hold the place.
func (c *court) sees() {
	var holder *actor
	for a, b := range c.beliefs {
		if a.crashed || a.now().After(b.until) {
			continue
		}
		if holder != nil && c.beliefs[holder].number != b.number {
			c.accuse("%s holds claim %d and %s holds claim %d", a.name, b.number, holder.name, c.beliefs[holder].number)
		}
		holder = a
	}
}

// dense accuses if there is a gap in the claims.
func (c *court) dense() {
	if g := gap(c.store); g != "" {
		c.accuse("%s", g)
	}
}
