package alarms

import (
	"errors"
	"testing"
	"time"
)

// One look that fails is nothing; not to have seen anything for a while is no rest,
// even if the last look succeeds.
func TestSight(t *testing.T) {
	down := errors.New("503")
	type look struct {
		after time.Duration // since the watch began
		err   error
	}
	for name, c := range map[string]struct {
		looks []look
		want  string
	}{
		"all well":            {[]look{{0, nil}, {10 * time.Second, nil}}, ""},
		"one failed":          {[]look{{0, nil}, {40 * time.Second, down}, {50 * time.Second, nil}}, ""},
		"dark in the middle":  {[]look{{0, nil}, {40 * time.Second, down}, {80 * time.Second, nil}, {90 * time.Second, nil}}, "not seen for 1m20s until 2026-01-01T00:01:20Z: 503"},
		"dark until the last": {[]look{{0, down}, {4 * time.Minute, down}, {5 * time.Minute, nil}}, "not seen for 5m0s until 2026-01-01T00:05:00Z: 503"},
	} {
		from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		s := sight{last: from}
		for _, l := range c.looks {
			s.looked(from.Add(l.after), l.err)
		}
		if got := s.err; (got == nil) != (c.want == "") || got != nil && got.Error() != c.want {
			t.Errorf("%s: got %v, want %q", name, got, c.want)
		}
	}
}
