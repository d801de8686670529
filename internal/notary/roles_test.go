package notary_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stagegate/stagegate/adapters/attest"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/ledger"
	"github.com/stagegate/stagegate/internal/notary"
	"github.com/stagegate/stagegate/internal/trustfile"
)

// A kind is one sort of object on prod, made at a time.
type kind struct {
	role  string
	write func(at time.Time) any
	read  func() any
}

var kinds = map[string]kind{
	"record": {"begin", func(at time.Time) any {
		return harness.RunRecord{Service: "orders", Subject: subject, Target: prod, Begun: at}
	}, func() any { return new(harness.RunRecord) }},
	"deployment": {"begin", func(at time.Time) any { return harness.Deployment{Run: "prod/1/1", At: at} }, func() any { return new(harness.Deployment) }},
	"evidence": {"test", func(at time.Time) any {
		return harness.Evidence{Run: "prod/1/1", Subject: subject, Target: "prod", Placed: smoke, Started: begun.Add(-24 * time.Hour), Finished: at}
	}, func() any { return new(harness.Evidence) }},
	"closing": {"decide", func(at time.Time) any { return harness.Closing{Run: "prod/1/1", At: at, Source: source} }, func() any { return new(harness.Closing) }},
	"verdict": {"decide", func(at time.Time) any { v := decided(); v.DecidedAt = at; return v }, func() any { return new(harness.Verdict) }},
	"approval": {"approve", func(at time.Time) any {
		a := approval()
		a.At = at
		return a
	}, func() any { return new(harness.Approval) }},
}

// object is v on prod, to write or to read.
func object(t *testing.T, v any) ledger.Object {
	t.Helper()
	o := ledger.Object{Service: "orders", Place: "prod", Subject: subject, Record: harness.DigestOf([]byte("record")), Value: v}
	if v, ok := v.(harness.Verdict); ok {
		full, err := attest.EncodeVerdict(v)
		check(t, err)
		o.Full = harness.DigestOf(full)
		o.Read = func(harness.Digest) ([]byte, error) { return full, nil }
	}
	return o
}

// sign writes an object of a kind that was made at a time, and returns how to
// read it.
func sign(t *testing.T, k kind, at time.Time, by attest.Signer) ([]byte, ledger.Object) {
	t.Helper()
	o := object(t, k.write(at))
	b, err := notary.Notary{Signer: by, ID: gate}.Sign(t.Context(), o)
	check(t, err)
	back := object(t, k.read())
	back.Read, back.Record = o.Read, ""
	return b, back
}

// Each kind of object, signed by each key: only the key of its role counts.
func TestRoles(t *testing.T) {
	keys, f := team(t, nil)
	may := map[string][]string{"deployer": {"begin"}, "tester": {"test"}, "judge": {"decide"}, "alice": {"approve"}, "alice-2": {"approve"}}
	for name, k := range kinds {
		for who, signer := range keys {
			b, o := sign(t, k, begun, signer)
			err := notary.Notary{Trust: f}.Open(&o, b)
			if slices.Contains(may[who], k.role) {
				if want := strings.TrimSuffix(who, "-2"); err != nil || o.Signer != want {
					t.Errorf("%s signed by %s: %q, %v, want %s", name, who, o.Signer, err, want)
				}
				continue
			}
			want := fmt.Sprintf("it is signed by %s, who may not %s on prod", who, k.role)
			if who == "stranger" {
				want = "not signed by a known key"
			}
			if !errors.Is(err, notary.ErrSigner) || !strings.Contains(err.Error(), want) || o.Signer != "" || o.Payload != nil {
				t.Errorf("%s signed by %s: %q, %v, want %s", name, who, o.Signer, err, want)
			}
		}
	}
}

// The roles of one place are not those of another.
func TestRolesOfAnotherPlace(t *testing.T) {
	keys, f := team(t, nil)
	b, o := sign(t, kinds["deployment"], begun, keys["deployer"])
	for place, ok := range map[string]bool{"prod": true, "staging": false, "commit": false, "": false} {
		o.Place = place
		if err := (notary.Notary{Trust: f}).Open(&o, b); (err == nil) != ok {
			t.Errorf("%s: %v, want ok %v", place, err, ok)
		}
	}
}

// One object is not taken for another that the same key may sign.
func TestKindsAreNotMixed(t *testing.T) {
	keys := forge(t, "ci", "alice")
	f := keys.trust(t, "  prod: {signers: [ci], approvers: [alice]}\n", nil)
	for name, k := range kinds {
		signer := keys["ci"]
		if k.role == "approve" {
			signer = keys["alice"]
		}
		b, mine := sign(t, k, begun, signer)
		for other, as := range kinds {
			o := object(t, as.read())
			o.Read = mine.Read
			if o.Read == nil {
				o.Read = func(harness.Digest) ([]byte, error) { return attest.EncodeVerdict(decided()) }
			}
			if err := (notary.Notary{Trust: f}).Open(&o, b); (err == nil) != (name == other) {
				t.Errorf("a %s read as a %s: %v", name, other, err)
			}
		}
	}
}

// The first of several signers who counts is the one that is named.
func TestFirstSignerThatCounts(t *testing.T) {
	keys, f := team(t, nil)
	one, o := sign(t, kinds["record"], begun, keys["tester"])
	two, _ := sign(t, kinds["record"], begun, keys["deployer"])
	_, more, _ := strings.Cut(string(two), `"signatures":[`)
	both := strings.Replace(strings.TrimSpace(string(one)), `]}`, ","+strings.TrimSpace(more), 1)
	if err := (notary.Notary{Trust: f}).Open(&o, []byte(both)); err != nil || o.Signer != "deployer" {
		t.Errorf("signed by %q, %v, want deployer", o.Signer, err)
	}
}

// From the first to the last second of a key, by what each object says of when
// it was made.
func TestKeysCountForTheirTime(t *testing.T) {
	who := map[string]string{"begin": "deployer", "test": "tester", "decide": "judge", "approve": "alice"}
	for _, tt := range []struct {
		bound string
		after time.Duration // that the object is made, from begun
		ok    bool
	}{
		{"from", -time.Second, false}, {"from", 0, true}, {"from", time.Second, true},
		{"until", -time.Second, true}, {"until", 0, true}, {"until", time.Second, false},
		{"revoked", -time.Second, false}, {"revoked", 0, false}, {"revoked", time.Second, false},
	} {
		for name, k := range kinds {
			extra := ", " + tt.bound + ": " + begun.Format(time.RFC3339)
			if tt.bound == "revoked" {
				extra = ", revoked: true"
			}
			keys, f := team(t, map[string]string{who[k.role]: extra})
			b, o := sign(t, k, begun.Add(tt.after), keys[who[k.role]])
			err := notary.Notary{Trust: f}.Open(&o, b)
			if (err == nil) != tt.ok || err != nil && !errors.Is(err, notary.ErrSigner) {
				t.Errorf("%s made %s after %s: %v, want ok %v", name, tt.after, tt.bound, err, tt.ok)
			}
			if tt.bound != "revoked" && !tt.ok && !errors.Is(err, attest.ErrKeyTime) {
				t.Errorf("%s made %s after %s: %v, want ErrKeyTime", name, tt.after, tt.bound, err)
			}
		}
	}
}

// What says no time is not of the time of any key that has bounds.
func TestNoTime(t *testing.T) {
	keys, f := team(t, map[string]string{"deployer": ", until: 2030-01-01T00:00:00Z"})
	b, o := sign(t, kinds["deployment"], time.Time{}, keys["deployer"])
	if err := (notary.Notary{Trust: f}).Open(&o, b); err == nil || !strings.Contains(err.Error(), "says no time") {
		t.Errorf("got %v", err)
	}
}

// Three jobs with a key each leave a run that counts; if one takes another's
// work, what it wrote does not.
func TestJobsWithKeysOfTheirOwn(t *testing.T) {
	keys, f := team(t, nil)
	right := jobs{begin: keys["deployer"], test: keys["tester"], decide: keys["judge"]}
	for name, tt := range map[string]struct {
		change func(*jobs)
		lost   string // whose object does not count; empty: all do
	}{
		"each its own":             {func(*jobs) {}, ""},
		"the tester began":         {func(j *jobs) { j.begin = keys["tester"] }, "/record"},
		"the deployer tested":      {func(j *jobs) { j.test = keys["deployer"] }, "/evidence/after/smoke/1"},
		"the approver tested":      {func(j *jobs) { j.test = keys["alice"] }, "/evidence/after/smoke/1"},
		"the tester decided":       {func(j *jobs) { j.decide = keys["tester"] }, "/closings/1"},
		"nobody signed the tests":  {func(j *jobs) { j.test = nil }, "/evidence/after/smoke/1"},
		"nobody signed the ending": {func(j *jobs) { j.decide = nil }, "/closings/1"},
	} {
		t.Run(name, func(t *testing.T) {
			by, dir := right, t.TempDir()
			tt.change(&by)
			rec := write(t, dir, by)
			got := read(t, dir, f)
			lost := func(p harness.Problem) bool { return strings.HasSuffix(p.Key, tt.lost) && !p.Lies }
			if whole(got) != (tt.lost == "") || tt.lost != "" && !slices.ContainsFunc(got.Problems, lost) {
				t.Errorf("got %+v, want a problem with %q", got.Problems, tt.lost)
			}
			verdicts, err := at(dir, nil, f).Verdicts(t.Context(), rec)
			if err != nil || len(verdicts) != 1 || (verdicts[0].Problem != "") != (tt.lost == "/closings/1") {
				t.Errorf("verdicts %+v, %v", verdicts, err)
			}
		})
	}
}

var _ ledger.Notary = notary.Notary{}

// Nothing reads or signs what it does not know.
func TestUnknownKinds(t *testing.T) {
	keys, f := team(t, nil)
	n := notary.Notary{Signer: keys["judge"], Trust: f}
	if b, err := n.Sign(t.Context(), ledger.Object{Subject: subject, Value: harness.Ruling{}}); err == nil {
		t.Errorf("signed %s", b)
	}
	for _, v := range []any{nil, new(harness.Ruling), harness.RunRecord{}, new(trustfile.File)} {
		if err := n.Open(&ledger.Object{Place: "prod", Subject: subject, Value: v}, []byte("{}")); err == nil {
			t.Errorf("read a %T", v)
		}
	}
}

// The tester of a notary signs evidence and nothing else; what it would sign, and
// may not, is known before a run begins.
func TestTesterSignsEvidenceAlone(t *testing.T) {
	keys, f := team(t, nil)
	for name, k := range kinds {
		o := object(t, k.write(begun))
		b, err := notary.Notary{Signer: keys["deployer"], Tester: keys["tester"], ID: gate}.Sign(t.Context(), o)
		check(t, err)
		back := object(t, k.read())
		back.Read, back.Record = o.Read, ""
		err = notary.Notary{Trust: f}.Open(&back, b)
		want := map[string]string{"record": "deployer", "deployment": "deployer", "evidence": "tester"}[name]
		if back.Signer != want || (err == nil) != (want != "") {
			t.Errorf("%s: signed by %q, %v, want %q", name, back.Signer, err, want)
		}
	}
	rec := harness.RunRecord{Service: "orders", Subject: subject, Target: prod, Nonce: "n", Begun: begun, Shards: 1}
	for who, ok := range map[string]bool{"": false, "deployer": false, "judge": false, "stranger": false, "tester": true} {
		n := notary.Notary{Signer: keys["deployer"], Trust: f, ID: gate}
		if who != "" {
			n.Tester = keys[who]
		}
		l := at(t.TempDir(), nil, nil)
		l.Notary = n
		if err := l.WouldCount(t.Context(), rec); err != nil {
			t.Errorf("tester %q: the record: %v", who, err)
		}
		if err := l.WouldTest(t.Context(), rec); ok != (err == nil) || !ok && !errors.Is(err, ledger.ErrNotCounted) {
			t.Errorf("tester %q: got %v, want that it counts: %t", who, err, ok)
		}
	}
	// Where nobody is asked nothing has to be signed.
	for _, l := range []ledger.Ledger{at(t.TempDir(), nil, nil), {Store: at(t.TempDir(), nil, nil).Store}} {
		if err := l.WouldTest(t.Context(), rec); err != nil {
			t.Errorf("without keys: %v", err)
		}
	}
}
