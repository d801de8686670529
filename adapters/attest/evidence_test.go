package attest_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stagegate/stagegate/adapters/attest"
	"github.com/stagegate/stagegate/harness"
)

var rows = harness.Listing{Count: 3, Blobs: []harness.Digest{harness.DigestOf([]byte("rows"))}}

func evidence() harness.Evidence {
	return harness.Evidence{
		Format: harness.EvidenceFormat, Run: "staging/abc/1", Nonce: "n", Subject: subject, Target: "staging", Account: "222222222222",
		Placed: harness.Placed{When: harness.After, Suite: "acceptance"}, Shard: 1, Source: harness.GoTest,
		Started: noon, Finished: noon.Add(time.Minute), Counts: harness.Counts{harness.Passed: 3}, Listed: rows,
	}
}

func TestEvidence(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*harness.Evidence)
		want   string
	}{
		{"passed", func(*harness.Evidence) {}, "PASSED"},
		{"one skipped", func(e *harness.Evidence) { e.Counts[harness.Skipped] = 1 }, "WARNED"},
		{"all skipped", func(e *harness.Evidence) { e.Counts = harness.Counts{harness.Skipped: 3} }, "FAILED"},
		{"nothing ran", func(e *harness.Evidence) {
			e.Counts, e.Listed = harness.Counts{}, harness.Listing{Blobs: []harness.Digest{}}
		}, "FAILED"},
		{"one failed", func(e *harness.Evidence) { e.Counts[harness.Failed] = 1 }, "FAILED"},
		{"one undefined", func(e *harness.Evidence) { e.Counts[harness.Undefined] = 1 }, "FAILED"},
		{"an unknown outcome", func(e *harness.Evidence) { e.Counts["PASSED"] = 1 }, "FAILED"},
		{"a red exit code", func(e *harness.Evidence) { e.Exit = 1 }, "FAILED"},
		{"a doubt", func(e *harness.Evidence) { e.Doubts = []string{"the trailer is missing"} }, "FAILED"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := evidence()
			tt.change(&e)
			b, err := attest.EvidenceStatement(subjects, e, record)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(b), `"predicate":{"result":"`+tt.want+`"`) {
				t.Errorf("wrote %s, want %s", b, tt.want)
			}
			c, err := attest.ParseStatement(b)
			if err != nil {
				t.Fatal(err)
			}
			got, of, err := c.Evidence()
			if err != nil || of != record || !reflect.DeepEqual(got, e) {
				t.Errorf("Evidence = %+v of %s, %v", got, of, err)
			}
		})
	}
}

func TestEvidenceRefuses(t *testing.T) {
	with := func(l harness.Listing) func() ([]byte, error) {
		e := evidence()
		e.Listed = l
		return func() ([]byte, error) { return attest.EvidenceStatement(subjects, e, record) }
	}
	for name, write := range map[string]func() ([]byte, error){
		"no record":             func() ([]byte, error) { return attest.EvidenceStatement(subjects, evidence(), "") },
		"rows nowhere":          with(harness.Listing{Count: 3}),
		"rows without a digest": with(harness.Listing{Count: 3, Blobs: []harness.Digest{""}}),
		"a second blob without": with(harness.Listing{Count: 3, Blobs: append(rows.Blobs[:1:1], "")}),
		"no rows, and a blob":   with(harness.Listing{Blobs: rows.Blobs}),
		"less than no rows":     with(harness.Listing{Count: -1, Blobs: rows.Blobs}),
		"another's subject":     func() ([]byte, error) { return attest.EvidenceStatement(subjects[1:], evidence(), record) },
	} {
		if b, err := write(); err == nil {
			t.Errorf("%s: wrote %s", name, b)
		}
	}
	b, err := attest.EvidenceStatement(subjects, evidence(), record)
	if err != nil {
		t.Fatal(err)
	}
	good := string(b)
	for name, tt := range map[string]struct {
		old, with string
		want      error
	}{
		"result changed":          {`"result":"PASSED"`, `"result":"WARNED"`, attest.ErrContradiction},
		"counts changed":          {`"counts":{"passed":3}`, `"counts":{"failed":3}`, attest.ErrContradiction},
		"subjects changed":        {artifact.Hex(), record.Hex(), attest.ErrContradiction},
		"record of another run":   {`"configuration":[{"name":"staging/abc/1"`, `"configuration":[{"name":"staging/abc/2"`, attest.ErrContradiction},
		"no configuration":        {`[{"name":"staging/abc/1","digest":{"sha256":"` + record.Hex() + `"}}]`, `[]`, attest.ErrContradiction},
		"record without digest":   {`"digest":{"sha256":"` + record.Hex() + `"}}],"stagegate"`, `"uri":"x"}],"stagegate"`, attest.ErrMalformed},
		"rows without digest":     {`"blobs":["sha256:`, `"blobs":["sha1:`, attest.ErrMalformed},
		"rows nowhere":            {`"rows":{"count":3`, `"rows":{"count":0`, attest.ErrMalformed},
		"an unknown member":       {`"result"`, `"warnedTests":[],"result"`, attest.ErrMalformed},
		"an unknown member of it": {`"nonce"`, `"trust":"me","nonce"`, attest.ErrMalformed},
		"another type":            {attest.EvidenceType, attest.RunType, attest.ErrPredicateType},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(good, tt.old, tt.with, 1)
			if text == good {
				t.Fatalf("%s is not in %s", tt.old, good)
			}
			c, err := attest.ParseStatement([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			if e, of, err := c.Evidence(); !errors.Is(err, tt.want) || of != "" || !reflect.DeepEqual(e, harness.Evidence{}) {
				t.Errorf("Evidence = %+v of %s, %v, want %v", e, of, err, tt.want)
			}
		})
	}
}
