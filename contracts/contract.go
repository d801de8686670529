package contracts

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/protocol"
)

// A Contract is what one consumer expects of one provider. Its methods may be
// called by parallel tests.
type Contract struct {
	t                  *testing.T
	consumer, provider string
	session            *protocol.Session // nil: a plain go test
	answer             *protocol.Writer  // nil: a plain go test
	dir                string

	mu      sync.Mutex
	defined map[string]bool // names of tests
	safe    int
}

// For begins the contract of consumer with provider, as the tests of t. The run
// that gate began says in which mode its interactions run; without one they run
// against mocks and nothing is written. A contract that ends without an
// interaction fails t, and so does one without a Safe interaction on a live target.
func For(t *testing.T, consumer, provider string) *Contract {
	t.Helper()
	c, err := begin(t, consumer, provider, os.Getenv)
	if err != nil {
		t.Fatalf("contract %s - %s: %v", consumer, provider, err)
	}
	t.Cleanup(c.end)
	return c
}

func begin(t *testing.T, consumer, provider string, getenv func(string) string) (*Contract, error) {
	if consumer == "" || provider == "" {
		return nil, errors.New("consumer and provider need names")
	}
	c := &Contract{t: t, consumer: consumer, provider: provider, defined: map[string]bool{}}
	var err error
	if c.dir, err = os.Getwd(); err != nil {
		return nil, err
	}
	if c.session, err = protocol.FromEnviron(getenv); err != nil || c.session == nil {
		return c, err
	}
	c.answer, err = protocol.Create(c.session, t.Name())
	return c, err
}

// end runs after all tests of c.
func (c *Contract) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	name := c.consumer + " - " + c.provider
	switch {
	case len(c.defined) == 0:
		c.t.Errorf("contract %s has no interactions: a contract that checks nothing does not pass", name)
	case c.mode() == harness.Safe && c.safe == 0:
		c.t.Errorf("contract %s has no interaction marked Safe, so nothing of it can run on %s, which is live", name, c.session.Target.Name)
	}
	if c.answer != nil {
		if err := c.answer.Close(); err != nil {
			c.t.Errorf("contract %s: %v", name, err)
		}
	}
}

func (c *Contract) mode() harness.Mode {
	if c.session == nil {
		return harness.Mock
	}
	return c.session.Mode(harness.Interaction)
}

// Test runs fn as a subtest called name. It passes if fn made the interaction's
// request through its endpoint, and only that, if the answer was as agreed, and
// if fn itself did not fail.
func (c *Contract) Test(name string, i Interaction, fn func(t *testing.T, ep Endpoint)) {
	c.t.Helper()
	c.test(name, []Interaction{i}, fn, caller(c.dir))
}

// TestAll is [Contract.Test] for an adapter that makes several requests. It is
// one test: safe if all interactions are, and one result.
func (c *Contract) TestAll(name string, all []Interaction, fn func(t *testing.T, ep Endpoint)) {
	c.t.Helper()
	c.test(name, all, fn, caller(c.dir))
}

func (c *Contract) test(name string, all []Interaction, fn func(*testing.T, Endpoint), where string) {
	c.t.Helper()
	s := spec{consumer: c.consumer, provider: c.provider, name: name, all: all}
	if err := s.validate(); err != nil {
		c.t.Fatalf("%s: interaction %q: %v", where, name, err)
	}
	id := c.t.Name() + "/" + subtestName(name)
	if !c.define(id, s.safe()) {
		c.t.Fatalf("%s: interaction %q: there are two of this name", where, name)
	}
	switch {
	case c.session == nil:
	case c.session.Phase == protocol.Plan:
		c.plan(harness.Planned{ID: id, Name: name, Kind: harness.Interaction, Where: where, Hash: s.hash(), Safe: s.safe()})
		return
	case !c.session.Mine(c.dir, id):
		return
	}
	c.t.Run(name, func(t *testing.T) {
		if t.Name() != id { // the row would be of an interaction that nobody planned
			t.Fatalf("this test is called %q, want %q: another test of %s has the same name", t.Name(), id, c.t.Name())
		}
		if c.mode() == harness.Safe && !s.safe() {
			t.Skipf("%s: not marked Safe, and %s is live: nothing was sent", harness.NotSafe, c.session.Target.Name)
		}
		c.run(t, s, fn, where)
	})
}

// define notes a test, once.
func (c *Contract) define(id string, safe bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.defined[id] {
		return false
	}
	c.defined[id] = true
	if safe {
		c.safe++
	}
	return true
}

func (c *Contract) plan(p harness.Planned) {
	c.t.Helper()
	if c.mode() == harness.Safe && !p.Safe {
		return
	}
	if err := c.answer.Planned(p); err != nil {
		c.t.Fatal(err)
	}
}

// subtestName is what package testing makes of a name that is used once.
func subtestName(name string) string {
	var b strings.Builder
	for _, r := range name {
		switch {
		case unicode.IsSpace(r):
			b.WriteByte('_')
		case !strconv.IsPrint(r):
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// builder is the package that defines interactions for its callers.
const builder = "github.com/stagegate/stagegate/contracts/pactgo."

// caller is file:line of the test that defines an interaction.
func caller(dir string) string {
	pcs := make([]uintptr, 16)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	frame, more := frames.Next()
	for more && strings.HasPrefix(frame.Function, builder) {
		frame, more = frames.Next()
	}
	file, line := frame.File, frame.Line
	if file == "" {
		return ""
	}
	if rel, err := filepath.Rel(dir, file); err == nil && filepath.IsLocal(rel) {
		file = filepath.ToSlash(rel)
	}
	return fmt.Sprintf("%s:%d", file, line)
}
