package attest_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/adapters/attest"
	"github.com/stagegate/stagegate/harness"
)

func TestStatement(t *testing.T) {
	predicate := map[string]any{"z": 1, "a": []string{"<&>"}, "m": map[string]int{"y": 1, "x": 2}}
	got, err := attest.Statement(subjects, attest.RunType, predicate)
	want := `{"_type":"https://in-toto.io/Statement/v1","subject":[` +
		`{"name":"orders","digest":{"sha256":"` + artifact.Hex() + `"}},` +
		`{"name":"orders source","digest":{"gitCommit":"` + commit + `","gitTree":"` + tree + `"}}],` +
		`"predicateType":"https://github.com/stagegate/stagegate/run/v1","predicate":{"a":["<&>"],"m":{"x":2,"y":1},"z":1}}`
	if err != nil || string(got) != want {
		t.Fatalf("Statement = %s, %v\nwant %s", got, err, want)
	}
	for range 50 { // maps are ranged over in another order each time
		if again, _ := attest.Statement(subjects, attest.RunType, predicate); string(again) != want {
			t.Fatalf("another time %s", again)
		}
	}
	c, err := attest.ParseStatement(got)
	if err != nil || !reflect.DeepEqual(c.Subjects, subjects) || c.PredicateType != attest.RunType {
		t.Errorf("ParseStatement = %+v, %v", c, err)
	}
}

func TestStatementRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		subjects  []harness.SubjectName
		kind      string
		predicate any
	}{
		"no subject":       {nil, attest.RunType, map[string]int{}},
		"no digest":        {[]harness.SubjectName{{Name: "x"}}, attest.RunType, map[string]int{}},
		"an empty digest":  {[]harness.SubjectName{{Digest: map[string]string{"sha256": ""}}}, attest.RunType, map[string]int{}},
		"a short digest":   {[]harness.SubjectName{{Digest: map[string]string{"sha256": "abc"}}}, attest.RunType, map[string]int{}},
		"a digest with :":  {[]harness.SubjectName{{Digest: map[string]string{"sha256": string(artifact)}}}, attest.RunType, map[string]int{}},
		"digest of noname": {[]harness.SubjectName{{Digest: map[string]string{"": "ab"}}}, attest.RunType, map[string]int{}},
		"a branch":         {[]harness.SubjectName{{Digest: map[string]string{"gitCommit": "main"}}}, attest.RunType, map[string]int{}},
		"no type":          {subjects, "", map[string]int{}},
		"no predicate":     {subjects, attest.RunType, nil},
		"a list":           {subjects, attest.RunType, []int{1}},
		"not UTF-8":        {subjects, attest.RunType, map[string]string{"a": "\xff"}},
		"no JSON":          {subjects, attest.RunType, map[string]any{"a": func() {}}},
	} {
		if b, err := attest.Statement(tt.subjects, tt.kind, tt.predicate); err == nil {
			t.Errorf("%s: wrote %s", name, b)
		}
	}
}

func TestParseStatementRefuses(t *testing.T) {
	b, err := attest.Statement(subjects, attest.RunType, map[string]any{"a": 1})
	if err != nil {
		t.Fatal(err)
	}
	good := string(b)
	for name, text := range map[string]string{
		"nothing":                   "",
		"cut short":                 good[:len(good)-1],
		"trailing bytes":            good + "{}",
		"another version":           strings.Replace(good, "Statement/v1", "Statement/v0.1", 1),
		"an unknown member":         strings.Replace(good, "{", `{"x":1,`, 1),
		"a member in capitals":      strings.Replace(good, `"predicate"`, `"Predicate"`, 1),
		"two predicates":            strings.Replace(good, "{", `{"predicate":{"a":2},`, 1),
		"two members in predicate":  strings.Replace(good, `"a":1`, `"a":1,"a":2`, 1),
		"two deep in the predicate": strings.Replace(good, `"a":1`, `"a":[{"b":1,"b":1}]`, 1),
		"two by escapes":            strings.Replace(good, `"a":1`, `"a":1,"\u0061":2`, 1),
		"two digests":               strings.Replace(good, `"sha256"`, `"sha256":"00","sha256"`, 1),
		"no predicate":              strings.Replace(good, `,"predicate":{"a":1}`, "", 1),
		"predicate null":            strings.Replace(good, `{"a":1}`, "null", 1),
		"predicate a string":        strings.Replace(good, `{"a":1}`, `"{}"`, 1),
		"no subject":                strings.Replace(good, good[strings.Index(good, `"subject":[`):strings.Index(good, `"predicateType"`)], "", 1),
		"a subject of null":         strings.Replace(good, `"subject":[`, `"subject":[null,`, 1),
		"a subject without digest":  strings.Replace(good, `"subject":[`, `"subject":[{"name":"x"},`, 1),
		"a subject with a uri":      strings.Replace(good, `"name":"orders",`, `"name":"orders","uri":"https://x",`, 1),
		"digest in capitals":        strings.Replace(good, artifact.Hex(), strings.ToUpper(artifact.Hex()), 1),
		"not UTF-8":                 strings.Replace(good, `"a":1`, "\"a\":\"\xff\"", 1),
		"a lone surrogate":          strings.Replace(good, `"a":1`, `"a":"\udc00"`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			if text == good {
				t.Fatal("nothing was changed")
			}
			if c, err := attest.ParseStatement([]byte(text)); !errors.Is(err, attest.ErrMalformed) || c.Predicate != nil {
				t.Errorf("read %+v, %v, want ErrMalformed", c, err)
			}
		})
	}
}

func TestDecode(t *testing.T) {
	b, err := attest.Statement(subjects, attest.RunType, harness.RunRecord{Format: 1, ID: "staging/1/1", Subject: subject})
	if err != nil {
		t.Fatal(err)
	}
	c, err := attest.ParseStatement(b)
	if err != nil {
		t.Fatal(err)
	}
	var rec harness.RunRecord
	if err := c.Decode(attest.RunType, &rec); err != nil || rec.ID != "staging/1/1" || rec.Subject != subject {
		t.Errorf("Decode = %+v, %v", rec, err)
	}
	var d harness.Deployment
	if err := c.Decode(attest.DeploymentType, &d); !errors.Is(err, attest.ErrPredicateType) {
		t.Errorf("a run record as a deployment: %v, want ErrPredicateType", err)
	}
	if err := c.Decode(attest.RunType, &d); !errors.Is(err, attest.ErrMalformed) {
		t.Errorf("with unknown members: %v, want ErrMalformed", err)
	}
}

// Only statements are claims: another payload type, rightly signed, is none.
func TestOpenStatementOfAnotherType(t *testing.T) {
	s := generate(t)
	b, err := attest.Statement(subjects, attest.RunType, map[string]int{})
	if err != nil {
		t.Fatal(err)
	}
	for kind, want := range map[string]error{attest.PayloadType: nil, "application/json": attest.ErrMalformed} {
		text, err := attest.Seal(t.Context(), s, kind, b)
		if err != nil {
			t.Fatal(err)
		}
		if c, signers, err := by(s).OpenStatement(text); !errors.Is(err, want) || (err == nil) != (len(signers) == 1) {
			t.Errorf("%s: %+v by %v, %v, want %v", kind, c, signers, err, want)
		}
	}
	if _, _, err := by(s).OpenStatement([]byte(seal(t, s, "[]"))); !errors.Is(err, attest.ErrMalformed) {
		t.Errorf("a payload that is no statement: %v", err)
	}
}

func TestAbout(t *testing.T) {
	source := harness.Subject{Source: subject.Source}
	loose := harness.Subject{Source: harness.Source{Tree: tree}}
	for _, tt := range []struct {
		name  string
		names []harness.SubjectName
		about harness.Subject
		ok    bool
	}{
		{"the same", subjects, subject, true},
		{"in another order", []harness.SubjectName{subjects[1], subjects[0]}, subject, true},
		{"the source alone", subjects[1:], source, true},
		{"an uncommitted tree", []harness.SubjectName{{Digest: map[string]string{"gitTree": tree}}}, loose, true},
		{"the artifact is missing", subjects[1:], subject, false},
		{"the source is missing", subjects[:1], subject, false},
		{"an artifact too many", subjects, source, false},
		{"one twice", append(subjects[:2:2], subjects[0]), subject, false},
		{"the commit is missing", []harness.SubjectName{{Digest: map[string]string{"gitTree": tree}}}, source, false},
		{"another artifact", subjects, harness.Subject{Source: subject.Source, Artifact: record}, false},
		{"another commit", subjects, harness.Subject{Source: harness.Source{Commit: tree, Tree: tree}, Artifact: artifact}, false},
		{"nothing", nil, harness.Subject{}, false},
	} {
		if err := (attest.Claim{Subjects: tt.names}).About(tt.about); (err == nil) != tt.ok || err != nil && !errors.Is(err, attest.ErrContradiction) {
			t.Errorf("%s: %v, want ok %v", tt.name, err, tt.ok)
		}
	}
}

// The published cases of JSON parsing, alone and as the predicate of a
// statement: n_ is refused, y_ is read, but for duplicate names.
func TestPublishedJSON(t *testing.T) {
	shared(t, "vectors", "json-parsing", "test_parsing", "y_structure_whitespace_array.json")
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "vectors", "json-parsing", "test_parsing", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[byte]int{}
	for _, path := range files {
		name := filepath.Base(path)
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var v any
		alone := attest.Decode(b, &v)
		_, within := attest.ParseStatement([]byte(`{"_type":"` + attest.StatementType + `","subject":[{"digest":{"sha256":"` + artifact.Hex() + `"}}],"predicateType":"x","predicate":{"a":` + string(b) + `}}`))
		accept := name[0] == 'y' && !strings.HasPrefix(name, "y_object_duplicated_key")
		seen[name[0]]++
		switch {
		case name[0] == 'i': // left to the implementation
		case accept && (alone != nil || within != nil):
			t.Errorf("%s was refused: %v, %v", name, alone, within)
		case !accept && (alone == nil || within == nil):
			t.Errorf("%s was read: %v, %v", name, alone, within)
		}
	}
	if seen['n'] < 188 || seen['y'] < 95 {
		t.Errorf("only %d cases to refuse and %d to read were found", seen['n'], seen['y'])
	}
}
