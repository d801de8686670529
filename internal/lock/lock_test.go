package lock_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stagegate/stagegate/internal/lock"
)

// A step passes some time and asks for something, of a machine whose clock may
// be ahead.
type step struct {
	pass  time.Duration
	do    string // "take NAME", "renew NUMBER", "release NUMBER" or "latest"
	ahead time.Duration
	want  string
}

func (s step) run(t *testing.T, c *clock, store *memory) string {
	l := c.locks(store)
	l.Now = func() time.Time { return c.at.Add(s.ahead) }
	what, whom, _ := strings.Cut(s.do, " ")
	var n int
	fmt.Sscan(whom, &n)
	switch what {
	case "take":
		return told(l.Take(t.Context(), place, who(whom)))
	case "renew":
		err := l.Renew(t.Context(), place, n)
		if err == nil {
			return "ok"
		}
		return told(lock.Claim{}, err)
	case "release":
		err := l.Release(t.Context(), place, n)
		if err == nil {
			return "ok"
		}
		return told(lock.Claim{}, err)
	case "latest":
		claim, free, err := l.Latest(t.Context(), place)
		check(t, err)
		return fmt.Sprintf("claim %d of %s, free: %v", claim.Number, claim.By.Nonce, free)
	default:
		t.Fatalf("no step %q", s.do)
		return ""
	}
}

func TestLease(t *testing.T) {
	const minute, hour, year = time.Minute, time.Hour, 365 * 24 * time.Hour
	for _, tt := range []struct {
		name  string
		steps []step
	}{
		{"nobody yet", []step{
			{do: "latest", want: "claim 0 of , free: true"},
			{do: "take a", want: "claim 1"},
			{do: "latest", want: "claim 1 of a, free: false"},
		}},
		{"held and released", []step{
			{do: "take a", want: "claim 1"},
			{do: "take b", want: "a has it until 13:02:00"},
			{do: "take a", want: "a has it until 13:02:00"},
			{do: "release 1", want: "ok"},
			{do: "latest", want: "claim 1 of a, free: true"},
			{do: "release 1", want: "ok"},
			{do: "renew 1", want: "over"},
			{do: "take b", want: "claim 2"},
			{do: "release 1", want: "ok"},
			{do: "take a", want: "b has it until 13:02:00"},
		}},
		{"ends with its lease and the skew", []step{
			{do: "take a", want: "claim 1"},
			{pass: hour + 2*minute, do: "take b", want: "a has it until 13:02:00"},
			{do: "latest", want: "claim 1 of a, free: false"},
			{pass: time.Nanosecond, do: "latest", want: "claim 1 of a, free: true"},
			{do: "take b", want: "claim 2"},
			{do: "renew 1", want: "over"},
			{do: "renew 2", want: "ok"},
			{do: "latest", want: "claim 2 of b, free: false"},
		}},
		{"renewed, the last time counts", []step{
			{do: "take a", want: "claim 1"},
			{pass: 30 * minute, do: "renew 1", want: "ok"},
			{pass: 30 * minute, do: "renew 1", want: "ok"},
			{pass: 30 * minute, do: "renew 1", want: "ok"},
			{pass: hour, do: "take b", want: "a has it until 14:32:00"},
			{pass: 3 * minute, do: "take b", want: "claim 2"},
			{do: "renew 1", want: "over"},
		}},
		{"renewed late, when nobody has taken it", []step{
			{do: "take a", want: "claim 1"},
			{pass: 5 * hour, do: "latest", want: "claim 1 of a, free: true"},
			{do: "renew 1", want: "ok"},
			{do: "take b", want: "a has it until 18:02:00"},
		}},
		{"a clock a minute ahead is a minute ahead", []step{
			{do: "take a", ahead: minute, want: "claim 1"},
			{do: "take b", want: "a has it until 13:03:00"},
		}},
		{"a claim from the future lasts from when it was seen", []step{
			{do: "take a", ahead: year, want: "claim 1"},
			{do: "latest", want: "claim 1 of a, free: false"},
			{do: "take b", want: "a has it until 13:02:00"},
			{pass: 30 * minute, do: "take b", want: "a has it until 13:02:00"},
			{pass: 30 * minute, do: "renew 1", want: "ok"}, // its clock is right again
			{do: "take b", want: "a has it until 14:02:00"},
			{pass: hour + 3*minute, do: "take b", want: "claim 2"},
		}},
		{"a dead claim from the future ends", []step{
			{do: "take a", ahead: 30 * year, want: "claim 1"},
			{pass: year, do: "take b", want: "a has it until 13:02:00"},
			{pass: hour + 3*minute, do: "latest", want: "claim 1 of a, free: true"},
			{do: "take b", want: "claim 2"},
			{do: "renew 1", ahead: 30 * year, want: "over"},
		}},
		{"a renewal from the future lasts from when it was seen", []step{
			{do: "take a", want: "claim 1"},
			{pass: minute, do: "renew 1", ahead: year, want: "ok"},
			{pass: minute, do: "take b", want: "a has it until 13:04:00"},
			{pass: minute, do: "renew 1", ahead: year, want: "ok"}, // it lives
			{pass: minute, do: "take b", want: "a has it until 13:06:00"},
			{pass: hour + 3*minute, do: "take b", want: "claim 2"},
		}},
		{"seen by somebody from the future", []step{
			{do: "take a", ahead: year, want: "claim 1"},
			{do: "take b", ahead: year / 2, want: "a has it until 01:02:00"}, // by b's clock, half a year ahead
			{do: "take c", want: "a has it until 13:02:00"},
			{pass: hour + 3*minute, do: "take c", want: "claim 2"},
		}},
		{"a slow clock does not end a lease for others", []step{
			{pass: hour, do: "take a", want: "claim 1"},
			{do: "take b", ahead: -hour, want: "a has it until 13:02:00"},
			{pass: 30 * minute, do: "take c", want: "a has it until 14:02:00"},
		}},
		{"three minutes ahead are waited for, and no more", []step{
			{do: "take a", ahead: 3 * minute, want: "claim 1"},
			{do: "take b", want: "a has it until 13:02:00"},
			{pass: minute, do: "take b", want: "a has it until 13:05:00"},
			{pass: hour + 5*minute, do: "take b", want: "claim 2"},
		}},
		{"a second process of the holder has a slower clock", []step{
			{do: "take a", ahead: minute, want: "claim 1"},
			{do: "renew 1", ahead: -minute + time.Second, want: "ok"},
			{do: "take b", want: "a has it until 13:03:00"},
		}},
		{"what was never claimed", []step{
			{do: "renew 1", want: "error: read locks/staging/000001/claim: not found"},
			{do: "release 1", want: "error: read locks/staging/000001/claim: not found"},
			{do: "renew 0", want: "error: read locks/staging/000000/claim: not found"},
			{do: "take a", want: "claim 1"}, // and not released before
			{do: "take b", want: "a has it until 13:02:00"},
			{do: "release 2", want: "error: read locks/staging/000002/claim: not found"},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, store := &clock{noon}, newMemory()
			for i, s := range tt.steps {
				c.pass(s.pass)
				if got := s.run(t, c, store); got != s.want {
					t.Fatalf("step %d, %s at %s: got %q, want %q", i, s.do, c.at.Format(time.TimeOnly), got, s.want)
				}
			}
			if g := gap(store); g != "" {
				t.Error(g)
			}
		})
	}
}

// A lease is its claim's, whatever those who look would give.
func TestLeaseOfClaim(t *testing.T) {
	c, store := &clock{noon}, newMemory()
	short, long := c.locks(store), c.locks(store)
	short.Lease, long.Lease = time.Minute, 24*time.Hour
	claim, err := long.Take(t.Context(), place, who("a"))
	check(t, err)
	if claim.Lease.String() != "24h0m0s" || !claim.At.Equal(noon) || claim.By.Nonce != "a" {
		t.Errorf("got %+v", claim)
	}
	c.pass(5 * time.Hour)
	if got, want := told(short.Take(t.Context(), place, who("b"))), "a has it until 12:02:00"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Places have nothing to do with each other, and other candidates' names are
// elements of keys.
func TestPlaces(t *testing.T) {
	c, store := &clock{noon}, newMemory()
	l := c.locks(store)
	for _, tt := range []struct{ place, nonce, want string }{
		{"staging", "a", "claim 1"}, {"prod", "a", "claim 1"}, {"prod", "b", "a has it until 13:02:00"},
		{"", "a", "error"}, {"a/b", "a", "error"}, {"..", "a", "error"}, {"x", "", "error"}, {"x", "a/b", "error"}, {"x", "a b", "error"},
		{"x", strings.Repeat("n", 190), "error"},
	} {
		candidate := who(tt.nonce)
		if got := told(l.Take(t.Context(), tt.place, candidate)); !strings.HasPrefix(got, tt.want) {
			t.Errorf("Take at %q with nonce %q: got %q, want %q", tt.place, tt.nonce, got, tt.want)
		}
	}
	if keys, err := store.List(t.Context(), ""); err != nil || len(keys) != 2 {
		t.Errorf("there are %q, %v, want two claims", keys, err)
	}
}

func TestMessages(t *testing.T) {
	digest := strings.Repeat("ab", 32)
	artifact := lock.Candidate{Stage: "acceptance", Subject: "sha256-" + digest, Commit: strings.Repeat("1f", 20), Nonce: "n"}
	commit := lock.Candidate{Stage: "prod", Subject: "commit-" + artifact.Commit, Commit: artifact.Commit, Run: "prod/1/2", Nonce: "n"}
	held := &lock.HeldError{Place: "staging", By: lock.Claim{Number: 1, By: artifact}, Until: noon}
	newer := &lock.SupersededError{Place: "staging", By: commit}
	for _, tt := range []struct{ got, want string }{
		{artifact.String(), "acceptance of sha256-abababababab from commit 1f1f1f1f1f1f"},
		{commit.String(), "prod of commit-1f1f1f1f1f1f, run prod/1/2"},
		{held.Error(), artifact.String() + " has staging, until 2026-11-22T12:00:00Z if it does not renew that"},
		{newer.Error(), "a newer candidate is before this one at staging: " + commit.String()},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}
