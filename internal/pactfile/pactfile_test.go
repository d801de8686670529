package pactfile_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/stagegate/stagegate/internal/pactfile"
)

func fragment(from, consumer, provider string, interactions ...string) pactfile.Fragment {
	return pactfile.Fragment{From: from, Document: []byte(fmt.Sprintf(
		`{"consumer":{"name":%q},"interactions":[%s],"metadata":{"pactRust":{"ffi":"0.4.28"},"pactSpecification":{"version":"4.0"}},"provider":{"name":%q}}`,
		consumer, strings.Join(interactions, ","), provider))}
}

func interaction(description, states string, status int) string {
	return fmt.Sprintf(`{"type":"Synchronous/HTTP","description":%q,"providerStates":%s,"request":{"method":"GET","path":"/"},"response":{"status":%d,"n":1.50}}`, description, states, status)
}

func names(t *testing.T, b []byte) (all []string) {
	t.Helper()
	var doc struct {
		Interactions []struct {
			Description string `json:"description"`
		} `json:"interactions"`
	}
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	for _, i := range doc.Interactions {
		all = append(all, i.Description)
	}
	return all
}

func TestMerge(t *testing.T) {
	all := []pactfile.Fragment{
		fragment("A", "orders", "payments", interaction("b", `[]`, 200), interaction("a", `[{"name":"s"}]`, 200)),
		fragment("B", "orders", "payments", interaction("a", `[{"name":"t"}]`, 404)),
		fragment("C", "orders", "payments", strings.Replace(interaction("b", `[]`, 200), "1.50", "1.5", 1)), // the same, written in another way
		fragment("D", "orders", "stock/eu", interaction("b", `[]`, 500)),
	}
	files, err := pactfile.Merge(all)
	if err != nil {
		t.Fatal(err)
	}
	if got := slices.Sorted(maps.Keys(files)); fmt.Sprint(got) != "[orders-payments.json orders-stock%2Feu.json]" {
		t.Fatalf("got files %v", got)
	}
	if got := names(t, files["orders-payments.json"]); fmt.Sprint(got) != "[a a b]" {
		t.Errorf("got %v", got)
	}
	if b := string(files["orders-payments.json"]); !strings.Contains(b, "1.50") || !strings.Contains(b, `"ffi": "0.4.28"`) {
		t.Errorf("a number or the metadata is not as it was written:\n%s", b)
	}
	slices.Reverse(all)
	if again, err := pactfile.Merge(all); err != nil || string(again["orders-payments.json"]) != string(files["orders-payments.json"]) {
		t.Errorf("in another order: %v, or another file", err)
	}
	if files, err := pactfile.Merge(nil); err != nil || len(files) != 0 {
		t.Errorf("of nothing: got %v, %v", files, err)
	}
}

// Both definitions are shown, of each conflict.
func TestConflict(t *testing.T) {
	files, err := pactfile.Merge([]pactfile.Fragment{
		fragment("p.TestA/x", "orders", "payments", interaction("x", `[{"name":"s"}]`, 200), interaction("y", `[]`, 200)),
		fragment("q.TestB/x", "orders", "payments", interaction("x", `[{"name":"s"}]`, 404), interaction("y", `[]`, 201)),
	})
	var c *pactfile.ConflictError
	if files != nil || !errors.As(err, &c) {
		t.Fatalf("got %v, %v", files, err)
	}
	const want = `pact orders - payments: two definitions of "x": response.status is 200 in p.TestA/x, and 404 in q.TestB/x
pact orders - payments: two definitions of "y": response.status is 200 in p.TestA/x, and 201 in q.TestB/x`
	if err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
	c = &pactfile.ConflictError{First: pactfile.Definition{From: "A", JSON: `{"a":1,"b":{"c":[1],"d":"` + strings.Repeat("x", 200) + `"},"e":1,"f":1,"g":1}`},
		Second: pactfile.Definition{From: "B", JSON: `{"a":1,"b":{"c":[2],"d":2},"f":2,"g":2}`}}
	for _, want := range []string{"b.c is [1] in A, and [2] in B; b.d is \"xxx", "xxx... in A, and 2 in B; e is 1 in A, and absent in B; and 2 more"} {
		if !strings.Contains(c.Error(), want) {
			t.Errorf("got %v, want it to say %s", c, want)
		}
	}
}

func TestRefused(t *testing.T) {
	good := fragment("A", "a-b", "c", interaction("x", `[]`, 200))
	other := fragment("B", "a-b", "c", interaction("y", `[]`, 200))
	other.Document = []byte(strings.Replace(string(other.Document), "4.0", "3.0.0", 1))
	for name, all := range map[string][]pactfile.Fragment{
		"not JSON":         {{From: "A", Document: []byte(`{"consumer":`)}},
		"no names":         {fragment("A", "", "c", interaction("x", `[]`, 200))},
		"no interactions":  {fragment("A", "a", "c")},
		"no description":   {fragment("A", "a", "c", interaction("", `[]`, 200))},
		"one file for two": {good, fragment("B", "a", "b-c", interaction("y", `[]`, 200))},
		"two versions":     {good, other},
	} {
		if files, err := pactfile.Merge(all); err == nil {
			t.Errorf("%s: got %d files", name, len(files))
		}
	}
}

func TestWrite(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "build", "pacts")
	doc := func(name string) []byte { return fragment("A", "a", name, interaction("x", `[]`, 200)).Document }
	list := func(dir string) string {
		all, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(all)
	}
	for _, files := range []map[string][]byte{{"a-b.json": doc("b"), "a-c.json": doc("c")}, {"a-c.json": doc("c")}} { // the second time a-b is stale
		if err := pactfile.Write(dir, files); err != nil {
			t.Fatal(err)
		}
		for name, want := range files {
			if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != string(want) {
				t.Errorf("%s: got %q, %v", name, got, err)
			}
		}
	}
	if got := list(dir); got != "[- a-c.json]" {
		t.Errorf("got %s, want the file of the second time alone", got)
	}
	if got := list(filepath.Dir(dir)); got != "[d pacts/]" {
		t.Errorf("got %s beside it", got)
	}
	if err := pactfile.Write(dir, map[string][]byte{"sub/x.json": nil}); err == nil || list(dir) != "[- a-c.json]" || list(filepath.Dir(dir)) != "[d pacts/]" {
		t.Errorf("got %v, and %s: a failed write leaves the old folder", err, list(dir))
	}
	if err := pactfile.Remove(dir); err != nil || list(filepath.Dir(dir)) != "[]" {
		t.Errorf("got %v after removing", err)
	}
	if err := pactfile.Remove(dir); err != nil {
		t.Errorf("nothing is there: got %v", err)
	}
}

// What somebody else put into the folder is not deleted.
func TestForeign(t *testing.T) {
	for name, content := range map[string]string{"notes.txt": "x", "package.json": `{"name":"x"}`, "a.json": "{"} {
		dir := t.TempDir()
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, err := range []error{pactfile.Write(dir, map[string][]byte{}), pactfile.Remove(dir)} {
			if !errors.Is(err, pactfile.ErrForeign) {
				t.Errorf("%s: got %v", name, err)
			}
		}
		if got, err := os.ReadFile(file); err != nil || string(got) != content {
			t.Errorf("%s: it is gone (%v)", name, err)
		}
	}
}
