package lock_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"pgregory.net/rapid"

	"github.com/stagegate/stagegate/internal/lock"
)

// Processes with clocks a minute off at most come, wait, renew, release, stop
// at any call of the store, and crash: never do two hold the place, numbers have
// no gaps, and who is skipped is written down.
func TestProcesses(t *testing.T) {
	seen := map[string]int{}
	rapid.Check(t, func(t *rapid.T) { newMachine(t, true, seen).run() })
	wantSeen(t, seen, "take claim", "take held", "wait claim", "wait held", "wait superseded", "renew ok", "renew over",
		"release ok", "crash", "takeover", "late renewal")
}

// Where nobody stops but to sleep, the newest of those who wait gets the place.
func TestNewestOfAll(t *testing.T) {
	seen := map[string]int{}
	rapid.Check(t, func(t *rapid.T) { newMachine(t, false, seen).run() })
	wantSeen(t, seen, "wait claim", "wait held", "wait superseded", "crash", "takeover", "newest of several")
}

// wantSeen fails where a test has not come across what it is there for.
func wantSeen(t *testing.T, seen map[string]int, want ...string) {
	t.Helper()
	t.Log(seen)
	for _, w := range want {
		if seen[w] == 0 {
			t.Errorf("%q was never seen: this test shows nothing of it", w)
		}
	}
}

type machine struct {
	*rapid.T
	*court
	fine  bool
	seen  map[string]int
	all   []*actor          // that live
	does  map[*actor]string // those that do something
	names int
}

func newMachine(t *rapid.T, fine bool, seen map[string]int) *machine {
	m := &machine{T: t, court: newCourt(), fine: fine, seen: seen, does: map[*actor]string{}}
	for range 4 {
		m.comes()
	}
	return m
}

func (m *machine) comes() {
	m.names++
	a := newActor(fmt.Sprintf("p%d", m.names), m.clock, m.store)
	a.fine = m.fine
	a.ahead = time.Duration(rapid.IntRange(-60, 60).Draw(m.T, "ahead")) * time.Second
	m.all = append(m.all, a)
}

func (m *machine) run() {
	defer func() {
		for _, a := range m.all {
			a.crash() // no goroutine is left
		}
	}()
	scale := 1
	if m.fine {
		scale = 6 // more steps make an operation
	}
	for range scale * rapid.IntRange(50, 300).Draw(m.T, "steps") {
		i := rapid.IntRange(0, len(m.all)-1).Draw(m.T, "who")
		a := m.all[i]
		switch what := rapid.IntRange(0, 99*scale).Draw(m.T, "what"); {
		case what < 12:
			m.clock.pass(time.Duration(rapid.IntRange(1, 40*60).Draw(m.T, "seconds")) * time.Second)
		case what < 14:
			m.seen["crash"]++
			a.crash()
			delete(m.does, a)
			m.all = append(m.all[:i], m.all[i+1:]...)
			m.comes()
		case m.does[a] == "":
			m.begins(a)
		default:
			a.step()
		}
		if m.does[a] != "" && a.at == "" {
			m.ends(a)
		}
		m.judge()
	}
	m.dense()
	m.judge()
}

func (m *machine) judge() {
	m.sees()
	if len(m.wrong) > 0 {
		m.Fatal(strings.Join(m.wrong, "\n"))
	}
}

// begins lets a do something that it may.
func (m *machine) begins(a *actor) {
	b, holds := m.beliefs[a]
	if holds {
		m.does[a] = rapid.SampledFrom([]string{"renew", "renew", "renew", "release"}).Draw(m.T, "does")
	} else {
		m.does[a] = rapid.SampledFrom([]string{"take", "wait", "wait", "wait"}).Draw(m.T, "does")
	}
	m.clock.pass(time.Second) // nobody comes at the same time
	switch m.does[a] {
	case "take":
		a.take()
	case "wait":
		a.wait(time.Duration(rapid.IntRange(0, 180).Draw(m.T, "patience")) * time.Minute)
	case "renew":
		if a.now().After(b.until) {
			m.seen["late renewal"]++
		}
		a.renew(b.number)
	case "release":
		delete(m.beliefs, a)
		a.release(b.number)
	}
}

// ends is what a was told.
func (m *machine) ends(a *actor) {
	does := m.does[a]
	delete(m.does, a)
	before := m.beliefs[a].number
	said := m.heard(a, does)
	words := strings.Fields(said)
	if len(words) > 1 && words[1] == "has" {
		words[0] = "held"
	}
	m.seen[does+" "+words[0]]++
	n := m.beliefs[a].number
	switch {
	case n > before:
		m.won(a, n, does)
	case words[0] == "superseded":
		m.wasSkipped(a, words[len(words)-1])
	case words[0] == "held" && a.waitsOn > 0 && m.written(a, a.waitsOn) != "gave up":
		m.accuse("%s gave up waiting for claim %d, and that is not written", a.name, a.waitsOn)
	}
	a.waitsOn = 0
}

// won looks at who else waited for the place when a got it.
func (m *machine) won(a *actor, n int, does string) {
	if _, released := m.store.all[fmt.Sprintf("locks/staging/%06d/release", n-1)]; n > 1 && !released {
		m.seen["takeover"]++
	}
	for other, what := range m.does {
		if does != "wait" || what != "wait" || m.fine || other.waitsOn != n-1 || other.at != "sleep" {
			continue
		}
		switch {
		case other.arrival < a.arrival:
			m.seen["newest of several"]++
		case !a.now().After(other.gives.Add(2 * time.Minute)):
			m.accuse("%s got claim %d, and %s came later and waited too", a.name, n, other.name)
		}
	}
}

// wasSkipped wants it written, beside the claim that there was, that a was skipped for somebody newer.
func (m *machine) wasSkipped(a *actor, by string) {
	for n := range m.granted {
		if m.written(a, n) == by {
			return
		}
	}
	m.accuse("%s was skipped for %s, and that is not written", a.name, by)
}

// written is what is written at claim n of a having been skipped: for whom, if
// that is somebody newer.
func (m *machine) written(a *actor, n int) string {
	var s struct {
		Who lock.Candidate  `json:"who"`
		At  time.Time       `json:"at"`
		For *lock.Candidate `json:"for"`
	}
	b := m.store.all[fmt.Sprintf("locks/staging/%06d/skipped/%s", n, a.arrival)]
	switch err := json.Unmarshal(b, &s); {
	case err != nil || s.Who.Nonce != a.nonce:
		return ""
	case s.For == nil:
		return "gave up"
	case arrival(s.For.At, s.For.Nonce) <= a.arrival:
		return "somebody older"
	default:
		return s.For.Nonce
	}
}
