package features

import (
	"cmp"
	"encoding/base64"
	"path"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	messages "github.com/cucumber/messages/go/v34"

	"github.com/stagegate/stagegate/harness"
)

// protocolVersion is the version of Cucumber Messages that is written.
const protocolVersion = "34.2.1"

// reader is to be shown what is read; nil if nobody wants to know.
func (s *stream) reader() func(*feature) error {
	if s == nil {
		return nil
	}
	return s.feature
}

// feature tells what was read.
func (s *stream) feature(f *feature) error {
	if s.run == "" {
		s.run = s.id()
		if err := s.write(&messages.Envelope{Meta: meta()}); err != nil {
			return err
		}
	}
	all := []any{
		&messages.Envelope{Source: &messages.Source{Uri: f.uri, Data: string(f.source), MediaType: messages.SourceMediaType_TEXT_X_CUCUMBER_GHERKIN_PLAIN}},
		&messages.Envelope{GherkinDocument: f.whole},
	}
	for _, p := range f.pickles {
		all = append(all, &messages.Envelope{Pickle: p})
	}
	return s.write(all...)
}

func meta() *messages.Meta {
	version := "devel"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range append(info.Deps, &info.Main) {
			if m.Path == "github.com/stagegate/stagegate" && m.Version != "" {
				version = m.Version
			}
		}
	}
	return &messages.Meta{ProtocolVersion: protocolVersion, Implementation: &messages.Product{Name: "stagegate", Version: version},
		Runtime: &messages.Product{Name: "go", Version: runtime.Version()}, Os: &messages.Product{Name: runtime.GOOS}, Cpu: &messages.Product{Name: runtime.GOARCH}}
}

// begin tells what was defined, and that the run begins.
func (s *stream) begin(r *runner) error {
	if s == nil {
		return nil
	}
	s.of = r
	var all []any
	for t := range r.types.All() {
		if !t.Builtin() {
			all = append(all, &messages.Envelope{ParameterType: &messages.ParameterType{Id: s.id(), Name: t.Name, RegularExpressions: t.Regexps,
				PreferForRegularExpressionMatch: t.PreferForRegexpMatch, UseForSnippets: t.UseForSnippets, SourceReference: reference(t.Where)}})
		}
	}
	for _, d := range r.inOrder() {
		switch d := d.(type) {
		case *definition:
			d.id = s.id()
			all = append(all, &messages.Envelope{StepDefinition: &messages.StepDefinition{Id: d.id, SourceReference: reference(d.where), Pattern: d.pattern()}})
		case *hook:
			if d.kind.message() != "" {
				d.id = s.id()
				all = append(all, hookMessage(d))
			}
		}
	}
	for _, u := range r.unknown {
		all = append(all, &messages.Envelope{UndefinedParameterType: &messages.UndefinedParameterType{Name: u.UndefinedType, Expression: u.Source}})
	}
	return s.write(append(all, &messages.Envelope{TestRunStarted: &messages.TestRunStarted{Id: s.run, Timestamp: timestamp(r.now())}})...)
}

// inOrder are the steps and hooks as they were defined.
func (r *registry) inOrder() (all []any) {
	h := 0
	for i := range r.defs {
		for ; h < len(r.hooks) && r.hooks[h].steps <= i; h++ {
			all = append(all, &r.hooks[h])
		}
		all = append(all, &r.defs[i])
	}
	for ; h < len(r.hooks); h++ {
		all = append(all, &r.hooks[h])
	}
	return all
}

// pattern is the expression of d.
func (d *definition) pattern() *messages.StepDefinitionPattern {
	p := &messages.StepDefinitionPattern{Source: d.expr.Source(), Type: messages.StepDefinitionPatternType_REGULAR_EXPRESSION}
	if d.expr.Cucumber() {
		p.Type = messages.StepDefinitionPatternType_CUCUMBER_EXPRESSION
	}
	return p
}

func hookMessage(h *hook) *messages.Envelope {
	return &messages.Envelope{Hook: &messages.Hook{Id: h.id, Name: h.name, Type: h.kind.message(), TagExpression: h.expression, SourceReference: reference(h.where)}}
}

// message is the hook's type; hooks of a feature have none.
func (k hookKind) message() messages.HookType {
	switch k {
	case beforeRun:
		return messages.HookType_BEFORE_TEST_RUN
	case afterRun:
		return messages.HookType_AFTER_TEST_RUN
	case beforeScenario:
		return messages.HookType_BEFORE_TEST_CASE
	case afterScenario, around:
		return messages.HookType_AFTER_TEST_CASE
	case beforeStep:
		return messages.HookType_BEFORE_TEST_STEP
	case afterStep:
		return messages.HookType_AFTER_TEST_STEP
	}
	return ""
}

// reference is a place in Go code, "file:line".
func reference(where string) *messages.SourceReference {
	file, line, _ := strings.Cut(where, ":")
	n, err := strconv.ParseInt(line, 10, 64)
	if err != nil {
		return &messages.SourceReference{Uri: cmp.Or(path.Clean(where), "unknown")}
	}
	return &messages.SourceReference{Uri: file, Location: &messages.Location{Line: n}}
}

// runHook tells what became of a hook of the run. One of a feature, of which
// Messages know nothing, counts for the end.
func (s *stream) runHook(p part) error {
	if s == nil {
		return nil
	}
	s.judge(p.outcome)
	if p.hook.id == "" {
		return nil
	}
	id := s.id()
	all := []any{&messages.Envelope{TestRunHookStarted: &messages.TestRunHookStarted{Id: id, TestRunStartedId: s.run, HookId: p.hook.id, Timestamp: timestamp(p.began)}}}
	for _, a := range s.tellable(nil, p.said) {
		m := attached(a, p.ended)
		m.TestRunHookStartedId = id
		all = append(all, &messages.Envelope{Attachment: m})
	}
	return s.write(append(all, &messages.Envelope{TestRunHookFinished: &messages.TestRunHookFinished{TestRunHookStartedId: id, Result: p.message(p.outcome), Timestamp: timestamp(p.ended)}})...)
}

// end tells that the run is over. Whether it was a success is Cucumber's word:
// nothing has failed that ran, and everything did run. It decides nothing here.
func (s *stream) end(complete bool, why error) error {
	if s == nil {
		return nil
	}
	m := &messages.TestRunFinished{TestRunStartedId: s.run, Timestamp: timestamp(s.of.now()), Success: complete && !s.failed()}
	if !complete {
		m.Message = "scenarios did not run"
		if why != nil {
			m.Message += ": " + why.Error()
		}
		m.Exception = &messages.Exception{Type: "error", Message: m.Message}
	}
	return s.write(&messages.Envelope{TestRunFinished: m})
}

// judge remembers what makes a run no success.
func (s *stream) judge(o harness.Outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.red = s.red || o != harness.Passed && o != harness.Skipped
}

func (s *stream) failed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.red
}

func timestamp(t time.Time) *messages.Timestamp {
	return &messages.Timestamp{Seconds: t.Unix(), Nanos: int64(t.Nanosecond())}
}

// message is the result of a part, whose outcome may have been foretold.
func (p *part) message(o harness.Outcome) *messages.TestStepResult {
	took := max(0, p.ended.Sub(p.began))
	r := &messages.TestStepResult{Status: status(o), Message: p.reason,
		Duration: &messages.Duration{Seconds: int64(took / time.Second), Nanos: int64(took % time.Second)}}
	if p.reason == "" || p.outcome == harness.Undefined || p.outcome == harness.Ambiguous || p.outcome == harness.Pending && p.reason == notWritten {
		r.Message = ""
		return r
	}
	r.Exception = &messages.Exception{Type: "error", Message: p.reason}
	if len(p.stack) > 0 {
		r.Exception.StackTrace = p.reason + "\n" + string(users(p.stack)) // reports show it in place of the message
	}
	if strings.HasPrefix(p.reason, "panic: ") {
		r.Exception.Type = "panic"
	}
	return r
}

func status(o harness.Outcome) messages.TestStepResultStatus {
	switch o {
	case harness.Passed:
		return messages.TestStepResultStatus_PASSED
	case harness.Skipped:
		return messages.TestStepResultStatus_SKIPPED
	case harness.Pending:
		return messages.TestStepResultStatus_PENDING
	case harness.Undefined:
		return messages.TestStepResultStatus_UNDEFINED
	case harness.Ambiguous:
		return messages.TestStepResultStatus_AMBIGUOUS
	}
	return messages.TestStepResultStatus_FAILED
}

// attachments is the tag of a scenario whose attachments are told also on a live
// target: what is said there may be about real people.
const attachments = "@attachments"

// tellable are the attachments that may be told, of a scenario or of a hook of the
// run, which has no tag.
func (s *stream) tellable(sc *scenario, all []Attachment) []Attachment {
	if s.of.target.Live && (sc == nil || !sc.tagged(attachments)) {
		return nil
	}
	return all
}

// attached is the message of an attachment: text as it is, else in base64.
func attached(a Attachment, at time.Time) *messages.Attachment {
	m := &messages.Attachment{FileName: a.Name, MediaType: cmp.Or(a.MediaType, "application/octet-stream"), Timestamp: timestamp(at),
		Body: a.Text, ContentEncoding: messages.AttachmentContentEncoding_IDENTITY}
	if a.Text == "" {
		m.Body, m.ContentEncoding = base64.StdEncoding.EncodeToString(a.Body), messages.AttachmentContentEncoding_BASE64
	}
	return m
}
