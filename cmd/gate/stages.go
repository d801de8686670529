package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/flow"
)

func (a *app) runCmd() *cobra.Command {
	c := &cobra.Command{Use: "run STAGE", Short: "Take the artifact through a stage: begin, test, decide", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.within(c.Context(), func(ctx context.Context, g *flow.Gate) error { return a.runStage(ctx, g, args[0]) })
		}}
	a.waits(c)
	a.outputs(c)
	a.orders(c)
	return c
}

// runStage is begin, test and decide. Once a run has begun it is decided, also
// when the tests could not run or the run was interrupted: what has no end has
// not passed, and says so in the store.
func (a *app) runStage(ctx context.Context, g *flow.Gate, stage string) error {
	g.Whole = true
	rec, v, err := g.Begin(ctx, stage, 1)
	if err == nil && rec.ID == "" {
		return a.answer(ctx, g, v)
	}
	if rec.ID == "" {
		return err
	}
	if err == nil {
		err = g.Test(ctx, rec.ID, 1)
	}
	if err != nil && ctx.Err() == nil { // an interruption is reported at the end
		a.report(err)
		err = errTold{err}
	}
	v, then := g.Decide(context.WithoutCancel(ctx), rec.ID)
	if then == nil {
		then = a.answer(ctx, g, v)
	}
	var verdict errVerdict
	decided := errors.As(then, &verdict)
	if err == nil {
		return then
	}
	if then != nil && !decided {
		a.report(then) // beside the first error, which makes the exit code
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case decided:
		return verdict
	default:
		return err
	}
}

func (a *app) beginCmd() *cobra.Command {
	shards := 1
	c := &cobra.Command{Use: "begin STAGE", Short: "Decide the entry, deploy and begin a run; prints its id", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if shards < 1 || shards > 1000 {
				return errUsage{errors.New("--shards: want 1 to 1000")}
			}
			a.testKey = first(a.testKey, a.getenv("STAGEGATE_TEST_KEY"))
			return a.within(c.Context(), func(ctx context.Context, g *flow.Gate) error {
				rec, v, err := g.Begin(ctx, args[0], shards)
				if err != nil {
					return err
				}
				if rec.ID == "" {
					return a.answer(ctx, g, v)
				}
				if err := a.writeVerdict(ctx, g, v); err != nil {
					return err
				}
				if a.json {
					return a.printJSON(map[string]any{"run": rec.ID, "shards": rec.Shards, "subject": rec.Subject, "target": rec.Target.Name})
				}
				fmt.Fprintln(a.stdout, rec.ID)
				return nil
			})
		}}
	a.waits(c)
	a.orders(c)
	c.Flags().StringVar(&a.verdict, "verdict", "", "also write the signed entry verdict to `file`, for gate verify")
	c.Flags().StringVar(&a.testKey, "test-key", "", "private key `file`, or awskms:///KEY, that signs the evidence of suites before the deploy, where --key may not test (default: $STAGEGATE_TEST_KEY)")
	c.Flags().IntVar(&shards, "shards", 1, "divide the suites after the deploy into `n` parts")
	return c
}

func (a *app) testCmd() *cobra.Command {
	var id, which, file string
	c := &cobra.Command{Use: "test --run RUN [--shard i/n|auto]", Short: "Run the suites of a run that has begun, or one shard of them", Args: cobra.NoArgs,
		Long: "Run the suites of a run that has begun, or one shard of them.\n\nExit code 0 says that they ran and left evidence; what the evidence is worth, gate decide says.",
		RunE: func(c *cobra.Command, _ []string) error {
			shard, err := parseShard(which, a.getenv)
			if err != nil {
				return errUsage{err}
			}
			with := a.within
			if file != "" {
				with = func(ctx context.Context, do func(context.Context, *flow.Gate) error) error {
					return a.unpacked(ctx, file, do)
				}
			}
			return with(c.Context(), func(ctx context.Context, g *flow.Gate) error {
				n, err := g.Shards(ctx, id)
				if err != nil {
					return err
				}
				if err := shard.of(id, n); err != nil {
					return errUsage{err}
				}
				if shard.said != "" {
					g.Say("shard %d/%d, by %s", shard.i, n, shard.said)
				}
				if err := g.Test(ctx, id, shard.i); err != nil || !a.json {
					return err
				}
				return a.printJSON(map[string]any{"run": id, "shard": shard.i, "shards": n})
			})
		}}
	c.Flags().StringVar(&file, "bundle", "", "run the suites of a `file` that gate bundle made: needs neither Go nor a checkout")
	c.Flags().StringVar(&id, "run", "", "`id` that gate begin printed")
	c.Flags().StringVar(&which, "shard", "", "which part of how many, as in `2/3`; auto: as "+strings.Join(shardVariables(), ", ")+" say")
	must(c.MarkFlagRequired("run"))
	return c
}

func (a *app) decideCmd() *cobra.Command {
	var id string
	c := &cobra.Command{Use: "decide --run RUN", Short: "End a run and decide whether it passed", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.within(c.Context(), func(ctx context.Context, g *flow.Gate) error {
				v, err := g.Decide(ctx, id)
				if err != nil {
					return err
				}
				return a.answer(ctx, g, v)
			})
		}}
	c.Flags().StringVar(&id, "run", "", "`id` that gate begin printed")
	must(c.MarkFlagRequired("run"))
	a.outputs(c)
	return c
}

func (a *app) checkCmd() *cobra.Command {
	c := &cobra.Command{Use: "check STAGE", Short: "May this artifact enter the stage? Changes nothing", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.within(c.Context(), func(ctx context.Context, g *flow.Gate) error {
				v, err := g.Check(ctx, args[0])
				if err != nil {
					return err
				}
				return a.answer(ctx, g, v)
			})
		}}
	a.outputs(c)
	return c
}

func (a *app) explainCmd() *cobra.Command {
	again := false
	c := &cobra.Command{Use: "explain STAGE|RUN", Short: "Why? Decides the last run of a stage anew and shows every rule", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.within(c.Context(), func(ctx context.Context, g *flow.Gate) error {
				id := args[0]
				if _, ok := g.File.Stage(id); ok {
					last, err := g.LastRun(ctx, id)
					if err != nil {
						return err
					}
					if last == "" && again {
						return errUsage{fmt.Errorf("stage %s has not run for what is here: there is no verdict to replay", id)}
					}
					if last == "" { // it never began: the entry says why
						v, err := g.Check(ctx, id)
						if err != nil {
							return err
						}
						if err := a.answer(ctx, g, v); err != nil {
							return err
						}
						fmt.Fprintf(a.stderr, "gate: stage %s has not run for what is here: that is its entry\n", id)
						return errVerdict{harness.Unclear}
					}
					id = last
				}
				if again {
					return a.replay(ctx, g, id)
				}
				v, err := g.Explain(ctx, id)
				if err != nil {
					return err
				}
				return a.answer(ctx, g, v)
			})
		}}
	a.outputs(c)
	c.Flags().BoolVar(&again, "replay", false, "decide the stored verdicts of the run anew, from what was read then, and compare them byte for byte")
	return c
}

// outputs are the flags of commands that answer with a verdict.
func (a *app) outputs(c *cobra.Command) {
	c.Flags().StringVar(&a.junit, "junit", "", "also write the results as JUnit XML to `file`")
	c.Flags().StringVar(&a.verdict, "verdict", "", "also write the signed verdict to `file`, for gate verify")
	c.Flags().BoolVar(&a.observe, "observe", false, "decide and record, but exit 0: for a start beside an existing pipeline")
}

// waits is the flag of commands that take a target.
func (a *app) waits(c *cobra.Command) {
	c.Flags().DurationVar(&a.wait, "wait", 0, "how long to wait for a target that a run of another artifact has; the newest candidate goes next")
}

// orders is the flag of commands that begin a run.
func (a *app) orders(c *cobra.Command) {
	c.Flags().StringVar(&a.order, "order", "longest", "in which `order` scenarios begin: longest (by past runs of the stage), file, random or random:SEED")
}

// must panics on an error that only a mistake in this program can cause.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
