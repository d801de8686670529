package parity

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"testing"

	"github.com/pact-foundation/pact-go/v2/consumer"

	"github.com/stagegate/stagegate/contracts/pactgo"
	"github.com/stagegate/stagegate/contracts/pactgo/parity/after"
	"github.com/stagegate/stagegate/contracts/pactgo/parity/before"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/pactfile"
	"github.com/stagegate/stagegate/internal/protocol"
)

// The two packages differ in their package clause and one import.
func TestOnlyTheImportDiffers(t *testing.T) {
	source := func(dir string) []byte {
		b, err := os.ReadFile(filepath.Join(dir, "contract.go"))
		if err != nil {
			t.Fatal(err)
		}
		at := bytes.Index(b, []byte("package "+dir+"\n"))
		if at < 0 {
			t.Fatalf("%s has no package clause", dir)
		}
		return b[at+len("package "+dir):]
	}
	line := regexp.MustCompile(`(?m)^\t.*"(github.com/pact-foundation/pact-go/v2/consumer|github.com/stagegate/stagegate/contracts/pactgo)"\n`)
	was, is := source("before"), source("after")
	if a, b := line.FindAll(was, -1), line.FindAll(is, -1); len(a) != 1 || len(b) != 1 || bytes.Equal(a[0], b[0]) {
		t.Fatalf("the imports are %q and %q, want one each, and different ones", a, b)
	}
	if !bytes.Equal(line.ReplaceAll(was, nil), line.ReplaceAll(is, nil)) {
		t.Error("more than the import differs: diff before/contract.go after/contract.go")
	}
}

// theirs is the pact file that pact-go writes for one contract.
func theirs(t *testing.T, contract func(*testing.T, consumer.MockHTTPProviderConfig)) []byte {
	t.Helper()
	dir := t.TempDir()
	if !t.Run("pact-go", func(t *testing.T) {
		contract(t, consumer.MockHTTPProviderConfig{Consumer: "orders", Provider: "users", PactDir: dir})
	}) {
		t.FailNow()
	}
	b, err := os.ReadFile(filepath.Join(dir, "orders-users.json"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// ours is the pact file that gate merges from what pactgo's tests leave.
func ours(t *testing.T, contract func(*testing.T, pactgo.MockHTTPProviderConfig)) []byte {
	t.Helper()
	out, path := t.TempDir(), filepath.Join(t.TempDir(), "run.json")
	if err := protocol.WriteSession(path, protocol.Session{Phase: protocol.Exec, Run: "r", Nonce: "n", Service: "orders", Stage: "commit",
		Suite: "contracts", Target: harness.InProcessTarget(), Out: out}); err != nil {
		t.Fatal(err)
	}
	t.Setenv(protocol.Variable, path)
	if !t.Run("pactgo", func(t *testing.T) {
		contract(t, pactgo.MockHTTPProviderConfig{Consumer: "orders", Provider: "users"})
	}) {
		t.FailNow()
	}
	answers, err := protocol.ReadDir(out)
	if err != nil {
		t.Fatal(err)
	}
	var all []pactfile.Fragment
	for _, a := range answers {
		for _, p := range a.Pacts {
			all = append(all, pactfile.Fragment{From: p.ID, Document: p.Document})
		}
	}
	files, err := pactfile.Merge(all)
	if err != nil || len(files) != 1 {
		t.Fatalf("got %d files, %v", len(files), err)
	}
	for _, b := range files {
		return b
	}
	return nil
}

func TestEqualInMeaning(t *testing.T) {
	for _, tt := range []struct {
		version string
		before  func(*testing.T, consumer.MockHTTPProviderConfig)
		after   func(*testing.T, pactgo.MockHTTPProviderConfig)
		count   int
	}{{"V2", before.Second, after.Second, 4}, {"V4", before.Fourth, after.Fourth, 8}} {
		t.Run(tt.version, func(t *testing.T) {
			want, got := meaning(t, theirs(t, tt.before)), meaning(t, ours(t, tt.after))
			if len(want) != tt.count {
				t.Errorf("pact-go's file has %d interactions, want %d", len(want), tt.count)
			}
			for name := range want {
				if !reflect.DeepEqual(got[name], want[name]) {
					t.Errorf("%s:\ngot  %s\nwant %s", name, text(got[name]), text(want[name]))
				}
			}
			for name := range got {
				if want[name] == nil {
					t.Errorf("pact-go's file has no %s", name)
				}
			}
		})
	}
}

// What the comparison must not overlook.
func TestMeaningGoesRed(t *testing.T) {
	const file = `{"interactions":[{"description":"a","providerState":"s","request":{"method":"GET","path":"/a","query":"q=1",
		"headers":{"Content-Type":"application/json"},"body":{"x":1},"matchingRules":{"$.body.x":{"match":"type"}}},"response":{"status":200}}],
		"metadata":{"pactSpecification":{"version":"2.0.0"}}}`
	base := meaning(t, []byte(file))
	for _, change := range [][2]string{{`"/a"`, `"/b"`}, {`q=1`, `q=2`}, {`"x":1`, `"x":2`}, {`"type"`, `"integer"`}, {`$.body.x`, `$.body.y`},
		{`:200`, `:201`}, {`"s"`, `"t"`}, {"application/json", "text/json"}} {
		other := bytes.Replace([]byte(file), []byte(change[0]), []byte(change[1]), 1)
		if reflect.DeepEqual(base, meaning(t, other)) {
			t.Errorf("%s and %s mean the same", change[0], change[1])
		}
	}
}
