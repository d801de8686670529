package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/stagegate/stagegate/adapters/filestore"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/ledger"
	"github.com/stagegate/stagegate/internal/notary"
	"github.com/stagegate/stagegate/internal/trustfile"
)

// read reads the runs of one subject, as gate does: signatures and digests
// checked.
func read(ctx context.Context, dir, run string) ([]harness.Run, *harness.Trust, error) {
	trust, err := trustfile.Load(filepath.Join(dir, "trust.yaml"))
	if err != nil {
		return nil, nil, err
	}
	l := ledger.Ledger{Store: filestore.New(filepath.Join(dir, "store")), Notary: notary.Notary{Trust: trust}}
	runs, err := l.Runs(ctx, ledger.Place(staging()), subject(run).Key())
	if err == nil && (len(runs) != 1 || runs[0].Record == nil || len(runs[0].Record.Suites) != 1 || len(runs[0].Evidence) != 1) {
		err = fmt.Errorf("the run %s is not read as it was written: %+v", run, runs)
	}
	return runs, &trust.Trust, err
}

// decide decides the run, and returns an error unless the verdict is right.
func decide(ctx context.Context, dir, run string) error {
	runs, trust, err := read(ctx, dir, run)
	if err != nil {
		return err
	}
	v := harness.Decide(harness.Case{Phase: harness.Exit, Service: "orders", Stage: acceptance(), Target: staging(), Subject: subject(run), Policy: policy(), Suites: map[string]harness.Suite{"features": features()},
		Gate: "bench", Now: begun().Add(2 * time.Hour), Trust: trust, Runs: runs, Run: runs[0].ID()})
	return wrong(v, run, runs[0].Record.Suites[0].Listed.Count)
}

// wrong says how v is not the verdict on a run of which n results were planned.
func wrong(v harness.Verdict, run string, n int) error {
	if !v.Attested || len(v.Evidence) != 1 || v.Evidence[0].Counts.Total() != n {
		return fmt.Errorf("the verdict rests on other evidence: %+v", v)
	}
	if run == "passed" {
		if !v.Allowed() {
			return fmt.Errorf("%s, want allow: %+v", v.Verdict, v.Failing())
		}
		return nil
	}
	name := planned(n / 2).Name
	named := slices.ContainsFunc(v.Failing(), func(r harness.Ruling) bool {
		return r.Result == harness.Fail && strings.Contains(r.Reason+strings.Join(r.Details, " "), name)
	})
	if v.Verdict != harness.Block || !named {
		return fmt.Errorf("%s, want a block that names %q: %+v", v.Verdict, name, v.Failing())
	}
	return nil
}
