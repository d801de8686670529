package ledger

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stagegate/stagegate/harness"
)

// Runs that were allowed are listed by the time at which they began, so that
// the last one of years is found with a list or two:
//
//	allowed/PLACE/STAGE/YEAR/TIME=SUBJECT=NUMBER
//
// It is an index, which nobody signs, and proves nothing: who may write to the
// store may have written it. What it names is decided anew, and an entry that
// says another time or stage than the signed record of its run is none.

const beganForm = "20060102T150405.000Z"

// Allowed notes that rec was allowed.
func (l Ledger) Allowed(ctx context.Context, rec harness.RunRecord) error {
	key := allowedKey(rec)
	if err := l.Store.Put(ctx, key, []byte(rec.ID)); err != nil && !errors.Is(err, harness.ErrExists) {
		return fmt.Errorf("write %s: %w", key, err)
	}
	return nil
}

// allowedKey is where it stands that rec was allowed.
func allowedKey(rec harness.RunRecord) string {
	began := rec.Begun.UTC()
	return path.Join("allowed", Place(rec.Target), rec.Stage.Name, strconv.Itoa(began.Year()),
		fmt.Sprintf("%s=%s=%04d", began.Format(beganForm), rec.Subject.Key(), rec.Number))
}

// yearsBack is how many years are searched for a run that was allowed.
const yearsBack = 10

// LastAllowed gives the runs of a stage that were noted as allowed, the newest
// first, each with all runs of its subject. now is where the years begin.
func (l Ledger) LastAllowed(ctx context.Context, place, stage string, now time.Time) iter.Seq2[Candidate, error] {
	return func(yield func(Candidate, error) bool) {
		for back := -1; back < yearsBack; back++ { // a clock may be ahead at new year
			year := strconv.Itoa(now.UTC().Year() - back)
			keys, err := l.Store.List(ctx, path.Join("allowed", place, stage, year))
			if err != nil {
				yield(Candidate{}, fmt.Errorf("list what was allowed: %w", err))
				return
			}
			for _, k := range slices.Backward(keys) {
				parts := strings.Split(path.Base(k), "=")
				if len(parts) != 3 {
					continue
				}
				n, err := strconv.Atoi(parts[2])
				if err != nil {
					continue
				}
				runs, err := l.Runs(ctx, place, parts[1])
				c := Candidate{Subject: parts[1], Number: n, Runs: runs}
				c.Lies = c.contradicts(k)
				if !yield(c, err) || err != nil {
					return
				}
			}
		}
	}
}

// AllowedStages are the names of the stages of which a run on a place was noted as
// allowed, whenever.
func (l Ledger) AllowedStages(ctx context.Context, place string) ([]string, error) {
	base := path.Join("allowed", place)
	keys, err := l.Store.List(ctx, base)
	if err != nil {
		return nil, fmt.Errorf("list what was allowed: %w", err)
	}
	var all []string
	for _, k := range keys {
		stage, _, _ := strings.Cut(strings.TrimPrefix(k, base+"/"), "/")
		if !slices.Contains(all, stage) {
			all = append(all, stage)
		}
	}
	return all, nil
}

// A Candidate is a run that was noted as allowed, among the runs of its subject.
type Candidate struct {
	Subject string // its key
	Number  int
	Runs    []harness.Run
	Lies    bool // its entry says another time or stage than the run's record: it says nothing of when it was allowed
}

// String names the run, also where its record is gone.
func (c Candidate) String() string { return fmt.Sprintf("run %d of %s", c.Number, c.Subject) }

// contradicts reports whether the record of c's run says that its entry stands
// elsewhere than at key. Of a run without one nobody can tell.
func (c Candidate) contradicts(key string) bool {
	r := c.Run()
	return r.Record != nil && allowedKey(*r.Record) != key
}

// Run is the run itself; one without a record if it is gone.
func (c Candidate) Run() harness.Run {
	i := slices.IndexFunc(c.Runs, func(r harness.Run) bool { return r.Number == c.Number })
	if i < 0 {
		return harness.Run{Number: c.Number}
	}
	return c.Runs[i]
}
