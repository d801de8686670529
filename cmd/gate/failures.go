package main

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/stagegate/stagegate/adapters/gotest"
	"github.com/stagegate/stagegate/harness"
)

// maxTold bounds how many failures are told in full: who breaks everything needs the
// first ones.
const maxTold = 50

// maxRun bounds an expression for -run, in bytes: a shell takes 128 KiB for one argument
// on Linux, and nobody wants to see it.
const maxRun = 16 << 10

// failures tells in full what has not passed in a suite, and how to run just that.
func (v *view) failures(suite string, seen gotest.Seen, target harness.Target) {
	failed := notPassed(seen.Rows)
	if len(failed) == 0 {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.line(fmt.Sprintf("gate: %d not passed in %s:", len(failed), clean(suite)))
	for i, r := range failed {
		if i == maxTold {
			v.line(fmt.Sprintf("  and %d more: gate explain", len(failed)-i))
			break
		}
		v.line(fmt.Sprintf("  %s %-8s %s", v.mark(r.Outcome), r.Outcome, clean(cmp.Or(r.Name, r.ID))))
		for l := range strings.SplitSeq(inFull(r, seen.Printed[r.ID]), "\n") {
			v.line("      " + clean(l))
		}
	}
	if again := rerun(failed, target); len(again) > 0 {
		v.line("gate: to run just these:")
		for _, c := range again {
			v.line("  " + c)
		}
	}
}

// inFull is why r has not passed, with what its test printed.
func inFull(r harness.Row, printed string) string {
	reason := strings.TrimSpace(r.Reason)
	first, _, _ := strings.Cut(reason, "\n")
	switch {
	case printed == "":
		return reason
	case strings.Contains(printed, first):
		return printed // the reason is in it
	}
	return reason + "\n" + printed
}

// notPassed is the last attempt of everything that has not passed or was not allowed
// to be skipped, in the order of its places.
func notPassed(rows []harness.Row) []harness.Row {
	last := map[string]harness.Row{}
	for _, r := range rows {
		if r.Attempt >= last[r.ID].Attempt {
			last[r.ID] = r
		}
	}
	failed := slices.Collect(maps.Values(last))
	failed = slices.DeleteFunc(failed, func(r harness.Row) bool {
		return r.Outcome == harness.Passed || r.Outcome == harness.Skipped && r.Reason != ""
	})
	slices.SortFunc(failed, func(a, b harness.Row) int { return strings.Compare(a.ID, b.ID) })
	return failed
}

// rerun is a command for each package that runs the tests of these rows and no
// others; what ran against a target, runs there again.
func rerun(failed []harness.Row, target harness.Target) (commands []string) {
	parts := regexp.MustCompile(`^(.*?)\.((?:Test|Example|Fuzz).*)$`) // import path, name
	names := map[string][]string{}
	for _, r := range failed {
		if m := parts.FindStringSubmatch(r.ID); m != nil {
			names[m[1]] = append(names[m[1]], m[2])
		}
	}
	prefix := ""
	if !target.InProcess() {
		prefix = "gate exec " + target.Name + " -- "
	}
	for _, pkg := range slices.Sorted(maps.Keys(names)) {
		for _, expression := range joined(names[pkg]) {
			commands = append(commands, prefix+"go test -count=1 -run "+shellWord(expression)+" "+pkg)
		}
	}
	return commands
}

// joined are the expressions that select tests of these names, as few as maxRun allows.
func joined(names []string) (all []string) {
	for _, name := range names {
		e := exactly(name)
		if n := len(all); n > 0 && len(all[n-1])+len(e) < maxRun {
			all[n-1] += "|" + e
		} else {
			all = append(all, e)
		}
	}
	return all
}

// exactly is what go test's -run selects a test of this name by, and no other.
func exactly(name string) string {
	parts := strings.Split(name, "/")
	for i, p := range parts {
		parts[i] = "^" + regexp.QuoteMeta(p) + "$"
	}
	return strings.Join(parts, "/")
}

// shellWord is a text as one word for a shell.
func shellWord(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
