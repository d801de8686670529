package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/stagegate/stagegate/harness"
)

// A world is where the stories happen.
type world interface {
	// Change edits files of the shop's repository and commits them.
	Change(ctx context.Context, message string, edits ...edit) (commit string, err error)
	// Gate runs gate, shows what it says, and returns its exit code.
	Gate(ctx context.Context, args ...string) (exit int, err error)
	// Ask runs gate for a verdict and shows nothing. The exit code has to be the verdict's.
	Ask(ctx context.Context, args ...string) (harness.Verdict, error)
	// Served is the commit that a target says it serves.
	Served(ctx context.Context, target string) (commit string, err error)
}

// An edit replaces the one place of a file where old is.
type edit struct{ file, old, new string }

func (e edit) undone() edit { return edit{file: e.file, old: e.new, new: e.old} }

// A step is one expectation and what became of it.
type step struct {
	story          int
	expected, seen string
	took           time.Duration
	kept           bool
}

// A teller tells stories and holds the world to them. After the first
// expectation that is not kept it does nothing more: err says which.
type teller struct {
	world world
	out   io.Writer
	now   func() time.Time

	story, ended int
	steps        []step
	err          error
}

// errUntold says that not all stories were told to their end.
var errUntold = errors.New("not every story was told to its end")

// verdict is nil only if every story ended, with every expectation kept.
func (t *teller) verdict() error {
	switch {
	case t.err != nil:
		return t.err
	case t.ended != stories:
		return errUntold
	}
	for _, s := range t.steps {
		if !s.kept {
			return fmt.Errorf("story %d: %s: %s", s.story, s.expected, s.seen)
		}
	}
	return nil
}

func (t *teller) begin(title string) {
	if t.err == nil {
		t.story++
		fmt.Fprintf(t.out, "\n=== Story %d: %s\n", t.story, title)
	}
}

func (t *teller) end() {
	if t.err == nil {
		t.ended++
	}
}

func (t *teller) say(format string, args ...any) {
	if t.err == nil {
		fmt.Fprintf(t.out, "\n--- "+format+"\n", args...)
	}
}

// expect does something and writes down what was seen. What do returns as
// wrong is where it differs from what was expected.
func (t *teller) expect(expected string, do func() (seen string, wrong []string, err error)) {
	if t.err != nil {
		return
	}
	begun := t.now()
	seen, wrong, err := do()
	if err != nil {
		seen, wrong = strings.TrimSpace(seen+" error"), append(wrong, err.Error())
	}
	t.steps = append(t.steps, step{story: t.story, expected: expected, seen: seen, took: t.now().Sub(begun), kept: len(wrong) == 0})
	if len(wrong) > 0 {
		t.err = fmt.Errorf("story %d is not as told: expected that %s\n  %s", t.story, expected, strings.Join(wrong, "\n  "))
	}
}

// summary writes what happened as a table, if anything did.
func (t *teller) summary(setUp, told time.Duration) {
	if len(t.steps) == 0 {
		return
	}
	fmt.Fprintf(t.out, "\n=== What happened\n\n")
	w := tabwriter.NewWriter(t.out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "story\t\texpected\tseen\ttime")
	for i, s := range t.steps {
		number := ""
		if i == 0 || t.steps[i-1].story != s.story {
			number = fmt.Sprint(s.story)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", number, map[bool]string{true: "ok", false: "NO"}[s.kept], s.expected, s.seen, seconds(s.took))
	}
	w.Flush()
	fmt.Fprintf(t.out, "\nset-up %s, stories %s\n", seconds(setUp), seconds(told))
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1fs", d.Seconds()) }

func short(commit string) string { return commit[:min(12, len(commit))] }
