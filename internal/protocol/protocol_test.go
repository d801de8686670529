package protocol_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/protocol"
)

func session(t *testing.T) protocol.Session {
	t.Helper()
	return protocol.Session{Phase: protocol.Exec, Run: "r", Nonce: "n", Service: "s", Stage: "commit", Suite: "unit",
		Target: harness.InProcessTarget(), Out: t.TempDir()}
}

func TestSession(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.json")
	want := session(t)
	if err := protocol.WriteSession(path, want); err != nil {
		t.Fatal(err)
	}
	got, err := protocol.FromEnviron(func(string) string { return path })
	if err != nil {
		t.Fatal(err)
	}
	if got.Run != want.Run || !got.Target.InProcess() {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if err := protocol.WriteSession(path, want); err == nil {
		t.Error("a session file was overwritten")
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := protocol.FromEnviron(func(string) string { return path }); err == nil {
		t.Error("a session file that others may read was accepted")
	}
}

func TestSessionRefused(t *testing.T) {
	good := `{"version":1,"phase":"test","run":"r","nonce":"n","service":"s","stage":"c","suite":"u","target":{"name":"","mode":"in-process"},"out":"/x"}`
	if _, err := protocol.ParseSession([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for name, edit := range map[string][2]string{
		"another version":  {`"version":1`, `"version":2`},
		"unknown member":   {`"run":"r"`, `"run":"r","ran":"r"`},
		"duplicate member": {`"run":"r"`, `"run":"r","run":"q"`},
		"other case":       {`"suite":"u"`, `"Suite":"u"`},
		"no phase":         {`"phase":"test",`, ``},
		"two orders":       {`"out":`, `"only":{"/p":["T/a"]},"order":{"/p":["T/a"]},"out":`},
		"no mode":          {`"mode":"in-process"`, `"mode":""`},
		"no nonce":         {`"nonce":"n",`, ``},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := protocol.ParseSession([]byte(strings.Replace(good, edit[0], edit[1], 1))); err == nil {
				t.Error("accepted")
			}
		})
	}
	if _, err := protocol.FromEnviron(func(string) string { return "/nowhere" }); err == nil {
		t.Error("a session that is not there was taken for a plain go test")
	}
}

func TestRows(t *testing.T) {
	s := session(t)
	w, err := protocol.Create(&s, "TestX")
	if err != nil {
		t.Fatal(err)
	}
	rows := []harness.Row{
		{ID: "TestX/a", Kind: harness.Scenario, Mode: harness.InProcess, Outcome: harness.Passed, Attempt: 1, Took: harness.Duration(3 * time.Millisecond)},
		{ID: "TestX/b", Kind: harness.Scenario, Mode: harness.InProcess, Outcome: harness.Undefined, Attempt: 1},
	}
	for _, r := range rows {
		if err := w.Row(r); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := protocol.ReadDir(s.Out); !errors.Is(err, protocol.ErrTruncated) {
		t.Errorf("before the trailer: got %v, want ErrTruncated", err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := protocol.ReadDir(s.Out)
	if err != nil || len(got) != 1 || len(got[0].Rows) != 2 || got[0].Rows[1].Outcome != harness.Undefined || got[0].Rows[0].Took != harness.Duration(3*time.Millisecond) {
		t.Fatalf("got %+v, %v", got, err)
	}
}

// Unused definitions come back, in a plan alone; a lost one is noticed, and one
// that says nothing.
func TestUnused(t *testing.T) {
	s := session(t)
	s.Phase = protocol.Plan
	w, err := protocol.Create(&s, "TestX")
	if err != nil {
		t.Fatal(err)
	}
	want := protocol.Unused{Where: "steps_test.go:3", Expression: "I have {int}"}
	if err := errors.Join(w.Planned(harness.Planned{ID: "TestX/a", Kind: harness.Scenario}), w.Unused(want), w.Close()); err != nil {
		t.Fatal(err)
	}
	got, err := protocol.ReadDir(s.Out)
	if err != nil || len(got) != 1 || len(got[0].Planned) != 1 || len(got[0].Unused) != 1 || got[0].Unused[0] != want {
		t.Fatalf("got %+v, %v", got, err)
	}
	begin := `{"begin":{"version":1,"run":"r","nonce":"n","suite":"u","phase":"plan","dir":"/","test":"T"}}` + "\n"
	unused, end := `{"unused":{"where":"a.go:1","expression":"x"}}`+"\n", `{"end":{"rows":0,"unused":1}}`+"\n"
	for name, text := range map[string]string{
		"lost":           begin + end,
		"one too many":   begin + unused + unused + end,
		"without place":  begin + `{"unused":{"expression":"x"}}` + "\n" + end,
		"without text":   begin + `{"unused":{"where":"a.go:1"}}` + "\n" + end,
		"unknown member": begin + `{"unused":{"where":"a.go:1","expression":"x","why":""}}` + "\n" + end,
		"of a run":       strings.Replace(begin, `"plan"`, `"test"`, 1) + unused + end,
	} {
		if a, err := protocol.Read(strings.NewReader(text)); err == nil {
			t.Errorf("%s: accepted %+v", name, a)
		}
	}
	if _, err := protocol.Read(strings.NewReader(begin + unused + end)); err != nil {
		t.Error(err)
	}
}

// Pacts come back in one line each, and a lost one is noticed.
func TestPacts(t *testing.T) {
	s := session(t)
	w, err := protocol.Create(&s, "TestX")
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range []string{"{\n  \"n\": 1.50,\n  \"s\": \"\\n\"\n}", `{}`} {
		if err := w.Pact(protocol.Pact{ID: "TestX/a", Document: []byte(doc)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Pact(protocol.Pact{Document: []byte(`"` + strings.Repeat("x", 5<<20) + `"`)}); err == nil {
		t.Error("a document that no line can hold was taken")
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := protocol.ReadDir(s.Out)
	if err != nil || len(got) != 1 || len(got[0].Pacts) != 2 || string(got[0].Pacts[0].Document) != `{"n":1.50,"s":"\n"}` {
		t.Fatalf("got %+v, %v", got, err)
	}
	name := filepath.Join(s.Out, "answer-1.ndjson")
	all, err := filepath.Glob(filepath.Join(s.Out, "answer-*"))
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	b, err := os.ReadFile(all[0])
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(b), "\n")
	if err := os.WriteFile(name, []byte(strings.Join(append(lines[:1:1], lines[2:]...), "")), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := protocol.ReadDir(s.Out); !errors.Is(err, protocol.ErrTruncated) {
		t.Errorf("without a line: got %v, want ErrTruncated", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(`{"begin":{"version":1,"run":"r","nonce":"n","suite":"u","phase":"test","dir":"/","test":"T"}}` + "\n" + `{"end":{"rows":0}}` + "\n")
	f.Fuzz(func(t *testing.T, s string) {
		a, err := protocol.Read(strings.NewReader(s))
		if err == nil && a.Version != protocol.Version {
			t.Errorf("accepted version %d", a.Version)
		}
	})
}

func FuzzSession(f *testing.F) {
	f.Add([]byte(`{"version":1,"phase":"test","run":"r","nonce":"n","service":"s","stage":"c","suite":"u","target":{"name":"","mode":"in-process"},"out":"/x"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := protocol.ParseSession(b)
		if err == nil && (s.Out == "" || s.Target.Mode == "") {
			t.Errorf("accepted %+v", s)
		}
	})
}
