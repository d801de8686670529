package contracts

import (
	"net/http"
	"net/url"
	"time"

	"github.com/stagegate/stagegate/contracts/pact"
	"github.com/stagegate/stagegate/harness"
)

// answerTimeout is how long a dependency may take for one answer.
const answerTimeout = 10 * time.Second

// An Endpoint is where the adapter finds the dependency.
type Endpoint struct {
	URL    string       // without a trailing slash
	Client *http.Client // talks to URL and to nothing else

	values map[string]string
	secret func(variable, example string) (string, error)
	fatalf func(string, ...any)
}

// Value is the value of a placeholder: an example in mock mode, the target's
// fixture otherwise. The test fails at once if there is no such placeholder.
func (e Endpoint) Value(placeholder string) string {
	v, ok := e.values[placeholder]
	if !ok {
		e.fatalf("no path of this test has a placeholder %q", placeholder)
	}
	return v
}

// Secret is the value of an environment variable, or the example in mock mode.
// In the contract stands a regular expression for both ([matchers.Regex]).
// Nothing that stagegate says or keeps contains the value; what the test
// itself prints may. Without it the interaction ends no-fixture at once.
//
// [matchers.Regex]: https://pkg.go.dev/github.com/pact-foundation/pact-go/v2/matchers#Regex
func (e Endpoint) Secret(variable, example string) string {
	v, err := e.secret(variable, example)
	if err != nil {
		e.fatalf("%v", err)
	}
	return v
}

// A place is where a trial runs.
type place struct {
	mode    harness.Mode
	target  harness.Target
	timeout time.Duration
	getenv  func(string) string
	keep    bool // a mock's document is wanted
}

// A verdict is how a trial ended. Its zero value is not a pass.
type verdict struct {
	outcome  harness.Outcome
	reason   string
	calls    int    // requests that the dependency answered
	document []byte // of a mock that passed, where it is wanted
}

// A trial is one run of a spec in one mode.
type trial struct {
	spec
	place
	engine *pact.Engine
	values map[string]string
	pact   *pact.Pact
	mock   *pact.Server
	url    string
	client *http.Client
	pinned *pinned // nil where the test has the real URL
	guard  *guard  // nil in mock mode
	secrets
	stop func()
}

// start prepares a trial. Without one, the verdict says why it cannot run.
func (s spec) start(e *pact.Engine, p place) (*trial, verdict) {
	tr := &trial{spec: s, place: p, engine: e, stop: func() {}}
	live := p.mode != harness.Mock
	var dependency *url.URL
	if live {
		var err error
		if dependency, err = p.dependencyURL(s.provider); err != nil {
			return nil, verdict{outcome: harness.Unreachable, reason: err.Error()}
		}
	}
	var err error
	if tr.values, err = s.valuesAt(p); err != nil {
		return nil, verdict{outcome: harness.NoFixture, reason: err.Error()}
	}
	if tr.pact, err = s.document(e, tr.values, live); err != nil {
		return nil, verdict{outcome: harness.Failed, reason: err.Error()}
	}
	if tr.mock, err = tr.pact.Serve(); err != nil {
		tr.pact.Free()
		return nil, verdict{outcome: harness.Failed, reason: err.Error()}
	}
	if live {
		err = tr.connect(dependency)
	} else {
		tr.pin(tr.mock.URL())
	}
	if err != nil {
		tr.release()
		return nil, verdict{outcome: harness.Failed, reason: err.Error()}
	}
	return tr, verdict{}
}

// connect puts the guard between the adapter and the dependency.
func (tr *trial) connect(dependency *url.URL) error {
	mock, err := url.Parse(tr.mock.URL())
	if err != nil {
		return err
	}
	tr.guard = newGuard(mock, dependency, tr.timeout)
	if tr.all[0].RealURL {
		tr.url, tr.client = dependency.String(), &http.Client{Transport: tr.guard}
		return nil
	}
	address, stop, err := tr.guard.listen()
	tr.stop = stop
	tr.pin(address)
	return err
}

// pin makes base the test's endpoint.
func (tr *trial) pin(base string) {
	tr.pinned = pin(base)
	tr.url, tr.client = base, &http.Client{Transport: tr.pinned}
}

func (tr *trial) endpoint(fatalf func(string, ...any)) Endpoint {
	return Endpoint{URL: tr.url, Client: tr.client, values: tr.values, secret: tr.secret, fatalf: fatalf}
}

func (tr *trial) release() {
	tr.client.CloseIdleConnections()
	tr.stop()
	tr.mock.Close()
	tr.pact.Free()
}

// end judges the trial, once. What the adapter did wrong comes first, then what
// the dependency did wrong, then what could not be learned, and last the test's
// own failure, which is often only a consequence.
func (tr *trial) end(how ending) (v verdict) {
	defer tr.release()
	defer func() { v.reason = tr.conceal(v.reason) }()
	var exchanges []exchange
	refused, lost := tr.pinned.seen()
	if tr.guard != nil {
		var more []string
		exchanges, more = tr.guard.finish()
		refused = append(refused, more...)
	}
	for _, x := range exchanges {
		if x.err == nil {
			v.calls++
		}
	}
	mismatches, err := tr.mock.Mismatches()
	if err != nil {
		v.outcome, v.reason = harness.Failed, err.Error()
		return v
	}
	say := tr.words()
	var missing []string
	for _, m := range mismatches {
		if m.Kind == pact.Missing {
			missing = append(missing, m.Method+" "+m.Path)
		} else {
			refused = append(refused, say.request(m))
		}
	}
	broken, err := tr.broken(exchanges)
	switch {
	case len(refused) > 0:
		v.outcome, v.reason = harness.RequestMismatch, say.refused(refused)
	case err != nil:
		v.outcome, v.reason = harness.Failed, err.Error()
	case len(broken) > 0:
		v.outcome, v.reason = harness.ResponseMismatch, say.broken(broken)
	case tr.lacking() != nil:
		v.outcome, v.reason = harness.NoFixture, say.notSet(tr.lacking())
	case unanswered(exchanges) != nil:
		v.outcome, v.reason = unanswered(exchanges).failure(tr.timeout)
	case len(missing) > 0 && lost != nil:
		v.outcome, v.reason = harness.Failed, say.lost(lost)
	case len(missing) > 0 && how != skipped:
		v.outcome, v.reason = harness.NotCalled, say.missing(missing, exchanges, how)
	case how == skipped:
		v.outcome = harness.Skipped // without a reason: that a test was skipped is none, and its own words only go test knows
	case how != returned:
		v.outcome, v.reason = harness.TestFailed, say.own(how, exchanges)
	default:
		v.outcome = harness.Passed
	}
	if v.outcome == harness.Passed && tr.keep {
		if v.document, err = tr.pact.JSON(); err != nil {
			v.outcome, v.reason = harness.Failed, err.Error()
		}
	}
	return v
}
