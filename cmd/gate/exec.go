package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/protocol"
)

func (a *app) execCmd() *cobra.Command {
	var as protocol.Session
	c := &cobra.Command{Use: "exec TARGET -- COMMAND [ARG...]", Short: "A command with the target's proven session: dev sandboxes, one scenario from an editor",
		Long: `Run a command as a test of a target would be run: the account is proven, the
target's session is in its environment, and stagegate's packages run against the
target. A deploy gets its variables, but for those of a run: stage, commit, artifact.
What comes of it is no evidence: nothing is written to the store, and
STAGEGATE_SELECT, STAGEGATE_RERUN and STAGEGATE_MESSAGES hold as without gate.

  gate exec alice -- make deploy
  gate exec alice -- go test ./features
  gate exec alice --tags @wip -- go test -v ./features
  STAGEGATE_SELECT=features/order.feature:12 gate exec alice -- go test ./features
  gate exec alice --mocks -- go test -run TestPayments ./contracts

The exit code is the command's own.`,
		Args: func(c *cobra.Command, args []string) error {
			if at := c.ArgsLenAtDash(); at != 1 || len(args) < 2 {
				return errors.New("want one target, then --, then a command")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return a.exec(c.Context(), args[0], as, args[1:]) }}
	c.Flags().StringVar(&as.Tags, "tags", "", "tag `expression`: which scenarios run")
	c.Flags().BoolVar(&as.Mocks, "mocks", false, "contracts run against mocks, and not against the target's dependencies")
	return c
}

// exec runs a command with a session of the target called name.
func (a *app) exec(ctx context.Context, name string, as protocol.Session, command []string) error {
	f, err := load(a.file)
	if err != nil {
		return err
	}
	t, ok := f.Targets[name]
	if !ok {
		return errUsage{fmt.Errorf("%s has no target %q\nhint: its targets are %s", f.Path, name, strings.Join(slices.Sorted(maps.Keys(f.Targets)), ", "))}
	}
	env := a.commandEnv()
	if t.Live { // what a person does there is what a test may
		t, env = t.ForTests(), a.testEnv(t, harness.Suite{})
	}
	env = append(env, "STAGEGATE_SERVICE="+f.Service, "STAGEGATE_TARGET="+t.Name, "STAGEGATE_URL="+t.URL, "STAGEGATE_REGION="+t.Region)
	if t.Cloud() {
		account, session, err := a.account(ctx, t)
		if err != nil {
			return fmt.Errorf("target %s: %w", t.Name, err)
		}
		fmt.Fprintf(a.stderr, "gate: account %s proven for %s\n", account, t.Name)
		env = append(append(env, session...), "STAGEGATE_ACCOUNT="+account)
	}
	values, err := a.secrets(ctx, t)
	if err != nil {
		return err
	}
	env = append(env, lines(values)...)
	for _, name := range selections() {
		if v := a.getenv(name); v != "" {
			env = append(env, name+"="+v)
		}
	}
	if as.Tags == "" {
		as.Tags = a.getenv("STAGEGATE_TAGS")
	}
	as.Service, as.Target, as.Loose = f.Service, t, true
	return lend(as, func(session string) error {
		return a.foreground(ctx, command, append(env, protocol.Variable+"="+session))
	})
}

// lend calls do with a file of session s, on which nobody decides: what tests
// answer is thrown away.
func lend(s protocol.Session, do func(file string) error) error {
	dir, err := os.MkdirTemp("", "stagegate-exec-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s.Phase, s.Run, s.Nonce, s.Stage, s.Suite = protocol.Exec, "exec/"+s.Target.Name, rand.Text(), "exec", "exec"
	s.Out = filepath.Join(dir, "out")
	if err := os.Mkdir(s.Out, 0o700); err != nil {
		return err
	}
	file := filepath.Join(dir, "run.json")
	if err := protocol.WriteSession(file, s); err != nil {
		return err
	}
	return do(file)
}

// foreground runs a command in this process's place: its streams, its terminal,
// its exit code. A signal that a terminal sends reaches all that it started directly;
// without a terminal gate passes it on, and waits until they have cleaned up.
func (a *app) foreground(ctx context.Context, command, env []string) error {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = env, a.stdin, a.stdout, a.stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = grace
	rest := func() {}
	if f, ok := a.stdin.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
		rest = inGroup(cmd, syscall.SIGINT, grace) // go waits for its tests, which it would not after SIGTERM
	}
	err := cmd.Run()
	rest()
	var ended *exec.ExitError
	switch {
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, os.ErrNotExist), errors.Is(err, os.ErrPermission):
		return errUsage{err}
	case ctx.Err() == nil && errors.As(err, &ended) && ended.ExitCode() > 0:
		return errExit{ended.ExitCode()}
	}
	return err
}
