package ledger

import (
	"context"
	"fmt"
	"path"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stagegate/stagegate/harness"
)

// A meter counts what is asked of a store, and the longest answer to a List.
type meter struct {
	harness.Store
	gets, lists, longest atomic.Int64
}

func (m *meter) Get(ctx context.Context, key string) ([]byte, error) {
	m.gets.Add(1)
	return m.Store.Get(ctx, key)
}

func (m *meter) List(ctx context.Context, prefix string) ([]string, error) {
	keys, err := m.Store.List(ctx, prefix)
	m.lists.Add(1)
	m.longest.Store(max(m.longest.Load(), int64(len(keys))))
	return keys, err
}

// Finding a run, its subject's runs, and the run that was allowed last takes as
// many requests after years as on the first day.
func TestQuickOverYears(t *testing.T) {
	l, dir := shelf(t)
	r := whole(t, l, promise(subject, staging))
	check(t, l.Allowed(t.Context(), *r.Record))
	asked := func() (gets, lists, longest int64) {
		m := &meter{Store: l.Store}
		quick := Ledger{Store: m}
		if _, _, err := quick.Find(t.Context(), r.Record.ID); err != nil {
			t.Fatal(err)
		}
		for c, err := range quick.LastAllowed(t.Context(), "staging", "acceptance", begun.Add(time.Hour)) {
			check(t, err)
			if got := c.Run().Record; got == nil || got.ID != r.Record.ID {
				t.Fatalf("got %+v, want run %s", got, r.Record.ID)
			}
			break
		}
		return m.gets.Load(), m.lists.Load(), m.longest.Load()
	}
	gets, lists, _ := asked()
	const days = 300
	for year := 2020; year <= 2026; year++ {
		for day := range days {
			at := time.Date(year, 1, 1+day, 6, 0, 0, 0, time.UTC)
			key := fmt.Sprintf("sha256-%064x", year*1000+day)
			overwrite(t, dir, fmt.Sprintf("allowed/staging/acceptance/%d/%s=%s=0001", year, at.Format(beganForm), key), nil)
			overwrite(t, dir, fmt.Sprintf("runs/staging/%s/0001/record", key), []byte("x"))
			overwrite(t, dir, fmt.Sprintf("ids/staging/%012x/%s", year*1000+day, key), nil)
		}
	}
	g, n, longest := asked()
	if g != gets || n != lists || longest > days+1 {
		t.Errorf("after years: %d gets, %d lists, the longest %d; on the first day %d and %d", g, n, longest, gets, lists)
	}
}

// An entry that somebody without a key has written does not make an old run the
// last one: another time, another stage, another year, another number.
func TestLastAllowedBelievesTheRecord(t *testing.T) {
	l, dir := shelf(t)
	r := whole(t, l, promise(subject, staging))
	check(t, l.Allowed(t.Context(), *r.Record))
	honest := allowedKey(*r.Record)
	year, name := begun.Format("2006"), path.Base(honest)
	for key, lies := range map[string]bool{
		honest: false,
		"allowed/staging/acceptance/" + year + "/20991231T235959.999Z=" + subject.Key() + "=0001": true,
		"allowed/staging/acceptance/" + year + "/=" + subject.Key() + "=0001":                     true,
		"allowed/staging/acceptance/" + year + "/" + strings.TrimSuffix(name, "0001") + "1":       true,
		"allowed/staging/acceptance/" + begun.AddDate(1, 0, 0).Format("2006") + "/" + name:        true,
		"allowed/staging/other/" + year + "/" + name:                                              true,
	} {
		if lies {
			overwrite(t, dir, key, nil)
		}
		found := false
		for c, err := range l.LastAllowed(t.Context(), "staging", strings.Split(key, "/")[2], begun) {
			check(t, err)
			found = found || c.Lies == lies
		}
		if !found {
			t.Errorf("%s: want lies %t", key, lies)
		}
	}
}

func TestLastAllowedIsTheNewest(t *testing.T) {
	l, _ := shelf(t)
	var want []string
	for i, at := range []time.Time{begun.AddDate(-3, 0, 0), begun.AddDate(0, 0, -1), begun} {
		rec := promise(harness.Subject{Source: source, Artifact: harness.DigestOf([]byte{byte(i)})}, staging)
		rec.Begun = at
		r := whole(t, l, rec)
		check(t, l.Allowed(t.Context(), *r.Record))
		want = append([]string{r.Record.ID}, want...)
	}
	var got []string
	for c, err := range l.LastAllowed(t.Context(), "staging", "acceptance", begun) {
		check(t, err)
		got = append(got, c.Run().Record.ID)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
