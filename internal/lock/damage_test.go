package lock_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stagegate/stagegate/internal/lock"
)

const (
	candidateJSON = `{"stage":"a","subject":"s","commit":"c","nonce":"a","at":"2026-11-22T12:00:00Z"}`
	claimJSON     = `{"number":2,"by":` + candidateJSON + `,"at":"2026-11-22T12:00:00Z","lease":"1h0m0s"}`
	waitingJSON   = `{"who":{"stage":"z","subject":"s","commit":"c","nonce":"z","at":"2026-11-22T12:01:00Z"},"until":"2026-11-22T14:00:00Z"}`
)

// change is s with a part of it changed; it has to be there.
func change(s, old, by string) string {
	if !strings.Contains(s, old) {
		panic("there is no " + old + " in " + s)
	}
	return strings.Replace(s, old, by, 1)
}

// damaged are wrong versions of an object, by what is wrong.
func damaged(right string) map[string]string {
	return map[string]string{
		"empty":             "",
		"cut short":         right[:len(right)/2],
		"null":              "null",
		"an empty object":   "{}",
		"an unknown member": change(right, "{", `{"more":1,`),
		"a member twice":    change(right, "}", "}"+right[strings.LastIndex(right, ","):len(right)-1]),
		"something after":   right + "{}",
		"not JSON":          "\x00\xff",
	}
}

// Every way to ask about a place with a damaged object fails, names the
// object's key and writes nothing. Damaged is never free.
func TestDamaged(t *testing.T) {
	all := map[string]map[string]string{ // by key
		"locks/staging/000002/claim": damaged(claimJSON),
		"locks/staging/000002/renewals/000001": {
			"empty": "", "unknown": `{"what":"born","at":"2026-11-22T12:00:00Z"}`, "no time": `{"what":"renewed"}`,
			"overtaken by nobody": `{"what":"overtaken","at":"2026-11-22T12:00:00Z"}`,
			"overtaken by no one": `{"what":"overtaken","at":"2026-11-22T12:00:00Z","by":` + change(candidateJSON, `"nonce":"a"`, `"nonce":""`) + `}`,
			"seen by nobody":      `{"what":"seen","at":"2026-11-22T12:00:00Z"}`,
			"renewed by somebody": `{"what":"renewed","at":"2026-11-22T12:00:00Z","by":` + candidateJSON + `}`,
		},
	}
	claim := all["locks/staging/000002/claim"]
	claim["another number"] = change(claimJSON, `"number":2`, `"number":3`)
	claim["no number"] = change(claimJSON, `"number":2,`, ``)
	claim["no time"] = change(claimJSON, `,"at":"2026-11-22T12:00:00Z","lease"`, `,"lease"`)
	claim["no lease"] = change(claimJSON, `,"lease":"1h0m0s"`, ``)
	claim["a lease that has passed"] = change(claimJSON, `1h0m0s`, `-1h0m0s`)
	claim["nobody"] = change(claimJSON, `"nonce":"a"`, `"nonce":""`)
	for key, values := range all {
		for what, value := range values {
			t.Run(key[len("locks/staging/000002/"):]+" "+what, func(t *testing.T) { testDamaged(t, key, value) })
		}
	}
}

func testDamaged(t *testing.T, key, value string) {
	c, store := &clock{noon}, newMemory()
	l := c.locks(store)
	put(t, store, "locks/staging/000001/claim", change(claimJSON, `"number":2`, `"number":1`))
	put(t, store, "locks/staging/000001/release", "{}")
	put(t, store, key, value)
	if !strings.HasSuffix(key, "claim") {
		put(t, store, "locks/staging/000002/claim", claimJSON)
	}
	before, err := store.List(t.Context(), "")
	check(t, err)
	for _, at := range []time.Time{noon, noon.Add(100 * time.Hour)} {
		c.at = at
		_, free, latest := l.Latest(t.Context(), place)
		_, take := l.Take(t.Context(), place, who("b"))
		_, wait := l.Wait(t.Context(), place, who("b"), time.Hour, nil)
		calls := map[string]error{"Latest": latest, "Take": take, "Wait": wait, "Renew": l.Renew(t.Context(), place, 2)}
		if strings.HasSuffix(key, "claim") {
			calls["Release"] = l.Release(t.Context(), place, 2)
		}
		for call, err := range calls {
			if err == nil || !strings.Contains(err.Error(), key+" is damaged") || !strings.Contains(err.Error(), "hint:") {
				t.Errorf("%s: %v, want the damaged key and a hint", call, err)
			}
			if held := new(lock.HeldError); errors.As(err, &held) || errors.Is(err, lock.ErrOvertaken) {
				t.Errorf("%s: %v, as if it could be known", call, err)
			}
		}
		if free {
			t.Error("it is free")
		}
	}
	if after, err := store.List(t.Context(), ""); err != nil || len(after) != len(before) {
		t.Errorf("there are %q, %v, want %q", after, err, before)
	}
}

// A waiter that cannot be read cannot be ranked.
func TestDamagedWaiter(t *testing.T) {
	const key = "locks/staging/000001/waiting/20261122T120100.000Z-z"
	values := damaged(waitingJSON)
	values["somebody else"] = change(waitingJSON, `"nonce":"z"`, `"nonce":"y"`)
	values["another time"] = change(waitingJSON, `12:01:00Z`, `12:02:00Z`)
	values["without end"] = change(waitingJSON, `,"until":"2026-11-22T14:00:00Z"`, ``)
	for what, value := range values {
		c, store := &clock{noon}, newMemory()
		l := c.locks(store)
		_, err := l.Take(t.Context(), place, who("a"))
		check(t, err)
		put(t, store, key, value)
		if _, err := l.Wait(t.Context(), place, who("b"), time.Hour, nil); err == nil || !strings.Contains(err.Error(), key+" is damaged") {
			t.Errorf("%s: %v, want that %s is damaged", what, err, key)
		}
	}
}

// What the tests above damage is right, and is what the package writes.
func TestUndamaged(t *testing.T) {
	c, store := &clock{noon}, newMemory()
	put(t, store, "locks/staging/000001/claim", change(claimJSON, `"number":2`, `"number":1`))
	put(t, store, "locks/staging/000001/renewals/000001", `{"what":"renewed","at":"2026-11-22T12:00:00Z"}`)
	put(t, store, "locks/staging/000001/renewals/000002", `{"what":"seen","at":"2026-11-22T12:00:00Z","by":`+candidateJSON+`}`)
	l := c.locks(store)
	if got, want := told(l.Take(t.Context(), place, who("b"))), "a has it until 13:02:00"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	put(t, store, "locks/staging/000001/waiting/20261122T120100.000Z-z", waitingJSON)
	if got, want := told(l.Wait(t.Context(), place, who("b"), time.Hour, nil)), "superseded by z"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	put(t, store, "locks/staging/000001/release", `{}`)
	candidate := lock.Candidate{Stage: "a", Subject: "s", Commit: "c", Nonce: "a", At: noon.In(time.FixedZone("far", 3600))}
	l.Now = func() time.Time { return noon.In(time.FixedZone("further", 7200)) }
	_, err := l.Take(t.Context(), place, candidate)
	check(t, err)
	if b, err := store.Get(t.Context(), "locks/staging/000002/claim"); err != nil || string(b) != claimJSON {
		t.Errorf("got %s, %v, want %s", b, err, claimJSON)
	}
}
