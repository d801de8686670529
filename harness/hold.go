package harness

import "fmt"

// Hold says why the deploy of an open run must not begin: what its suites
// before the deploy found. It is empty when they found nothing. A dependency
// that did not answer does not hold the deploy: the suites after it ask again.
func Hold(c Case) string {
	c.Runs = ordered(c.Runs)
	j := &judgement{Case: c, verdict: &Verdict{}}
	for _, r := range c.Runs {
		if r.Record != nil && r.Record.ID == c.Run {
			return j.hold(r)
		}
	}
	return fmt.Sprintf("run %q cannot be read", c.Run)
}

func (j *judgement) hold(r Run) string {
	for _, s := range r.Record.Suites {
		if s.When == Before && len(r.missing(s)) > 0 {
			return s.String() + ": nothing ran"
		}
	}
	f := j.look(r, func(s PlannedRun) bool { return s.When == Before })
	for _, t := range f.tallies {
		if t.When != Before {
			continue
		}
		f.witnesses = append(f.witnesses, t.doubts()...)
	}
	for _, bad := range [][]string{f.lost, f.failed, f.empty, f.absent, f.extra, f.witnesses, f.badSkips, f.attempts, f.mode, f.expired} {
		if len(bad) > 0 {
			return more(bad)
		}
	}
	if len(f.skips) > j.Stage.Limits.Skips {
		return more(f.skips)
	}
	return ""
}

// more is the first of all, and how many there are besides.
func more(all []string) string {
	if len(all) == 1 {
		return all[0]
	}
	return fmt.Sprintf("%s (and %d more)", all[0], len(all)-1)
}
