package features

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"

	"github.com/cucumber/godog"
)

// kitSteps defines what the support code of a sample of the compatibility kit
// defines, in its order.
func kitSteps(s *Steps[*kitWorld], sample string) {
	define := map[string]func(*Steps[*kitWorld]){
		"all-statuses": kitStatuses, "failedish-combinations": kitCombinations, "ambiguous": kitAmbiguous, "attachments": kitAttachments,
		"backgrounds": kitOrders, "rules-backgrounds": kitOrders, "multiple-features": kitOrder, "multiple-features-reversed": kitOrder,
		"cdata":       func(s *Steps[*kitWorld]) { s.Given(`I have {int} <![CDATA[cukes]]> in my belly`, func(int) {}) },
		"data-tables": kitTables, "doc-strings": func(s *Steps[*kitWorld]) { s.Given("a doc string:", func(*godog.DocString) {}) },
		"empty": func(*Steps[*kitWorld]) {}, "retry-undefined": func(*Steps[*kitWorld]) {},
		"examples-tables": kitExamples, "examples-tables-undefined": kitCucumbers, "examples-tables-undefined-multiple": kitCucumbers,
		"examples-tables-attachment": kitPictures,
		"global-hooks":               kitGlobal, "global-hooks-afterall-error": kitAfterAllError, "global-hooks-attachments": kitGlobalAttachments,
		"global-hooks-beforeall-error": kitBeforeAllError,
		"hooks":                        kitHooks, "hooks-attachment": kitHooksAttachment, "hooks-conditional": kitHooksConditional, "hooks-named": kitHooksNamed,
		"hooks-skipped": kitHooksSkipped, "hooks-undefined": kitHooksUndefined, "skipped-failing-hook": kitSkippedFailingHook,
		"minimal":         func(s *Steps[*kitWorld]) { s.Given("I have {int} cukes in my belly", func(int) {}) },
		"parameter-types": kitParameterTypes, "unknown-parameter-type": kitUnknownType,
		"pending":            kitPending,
		"pending-exception":  kitOne("an unimplemented pending step", fmt.Errorf("TODO: %w", godog.ErrPending)),
		"regular-expression": kitRegexp, "retry": kitRetry,
		"retry-ambiguous": func(s *Steps[*kitWorld]) {
			s.Given("an ambiguous step", func() {})
			s.Given("an ambiguous step", func() {})
		},
		"retry-pending": kitOne("a pending step", godog.ErrPending),
		"rules":         kitRules, "skipped": kitSkipped,
		"skipped-exception":  kitOne("I skip a step", fmt.Errorf("skipping: %w", godog.ErrSkip)),
		"stack-traces":       kitOne("a step throws an exception", errors.New("BOOM")),
		"test-run-exception": kitOne("a step", nil),
		"undefined":          kitImplemented, "undefined-multiple": kitImplemented,
		"unused-steps": func(s *Steps[*kitWorld]) {
			s.Given("a step that is used", func() {})
			s.Given("a step that is not used", func() {})
		},
	}[sample]
	if define == nil {
		panic("no steps for " + sample)
	}
	define(s)
}

// kitOne defines one step, which returns err.
func kitOne(expr string, err error) func(*Steps[*kitWorld]) {
	return func(s *Steps[*kitWorld]) { s.Given(expr, func() error { return err }) }
}

func kitStatuses(s *Steps[*kitWorld]) {
	s.Given(`^a step$`, func() {})
	s.Given(`^a failing step$`, func() error { return errors.New("whoops") })
	s.Given(`^a pending step$`, func() error { return godog.ErrPending })
	s.Given(`^a skipped step$`, func() error { return godog.ErrSkip })
	s.Given(`^an ambiguous (.*?)$`, func() {})
	s.Given(`^(.*?) ambiguous step$`, func() {})
}

func kitCombinations(s *Steps[*kitWorld]) {
	s.Given(`^a step$`, func() {})
	s.Given(`^a skipped step$`, func() error { return godog.ErrSkip })
	s.Given(`^a pending step$`, func() error { return godog.ErrPending })
	s.Given(`^an ambiguous (.*?)$`, func() {})
	s.Given(`^(.*?) ambiguous step$`, func() {})
	s.Given(`^a failing step$`, func() error { return errors.New("whoops") })
}

func kitAmbiguous(s *Steps[*kitWorld]) {
	s.Given(`^a (.*?) with (.*?)$`, func() {})
	s.Given(`^a step with (.*?)$`, func() {})
}

func kitAttachments(s *Steps[*kitWorld]) {
	attach := func(ctx context.Context, text, mediaType string) {
		Attach(ctx, Attachment{MediaType: mediaType, Text: text})
	}
	s.When("the string {string} is attached as {string}", attach)
	s.When("the string {string} is logged", func(ctx context.Context, text string) { Log(ctx, "%s", text) })
	s.When("text with ANSI escapes is logged", func(ctx context.Context) {
		Log(ctx, "This displays a \x1b[31mr\x1b[0m\x1b[91ma\x1b[0m\x1b[33mi\x1b[0m\x1b[32mn\x1b[0m\x1b[34mb\x1b[0m\x1b[95mo\x1b[0m\x1b[35mw\x1b[0m")
	})
	s.When("the following string is attached as {string}:", func(ctx context.Context, mediaType string, doc *godog.DocString) {
		attach(ctx, doc.Content, mediaType)
	})
	s.When("an array with {int} bytes is attached as {string}", func(ctx context.Context, n int, mediaType string) context.Context {
		body := make([]byte, n)
		for i := range body {
			body[i] = byte(i)
		}
		return godog.Attach(ctx, godog.Attachment{MediaType: mediaType, Body: body})
	})
	s.When("a PDF document is attached and renamed", func(ctx context.Context) error {
		return attachFile(ctx, "document.pdf", "application/pdf", "renamed.pdf")
	})
	s.When("a link to {string} is attached", func(ctx context.Context, url string) { Link(ctx, url) })
	s.When("the string {string} is attached as {string} before a failure", func(ctx context.Context, text, mediaType string) error {
		attach(ctx, text, mediaType)
		return errors.New("whoops")
	})
}

func attachFile(ctx context.Context, file, mediaType, name string) error {
	body, err := os.ReadFile(file)
	Attach(ctx, Attachment{Name: name, MediaType: mediaType, Body: body})
	return err
}

func kitPictures(s *Steps[*kitWorld]) {
	s.When("a JPEG image is attached", func(ctx context.Context) error { return attachFile(ctx, "cucumber.jpeg", "image/jpeg", "") })
	s.When("a PNG image is attached", func(ctx context.Context) error { return attachFile(ctx, "cucumber.png", "image/png", "") })
}

func kitOrder(s *Steps[*kitWorld]) { s.Given("an order for {string}", func(string) {}) }

func kitOrders(s *Steps[*kitWorld]) {
	kitOrder(s)
	s.When("an action", func() {})
	s.Then("an outcome", func() {})
}

func kitTables(s *Steps[*kitWorld]) {
	s.When("the following table is transposed:", func(w *kitWorld, t *godog.Table) {
		for i := range t.Rows[0].Cells {
			var row []string
			for _, r := range t.Rows {
				row = append(row, r.Cells[i].Value)
			}
			w.table = append(w.table, row)
		}
	})
	s.Then("it should be:", func(w *kitWorld, t *godog.Table) error {
		var want [][]string
		for _, r := range t.Rows {
			var row []string
			for _, c := range r.Cells {
				row = append(row, c.Value)
			}
			want = append(want, row)
		}
		if !reflect.DeepEqual(w.table, want) {
			return fmt.Errorf("got %q, want %q", w.table, want)
		}
		return nil
	})
}

func kitCucumbers(s *Steps[*kitWorld]) {
	s.Given("there are {int} cucumbers", func(w *kitWorld, n int) { w.count = n })
	s.When("I eat {int} cucumbers", func(w *kitWorld, n int) { w.count -= n })
	s.Then("I should have {int} cucumbers", func(w *kitWorld, n int) error { return sameNumber(w.count, n) })
}

func kitExamples(s *Steps[*kitWorld]) {
	s.Given("there are {int} cucumbers", func(w *kitWorld, n int) { w.count = n })
	s.Given("there are {int} friends", func(w *kitWorld, n int) { w.friends = n })
	s.When("I eat {int} cucumbers", func(w *kitWorld, n int) { w.count -= n })
	s.Then("I should have {int} cucumbers", func(w *kitWorld, n int) error { return sameNumber(w.count, n) })
	s.Then("each person can eat {int} cucumbers", func(w *kitWorld, n int) error { return sameNumber(w.count/(1+w.friends), n) })
}

func sameNumber(got, want int) error {
	if got != want {
		return fmt.Errorf("got %d, want %d", got, want)
	}
	return nil
}

func passing(s *Steps[*kitWorld]) { s.When("a step passes", func() {}) }

func kitGlobal(s *Steps[*kitWorld]) {
	s.BeforeRun(func() {})
	s.BeforeRun(func() {})
	passing(s)
	s.When("a step fails", func() error { return errors.New("Exception in step") })
	s.AfterRun(func() {})
	s.AfterRun(func() {})
}

func kitAfterAllError(s *Steps[*kitWorld]) {
	s.BeforeRun(func() {})
	s.BeforeRun(func() {})
	passing(s)
	s.AfterRun(func() {})
	s.AfterRun(func() error { return errors.New("AfterAll hook went wrong") })
	s.AfterRun(func() {})
}

func kitBeforeAllError(s *Steps[*kitWorld]) {
	s.BeforeRun(func() {})
	s.BeforeRun(func() error { return errors.New("BeforeAll hook went wrong") })
	s.BeforeRun(func() {})
	passing(s)
	s.AfterRun(func() {})
	s.AfterRun(func() {})
}

func kitGlobalAttachments(s *Steps[*kitWorld]) {
	text := func(what string) func(context.Context) {
		return func(ctx context.Context) {
			Attach(ctx, Attachment{MediaType: "text/plain", Text: "Attachment from " + what + " hook"})
		}
	}
	s.BeforeRun(text("BeforeAll"))
	passing(s)
	s.AfterRun(text("AfterAll"))
}

func kitHooks(s *Steps[*kitWorld]) {
	s.Before(func() {})
	passing(s)
	s.When("a step fails", func() error { return errors.New("Exception in step") })
	s.After(func() {})
}

func kitHooksAttachment(s *Steps[*kitWorld]) {
	attach := func(ctx context.Context) error { return attachFile(ctx, "cucumber.svg", "image/svg+xml", "") }
	s.Before(attach)
	passing(s)
	s.After(attach)
}

func kitHooksConditional(s *Steps[*kitWorld]) {
	wrong := func() error { return errors.New("Exception in conditional hook") }
	s.Before(func() {}).Tagged("@passing-hook")
	s.Before(wrong).Tagged("@fail-before")
	passing(s)
	s.After(wrong).Tagged("@fail-after")
	s.After(func() {}).Tagged("@passing-hook")
}

func kitHooksNamed(s *Steps[*kitWorld]) {
	s.Before(func() {}).Named("A named before hook")
	passing(s)
	s.After(func() {}).Named("A named after hook")
}

func kitHooksSkipped(s *Steps[*kitWorld]) {
	skip := func() error { return godog.ErrSkip }
	s.Before(func() {})
	s.Before(skip).Tagged("@skip-before")
	s.Before(func() {})
	s.Given("a normal step", func() {})
	s.Given("a step that skips", skip)
	s.After(func() {})
	s.After(skip).Tagged("@skip-after")
	s.After(func() {})
}

func kitHooksUndefined(s *Steps[*kitWorld]) {
	s.Before(func() {})
	s.After(func() {})
}

func kitSkippedFailingHook(s *Steps[*kitWorld]) {
	s.Given("a step that skips", func() error { return godog.ErrSkip })
	s.After(func() error { return errors.New("whoops") })
}

type flight struct{ from, to string }

func kitParameterTypes(s *Steps[*kitWorld]) {
	s.ParameterType("flight", func(from, to string) flight { return flight{from, to} }, `([A-Z]{3})-([A-Z]{3})`)
	s.Given("{flight} has been delayed", func(f flight) error {
		if f != (flight{"LHR", "CDG"}) {
			return fmt.Errorf("got %+v", f)
		}
		return nil
	})
}

func kitUnknownType(s *Steps[*kitWorld]) {
	s.Given("{airport} is closed because of a strike", func(string) error { return errors.New("should not be called") })
}

func kitPending(s *Steps[*kitWorld]) {
	s.Given("an implemented non-pending step", func() {})
	s.Given("an implemented step that is skipped", func() {})
	s.Given("an unimplemented pending step", func() error { return godog.ErrPending })
}

func kitRegexp(s *Steps[*kitWorld]) {
	s.Given(`^a (.*?)(?: and a (.*?))?(?: and a (.*?))?$`, func(_, _, _ string) {})
}

func kitRetry(s *Steps[*kitWorld]) {
	after := func(n int) func() error {
		tries := 0
		return func() error {
			if tries++; tries < n {
				return errors.New("Exception in step")
			}
			return nil
		}
	}
	s.Given("a step that always passes", func() {})
	s.Given("a step that passes the second time", after(2))
	s.Given("a step that passes the third time", after(3))
	s.Given("a step that always fails", func() error { return errors.New("Exception in step") })
}

func kitRules(s *Steps[*kitWorld]) {
	s.Given("the customer has {int} cents", func(w *kitWorld, n int) { w.money = n })
	s.Given("there are chocolate bars in stock", func(w *kitWorld) { w.stock = 1 })
	s.Given("there are no chocolate bars in stock", func(w *kitWorld) { w.stock = 0 })
	s.When("the customer tries to buy a {int} cent chocolate bar", func(w *kitWorld, price int) { w.chocolate = w.money >= price && w.stock > 0 })
	s.Then("the sale should not happen", func(w *kitWorld) error { return sold(w, false) })
	s.Then("the sale should happen", func(w *kitWorld) error { return sold(w, true) })
}

func sold(w *kitWorld, want bool) error {
	if w.chocolate != want {
		return fmt.Errorf("sold: %v, want %v", w.chocolate, want)
	}
	return nil
}

func kitSkipped(s *Steps[*kitWorld]) {
	s.Given("a step that does not skip", func() {})
	s.Given("a step that is skipped", func() {})
	s.Given("I skip a step", func() error { return godog.ErrSkip })
}

func kitImplemented(s *Steps[*kitWorld]) {
	s.Given("an implemented step", func() {})
	s.Given("a step that will be skipped", func() {})
}
