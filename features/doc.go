// Package features runs Gherkin against a port of a service.
//
// A test opens the port for each scenario and says what the steps mean:
//
//	type world struct{ orders orders.Port; last orders.Receipt } // fresh for each scenario
//
//	func open(ctx context.Context, env *features.Env) (*world, error) {
//		if env.Target.InProcess() {
//			return &world{orders: ordersmem.New()}, nil
//		}
//		return &world{orders: ordershttp.New(env.Target.URL, env.HTTP)}, nil
//	}
//
//	func (w *world) order(ctx context.Context, n int, sku string) (err error) {
//		w.last, err = w.orders.Place(ctx, n, sku)
//		return err
//	}
//
//	func steps(s *features.Steps[*world]) {
//		s.When(`^I order (\d+) of "([^"]*)"$`, (*world).order)
//	}
//
//	func TestFeatures(t *testing.T) { features.Run(t, open, steps) }
//
// [Run] finds the *.feature files in the package's folder and below, and runs
// every scenario as a subtest, several at once, so that one of them is run with
//
//	go test -run 'TestFeatures/Placing_orders/A_single_item'
//
// A subtest is called feature/scenario, and feature/outline/values for a row of
// examples; of two that would have the same name the second gets "#01". Names
// do not depend on which tags are selected.
//
// # What is red
//
// Everything that is not a scenario whose every step passed: a step that is
// undefined, ambiguous, pending or skipped, that panics, hangs or leaves its
// goroutine; a scenario without steps, an outline without rows; a folder
// without scenarios, a tag that selects none; a world that cannot be opened or
// cleaned up; and on a deployed target a scenario that made no recorded call to
// it, unless it is tagged @offline.
//
// On a live target a scenario that is tagged @mutates, or has a step that
// [Definition.Mutates], is refused when it is planned; the target's mutates in
// gate.yaml names the exceptions, which have to clean up after themselves.
//
// # What a scenario has
//
// [Env] has the target, a client that reaches it and its dependencies alone, an ID
// for what the scenario makes, the target's secrets, and takes what is to be
// cleaned up and what explains a failure. Each scenario is an OpenTelemetry trace
// where one is wanted: see adapters/traces.
//
// Hooks ([Steps.Before] and the others), [Log], [Attach] and godog's T, Log and
// Attach are for steps; @serial and @lock:NAME keep scenarios apart;
// [Steps.Limit], [Steps.StepLimit] and go test's -timeout bound them.
//
// # How it runs
//
// Under plain go test the scenarios run in process. STAGEGATE_TAGS may hold a tag
// expression (see package [github.com/stagegate/stagegate/harness/tags]),
// STAGEGATE_SELECT places and names (docs/features.md), and STAGEGATE_RERUN names a
// file for the places of what did not pass.
// Under gate, STAGEGATE_RUN names the session: its target, tags and shard, and
// where the results go. docs/protocol.md has the details.
//
// A suite that was written for godog runs by [RunGodog].
//
// Each attempt runs inside of a scenario of godog's, whose context and T its steps
// have; which steps there are, which definition each matches, and whether it
// passed is decided here.
package features
