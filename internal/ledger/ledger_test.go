package ledger

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stagegate/stagegate/harness"
)

func TestBeginNumbersRuns(t *testing.T) {
	l, _ := shelf(t)
	before := harness.Digest("")
	for n := 1; n <= 12; n++ {
		rec, err := l.Begin(t.Context(), promise(subject, staging))
		check(t, err)
		if rec.Number != n || rec.Previous != before {
			t.Fatalf("got run %d after %q, want %d after %q", rec.Number, rec.Previous, n, before)
		}
		before = last(t, l, rec).Digest
	}
	other := harness.Subject{Source: source, Artifact: harness.DigestOf([]byte("other"))}
	for _, rec := range []harness.RunRecord{promise(other, staging), promise(subject, harness.Target{Name: "prod", Mode: harness.Deployed}),
		promise(harness.Subject{Source: source}, harness.InProcessTarget())} {
		rec, err := l.Begin(t.Context(), rec)
		check(t, err)
		if rec.Number != 1 || rec.Previous != "" {
			t.Errorf("%s: got number %d, want 1: subjects and places are numbered by themselves", rec.ID, rec.Number)
		}
	}
}

func TestBeginTogether(t *testing.T) {
	l, _ := shelf(t)
	const writers, each = 8, 3
	got := make(chan int, writers*each)
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range each {
				rec, err := l.Begin(t.Context(), promise(subject, staging))
				if err != nil {
					t.Error(err)
				}
				got <- rec.Number
			}
		})
	}
	wg.Wait()
	close(got)
	var numbers []int
	for n := range got {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	for i, n := range numbers {
		if n != i+1 {
			t.Fatalf("got numbers %v, want 1 to %d, each once", numbers, writers*each)
		}
	}
	runs, err := l.Runs(t.Context(), "staging", subject.Key())
	check(t, err)
	for _, r := range runs {
		if len(r.Problems) > 0 {
			t.Errorf("run %d: %s", r.Number, reasons(r))
		}
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	l, _ := shelf(t)
	r := whole(t, l, promise(subject, staging))
	got := r.Evidence[0]
	rows, err := got.Rows.All()
	check(t, err)
	if !reflect.DeepEqual(rows, seen) || got.Run != r.Record.ID || got.Nonce != "nonce" ||
		got.Subject != subject || got.Account != staging.Account || !got.Counts.Equal(harness.CountRows(seen)) {
		t.Errorf("got evidence %+v with rows %+v, want %+v of run %s", got, rows, seen, r.Record.ID)
	}
	if c := r.Closing(); !slices.Equal(c.Evidence, []harness.Digest{r.Evidence[0].Digest}) {
		t.Errorf("the closing names %v, want the evidence that is there", c.Evidence)
	}
}

func TestWrittenOnce(t *testing.T) {
	l, _ := shelf(t)
	r := whole(t, l, promise(subject, staging))
	better := proof()
	better.Rows = harness.StreamOf(seen[:1]...)
	if _, err := l.Add(t.Context(), *r.Record, better); !errors.Is(err, harness.ErrExists) {
		t.Errorf("second evidence: got %v, want ErrExists", err)
	}
	if err := l.Deployed(t.Context(), *r.Record, harness.Deployment{}); !errors.Is(err, harness.ErrExists) {
		t.Errorf("second deployment: got %v, want ErrExists", err)
	}
	open := r
	open.Closings = nil
	if err := l.Close(t.Context(), open, harness.Closing{}); !errors.Is(err, harness.ErrExists) {
		t.Errorf("closing 1 again: got %v, want ErrExists", err)
	}
	check(t, l.Verdict(t.Context(), *r.Record, harness.Verdict{Verdict: harness.Block}))
	check(t, l.Verdict(t.Context(), *r.Record, harness.Verdict{Verdict: harness.Allow})) // the same decision: nothing is written
	b, err := l.Store.Get(t.Context(), dirOf(*r.Record)+"/verdicts/1")
	check(t, err)
	if !strings.Contains(string(b), `"block"`) {
		t.Errorf("the first verdict is gone: %s", b)
	}
	if got := last(t, l, *r.Record); !same(t, got, r) {
		t.Errorf("the run changed:\n got %+v\nwant %+v", got, r)
	}
}

func TestClosingsAreReadInOrder(t *testing.T) {
	l, dir := shelf(t)
	r := whole(t, l, promise(subject, staging))
	for range 10 { // past 9, where names sort before numbers
		r = last(t, l, *r.Record)
		check(t, l.Close(t.Context(), r, harness.Closing{At: begun}))
	}
	if r = last(t, l, *r.Record); len(r.Closings) != 11 || len(r.Problems) > 0 {
		t.Fatalf("got %d closings, want 11: %s", len(r.Closings), reasons(r))
	}
	overwrite(t, dir, dirOf(*r.Record)+"/closings/3", nil)
	if r = last(t, l, *r.Record); len(r.Closings) != 2 || len(r.Problems) != 9 {
		t.Errorf("without closing 3: got %d closings and %d problems, want 2 and 9", len(r.Closings), len(r.Problems))
	}
}

func TestFind(t *testing.T) {
	l, dir := shelf(t)
	first := whole(t, l, promise(subject, staging))
	second := whole(t, l, promise(subject, staging))
	got, all, err := l.Find(t.Context(), second.Record.ID)
	check(t, err)
	if got.Number != 2 || len(all) != 2 || all[0].Record.ID != first.Record.ID {
		t.Errorf("found run %d of %d, want 2 of 2", got.Number, len(all))
	}
	for _, id := range []string{"", "staging", "staging/x", "staging/x/1", "prod/" + short(subject.Key()) + "/1",
		"staging/" + short(subject.Key()) + "/3", "staging/" + short(subject.Key()) + "/01", first.Record.ID + "/x"} {
		if r, _, err := l.Find(t.Context(), id); !errors.Is(err, ErrNoRun) {
			t.Errorf("Find(%q) = run %d, %v; want ErrNoRun", id, r.Number, err)
		}
	}
	overwrite(t, dir, keysOf(first)["record"], []byte("x"))
	if _, _, err := l.Find(t.Context(), first.Record.ID); !errors.Is(err, ErrDamaged) || errors.Is(err, ErrNoRun) {
		t.Errorf("a damaged record: got %v, want ErrDamaged", err)
	}
}

func TestMakers(t *testing.T) {
	l, dir := shelf(t)
	again := harness.Source{Commit: strings.Repeat("3", 40), Tree: strings.Repeat("4", 40)}
	for _, s := range []harness.Source{source, source, again} {
		rec, err := l.Begin(t.Context(), promise(harness.Subject{Source: s}, harness.InProcessTarget()))
		check(t, err)
		check(t, l.Deployed(t.Context(), rec, harness.Deployment{Artifact: &artifact}))
	}
	got, err := l.Makers(t.Context(), artifact.Digest)
	check(t, err)
	if !slices.Equal(got, []harness.Source{source, again}) {
		t.Errorf("got %v, want each source once: %v", got, []harness.Source{source, again})
	}
	if got, err := l.Makers(t.Context(), harness.DigestOf(nil)); err != nil || len(got) > 0 {
		t.Errorf("an unknown artifact: got %v, %v", got, err)
	}
	overwrite(t, dir, "made/"+artifact.Digest.Hex()+"/commit-x-1", []byte("damaged"))
	if got, err := l.Makers(t.Context(), artifact.Digest); err == nil {
		t.Errorf("with a damaged entry: got %v, want an error", got)
	}
}

func TestBlob(t *testing.T) {
	l, dir := shelf(t)
	d, err := l.PutBlob(t.Context(), []byte("rows"))
	check(t, err)
	again, err := l.PutBlob(t.Context(), []byte("rows"))
	if err != nil || again != d {
		t.Errorf("the same blob again: got %s, %v; want %s", again, err, d)
	}
	if b, err := l.Blob(t.Context(), d); err != nil || string(b) != "rows" {
		t.Errorf("got %q, %v", b, err)
	}
	overwrite(t, dir, "blobs/"+d.Hex(), []byte("Rows"))
	for _, d := range []harness.Digest{d, harness.DigestOf(nil), "", "sha256:../../x", "md5:00"} {
		if b, err := l.Blob(t.Context(), d); err == nil {
			t.Errorf("blob %q: got %q, want an error", d, b)
		}
	}
}

// A store that fails is an error, never a run that looks empty.
func TestStoreDown(t *testing.T) {
	l, dir := shelf(t)
	r := whole(t, l, promise(subject, staging))
	overwrite(t, dir, "away", nil)
	l.Store = down{l.Store, keysOf(r)["evidence"]}
	if runs, err := l.Runs(t.Context(), "staging", subject.Key()); !errors.Is(err, errDown) {
		t.Errorf("got %+v, %v; want the store's error", runs, err)
	}
	if _, err := l.Begin(t.Context(), promise(subject, staging)); !errors.Is(err, errDown) {
		t.Errorf("begin: got %v, want the store's error", err)
	}
}
