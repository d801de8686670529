package ledger

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/stagegate/stagegate/harness"
)

// ErrNoRun says that no run has the id.
var ErrNoRun = errors.New("no such run")

// ErrDamaged says that there is a run with the id whose record cannot be read.
var ErrDamaged = errors.New("its record cannot be read")

// Find reads the run with an id of the form PLACE/SUBJECT/NUMBER, and all the
// runs of its subject there. It returns [ErrNoRun] where there is none, and
// [ErrDamaged] with the runs where its record is lost.
func (l Ledger) Find(ctx context.Context, id string) (harness.Run, []harness.Run, error) {
	parts := strings.Split(id, "/")
	if len(parts) != 3 {
		return harness.Run{}, nil, fmt.Errorf("run %q: %w: an id looks like staging/3f9a1c2b4d5e/1", id, ErrNoRun)
	}
	subjects, err := l.named(ctx, parts[0], parts[1])
	if err != nil {
		return harness.Run{}, nil, err
	}
	for _, s := range subjects {
		runs, err := l.Runs(ctx, parts[0], s)
		if err != nil {
			return harness.Run{}, nil, err
		}
		for _, r := range runs {
			if r.Record != nil && r.Record.ID == id {
				return r, runs, nil
			}
			if r.Record == nil && strconv.Itoa(r.Number) == parts[2] {
				return harness.Run{}, runs, fmt.Errorf("run %q: %w: %s", id, ErrDamaged, reasons(r))
			}
		}
	}
	return harness.Run{}, nil, fmt.Errorf("run %q: %w", id, ErrNoRun)
}

// named are the keys of the subjects with runs on a place whose short form is
// this: usually one.
func (l Ledger) named(ctx context.Context, place, form string) (all []string, err error) {
	base := path.Join("ids", place, form)
	if err := harness.CheckKey(base); err != nil {
		return nil, nil // no run has such an id
	}
	keys, err := l.Store.List(ctx, base)
	if err != nil {
		return nil, fmt.Errorf("list runs: %w", err)
	}
	for _, k := range keys {
		all = append(all, path.Base(k))
	}
	return all, nil
}

func reasons(r harness.Run) string {
	var all []string
	for _, p := range r.Problems {
		all = append(all, p.Key+" "+p.Reason)
	}
	return strings.Join(all, "; ")
}
