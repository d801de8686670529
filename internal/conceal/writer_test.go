package conceal_test

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"github.com/stagegate/stagegate/internal/conceal"
)

// However a text is cut into writes, a secret in one of its lines is not passed on.
func TestWriter(t *testing.T) {
	c := conceal.New(map[string]string{"T": "tok_1"})
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`(a|tok_1|\n|to|k_){0,40}`).Draw(t, "text")
		var got bytes.Buffer
		w := c.Writer(&got)
		for rest := text; rest != ""; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "bytes")
			w.Write([]byte(rest[:n]))
			rest = rest[n:]
		}
		w.Flush()
		if got.String() != c.In(text) {
			t.Errorf("%q became %q, want %q", text, got.String(), c.In(text))
		}
	})
}
