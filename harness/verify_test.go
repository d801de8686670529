package harness_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stagegate/stagegate/harness"
)

// handed is an allowed entry verdict for prod, and what a deploy job asks of it.
func handed() (harness.Verdict, harness.Asked) {
	c := prodEntry()
	c.Trust.Places["prod"] = harness.TrustedPlace{Account: "333333333333", Live: true}
	return harness.Decide(c), harness.Asked{Service: "orders", Stage: "production", Target: "prod", Phase: harness.Entry, Artifact: artifact.Digest,
		Account: "333333333333", MaxAge: time.Hour, Now: now.Add(time.Hour), Trust: *c.Trust}
}

func TestVerify(t *testing.T) {
	v, asked := handed()
	if got := harness.Sum(harness.Verify(v, asked)); got != harness.Allow {
		t.Fatalf("got %s, want allow: %+v", got, harness.Verify(v, asked))
	}
	for name, tt := range map[string]struct {
		edit func(*harness.Verdict, *harness.Asked)
		rule string
		want harness.Answer
	}{
		"a block":              {func(v *harness.Verdict, _ *harness.Asked) { v.Verdict = harness.Block }, "verdict", harness.Block},
		"an allow with a fail": {func(v *harness.Verdict, _ *harness.Asked) { v.Rules[0].Result = harness.Fail }, "verdict", harness.Block},
		"an allow of nothing":  {func(v *harness.Verdict, _ *harness.Asked) { v.Rules = nil }, "verdict", harness.Block},
		"an exit":              {func(v *harness.Verdict, _ *harness.Asked) { v.Phase = harness.Exit }, "phase", harness.Block},
		"no phase asked":       {func(v *harness.Verdict, a *harness.Asked) { v.Phase, a.Phase = "", "" }, "phase", harness.Block},
		"another stage":        {func(_ *harness.Verdict, a *harness.Asked) { a.Stage = "acceptance" }, "stage", harness.Block},
		"no stage asked":       {func(v *harness.Verdict, a *harness.Asked) { v.Stage, a.Stage = "", "" }, "stage", harness.Block},
		"another service":      {func(_ *harness.Verdict, a *harness.Asked) { a.Service = "payments" }, "service", harness.Block},
		"another artifact":     {func(_ *harness.Verdict, a *harness.Asked) { a.Artifact = harness.DigestOf(nil) }, "artifact", harness.Block},
		"no artifact asked":    {func(_ *harness.Verdict, a *harness.Asked) { a.Artifact = "" }, "artifact", harness.Block},
		"another target":       {func(v *harness.Verdict, _ *harness.Asked) { v.Target = "staging" }, "target", harness.Block},
		"no target asked":      {func(_ *harness.Verdict, a *harness.Asked) { a.Target = "" }, "target", harness.Block},
		"a commit stage's":     {func(v *harness.Verdict, a *harness.Asked) { v.Target, a.Target = "", "" }, "target", harness.Block},
		"a place not trusted":  {func(_ *harness.Verdict, a *harness.Asked) { a.Trust.Places = nil }, "place", harness.Block},
		"another account":      {func(v *harness.Verdict, _ *harness.Asked) { v.Account = "222222222222" }, "account", harness.Block},
		"others' credentials":  {func(_ *harness.Verdict, a *harness.Asked) { a.Account = "222222222222" }, "account", harness.Block},
		"not live":             {func(v *harness.Verdict, _ *harness.Asked) { v.Live = false }, "live", harness.Block},
		"emulated":             {func(v *harness.Verdict, _ *harness.Asked) { v.Emulated = true }, "emulated", harness.Block},
		"unattested":           {func(v *harness.Verdict, _ *harness.Asked) { v.Attested = false }, "attested", harness.Block},
		"another trust file":   {func(v *harness.Verdict, _ *harness.Asked) { v.Trust = harness.DigestOf(nil) }, "trust", harness.Unclear},
		"a second too old":     {func(_ *harness.Verdict, a *harness.Asked) { a.Now = now.Add(time.Hour + time.Second) }, "age", harness.Unclear},
		"from the future":      {func(_ *harness.Verdict, a *harness.Asked) { a.Now = now.Add(-2*time.Minute - time.Second) }, "age", harness.Unclear},
	} {
		v, asked := handed()
		v.Rules = slices.Clone(v.Rules)
		tt.edit(&v, &asked)
		rules := harness.Verify(v, asked)
		i := slices.IndexFunc(rules, func(r harness.Ruling) bool { return r.Rule == tt.rule })
		if got := harness.Sum(rules); got != tt.want || rules[i].Result == harness.Pass {
			t.Errorf("%s: got %s, want %s by %s: %+v", name, got, tt.want, tt.rule, rules)
		}
	}
	v, asked = handed()
	v.Emulated, asked.Emulated = true, true
	if got := harness.Sum(harness.Verify(v, asked)); got != harness.Allow {
		t.Errorf("emulated, and asked for: got %s", got)
	}
}
