package contracts

import (
	"fmt"
	"os"
	"testing"

	"github.com/pact-foundation/pact-go/v2/matchers"
)

// childVariable says which of the children TestChild is, in a process of its own.
const childVariable = "STAGEGATE_TEST_CHILD"

// TestChild is the user's test in the child processes of this file. In any
// other process it has no name and does nothing.
func TestChild(t *testing.T) {
	name := os.Getenv(childVariable)
	if name == "" {
		return
	}
	child, ok := children[name]
	if !ok {
		t.Fatalf("no child %q", name)
	}
	child(t)
}

func call(t *testing.T, ep Endpoint) {
	t.Helper()
	if err := askCard(ep); err != nil {
		t.Error(err)
	}
}

func unsafeCard() Interaction { i := card(); i.Safe = false; return i }

var children = map[string]func(t *testing.T){
	"good": func(t *testing.T) {
		c := For(t, "orders", "payments")
		c.Test("a valid card", card(), call)
		c.Test("a card to write", unsafeCard(), call)
	},
	"parallel": func(t *testing.T) {
		c := For(t, "orders", "payments")
		for _, name := range []string{"a", "b", "c", "d"} {
			c.Test(name, card(), func(t *testing.T, ep Endpoint) { t.Parallel(); call(t, ep) })
		}
		c.Test("inner", card(), func(t *testing.T, ep Endpoint) {
			t.Run("sub", func(t *testing.T) { t.Parallel(); call(t, ep) })
		})
	},
	"wire":       wireChild("server", nil),
	"wire quick": wireChild("server", func(name string) bool { return name != "hang" && name != "redirect, real" }),
	"wire good":  wireChild("server", func(name string) bool { return name == "good" }),
	"sixty":      sixtyChild,
	"two places": func(t *testing.T) {
		for _, name := range []string{"near", "far"} {
			For(t, "orders", name).Test(name, one("GET", "/good", Response{Status: 200, Body: cardBody()})[0], func(t *testing.T, ep Endpoint) {
				if err := follow("/good")(ep); err != nil {
					t.Error(err)
				}
			})
		}
	},
	"hundred": func(t *testing.T) {
		c := For(t, "orders", "payments")
		for n := range 100 {
			path := fmt.Sprintf("/%s/%d", os.Getenv("STAGEGATE_TEST_NUMBER"), n)
			c.Test("GET "+path, get(path, Response{Status: 200}), func(t *testing.T, ep Endpoint) {
				t.Parallel()
				if err := send("GET", path, "")(ep); err != nil {
					t.Error(err)
				}
			})
		}
	},
	"empty":      func(t *testing.T) { For(t, "orders", "payments") },
	"no names":   func(t *testing.T) { For(t, "orders", "") },
	"not called": func(t *testing.T) { For(t, "orders", "payments").Test("x", card(), func(*testing.T, Endpoint) {}) },
	"test failed": func(t *testing.T) {
		For(t, "orders", "payments").Test("x", card(), func(t *testing.T, ep Endpoint) { call(t, ep); t.Fatal("own") })
	},
	"inner failed": func(t *testing.T) {
		For(t, "orders", "payments").Test("x", card(), func(t *testing.T, ep Endpoint) {
			call(t, ep)
			t.Run("sub", func(t *testing.T) { t.Parallel(); t.Fatal("own") })
		})
	},
	"panics": func(t *testing.T) {
		For(t, "orders", "payments").Test("x", card(), func(t *testing.T, ep Endpoint) { call(t, ep); panic("own") })
	},
	"skips": func(t *testing.T) {
		For(t, "orders", "payments").Test("x", card(), func(t *testing.T, ep Endpoint) { call(t, ep); t.Skip("own") })
	},
	"wrong request": func(t *testing.T) {
		For(t, "orders", "payments").Test("x", card(), func(t *testing.T, ep Endpoint) { _ = send("GET", "/no", "")(ep) })
	},
	"unknown value": func(t *testing.T) {
		For(t, "orders", "payments").Test("x", card(), func(t *testing.T, ep Endpoint) { ep.Value("crad") })
	},
	"twice": func(t *testing.T) {
		c := For(t, "orders", "payments")
		c.Test("x", card(), call)
		c.Test("x", card(), call)
	},
	"name taken": func(t *testing.T) {
		t.Run("x", func(*testing.T) {})
		For(t, "orders", "payments").Test("x", card(), call)
	},
	"invalid": func(t *testing.T) {
		i := card()
		i.Request.Path.Match = nil
		For(t, "orders", "payments").Test("x", i, call)
	},
	"safe POST": func(t *testing.T) {
		i := card()
		i.Request.Method = "POST"
		For(t, "orders", "payments").Test("x", i, call)
	},
	"secret": func(t *testing.T) {
		i := card()
		i.Request.Headers = matchers.Map{"Accept": matchers.S("application/json"), "X-Key": matchers.Like("AKIA" + "ABCDEFGHIJKLMNOP")}
		For(t, "orders", "payments").Test("x", i, func(*testing.T, Endpoint) { panic("it must not run") })
	},
	"lints": func(t *testing.T) {
		i := get("/a", Response{Status: 200, Body: JSON(matchers.MapMatcher{"id": matchers.S("7"), "price": matchers.Decimal(5)})})
		For(t, "orders", "payments").Test("x", i, func(t *testing.T, ep Endpoint) {
			if err := send("GET", "/a", "")(ep); err != nil {
				t.Error(err)
			}
		})
	},
	"not safe": func(t *testing.T) { For(t, "orders", "payments").Test("x", unsafeCard(), call) },
	"wrong fixture": func(t *testing.T) {
		i := card()
		i.Given[0].Name = "card is gone"
		For(t, "orders", "payments").Test("x", i, call)
	},
}
