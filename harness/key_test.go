package harness_test

import (
	"strings"
	"testing"

	"github.com/stagegate/stagegate/harness"
)

func TestCheckKey(t *testing.T) {
	for key, want := range map[string]bool{
		"a": true, "runs/1/record.json": true, "a=b/-/_/...": true, strings.Repeat("x", 200): true,
		"": false, "/": false, "/a": false, "a/": false, "a//b": false, ".": false, "..": false, "a/../b": false,
		"a b": false, "a~": false, "é": false, "\xff": false, "a\x00": false, `a\b`: false,
		strings.Repeat("x", 201): false, strings.Repeat("abcdefg/", 113) + "x": false,
	} {
		if err := harness.CheckKey(key); (err == nil) != want {
			t.Errorf("CheckKey(%.40q) = %v, want allowed %v", key, err, want)
		}
	}
}

// No allowed key leaves the place that it is joined to.
func FuzzCheckKey(f *testing.F) {
	f.Add("a/../../b")
	f.Add("a/./b")
	f.Fuzz(func(t *testing.T, key string) {
		if harness.CheckKey(key) != nil {
			return
		}
		if strings.HasPrefix(key, "/") || strings.Contains("/"+key+"/", "/../") || strings.Contains("/"+key+"/", "//") || len(key) > 900 {
			t.Errorf("CheckKey(%q) allows it", key)
		}
	})
}
