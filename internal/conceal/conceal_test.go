package conceal_test

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/stagegate/stagegate/internal/conceal"
)

func TestIn(t *testing.T) {
	c := conceal.New(map[string]string{"TOKEN": "tok/1+2", "LONGER": "tok/1+2+3", "EMPTY": "", "PEM": "-----BEGIN KEY-----\nMIIEvQIBADANBgkq\n-----END KEY-----\n"})
	for _, x := range []struct{ text, want string }{
		{"", ""},
		{"nothing to hide", "nothing to hide"},
		{"Bearer tok/1+2", "Bearer [TOKEN]"},
		{"tok/1+2+3 and tok/1+2", "[LONGER] and [TOKEN]"},
		{"    x_test.go:1: -----BEGIN KEY-----\n        MIIEvQIBADANBgkq\n        -----END KEY-----", "    x_test.go:1: [PEM]\n        [PEM]\n        [PEM]"},
		{"?t=tok%2F1%2B2", "?t=[TOKEN]"},
	} {
		if got := c.In(x.text); got != x.want {
			t.Errorf("%q: got %q, want %q", x.text, got, x.want)
		}
	}
	if got := (conceal.Concealer{}).In("tok"); got != "tok" {
		t.Errorf("the zero Concealer: got %q", got)
	}
}

// Whatever a secret is, nothing of it is left in any of its forms.
func TestForms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.StringMatching(`[ -~]{8,40}`).Draw(t, "secret")
		quoted, _ := json.Marshal(secret)
		text := strings.Join([]string{"a", secret, url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte(secret)), string(quoted)}, "\n")
		got := conceal.New(map[string]string{"S": secret}).In(text)
		if got != "a\n[S]\n[S]\n[S]\n\"[S]\"" {
			t.Errorf("%q became %q", text, got)
		}
	})
}
