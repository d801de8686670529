package schedule

import (
	"slices"
	"time"

	"github.com/stagegate/stagegate/harness"
)

// A Past is how long things took before, by id. What is not in it was never
// seen to pass.
type Past map[string]time.Duration

// A Log gathers the times of several runs. The zero Log is empty.
type Log struct {
	times map[string][]time.Duration
}

// Add notes a row, if it passed: how long a failure takes, until a limit or the
// first wrong answer, says little of how long the next success will.
func (l *Log) Add(r harness.Row) {
	if r.Outcome != harness.Passed || r.Took < 0 {
		return
	}
	if l.times == nil {
		l.times = map[string][]time.Duration{}
	}
	l.times[r.ID] = append(l.times[r.ID], time.Duration(r.Took))
}

// Past is the median of what was added of each id: one slow machine or one cold
// cache among several runs moves nothing. Of two it is the longer one.
func (l *Log) Past() Past {
	p := Past{}
	for id, all := range l.times {
		p[id] = median(all)
	}
	return p
}

// median is the upper median of all, which is not empty.
func median(all []time.Duration) time.Duration {
	all = slices.Sorted(slices.Values(all))
	return all[len(all)/2]
}

// least is what anything is taken to need at least. go test tells the time of
// plain tests in hundredths of seconds: a thousand of "0.00s" are not nothing.
const least = time.Millisecond

// expect says how long an item is going to take: what is not known, as long as
// the median of those of items that are.
func (p Past) expect(items []harness.Planned) func(harness.Planned) time.Duration {
	var known []time.Duration
	for _, i := range items {
		if d, ok := p[i.ID]; ok {
			known = append(known, d)
		}
	}
	unknown := least
	if len(known) > 0 {
		unknown = max(median(known), least)
	}
	return func(i harness.Planned) time.Duration {
		if d, ok := p[i.ID]; ok {
			return max(d, least)
		}
		return unknown
	}
}
