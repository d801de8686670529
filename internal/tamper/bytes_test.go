package tamper

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
)

// What somebody can do who may write to the store as no store allows, and has
// no key.

// byteMutations damage one needed object, or put another in its place.
func byteMutations() (all []mutation) {
	for name, damage := range map[string]func(*trial, []byte) []byte{
		"cut short":     func(t *trial, b []byte) []byte { return b[:t.IntN(len(b))] },
		"a bit flipped": func(t *trial, b []byte) []byte { return t.flip(b, 0, len(b)) },
		"bytes after the end": func(t *trial, b []byte) []byte {
			return append(b, []string{"\n", "{}\n", "\x00", string(b)}[t.IntN(4)]...)
		},
		"bytes before": func(t *trial, b []byte) []byte { return slices.Concat([]byte{' '}, b) },
		"empty":        func(*trial, []byte) []byte { return nil },
		"blanks":       func(_ *trial, b []byte) []byte { return bytes.Repeat([]byte{0}, len(b)) },
	} {
		all = append(all, onNeeded(name, any1, func(t *trial, x thing) want {
			t.store.values[x.key] = damage(t, bytes.Clone(t.store.values[x.key]))
			return never
		}))
	}
	all = append(all,
		onNeeded("deleted", any1, func(t *trial, x thing) want {
			delete(t.store.values, x.key)
			return never
		}),
		onNeeded("replaced by its like", any1, replaced),
		onNeeded("replaced by something else", any1, func(t *trial, x thing) want {
			return t.replace(x, func(o thing) bool { return o.kind != x.kind })
		}),
		onNeeded("a stray object beside it", func(x thing) bool { return x.kind == "record" }, func(t *trial, x thing) want {
			base := x.s.base(x.r.number)
			stray, _ := one(t, []string{base + "notes", base + "evidence/after/strange/1", base + "evidence/1", base + "closings/99", base + "closings/x", base + "record/1",
				strings.TrimSuffix(base, fmt.Sprintf("%04d/", x.r.number)) + "notes", strings.TrimSuffix(base, fmt.Sprintf("%04d/", x.r.number)) + "0000/record",
				strings.TrimSuffix(base, fmt.Sprintf("%04d/", x.r.number)) + "0099/record"})
			t.note("%s", stray)
			t.store.values[stray] = digested([]byte("{}\n"))
			return never
		}),
		onNeeded("two shards exchanged", func(x thing) bool { return x.kind == "evidence" }, exchanged),
	)
	return append(all, resealed()...)
}

func any1(thing) bool { return true }

func signed(x thing) bool { return !x.blob() }

// onNeeded is a mutation of bytes of one thing that is needed.
func onNeeded(name string, ok func(thing) bool, do func(*trial, thing) want) mutation {
	return mutation{name: name, kind: bytesChanged, try: func(t *trial) want {
		x, found := t.thing(needed, ok)
		if !found {
			return none
		}
		t.note("%s", x.key)
		return do(t, x)
	}}
}

// flip turns one bit of b from one byte to another.
func (t *trial) flip(b []byte, from, to int) []byte {
	b[from+t.IntN(to-from)] ^= 1 << t.IntN(8)
	return b
}

// replace puts other bytes of the store in the place of x.
func (t *trial) replace(x thing, by func(thing) bool) want {
	was := string(t.store.values[x.key])
	o, found := one(t, filter(t.things, func(o thing) bool { return by(o) && string(t.store.values[o.key]) != was }))
	if !found {
		return none
	}
	t.note("%s by %s", x.key, o.key)
	t.store.values[x.key] = t.store.values[o.key]
	return never
}

// replaced puts another of its kind in the place of x: of another run, shard,
// stage or subject. Another closing of the same run is what its signer wrote of
// that run at another time: it is left out.
func replaced(t *trial, x thing) want {
	return t.replace(x, func(o thing) bool { return o.kind == x.kind && !(x.kind == "closing" && o.r == x.r) })
}

// exchanged puts two pieces of evidence of one run in each other's place.
func exchanged(t *trial, x thing) want {
	o, found := one(t, filter(t.things, func(o thing) bool { return o.kind == x.kind && o.r == x.r && o.key != x.key }))
	if !found {
		return none
	}
	t.note("%s and %s", x.key, o.key)
	v := t.store.values
	v[x.key], v[o.key] = v[o.key], v[x.key]
	return never
}

// rest is what a stored object holds after its digest line.
func rest(b []byte) []byte {
	_, after, _ := bytes.Cut(b, []byte("\n"))
	return bytes.Clone(after)
}

// resealed are changes after which the digest line is made right again.
func resealed() (all []mutation) {
	for name, change := range map[string]func(*trial, []byte) []byte{
		"cut short":             func(t *trial, b []byte) []byte { return b[:t.IntN(len(b)-2)] }, // not only line feeds
		"a value after the end": func(_ *trial, b []byte) []byte { return append(b, "{}\n"...) },
		"empty":                 func(*trial, []byte) []byte { return nil },
		"a member twice": func(t *trial, b []byte) []byte {
			twice := []string{`"payloadType":"` + inToto + `",`, `"signatures":[],`, `"payload":"e30=",`}
			return slices.Concat([]byte("{"+twice[t.IntN(len(twice))]), b[1:])
		},
		"a strange member": func(_ *trial, b []byte) []byte { return slices.Concat([]byte(`{"verdict":"allow",`), b[1:]) },
		"another case": func(_ *trial, b []byte) []byte {
			return bytes.Replace(b, []byte(`"payload":`), []byte(`"Payload":`), 1)
		},
		"without signatures": opened(func(_ *trial, e *envelope) { e.Signatures = []mark{} }),
		"an empty signature": opened(func(_ *trial, e *envelope) { e.Signatures[0].Sig = "" }),
		"a signature of something else": opened(func(t *trial, e *envelope) {
			o, _ := one(t, filter(t.things, signed))
			var other envelope
			must(json.Unmarshal(rest(t.base.values[o.key]), &other))
			if other.Payload == e.Payload {
				other.Signatures[0].Sig = "AAAA"
			}
			e.Signatures = other.Signatures
		}),
		"another payload type": opened(func(_ *trial, e *envelope) { e.PayloadType = "application/vnd.stagegate+json" }),
		"another payload": opened(func(t *trial, e *envelope) {
			b, err := base64.StdEncoding.DecodeString(e.Payload)
			must(err)
			e.Payload = base64.StdEncoding.EncodeToString(t.flip(b, 0, len(b)))
		}),
		"unsigned": unsigned,
	} {
		all = append(all, onNeeded(name+", digest made right", signed, func(t *trial, x thing) want {
			t.store.values[x.key] = digested(change(t, rest(t.store.values[x.key])))
			return never
		}))
	}
	return append(all, onNeeded("a bit flipped, digest made right", signed, func(t *trial, x thing) want {
		b := rest(t.store.values[x.key])
		at := t.IntN(len(b))
		t.store.values[x.key] = digested(t.flip(b, at, at+1))
		if from := bytes.Index(b, []byte(`"keyid":"`)) + len(`"keyid":"`); at >= from && at < from+64 {
			return hint // whose key it is said to be decides nothing
		}
		return never
	}))
}

// opened changes an envelope.
func opened(change func(*trial, *envelope)) func(*trial, []byte) []byte {
	return func(t *trial, b []byte) []byte {
		var e envelope
		must(json.Unmarshal(b, &e))
		change(t, &e)
		return e.text()
	}
}

// unsigned is what an envelope says, as it is written where nobody signs.
func unsigned(t *trial, b []byte) []byte {
	var e envelope
	must(json.Unmarshal(b, &e))
	payload, err := base64.StdEncoding.DecodeString(e.Payload)
	must(err)
	_, predicate, _ := strings.Cut(string(payload), `"predicate":`)
	return []byte(strings.TrimSuffix(predicate, "}") + "}\n")
}

// idleMutations damage what no decision of a phase rests on.
func idleMutations() []mutation {
	on := func(name string, do func(*trial, string)) mutation {
		return mutation{name: name, kind: idleChanged, try: func(t *trial) want {
			key, found := one(t, filter(t.store.keys(""), func(k string) bool { return t.classes[k] == idle }))
			if !found {
				return none
			}
			t.note("%s", key)
			do(t, key)
			return same
		}}
	}
	return []mutation{
		on("deleted", func(t *trial, k string) { delete(t.store.values, k) }),
		on("a bit flipped", func(t *trial, k string) {
			t.store.values[k] = t.flip(bytes.Clone(t.store.values[k]), 0, len(t.store.values[k]))
		}),
		on("cut short", func(t *trial, k string) { t.store.values[k] = t.store.values[k][:t.IntN(len(t.store.values[k]))] }),
		on("replaced", func(t *trial, k string) {
			o, _ := one(t, t.store.keys(""))
			t.store.values[k] = t.store.values[o]
		}),
		{name: "another service's", kind: idleChanged, try: func(t *trial) want {
			for _, k := range []string{"notes", "runs/elsewhere/sha256-00/0001/record", "runs/prod/sha256-00/0001/record", "blobs/00", "verdicts/1", "approvals/prod/sha256-00/1"} {
				t.store.values[k] = []byte("{}\n")
			}
			return same
		}},
		{name: "an approval nobody may give", kind: idleChanged, try: func(t *trial) want {
			s := t.site()
			a := (&maker{Rand: t.Rand}).approval(s, "outcomes", []string{stranger, former, past, spare, s.place + "-begin"}[t.IntN(5)])
			s.approvals = append(s.approvals, a)
			t.note("by %s", a.by)
			return same
		}},
		{name: "an envelope signed by a stranger, too", kind: idleChanged, try: func(t *trial) want {
			x, found := t.thing(needed, func(x thing) bool { return x.kind == "deployment" || x.kind == "closing" })
			if !found {
				return none
			}
			t.note("%s", x.key)
			t.store.values[x.key] = digested(opened(func(t *trial, e *envelope) {
				e.Signatures = append([]mark{{KeyID: "?", Sig: "not base64"}, {KeyID: e.Signatures[0].KeyID, Sig: "AAAA"}}, e.Signatures...)
			})(t, rest(t.store.values[x.key])))
			return same
		}},
	}
}
