package features

import (
	"slices"
	"time"
	"unicode/utf16"

	messages "github.com/cucumber/messages/go/v34"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/expression"
)

// A testCase is what a stream has told of a scenario: its id, and those of its
// parts.
type testCase struct {
	id    string
	parts []string
	shape []*hook // the hook of each part; nil for a step
}

// The messages of a test case, where the library's types would leave out lists
// that are empty and offsets that are 0.
type (
	caseEnvelope struct {
		TestCase caseMessage `json:"testCase"`
	}
	// what there is most of; the library's envelope has a member for everything
	caseStarted struct {
		M messages.TestCaseStarted `json:"testCaseStarted"`
	}
	stepStarted struct {
		M messages.TestStepStarted `json:"testStepStarted"`
	}
	stepFinished struct {
		M messages.TestStepFinished `json:"testStepFinished"`
	}
	caseFinished struct {
		M messages.TestCaseFinished `json:"testCaseFinished"`
	}
	caseMessage struct {
		ID    string `json:"id"`
		Of    string `json:"pickleId"`
		Steps []any  `json:"testSteps"`
		Run   string `json:"testRunStartedId"`
	}
	hookStep struct {
		ID   string `json:"id"`
		Hook string `json:"hookId"`
	}
	pickleStep struct {
		ID          string          `json:"id"`
		Of          string          `json:"pickleStepId"`
		Definitions []string        `json:"stepDefinitionIds"`
		Matches     []matchArgument `json:"stepMatchArgumentsLists"`
	}
	matchArgument struct {
		Arguments []matched `json:"stepMatchArguments"`
	}
	matched struct {
		Group group  `json:"group"`
		Type  string `json:"parameterTypeName,omitempty"`
	}
	group struct {
		Start    *int    `json:"start,omitempty"`
		Value    *string `json:"value,omitempty"`
		Children []group `json:"children,omitempty"`
	}
)

// attempt tells everything of one attempt, which will be followed by another or not.
func (s *stream) attempt(sc *scenario, a attempt, again bool) error {
	if s == nil {
		return nil
	}
	known, all := s.testCase(sc, a.parts, again)
	id := s.id()
	at := a.row.Started
	all = append(all, &caseStarted{messages.TestCaseStarted{Id: id, TestCaseId: known.id, Attempt: int64(a.row.Attempt - 1), Timestamp: timestamp(at)}})
	for i, o := range sc.outcomes(a.parts) {
		p := &a.parts[i]
		if p.began.IsZero() {
			p.began, p.ended = at, at
		}
		if !again {
			s.judge(o)
		}
		at = p.ended
		all = append(all, s.partMessages(sc, p, o, id, known.parts[i])...)
	}
	all = append(all, &caseFinished{messages.TestCaseFinished{TestCaseStartedId: id, Timestamp: timestamp(later(at, a.row.Started.Add(time.Duration(a.row.Took)))), WillBeRetried: again}})
	return s.write(all...)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (s *stream) partMessages(sc *scenario, p *part, o harness.Outcome, started, id string) (all []any) {
	all = append(all, &stepStarted{messages.TestStepStarted{TestCaseStartedId: started, TestStepId: id, Timestamp: timestamp(p.began)}})
	for _, a := range s.tellable(sc, p.said) {
		m := attached(a, p.ended)
		m.TestCaseStartedId, m.TestStepId = started, id
		all = append(all, &messages.Envelope{Attachment: m})
	}
	if o == harness.Undefined && len(sc.steps[p.step].hits()) == 0 {
		st := sc.steps[p.step]
		m := &messages.Suggestion{Id: s.id(), PickleStepId: sc.pickles[p.step]}
		for _, code := range s.of.snippets(st) {
			m.Snippets = append(m.Snippets, &messages.Snippet{Language: "go", Code: code})
		}
		all = append(all, &messages.Envelope{Suggestion: m})
	}
	return append(all, &stepFinished{messages.TestStepFinished{TestCaseStartedId: started, TestStepId: id, TestStepResult: p.message(o), Timestamp: timestamp(p.ended)}})
}

// testCase is what was told of sc, or what is to be told now. An attempt that
// has other parts than the one before is a test case of its own.
func (s *stream) testCase(sc *scenario, parts []part, again bool) (testCase, []any) {
	var shape []*hook
	for _, p := range parts {
		shape = append(shape, p.hook)
	}
	s.mu.Lock()
	known, ok := s.cases[sc]
	delete(s.cases, sc)
	s.mu.Unlock()
	var all []any
	if !ok || !slices.Equal(shape, known.shape) {
		known = testCase{id: s.id(), shape: shape}
		m := caseMessage{ID: known.id, Of: sc.pickle, Run: s.run, Steps: []any{}}
		for _, p := range parts {
			id := s.id()
			known.parts = append(known.parts, id)
			switch {
			case p.hook == nil:
				m.Steps = append(m.Steps, s.pickleStep(id, sc, p.step))
				continue
			case p.hook.id == "": // around: nobody has told of it
				p.hook.id = s.id()
				all = append(all, hookMessage(p.hook))
			}
			m.Steps = append(m.Steps, hookStep{id, p.hook.id})
		}
		all = append(all, caseEnvelope{m})
	}
	if again {
		s.mu.Lock()
		s.cases[sc] = known
		s.mu.Unlock()
	}
	return known, all
}

func (s *stream) pickleStep(id string, sc *scenario, i int) pickleStep {
	st := &sc.steps[i]
	m := pickleStep{ID: id, Of: sc.pickles[i], Definitions: []string{}, Matches: []matchArgument{}}
	for _, h := range st.hits() {
		d := &s.of.defs[h]
		m.Definitions = append(m.Definitions, d.id)
		m.Matches = append(m.Matches, matchArgument{d.captured(st.text)})
	}
	return m
}

// captured are the arguments of d in text, groups inside of others as their
// children.
func (d *definition) captured(text string) []matched {
	all := []matched{}
	args, _ := d.expr.Match(text)
	for _, a := range args {
		m := matched{Group: newGroup(text, a.Group)}
		if a.Type != nil {
			m.Type = a.Type.Name
		}
		all = append(all, m)
	}
	return all
}

// newGroup is a group of text; offsets in messages count in UTF-16.
func newGroup(text string, from expression.Group) group {
	var g group
	if from.Matched {
		start := len(utf16.Encode([]rune(text[:from.Start])))
		g = group{Start: &start, Value: &from.Value}
	}
	for _, child := range from.Children {
		g.Children = append(g.Children, newGroup(text, child))
	}
	return g
}
