package harness_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stagegate/stagegate/harness"
)

// monitoredExit is a good case of a stage that watches two alarms for five
// minutes and asks two checks.
func monitoredExit() harness.Case {
	stage := acceptance
	stage.Alarms = &harness.Alarms{Tagged: "service=orders", Names: []string{"5xx"}, For: harness.Duration(5 * time.Minute)}
	stage.Checks = []harness.Check{{Name: "errors", Run: "a"}, {Name: "latency", Run: "b"}}
	run := stagingRun(1)
	rec := *run.Record
	rec.Stage = stage
	run.Record = &rec
	end := run.Closing().At
	run.Closings[0].Watch = &harness.Watch{From: end.Add(-5 * time.Minute), Until: end,
		Alarms: []harness.Alarm{{Name: "5xx", State: "OK", At: end}, {Name: "slow", State: "OK", At: end}}}
	run.Closings[0].Checks = []harness.Checked{{Name: "errors", Tries: 1, At: end}, {Name: "latency", Tries: 3, At: end}}
	return exitOf(stage, staging, run)
}

func TestMonitored(t *testing.T) {
	if v := harness.Decide(monitoredExit()); !v.Allowed() {
		t.Fatalf("the good case: %+v", v.Failing())
	}
	closing := func(c *harness.Case) *harness.Closing { return &c.Runs[0].Closings[0] }
	for _, c := range []struct {
		name string
		want harness.Answer
		rule string
		says string
		edit func(*harness.Case)
	}{
		{"an alarm rings", harness.Block, "alarms", "5xx rang at ", func(c *harness.Case) { closing(c).Watch.Alarms[0].State = "ALARM" }},
		{"no data", harness.Unclear, "alarms", "slow is INSUFFICIENT_DATA", func(c *harness.Case) { closing(c).Watch.Alarms[1].State = "INSUFFICIENT_DATA" }},
		{"a state that nobody knows", harness.Unclear, "alarms", "slow is ok", func(c *harness.Case) { closing(c).Watch.Alarms[1].State = "ok" }},
		{"a named alarm is not there", harness.Unclear, "alarms", "there is no alarm 5xx", func(c *harness.Case) { closing(c).Watch.Alarms = closing(c).Watch.Alarms[1:] }},
		{"no alarm at all", harness.Unclear, "alarms", "no alarm is tagged service=orders", func(c *harness.Case) { closing(c).Watch.Alarms = nil }},
		{"not long enough", harness.Unclear, "alarms", "watched for 4m59s, want 5m", func(c *harness.Case) { closing(c).Watch.From = closing(c).Watch.From.Add(time.Second) }},
		{"not to the end", harness.Unclear, "alarms", "throttled", func(c *harness.Case) { closing(c).Watch.Error = "throttled" }},
		{"rings, and then not to the end", harness.Block, "alarms", "throttled", func(c *harness.Case) {
			closing(c).Watch.Error, closing(c).Watch.Alarms[0].State = "throttled", "ALARM"
		}},
		{"nobody looked", harness.Unclear, "alarms", "nobody looked", func(c *harness.Case) { closing(c).Watch = nil }},
		{"rang when it was closed first", harness.Block, "alarms", "5xx rang at ", func(c *harness.Case) {
			first := *closing(c)
			w := *first.Watch
			w.Alarms = []harness.Alarm{{Name: "5xx", State: "ALARM", At: first.At}}
			first.Watch = &w
			c.Runs[0].Closings = []harness.Closing{first, c.Runs[0].Closings[0]}
		}},
		{"rang first, and nobody looked then", harness.Block, "alarms", "5xx rang at ", func(c *harness.Case) {
			last := *closing(c)
			closing(c).Watch.Alarms[0].State = "ALARM"
			last.Watch = nil
			c.Runs[0].Closings = append(c.Runs[0].Closings, last)
		}},
		{"a check fails", harness.Block, "checks", "errors: exit code 1 after 1 try: 3 errors", func(c *harness.Case) {
			closing(c).Checks[0].Exit, closing(c).Checks[0].Said = 1, "3 errors\n"
		}},
		{"a check has no data", harness.Unclear, "checks", "latency: exit code 75 after 3 tries", func(c *harness.Case) { closing(c).Checks[1].Exit = 75 }},
		{"a check is not there", harness.Unclear, "checks", "exit code 127", func(c *harness.Case) { closing(c).Checks[1].Exit = 127 }},
		{"a check hangs", harness.Unclear, "checks", "latency: did not end", func(c *harness.Case) { closing(c).Checks[1].Broken = "did not end" }},
		{"a check was not run", harness.Unclear, "checks", "latency: was not run", func(c *harness.Case) { closing(c).Checks = closing(c).Checks[:1] }},
		{"a check failed when it was closed first", harness.Block, "checks", "errors: exit code 1", func(c *harness.Case) {
			first := *closing(c)
			first.Checks = []harness.Checked{{Name: "errors", Exit: 1, Tries: 1}}
			c.Runs[0].Closings = []harness.Closing{first, c.Runs[0].Closings[0]}
		}},
		{"the run promised fewer", harness.Block, "promise", "the stage does something else", func(c *harness.Case) { promise(c).Stage.Checks = nil }},
		{"the run promised to look at once", harness.Block, "promise", "the stage does something else", func(c *harness.Case) {
			promise(c).Stage.Alarms = &harness.Alarms{Tagged: "service=orders", Names: []string{"5xx"}}
		}},
		{"seen in the future", harness.Unclear, "clock", "what was seen of the alarms is from the future", func(c *harness.Case) {
			closing(c).Watch.Until = c.Now.Add(time.Hour)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := monitoredExit()
			c.edit(&x)
			v := harness.Decide(x)
			says := ""
			for _, r := range v.Failing() {
				if r.Rule == c.rule {
					says = r.Reason + "\n" + strings.Join(r.Details, "\n")
				}
			}
			if v.Verdict != c.want || !strings.Contains(says, c.says) {
				t.Errorf("got %s, %s: %s\nwant %s: %s", v.Verdict, c.rule, says, c.want, c.says)
			}
		})
	}
}

// Less watching than before is never quiet.
func TestLooserMonitors(t *testing.T) {
	for _, c := range []struct {
		says string
		edit func(*harness.Stage)
	}{
		{"no alarm is looked at any more", func(s *harness.Stage) { s.Alarms = nil }},
		{"other alarms are looked at", func(s *harness.Stage) { s.Alarms = &harness.Alarms{Tagged: "service=other", For: s.Alarms.For} }},
		{"alarms are watched for 1m0s, 5m0s before", func(s *harness.Stage) {
			a := *s.Alarms
			a.For = harness.Duration(time.Minute)
			s.Alarms = &a
		}},
		{"check errors is gone, or another one", func(s *harness.Stage) { s.Checks = s.Checks[1:] }},
	} {
		x := monitoredExit()
		then := *x.Runs[0].Record
		now := harness.Case{Phase: harness.Entry, Service: x.Service, Stage: then.Stage, Target: then.Target, Subject: x.Subject, Plan: then.Suites, Before: &then, Now: x.Now}
		c.edit(&now.Stage)
		v := harness.Decide(now)
		if all := strings.Join(v.Loosened, "\n"); !strings.Contains(all, c.says) {
			t.Errorf("got %q, want %q", all, c.says)
		}
	}
}
