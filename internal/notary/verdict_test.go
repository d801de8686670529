package notary_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/adapters/attest"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/ledger"
	"github.com/stagegate/stagegate/internal/notary"
	"github.com/stagegate/stagegate/internal/trustfile"
)

// plain is v as it is after it was written and read: no list is nil.
func plain(t *testing.T, v harness.Verdict) harness.Verdict {
	t.Helper()
	full, err := attest.EncodeVerdict(v)
	check(t, err)
	o := ledger.Object{Place: "prod", Value: new(harness.Verdict)}
	check(t, notary.Notary{}.Open(&o, full))
	return *o.Value.(*harness.Verdict)
}

func TestVerdicts(t *testing.T) {
	keys, f := team(t, nil)
	for name, tt := range map[string]struct {
		signer attest.Signer
		trust  *trustfile.File
		ok     bool
	}{
		"signed":                   {keys["judge"], f, true},
		"signed, nobody judges":    {keys["judge"], nil, true},
		"not signed":               {nil, f, false},
		"not signed, nobody cares": {nil, nil, true},
		"signed by the tester":     {keys["tester"], f, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			rec := write(t, dir, jobs{keys["deployer"], keys["tester"], tt.signer})
			l := at(dir, tt.signer, tt.trust)
			all, err := l.Verdicts(t.Context(), rec)
			if err != nil || len(all) != 1 || (all[0].Problem == "") != tt.ok {
				t.Fatalf("got %+v, %v, want ok %v", all, err, tt.ok)
			}
			if !tt.ok {
				return
			}
			if want := plain(t, decided()); !reflect.DeepEqual(all[0].Verdict, want) {
				t.Errorf("got %+v, want %+v", all[0].Verdict, want)
			}
			again, err := l.Payload(t.Context(), rec, all[0].Verdict)
			if err != nil || !bytes.Equal(again, all[0].Payload) {
				t.Errorf("its payload was %s, and is %s, %v", all[0].Payload, again, err)
			}
		})
	}
}

// Who only verifies has no key, and writes the payload as it was signed.
func TestPayloadWithoutKey(t *testing.T) {
	keys, f := team(t, nil)
	dir := t.TempDir()
	rec := write(t, dir, jobs{keys["deployer"], keys["tester"], keys["judge"]})
	l := at(dir, nil, f)
	all, err := l.Verdicts(t.Context(), rec)
	check(t, err)
	for _, tt := range []struct {
		change func(*harness.Verdict)
		same   bool
	}{
		{func(*harness.Verdict) {}, true},
		{func(v *harness.Verdict) { v.Rules[0].Reason += "!" }, false},
	} {
		v := all[0].Verdict
		tt.change(&v)
		if got, err := l.Payload(t.Context(), rec, v); err != nil || bytes.Equal(got, all[0].Payload) != tt.same {
			t.Errorf("got %s, %v, signed was %s, want the same: %v", got, err, all[0].Payload, tt.same)
		}
	}
}

// The whole verdict is in a blob: changed or gone, there is no verdict.
func TestVerdictBlob(t *testing.T) {
	keys, f := team(t, nil)
	dir := t.TempDir()
	rec := write(t, dir, jobs{keys["deployer"], keys["tester"], keys["judge"]})
	full, err := attest.EncodeVerdict(decided())
	check(t, err)
	path := filepath.Join(dir, "blobs", harness.DigestOf(full).Hex())
	check(t, os.Chmod(path, 0o600))
	for _, bad := range [][]byte{bytes.Replace(full, []byte("all passed"), []byte("all failed"), 1), {}, nil} {
		if bad == nil {
			check(t, os.Remove(path))
		} else {
			check(t, os.WriteFile(path, bad, 0o600))
		}
		all, err := at(dir, nil, f).Verdicts(t.Context(), rec)
		if err != nil || len(all) != 1 || all[0].Problem == "" || all[0].Verdict.Allowed() {
			t.Errorf("%.20q: got %+v, %v", bad, all, err)
		}
	}
}

// What a deploy job is handed, and what it may not be: the verdict on another
// place, of another subject, or by itself.
func TestHandedVerdict(t *testing.T) {
	keys, f := team(t, nil)
	l := at(t.TempDir(), keys["judge"], nil)
	envelope, full, err := l.Signed(t.Context(), "prod", subject, decided())
	check(t, err)
	text, err := attest.Bundle{Envelope: envelope, Verdict: full}.Encode()
	check(t, err)
	b, err := attest.ParseBundle(text)
	check(t, err)
	other := harness.Subject{Source: source, Artifact: harness.DigestOf([]byte("another"))}
	for name, tt := range map[string]struct {
		change func(*ledger.Object)
		want   string // empty: it counts
	}{
		"right":            {func(*ledger.Object) {}, ""},
		"no subject asked": {func(o *ledger.Object) { o.Subject = harness.Subject{} }, ""},
		"another subject":  {func(o *ledger.Object) { o.Subject = other }, "its subjects are not"},
		"another place":    {func(o *ledger.Object) { o.Place = "staging" }, "who may not decide on staging"},
		"nothing to read":  {func(o *ledger.Object) { o.Read = nil }, "the whole verdict is not at hand"},
		"an unread verdict": {func(o *ledger.Object) {
			o.Read = func(harness.Digest) ([]byte, error) { return nil, harness.ErrNotFound }
		}, harness.ErrNotFound.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			o := ledger.Object{Place: "prod", Subject: subject, Read: b.Read, Value: new(harness.Verdict)}
			tt.change(&o)
			err := notary.Notary{Trust: f}.Open(&o, b.Envelope)
			v := o.Value.(*harness.Verdict)
			if tt.want == "" && (err != nil || !v.Allowed() || o.Signer != "judge" || len(v.Rules) != 1) {
				t.Errorf("got %+v by %q, %v", v, o.Signer, err)
			}
			if tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || !reflect.DeepEqual(*v, harness.Verdict{})) {
				t.Errorf("got %+v, %v, want %s", v, err, tt.want)
			}
		})
	}
}

// Whoever may decide on one place does not decide on another by naming it.
func TestVerdictOnAnotherPlace(t *testing.T) {
	keys, f := team(t, nil) // on staging, the deployer decides
	for target, want := range map[string]error{"staging": nil, "prod": notary.ErrElsewhere, "": notary.ErrElsewhere} {
		v := decided()
		v.Target = target
		w := object(t, v)
		b, err := notary.Notary{Signer: keys["deployer"], ID: gate}.Sign(t.Context(), w)
		check(t, err)
		o := ledger.Object{Place: "staging", Subject: subject, Read: w.Read, Value: new(harness.Verdict)}
		err = notary.Notary{Trust: f}.Open(&o, b)
		if allowed := o.Value.(*harness.Verdict).Allowed(); !errors.Is(err, want) || allowed != (want == nil) {
			t.Errorf("a verdict on %q: allowed %v, %v, want %v", target, allowed, err, want)
		}
	}
	v := decided()
	v.Target = ""
	w := object(t, v)
	b, err := notary.Notary{Signer: keys["judge"], ID: gate}.Sign(t.Context(), w)
	check(t, err)
	o := ledger.Object{Place: "commit", Subject: subject, Read: w.Read, Value: new(harness.Verdict)}
	if err := (notary.Notary{}).Open(&o, b); err != nil {
		t.Errorf("a verdict on the commit stage: %v", err)
	}
}

// A verdict is not signed under the digest of another.
func TestVerdictOfAnotherBlob(t *testing.T) {
	keys, _ := team(t, nil)
	for _, d := range []harness.Digest{"", harness.DigestOf([]byte("another"))} {
		o := object(t, decided())
		o.Full = d
		if b, err := (notary.Notary{Signer: keys["judge"], ID: gate}).Sign(t.Context(), o); err == nil {
			t.Errorf("signed with the digest %q: %s", d, b)
		}
	}
}
