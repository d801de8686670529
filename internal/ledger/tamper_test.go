package ledger

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/harness"
)

var errDown = errors.New("the store is down")

// down is a store that cannot read one key.
type down struct {
	harness.Store
	key string
}

func (d down) Get(ctx context.Context, key string) ([]byte, error) {
	if key == d.key {
		return nil, errDown
	}
	return d.Store.Get(ctx, key)
}

func TestOneFlippedBitIsSeen(t *testing.T) {
	l, dir := shelf(t)
	r := whole(t, l, promise(subject, staging))
	for name, key := range keysOf(r) {
		t.Run(name, func(t *testing.T) {
			good, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(key)))
			check(t, err)
			if len(good) < 80 {
				t.Fatalf("only %d bytes: not an object", len(good))
			}
			for i := range good {
				bad := append([]byte(nil), good...)
				bad[i] ^= 1 << (i % 8)
				overwrite(t, dir, key, bad)
				if got := last(t, l, *r.Record); len(got.Problems) == 0 {
					t.Fatalf("byte %d (%q to %q) was not noticed: %+v", i, good[i], bad[i], got)
				}
			}
			for _, n := range []int{0, 1, 70, len(good) / 2, len(good) - 1} {
				overwrite(t, dir, key, good[:n])
				if got := last(t, l, *r.Record); len(got.Problems) == 0 {
					t.Errorf("cut short to %d bytes, and not noticed", n)
				}
			}
			overwrite(t, dir, key, good)
			if got := last(t, l, *r.Record); !same(t, got, r) {
				t.Errorf("put back: got %+v, want %+v", got, r)
			}
		})
	}
}

// What is gone is a problem, or is not in the run any more, so that a decision
// misses it: nothing else takes its place.
func TestDeletion(t *testing.T) {
	for name, gone := range map[string]func(harness.Run) bool{
		"record":     func(r harness.Run) bool { return r.Record == nil && len(r.Problems) > 0 },
		"deployment": func(r harness.Run) bool { return r.Deployment == nil },
		"evidence":   func(r harness.Run) bool { return len(r.Evidence) == 0 && len(r.Closing().Evidence) == 1 },
		"closing":    func(r harness.Run) bool { return !r.Closed() },
		"rows":       func(r harness.Run) bool { return len(r.Evidence) == 0 && len(r.Problems) == 1 },
	} {
		l, dir := shelf(t)
		r := whole(t, l, promise(subject, staging))
		check(t, os.Remove(filepath.Join(dir, filepath.FromSlash(keysOf(r)[name]))))
		if got := last(t, l, *r.Record); !gone(got) {
			t.Errorf("%s is deleted, and the run is %+v", name, got)
		}
	}
}

// lie is a change to an object that is sealed again as if nothing had happened.
type lie struct {
	name string
	key  string // in keysOf
	edit func(r harness.Run) any
	want string
}

func TestContradictionsAreLies(t *testing.T) {
	evidence := func(edit func(*harness.Evidence)) func(harness.Run) any {
		return func(r harness.Run) any { e := r.Evidence[0]; edit(&e); return e }
	}
	record := func(edit func(*harness.RunRecord)) func(harness.Run) any {
		return func(r harness.Run) any { rec := *r.Record; edit(&rec); return rec }
	}
	for _, tt := range []lie{
		{"another run", "evidence", evidence(func(e *harness.Evidence) { e.Run = "staging/x/9" }), "of run staging/x/9"},
		{"another nonce", "evidence", evidence(func(e *harness.Evidence) { e.Nonce = "n" }), "nonce"},
		{"another artifact", "evidence", evidence(func(e *harness.Evidence) { e.Subject.Artifact = harness.DigestOf(nil) }), "is evidence of sha256-"},
		{"another commit", "evidence", evidence(func(e *harness.Evidence) { e.Subject.Source.Commit = strings.Repeat("9", 40) }), "is evidence of"},
		{"another target", "evidence", evidence(func(e *harness.Evidence) { e.Target = "prod" }), "target prod"},
		{"another account", "evidence", evidence(func(e *harness.Evidence) { e.Account = "333333333333" }), "account 333333333333"},
		{"another suite", "evidence", evidence(func(e *harness.Evidence) { e.Suite = "smoke" }), "is evidence of after/smoke/1"},
		{"another moment", "evidence", evidence(func(e *harness.Evidence) { e.When = harness.Before }), "is evidence of before/features/1"},
		{"another shard", "evidence", evidence(func(e *harness.Evidence) { e.Shard = 2 }), "is evidence of after/features/2"},
		{"another format", "evidence", evidence(func(e *harness.Evidence) { e.Format = 1 }), "has format 1, this gate reads 2"},
		{"no format", "evidence", evidence(func(e *harness.Evidence) { e.Format = 0 }), "has format 0"},
		{"record of another format", "record", record(func(r *harness.RunRecord) { r.Format = 1 }), "has format 1"},
		{"record of another number", "record", record(func(r *harness.RunRecord) { r.Number = 2 }), "is the record of run"},
		{"record of another artifact", "record", record(func(r *harness.RunRecord) { r.Subject.Artifact = harness.DigestOf(nil) }), "is the record of run"},
		{"record of another place", "record", record(func(r *harness.RunRecord) { r.Target.Name = "prod" }), "is the record of run"},
		{"record of another id", "record", record(func(r *harness.RunRecord) { r.ID = "prod/x/1" }), "is the record of run prod/x/1"},
		{"record with a run before it", "record", record(func(r *harness.RunRecord) { r.Previous = harness.DigestOf(nil) }), "follows record"},
		{"deployment of another run", "deployment", func(r harness.Run) any { d := *r.Deployment; d.Run = "staging/x/9"; return d }, "belongs to run staging/x/9"},
		{"closing of another run", "closing", func(r harness.Run) any { c := r.Closing(); c.Run = "staging/x/9"; return c }, "belongs to run staging/x/9"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, dir := shelf(t)
			r := whole(t, l, promise(subject, staging))
			overwrite(t, dir, keysOf(r)[tt.key], sealed(t, tt.edit(r)))
			got := last(t, l, *r.Record)
			if len(got.Problems) != 1 || !got.Problems[0].Lies || !strings.Contains(got.Problems[0].Reason, tt.want) {
				t.Errorf("got problems %q, want one lie with %q", reasons(got), tt.want)
			}
		})
	}
}

// A record that was written anew does not fit the run after it.
func TestRewrittenRecordBreaksTheChain(t *testing.T) {
	l, dir := shelf(t)
	first := whole(t, l, promise(subject, staging))
	whole(t, l, promise(subject, staging))
	rec := *first.Record
	rec.Suites = nil
	overwrite(t, dir, keysOf(first)["record"], sealed(t, rec))
	got := last(t, l, rec)
	if len(got.Problems) != 1 || !got.Problems[0].Lies || !strings.Contains(got.Problems[0].Reason, "stands before it") {
		t.Errorf("got problems %q, want a lie about the record before", reasons(got))
	}
}

func TestCopiedFromAnotherRun(t *testing.T) {
	l, dir := shelf(t)
	first := whole(t, l, promise(subject, staging))
	second := whole(t, l, promise(subject, staging))
	for _, name := range []string{"record", "deployment", "evidence", "closing"} {
		to := filepath.Join(dir, filepath.FromSlash(keysOf(second)[name]))
		good, err := os.ReadFile(to)
		check(t, err)
		b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(keysOf(first)[name])))
		check(t, err)
		overwrite(t, dir, keysOf(second)[name], b)
		if got := last(t, l, *second.Record); len(got.Problems) != 1 || !got.Problems[0].Lies {
			t.Errorf("%s of run 1 at run 2: got problems %q, want one lie", name, reasons(got))
		}
		overwrite(t, dir, keysOf(second)[name], good)
	}
}

func TestStrangeMembersAreRefused(t *testing.T) {
	l, dir := shelf(t)
	r := whole(t, l, promise(subject, staging))
	for name, key := range keysOf(r) {
		good, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(key)))
		check(t, err)
		if name == "rows" || name == "plan" {
			continue // see TestStrangeRowsAreRefused
		}
		_, body, _ := strings.Cut(string(good), "\n")
		for what, b := range map[string]string{
			"an unknown member":   strings.Replace(body, "{", `{"verdict":"allow",`, 1),
			"a duplicate member":  strings.Replace(body, "{", `{"run":"a","run":"a","id":"a","id":"a",`, 1),
			"another case":        strings.NewReplacer(`"run":`, `"Run":`, `"id":`, `"ID":`).Replace(body),
			"bytes after the end": body + "{}\n",
			"nothing":             "",
			"another type":        "[]\n",
		} {
			overwrite(t, dir, key, []byte(string(harness.DigestOf([]byte(b)))+"\n"+b))
			if got := last(t, l, *r.Record); len(got.Problems) != 1 || !strings.Contains(got.Problems[0].Reason, "cannot be read") {
				t.Errorf("%s: %s: got problems %q, want that it cannot be read", name, what, reasons(got))
			}
		}
		overwrite(t, dir, key, good)
	}
}

func TestStrangeRowsAreRefused(t *testing.T) {
	good, err := encodeRows(seen)
	check(t, err)
	for what, b := range map[string]string{
		"an unknown member":  strings.Replace(string(good), "{", `{"verdict":1,`, 1),
		"a duplicate member": strings.Replace(string(good), "{", `{"id":"x",`, 1),
		"another case":       strings.Replace(string(good), `"outcome"`, `"Outcome"`, 1),
		"cut short":          strings.TrimSuffix(string(good), "\n"),
		"an empty line":      string(good) + "\n",
		"two on a line":      strings.Replace(string(good), "\n", "", 1),
	} {
		if rows, err := decodeLines[harness.Row]([]byte(b), 0); err == nil {
			t.Errorf("%s: got %+v, want an error", what, rows)
		}
	}
}

func TestStrayObjectsAreProblems(t *testing.T) {
	base := func(r harness.Run) string { return dirOf(*r.Record) }
	for name, key := range map[string]func(harness.Run) string{
		"beside the record":        func(r harness.Run) string { return base(r) + "/notes" },
		"a folder that has no use": func(r harness.Run) string { return base(r) + "/reports/1" },
		"beside the runs":          func(r harness.Run) string { return filepath.Dir(base(r)) + "/notes" },
		"run 0":                    func(r harness.Run) string { return filepath.Dir(base(r)) + "/0000/record" },
		"a second name of run 1":   func(r harness.Run) string { return filepath.Dir(base(r)) + "/1/record" },
		"a closing further down":   func(r harness.Run) string { return base(r) + "/closings/x/2" },
		"closing x":                func(r harness.Run) string { return base(r) + "/closings/x" },
		"evidence further down":    func(r harness.Run) string { return base(r) + "/evidence/after/features/x/1" },
		"evidence of no suite":     func(r harness.Run) string { return base(r) + "/evidence/1" },
	} {
		l, dir := shelf(t)
		r := whole(t, l, promise(subject, staging))
		overwrite(t, dir, key(r), sealed(t, r.Closing()))
		if got := last(t, l, *r.Record); len(got.Problems) != 1 || got.Problems[0].Key != key(r) {
			t.Errorf("%s: got problems %q, want one at %s", name, reasons(got), key(r))
		}
	}
}

func TestDeploymentFurtherDownDoesNotCount(t *testing.T) {
	l, dir := shelf(t)
	r := whole(t, l, promise(subject, staging))
	check(t, os.Remove(filepath.Join(dir, keysOf(r)["deployment"])))
	overwrite(t, dir, keysOf(r)["deployment"]+"/x", sealed(t, *r.Deployment))
	if got := last(t, l, *r.Record); got.Deployment != nil || len(got.Problems) != 1 {
		t.Errorf("got deployment %+v and problems %+v, want none and one", got.Deployment, got.Problems)
	}
}

func TestStrayWithoutAnyRun(t *testing.T) {
	l, dir := shelf(t)
	overwrite(t, dir, "runs/staging/"+subject.Key()+"/renamed/record", []byte("x"))
	if r := last(t, l, promise(subject, staging)); r.Record != nil || len(r.Problems) != 1 {
		t.Errorf("got %+v, want a run that cannot be read", r)
	}
}

func FuzzOpen(f *testing.F) {
	rec := promise(subject, staging)
	b, _, err := seal(rec)
	check(f, err)
	f.Add(b)
	f.Add([]byte(string(harness.DigestOf(nil)) + "\n"))
	f.Add([]byte("\n\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var got harness.RunRecord
		d, err := open(b, &got)
		if (err == nil) != (d != "") {
			t.Fatalf("digest %q and error %v", d, err)
		}
		if err != nil {
			return
		}
		again, _, err := seal(got)
		check(t, err)
		var same harness.RunRecord
		if _, err := open(again, &same); err != nil || !reflect.DeepEqual(got, same) {
			t.Fatalf("sealed again: %v\n got %+v\nwant %+v", err, same, got)
		}
	})
}

func FuzzRows(f *testing.F) {
	b, err := encodeRows(seen)
	check(f, err)
	f.Add(b)
	f.Add([]byte("{}\n{}\n"))
	f.Add([]byte("{\"id\":\"a\",\"id\":\"b\"}\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		rows, err := decodeLines[harness.Row](b, 0)
		if err != nil {
			return
		}
		if n := strings.Count(string(b), "\n"); len(rows) != n {
			t.Fatalf("%d rows of %d lines", len(rows), n)
		}
		again, err := encodeRows(rows)
		check(t, err)
		if same, err := decodeLines[harness.Row](again, 0); err != nil || !reflect.DeepEqual(rows, same) {
			t.Fatalf("encoded again: %v\n got %+v\nwant %+v", err, same, rows)
		}
	})
}
