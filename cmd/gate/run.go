package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/stagegate/stagegate/adapters/awsenv"
	"github.com/stagegate/stagegate/adapters/gotest"
	"github.com/stagegate/stagegate/adapters/kms"
	"github.com/stagegate/stagegate/adapters/s3store"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/flow"
	"github.com/stagegate/stagegate/internal/ledger"
)

// Exit codes. They are part of the API.
const (
	exitAllow        = 0
	exitBlock        = 10
	exitInconclusive = 11
	exitUsage        = 64
	exitConfig       = 65
	exitInternal     = 70
	exitAccount      = 77
	exitInterrupted  = 130
)

// errVerdict carries the answer of a gate that is not allow to the exit code.
type errVerdict struct{ answer harness.Answer }

func (e errVerdict) Error() string { return string(e.answer) }

// errExit is the exit code of a command that gate ran in its own place.
type errExit struct{ code int }

func (e errExit) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// errUsage marks an error in how gate was called.
type errUsage struct{ error }

// errAccess marks credentials that are missing, or that may not do what they are for.
type errAccess struct{ error }

// errConfig marks an error in gate.yaml or in what it names.
type errConfig struct{ error }

// errTold marks an error that was reported already.
type errTold struct{ error }

func (e errTold) Unwrap() error { return e.error }

// run is the whole program: everything comes in as a parameter.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Fprintf(stderr, "gate: internal error: %v\n%s", r, debug.Stack())
			code = exitInternal
		}
	}()
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr, getenv: os.Getenv, environ: os.Environ}
	root := a.root()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return a.ended(ctx, root.ExecuteContext(ctx))
}

// ended reports what a call ended with, unless that was done, and returns its
// exit code.
func (a *app) ended(ctx context.Context, err error) int {
	var verdict errVerdict
	var told errTold
	var child errExit
	if err != nil && !errors.As(err, &verdict) && !errors.As(err, &told) && !errors.As(err, &child) {
		a.report(err)
	}
	return exitCode(ctx, err)
}

// exitCode maps an error to the exit code that the documentation promises.
func exitCode(ctx context.Context, err error) int {
	var verdict errVerdict
	var child errExit
	var usage errUsage
	var config errConfig
	var wrong *awsenv.AccountError
	var unproven *awsenv.UnprovenError
	var endpoint *awsenv.EndpointError
	var owner *s3store.OwnerError
	var denied *s3store.AccessError
	var bucket *s3store.BucketError
	var access errAccess
	var key *kms.Error
	switch {
	case err == nil:
		return exitAllow
	case ctx.Err() != nil:
		return signalCode(ctx)
	case errors.As(err, &child):
		return child.code
	case errors.As(err, &verdict):
		if verdict.answer == harness.Unclear {
			return exitInconclusive
		}
		return exitBlock
	case errors.As(err, &wrong), errors.As(err, &unproven), errors.As(err, &owner), errors.As(err, &denied), errors.As(err, &access), errors.Is(err, ledger.ErrNotCounted):
		return exitAccount
	case errors.As(err, &key):
		return kmsCode(key)
	case errors.As(err, &config), errors.As(err, &endpoint), errors.As(err, &bucket), errors.Is(err, flow.ErrPolicy):
		return exitConfig
	case errors.As(err, &usage), errors.Is(err, flow.ErrStage), errors.Is(err, flow.ErrState):
		return exitUsage
	default:
		return exitInternal
	}
}

// report prints an error for people: lower case, with its hints on lines of
// their own.
func (a *app) report(err error) {
	if errors.Is(err, context.Canceled) {
		err = errors.New("interrupted")
	}
	text := strings.ReplaceAll(strings.TrimRight(err.Error(), "\n"), "\nhint: ", "\n  hint: ")
	fmt.Fprintln(a.stderr, "gate:", text)
}

// app is one call of gate: its streams, its flags.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	environ        func() []string

	file, store, artifact, commit, junit string
	key, testKey, trust                  string
	verdict, order                       string
	wait                                 time.Duration
	json, observe                        bool
	reads                                bool        // the command signs nothing
	kit                                  *gotest.Kit // of the bundle that is run; nil: the go command builds
	linked                               string      // where test binaries stay while the command runs
}

// root is the command tree.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "gate",
		Short:         "Acceptance, smoke and contract tests that decide what reaches production",
		SilenceUsage:  true,
		SilenceErrors: true,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			hint := "gate --help"
			if near := c.SuggestionsFor(args[0]); len(near) > 0 {
				hint = "gate " + near[0]
			}
			return errUsage{fmt.Errorf("there is no command %q\nhint: %s", args[0], hint)}
		},
		SuggestionsMinimumDistance: 2,
		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			a.reads = reads(c)
			return a.unselected(c.Name())
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return errUsage{fmt.Errorf("%w\nhint: %s --help", err, c.CommandPath())}
	})
	p := root.PersistentFlags()
	p.StringVarP(&a.file, "file", "f", "gate.yaml", "the `gate.yaml` to use")
	p.StringVar(&a.store, "store", "", "where evidence is kept: a `folder`, or s3://BUCKET/PREFIX?account=...&region=... (default: store in gate.yaml)")
	p.StringVar(&a.artifact, "artifact", "", "`digest` of the artifact, where it is not the one of the commit checked out")
	p.StringVar(&a.commit, "commit", "", "`commit` to take, where it is not the one checked out")
	p.StringVar(&a.key, "key", "", "private key `file`, or awskms:///KEY, that signs what is written (default: $STAGEGATE_KEY)")
	p.StringVar(&a.trust, "trust", "", "trust `file`: who may sign, and the least that gate.yaml must ask for (default: $STAGEGATE_TRUST, or trust.yaml in a store that is a folder)")
	p.BoolVar(&a.json, "json", false, "print one JSON document on standard output, all else on standard error")
	root.AddCommand(a.runCmd(), a.beginCmd(), a.testCmd(), a.decideCmd(), a.checkCmd(), a.explainCmd(),
		a.approveCmd(), a.verifyCmd(), a.recordCmd(), a.listCmd(), a.bundleCmd(), a.execCmd(), a.doctorCmd(), a.initCmd(), a.editorCmd(), a.keyCmd(), a.versionCmd())
	for _, c := range root.Commands() {
		if args := c.Args; args != nil {
			c.Args = func(c *cobra.Command, given []string) error {
				if err := errors.Join(args(c, given), c.ValidateRequiredFlags()); err != nil {
					return errUsage{fmt.Errorf("%w\nhint: %s", err, c.UseLine())}
				}
				return nil
			}
		}
	}
	return root
}

func (a *app) versionCmd() *cobra.Command {
	return &cobra.Command{Use: "version", Short: "Print the version of this gate", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if a.json {
				return a.printJSON(map[string]string{"version": version()})
			}
			_, err := fmt.Fprintln(a.stdout, "gate", version())
			return err
		}}
}
