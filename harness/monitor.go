package harness

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Alarms are those of the cloud that must be at rest after the suites. They are
// chosen by a tag, by names, or both.
type Alarms struct {
	Tagged string   `json:"tagged,omitempty"` // "service=orders"
	Names  []string `json:"names,omitempty"`
	For    Duration `json:"for,omitzero"` // how long they are watched; 0: looked at once
}

// A Check is a command that other monitoring is asked with, after the suites. It
// is tried until it ends with 0, or Within is over.
type Check struct {
	Name   string   `json:"name"`
	Run    string   `json:"run"`
	Within Duration `json:"within,omitzero"` // 0: once
}

// States of an [Alarm], as CloudWatch has them.
const (
	AlarmOK     = "OK"
	AlarmRings  = "ALARM"
	AlarmNoData = "INSUFFICIENT_DATA"
)

// A Watch is what was seen of the alarms.
type Watch struct {
	From   time.Time `json:"from"`
	Until  time.Time `json:"until"`
	Alarms []Alarm   `json:"alarms,omitempty"`
	Error  string    `json:"error,omitempty"` // why they could not be watched to the end
}

// An Alarm is one alarm as it was seen: ringing, if it rang at any time, else as
// it was last.
type Alarm struct {
	Name   string    `json:"name"`
	State  string    `json:"state"`
	Reason string    `json:"reason,omitempty"` // the cloud's words
	At     time.Time `json:"at"`               // when it was seen so
}

// A Checked is how a [Check] ended: its last try.
type Checked struct {
	Name   string    `json:"name"`
	Exit   int       `json:"exit"`
	Tries  int       `json:"tries"`
	Said   string    `json:"said,omitempty"`   // the end of what it printed
	Broken string    `json:"broken,omitempty"` // why no try came to an end
	At     time.Time `json:"at"`
}

// Exit codes of a check by which nothing was learned: it says so itself
// (EX_TEMPFAIL of sysexits.h), or the shell could not run it.
const (
	checkNoData  = 75
	checkNoExec  = 126
	checkMissing = 127
)

// monitored decides on what alarms and checks showed whenever the run was
// closed: what rang or failed once did so, however often it is closed again.
func (j *judgement) monitored(r Run) {
	if a := j.Stage.Alarms; a != nil {
		var rang []string
		for _, c := range r.Closings {
			rang = append(rang, c.Watch.rang()...)
		}
		j.alarms(*a, rang, r.Closing().Watch)
	}
	if len(j.Stage.Checks) > 0 {
		all := slices.Clone(r.Closing().Checks)
		for _, c := range r.Closings {
			all = append(slices.DeleteFunc(slices.Clone(c.Checks), func(c Checked) bool { return !c.failed() }), all...)
		}
		j.checked(all)
	}
}

// rang lists the alarms of w that rang.
func (w *Watch) rang() (all []string) {
	if w == nil {
		return nil
	}
	for _, a := range w.Alarms {
		if a.State == AlarmRings {
			all = append(all, fmt.Sprintf("%s rang at %s: %s", a.Name, stamp(a.At), a.Reason))
		}
	}
	return all
}

// failed reports that c says that something is wrong, not that it knows nothing.
func (c Checked) failed() bool {
	return c.Broken == "" && c.Exit != 0 && c.Exit != checkNoData && c.Exit != checkNoExec && c.Exit != checkMissing
}

func (j *judgement) alarms(want Alarms, ring []string, w *Watch) {
	if w == nil {
		w = &Watch{Error: "nobody looked at the alarms"}
	}
	var unknown []string
	seen := map[string]bool{}
	for _, a := range w.Alarms {
		seen[a.Name] = true
		switch a.State {
		case AlarmOK, AlarmRings:
		default:
			unknown = append(unknown, fmt.Sprintf("%s is %s: %s", a.Name, a.State, a.Reason))
		}
	}
	for _, n := range want.Names {
		if !seen[n] {
			unknown = append(unknown, "there is no alarm "+n)
		}
	}
	watched := w.Until.Sub(w.From)
	switch {
	case w.Error != "":
		unknown = append(unknown, w.Error)
	case len(w.Alarms) == 0:
		unknown = append(unknown, fmt.Sprintf("no alarm is tagged %s", want.Tagged))
	case watched < time.Duration(want.For):
		unknown = append(unknown, fmt.Sprintf("watched for %s, want %s", watched.Round(time.Second), want.For))
	}
	if len(ring) > 0 {
		j.check("alarms", Fail, slices.Concat(ring, unknown), "reasons not to go on", "")
		return
	}
	j.check("alarms", Inconclusive, unknown, "reasons why it is not known that all is well",
		fmt.Sprintf("%s at rest for %s", count(len(w.Alarms), "alarm"), watched.Round(time.Second)))
}

func (j *judgement) checked(all []Checked) {
	var bad, unknown []string
	for _, want := range j.Stage.Checks {
		i := slices.IndexFunc(all, func(c Checked) bool { return c.Name == want.Name })
		if i < 0 {
			unknown = append(unknown, want.Name+": was not run")
			continue
		}
		c := all[i]
		how := fmt.Sprintf("%s: exit code %d after %s", c.Name, c.Exit, count(c.Tries, "try"))
		if said := strings.TrimSpace(c.Said); said != "" {
			how += ": " + said
		}
		switch {
		case c.failed():
			bad = append(bad, how)
		case c.Broken != "":
			unknown = append(unknown, c.Name+": "+c.Broken)
		case c.Exit != 0:
			unknown = append(unknown, how)
		}
	}
	if len(bad) > 0 {
		j.check("checks", Fail, slices.Concat(bad, unknown), "checks did not pass", "")
		return
	}
	j.check("checks", Inconclusive, unknown, "checks have no answer", count(len(j.Stage.Checks), "check")+" passed")
}

// count is "1 alarm", "2 alarms", "3 tries".
func count(n int, of string) string {
	switch {
	case n == 1:
	case strings.HasSuffix(of, "y"):
		of = strings.TrimSuffix(of, "y") + "ies"
	default:
		of += "s"
	}
	return fmt.Sprintf("%d %s", n, of)
}

// quieter lists how less is watched now than then.
func quieter(then, now Stage) (all []string) {
	if a, b := then.Alarms, now.Alarms; a != nil {
		switch {
		case b == nil:
			all = append(all, "no alarm is looked at any more")
		case a.Tagged != b.Tagged || slices.ContainsFunc(a.Names, func(n string) bool { return !slices.Contains(b.Names, n) }):
			all = append(all, "other alarms are looked at than before")
		case b.For < a.For:
			all = append(all, fmt.Sprintf("alarms are watched for %s, %s before", b.For, a.For))
		}
	}
	for _, c := range then.Checks {
		if !slices.Contains(now.Checks, c) {
			all = append(all, fmt.Sprintf("check %s is gone, or another one", c.Name))
		}
	}
	return all
}
