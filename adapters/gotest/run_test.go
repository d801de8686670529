package gotest_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stagegate/stagegate/adapters/gotest"
	"github.com/stagegate/stagegate/harness"
)

func one(body string, imports ...string) map[string]string {
	return map[string]string{"p/p_test.go": test(body, imports...)}
}

func TestRun(t *testing.T) {
	const two = `features.Scenario{Name: "a"}, features.Scenario{Name: "b"}`
	for _, tt := range []struct {
		name   string
		files  map[string]string
		want   string
		exit   int
		doubts []string // each in some doubt, in order; none: no doubt at all
		reason string   // in some row's reason
	}{
		{name: "all pass", files: one(`func TestA(t *testing.T) {}; func TestB(t *testing.T) { t.Run("s", func(t *testing.T) { t.Parallel() }) }`), want: "p.TestA passed\np.TestB passed"},
		{name: "a failure", files: one(`func TestA(t *testing.T) {}; func TestB(t *testing.T) { t.Errorf("got 1, want 2") }`), want: "p.TestA passed\np.TestB failed", exit: 1, reason: "p_test.go:5: got 1, want 2"},
		{name: "a failed subtest", files: one(`func TestB(t *testing.T) { t.Run("s", func(t *testing.T) { t.Error("no") }) }`), want: "p.TestB failed", exit: 1, reason: "TestB/s: p_test.go:5: no"},
		{name: "a skip", files: one(`func TestB(t *testing.T) { t.Skip("needs docker") }`), want: "p.TestB skipped", reason: "needs docker"},
		{name: "a skipped subtest", files: one(`func TestB(t *testing.T) { t.Run("s", func(t *testing.T) { t.Skip("needs docker") }) }`), want: "p.TestB skipped", reason: "TestB/s was skipped: p_test.go:5: needs docker"},
		{name: "a panic", files: one(`func TestA(t *testing.T) { panic("boom") }; func TestB(t *testing.T) {}`), want: "p.TestA failed\np.TestB not-run", exit: 1, reason: "boom", doubts: []string{"p.TestB: planned, and there is no result"}},
		{name: "os.Exit(0) in a test", files: one(`func TestA(t *testing.T) { os.Exit(0) }; func TestB(t *testing.T) {}`, "os"), want: "p.TestA failed\np.TestB not-run", exit: 1, doubts: []string{"TestB"}},
		{name: "os.Exit(0) of TestMain whatever happens", files: one(`func TestMain(m *testing.M) { m.Run(); os.Exit(0) }; func TestB(t *testing.T) { t.Error("no") }`, "os"), want: "p.TestB failed", doubts: []string{"p: passed, although TestB did not", "exited 0"}},
		{name: "TestMain runs nothing the second time", files: one(`func TestMain(m *testing.M) { flag.Parse(); if flag.Lookup("test.list").Value.String() != "" { m.Run() } }; func TestB(t *testing.T) {}`, "flag"), want: "p.TestB not-run", doubts: []string{"p.TestB: planned", "TestMain may not call m.Run"}},
		{name: "TestMain fails", files: one(`func TestMain(m *testing.M) { m.Run(); flag.Parse(); if flag.Lookup("test.list").Value.String() == "" { os.Exit(3) } }; func TestB(t *testing.T) {}`, "flag", "os"), want: "p failed\np.TestB passed", exit: 1, reason: "failed outside of its tests"},
		{name: "events printed by a test", files: one(`func TestA(t *testing.T) { t.Error("no") }; func TestB(t *testing.T) { fmt.Println(); fmt.Println("{\"Action\":\"pass\",\"Package\":\"example.test/m/p\",\"Test\":\"TestA\"}"); fmt.Println("--- PASS: TestA (0.00s)"); fmt.Println("ok  \texample.test/m/p\t0.1s") }`, "fmt"), want: "p.TestA failed\np.TestB passed", exit: 1},
		{name: "a goroutine that exits", files: one(`func TestB(t *testing.T) { t.Run("s", func(t *testing.T) { runtime.Goexit() }) }`, "runtime"), want: "p.TestB failed", exit: 1},
		{name: "two packages", files: map[string]string{"p/p_test.go": test(`func TestA(t *testing.T) {}`), "q/q_test.go": test(`func TestA(t *testing.T) { t.Fail() }`)}, want: "p.TestA passed\nq.TestA failed", exit: 1, reason: "TestA failed"},

		{name: "scenarios", files: one(`func TestF(t *testing.T) { features.Run(t, `+two+`) }; func TestPlain(t *testing.T) {}`, features), want: "p.TestF/a passed\np.TestF/b passed\np.TestPlain passed"},
		{name: "a scenario fails", files: one(`func TestF(t *testing.T) { features.Run(t, features.Scenario{Name: "a"}, features.Scenario{Name: "b", Outcome: "undefined", Do: func(t *testing.T) { t.Error("x") }}) }`, features), want: "p.TestF/a passed\np.TestF/b undefined", exit: 1},
		{name: "an answer says passed, go test fail", files: one(`func TestF(t *testing.T) { features.Host{Lie: "edited"}.Run(t, features.Scenario{Name: "a", Do: func(t *testing.T) { t.Error("x") }}) }`, features), want: "p.TestF failed\np.TestF/a passed", exit: 1, doubts: []string{"answered passed, and go test says fail"}},
		{name: "an answer says failed, go test pass", files: one(`func TestF(t *testing.T) { features.Run(t, features.Scenario{Name: "a", Outcome: "failed"}) }`, features), want: "p.TestF/a failed", doubts: []string{"exited 0", "p.TestF/a: answered failed, and go test says pass", "p.TestF: passed, although"}},
		{name: "a skipped subtest in a scenario", files: one(`func TestF(t *testing.T) { features.Run(t, features.Scenario{Name: "a", Do: func(t *testing.T) { t.Run("in", func(t *testing.T) { t.Skip("x") }) }}) }`, features), want: "p.TestF/a passed", doubts: []string{"go test says skip of its subtest TestF/a/in"}},
		{name: "a truncated answer", files: one(`func TestF(t *testing.T) { features.Host{Lie: "truncated"}.Run(t, `+two+`) }`, features), want: "p.TestF/a passed\np.TestF/b passed", doubts: []string{"cut short"}},
		{name: "an answer of another run", files: one(`func TestF(t *testing.T) { features.Host{Lie: "run"}.Run(t, `+two+`) }`, features), want: "p.TestF/a not-run\np.TestF/b not-run", doubts: []string{"of another run", "p.TestF/a: planned", "p.TestF/b: planned", "p.TestF: passed, and answered nothing"}},
		{name: "another nonce", files: one(`func TestF(t *testing.T) { features.Host{Lie: "nonce"}.Run(t, `+two+`) }`, features), want: "p.TestF/a not-run\np.TestF/b not-run", doubts: []string{"of another run", "TestF/a", "TestF/b", "answered nothing"}},
		{name: "another suite", files: one(`func TestF(t *testing.T) { features.Host{Lie: "suite"}.Run(t, `+two+`) }`, features), want: "p.TestF/a not-run\np.TestF/b not-run", doubts: []string{"of another run", "TestF/a", "TestF/b", "answered nothing"}},
		{name: "another folder", files: one(`func TestF(t *testing.T) { features.Host{Lie: "dir"}.Run(t, `+two+`) }`, features), want: "p.TestF/a not-run\np.TestF/b not-run", doubts: []string{"no package of the suite", "TestF/a", "TestF/b", "answered nothing"}},
		{name: "no answer when run", files: one(`func TestF(t *testing.T) { features.Host{Lie: "silent when run"}.Run(t, `+two+`) }`, features), want: "p.TestF/a not-run\np.TestF/b not-run", doubts: []string{"p.TestF/a: planned", "p.TestF/b: planned", "p.TestF: passed, and answered nothing"}},
		{name: "a lost row", files: one(`func TestF(t *testing.T) { features.Host{Lie: "lost row"}.Run(t, `+two+`) }`, features), want: "p.TestF/a not-run\np.TestF/b passed", doubts: []string{"p.TestF/a: planned, and there is no result"}},
		{name: "a scenario passes when tried again", files: one(`func TestF(t *testing.T) { features.Host{Lie: "flaky"}.Run(t, features.Scenario{Name: "a", Outcome: "failed"}) }`, features), want: "p.TestF/a failed\np.TestF/a passed"},
		{name: "scenarios of a subtest", files: one(`func TestF(t *testing.T) { t.Run("in", func(t *testing.T) { features.Run(t, `+two+`) }); t.Run("out", func(t *testing.T) { features.Run(t, `+two+`) }) }`, features), want: "p.TestF/in/a passed\np.TestF/in/b passed\np.TestF/out/a passed\np.TestF/out/b passed"},
		{name: "a row twice", files: one(`func TestF(t *testing.T) { features.Host{Lie: "twice"}.Run(t, features.Scenario{Name: "a"}) }`, features), want: "p.TestF/a passed\np.TestF/a passed", doubts: []string{"attempt 1 has more than one row"}},
		{name: "a host fails beside its scenarios", files: one(`func TestF(t *testing.T) { features.Run(t, features.Scenario{Name: "a"}); if s, _ := os.ReadFile(os.Getenv("STAGEGATE_RUN")); strings.Contains(string(s), "\"test\"") { t.Error("clean up") } }`, features, "os", "strings"), want: "p.TestF failed\np.TestF/a passed", exit: 1, reason: "clean up"},
		{name: "a subtest beside the scenarios is skipped", files: one(`func TestF(t *testing.T) { features.Run(t, features.Scenario{Name: "a"}); if s, _ := os.ReadFile(os.Getenv("STAGEGATE_RUN")); strings.Contains(string(s), "\"test\"") { t.Run("own", func(t *testing.T) { t.Skip("later") }) } }`, features, "os", "strings"), want: "p.TestF/a passed\np.TestF/own skipped", reason: "later"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			seen := newRepo(t, tt.files).run(t, suite("./..."))
			if got := outcomes(seen.Rows); got != tt.want {
				t.Errorf("got rows\n%s\nwant\n%s", got, tt.want)
			}
			if seen.Exit != tt.exit {
				t.Errorf("got exit %d, want %d", seen.Exit, tt.exit)
			}
			checkDoubts(t, seen.Doubts, tt.doubts)
			checkReason(t, seen.Rows, tt.reason)
		})
	}
}

func checkDoubts(t *testing.T, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("got doubts %q, want %q", got, want)
		return
	}
	for _, w := range want {
		if !strings.Contains(strings.Join(got, "\n"), w) {
			t.Errorf("got doubts %q, want %q in one", got, w)
		}
	}
}

func checkReason(t *testing.T, rows []harness.Row, want string) {
	t.Helper()
	var all string
	for _, r := range rows {
		all += r.Reason + "\n"
		if r.Outcome == harness.Passed && r.Reason != "" {
			t.Errorf("%s passed with the reason %q", r.ID, r.Reason)
		}
	}
	if want != "" && !strings.Contains(all, want) {
		t.Errorf("got reasons %q, want %q in one", all, want)
	}
}

// A skip without a reason must not get one from us: limits count only those
// that say why.
func TestSkipWithoutReason(t *testing.T) {
	seen := newRepo(t, one(`func TestA(t *testing.T) { t.SkipNow() }; func TestB(t *testing.T) { t.Run("s", func(t *testing.T) { t.SkipNow() }) }; func TestC(t *testing.T) { t.Skip() }; func TestD(t *testing.T) { t.Run("s", func(t *testing.T) { t.Skip() }) }`)).run(t, suite("./..."))
	if got, want := outcomes(seen.Rows), "p.TestA skipped\np.TestB skipped\np.TestC skipped\np.TestD skipped"; got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
	for _, r := range seen.Rows {
		if r.Reason != "" {
			t.Errorf("%s: got the reason %q", r.ID, r.Reason)
		}
	}
	if !strings.Contains(seen.Rows[1].Name, "TestB/s") {
		t.Errorf("got name %q, want the subtest in it", seen.Rows[1].Name)
	}
}

// The row of a contract's test that skips itself has no reason: go test has it,
// where there is one.
func TestContractSkips(t *testing.T) {
	const body = `func TestC(t *testing.T) { contracts.Run(t,
		contracts.Interaction{Name: "bare", Outcome: "skipped", Do: func(t *testing.T) { t.Skip() }},
		contracts.Interaction{Name: "now", Outcome: "skipped", Do: func(t *testing.T) { t.SkipNow() }},
		contracts.Interaction{Name: "why", Outcome: "skipped", Do: func(t *testing.T) { t.Skip("no such card yet") }}) }`
	seen := newRepo(t, one(body, "github.com/stagegate/stagegate/contracts")).run(t, suite("./..."))
	if got, want := outcomes(seen.Rows), "p.TestC/bare skipped\np.TestC/now skipped\np.TestC/why skipped"; got != want || len(seen.Doubts) > 0 {
		t.Fatalf("got %s, %q; want %s", got, seen.Doubts, want)
	}
	for i, want := range []string{"", "", "no such card yet"} {
		if got := seen.Rows[i].Reason; (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s: got the reason %q, want %q in it", seen.Rows[i].ID, got, want)
		}
	}
}

// The same tree twice: the second run must not be cached. The count is kept
// with syscall, because go test watches which files a test opens with os.
func TestNeverCached(t *testing.T) {
	r := newRepo(t, one(`func TestA(t *testing.T) { fd, err := syscall.Open("../count", syscall.O_APPEND|syscall.O_CREAT|syscall.O_WRONLY, 0o666); if err != nil { t.Fatal(err) }; syscall.Write(fd, []byte("x")); syscall.Close(fd) }`, "syscall"))
	for range 2 {
		if seen := r.run(t, suite("./...")); len(seen.Doubts) > 0 || outcomes(seen.Rows) != "p.TestA passed" {
			t.Fatalf("got %+v", seen)
		}
	}
	if b, _ := os.ReadFile(filepath.Join(r.Dir, "count")); string(b) != "xx" {
		t.Errorf("ran %d times, want 2", len(b))
	}
}

// What changed between the plan and the run shows.
func TestChangedSincePlan(t *testing.T) {
	for _, tt := range []struct {
		name, before, after string
		want                string
		doubts              []string
	}{
		{"a test is gone", `func TestA(t *testing.T) {}; func TestB(t *testing.T) {}`, `func TestA(t *testing.T) {}`, "p.TestA passed\np.TestB not-run", []string{"p.TestB: planned"}},
		{"a test is new", `func TestA(t *testing.T) {}`, `func TestA(t *testing.T) {}; func TestB(t *testing.T) {}`, "p.TestA passed\np.TestB passed", nil},
		{"it no longer builds", `func TestA(t *testing.T) {}`, `func TestA(t *testing.T) { nope() }`, "p failed\np.TestA not-run", []string{"p.TestA: planned"}},
		{"only a benchmark is left", `func TestA(t *testing.T) {}`, `func BenchmarkA(b *testing.B) {}`, "p.TestA not-run", []string{"p: go test found no tests to run", "p.TestA: planned"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newRepo(t, one(tt.before))
			planned := r.plan(t, suite("./..."))
			write(t, filepath.Join(r.Dir, "p/p_test.go"), test(tt.after))
			seen, err := r.Run(t.Context(), session(), suite("./..."), planned)
			if err != nil {
				t.Fatal(err)
			}
			if got := outcomes(seen.Rows); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			checkDoubts(t, seen.Doubts, tt.doubts)
		})
	}
}

// A test binary is linked once for plan and run, and again where its source has
// changed; two of one name are linked each time, and both run.
func TestLinkedOnce(t *testing.T) {
	r := newRepo(t, map[string]string{"p/p_test.go": test(`func TestA(t *testing.T) {}`), "x/p/p_test.go": test(`func TestA(t *testing.T) { t.Fail() }`)})
	binary := filepath.Join(r.Linked, "p.test")
	planned := r.plan(t, suite("./p"))
	b, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	const mark = "the first one"
	if err := os.WriteFile(binary, append(b, mark...), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, want := range []harness.Outcome{harness.Passed, harness.Failed} {
		if want == harness.Failed {
			write(t, filepath.Join(r.Dir, "p/p_test.go"), test(`func TestA(t *testing.T) { t.Error("changed") }`))
		}
		seen, err := r.Run(t.Context(), session(), suite("./p"), planned)
		if err != nil {
			t.Fatal(err)
		}
		if len(seen.Rows) != 1 || seen.Rows[0].Outcome != want {
			t.Errorf("got %v, want %s", seen.Rows, want)
		}
		if b, err = os.ReadFile(binary); bytes.HasSuffix(b, []byte(mark)) != (want == harness.Passed) {
			t.Errorf("%s: the first binary is there: %t, %v", want, want != harness.Passed, err)
		}
	}
	if seen := r.run(t, suite("./p", "./x/p")); len(seen.Rows) != 2 || seen.Rows[0].Outcome != harness.Failed || seen.Rows[1].Outcome != harness.Failed {
		t.Errorf("two of one name: got %v", seen.Rows)
	}
}

func TestShards(t *testing.T) {
	ran := `func mark(t *testing.T) { f, err := os.OpenFile("../ran", os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666); if err != nil { t.Fatal(err) }; f.WriteString(t.Name()+"\n"); f.Close() }
`
	r := newRepo(t, map[string]string{
		"p/p_test.go": test(ran+`func TestA(t *testing.T) { mark(t) }; func TestB(t *testing.T) { mark(t) }`, "os"),
		"q/q_test.go": test(ran+`func TestA(t *testing.T) { mark(t) }; func TestC(t *testing.T) { mark(t) }`, "os"),
		"f/f_test.go": test(`func TestF(t *testing.T) { features.Run(t, features.Scenario{Name: "one"}, features.Scenario{Name: "two"}) }`, features),
	})
	planned := r.plan(t, suite("./..."))
	if len(planned) != 6 {
		t.Fatalf("planned %s", ids(planned))
	}
	got := map[string]int{}
	for shard := range 2 {
		var mine []harness.Planned
		for i, p := range planned {
			// f.one, p.TestA and q.TestA are apart, though they share a name.
			if i%2 == shard != (p.ID == "example.test/m/q.TestA" || p.ID == "example.test/m/q.TestC") {
				mine = append(mine, p)
			}
		}
		s := session()
		var err error
		if s.Only, err = r.Select(t.Context(), suite("./..."), mine); err != nil {
			t.Fatal(err)
		}
		seen, err := r.Run(t.Context(), s, suite("./..."), planned)
		if err != nil || len(seen.Doubts) > 0 || len(seen.Rows) != len(mine) {
			t.Fatalf("shard %d: got %s, doubts %q, error %v; want %s", shard, outcomes(seen.Rows), seen.Doubts, err, ids(mine))
		}
		for _, row := range seen.Rows {
			if row.Outcome != harness.Passed {
				t.Errorf("%s %s", row.ID, row.Outcome)
			}
			got[row.ID]++
		}
	}
	for _, p := range planned {
		if got[p.ID] != 1 {
			t.Errorf("%s ran %d times over the shards", p.ID, got[p.ID])
		}
	}
	if b, _ := os.ReadFile(filepath.Join(r.Dir, "ran")); strings.Count(string(b), "\n") != 4 {
		t.Errorf("plain tests that ran: %q, want each once", b)
	}
}

func TestTags(t *testing.T) {
	r := newRepo(t, one(`func TestF(t *testing.T) { features.Run(t, features.Scenario{Name: "a", Tag: "@smoke"}, features.Scenario{Name: "b"}) }; func TestPlain(t *testing.T) { if s, _ := os.ReadFile(os.Getenv("STAGEGATE_RUN")); strings.Contains(string(s), "\"phase\":\"test\"") { t.Error("ran") } }`, features, "os", "strings"))
	seen := r.run(t, harness.Suite{Name: "smoke", Run: []string{"./..."}, Tags: "@smoke"})
	if at := seen.Rows[0].Where; at != "p/a.feature:3" {
		t.Errorf("it is at %q", at)
	}
	if got := outcomes(seen.Rows); got != "p.TestF/a passed" || len(seen.Doubts) > 0 {
		t.Errorf("got %s, doubts %q", got, seen.Doubts)
	}
}

// A test that hangs is ended with all that it started, and what had not ended
// is inconclusive, not failed.
func TestInterrupted(t *testing.T) {
	// The test, and the child that it starts, hold a connection to us: it is
	// closed when both are gone.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	r := newRepo(t, one(`func TestA(t *testing.T) {}; func TestB(t *testing.T) { c, err := net.Dial("tcp", os.Getenv("HELD")); if err != nil { t.Fatal(err) }; f, err := c.(*net.TCPConn).File(); if err != nil { t.Fatal(err) }; child := exec.Command("sleep", "300"); child.ExtraFiles = []*os.File{f}; child.Run() }; func TestC(t *testing.T) {}`, "net", "os", "os/exec"))
	r.Env = append(r.Env, "HELD="+listener.Addr().String())
	planned := r.plan(t, suite("./..."))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var events []gotest.Event
	r.Progress = func(e gotest.Event) { events = append(events, e) }
	held := make(chan net.Conn, 1)
	go func() {
		if c, err := listener.Accept(); err == nil {
			held <- c
			cancel()
		}
	}()
	began := time.Now()
	seen, err := r.Run(ctx, session(), suite("./..."), planned)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := outcomes(seen.Rows), "p.TestA passed\np.TestB not-run\np.TestC not-run"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	checkDoubts(t, seen.Doubts, []string{"interrupted"})
	c := <-held
	defer c.Close()
	if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("a process of the test is still there")
	}
	if took := time.Since(began); took > time.Minute {
		t.Errorf("took %v", took)
	}
	if len(events) < 3 || events[1].ID != "example.test/m/p.TestA" || events[1].Row.Outcome != harness.Passed {
		t.Errorf("got events %+v", events)
	}
}

func TestTimeout(t *testing.T) {
	r := newRepo(t, one(`func TestA(t *testing.T) {}; func TestB(t *testing.T) { select {} }`))
	r.Timeout = 2 * time.Second
	seen := r.run(t, suite("./..."))
	if got, want := outcomes(seen.Rows), "p.TestA passed\np.TestB failed"; got != want || seen.Exit == 0 {
		t.Errorf("got %s, exit %d, want %s", got, seen.Exit, want)
	}
	checkReason(t, seen.Rows, "test timed out after 2s")
}

// The session is ours: an inherited STAGEGATE_RUN does not reach plain tests,
// and the tests see a file that only its owner can read.
func TestSessionFile(t *testing.T) {
	r := newRepo(t, one(`func TestA(t *testing.T) { i, err := os.Stat(os.Getenv("STAGEGATE_RUN")); if err != nil || i.Mode().Perm() != 0o600 { t.Fatal(i, err) }; d, err := os.Stat(filepath.Dir(os.Getenv("STAGEGATE_RUN"))); if err != nil || d.Mode().Perm() != 0o700 { t.Fatal(d, err) } }`, "os", "path/filepath"))
	seen := r.run(t, suite("./..."))
	if got := outcomes(seen.Rows); got != "p.TestA passed" {
		t.Errorf("got %s: %+v", got, seen.Rows)
	}
}

// On a live target the interactions that are not safe are not planned, and
// contracts skips them: that is no skip of the suite. Elsewhere it is one.
func TestNotSafe(t *testing.T) {
	r := newRepo(t, one(`func TestC(t *testing.T) { contracts.Run(t, contracts.Interaction{Name: "a"}); if s, _ := os.ReadFile(os.Getenv("STAGEGATE_RUN")); strings.Contains(string(s), "\"test\"") { t.Run("pay", func(t *testing.T) { t.Skip("not-safe: not marked Safe") }) } }`, "os", "strings", "github.com/stagegate/stagegate/contracts"))
	planned := r.plan(t, suite("./..."))
	s := session()
	for want, target := range map[string]harness.Target{
		"p.TestC/a passed":                      {Name: "prod", Mode: harness.Deployed, Live: true},
		"p.TestC/a passed\np.TestC/pay skipped": {Name: "staging", Mode: harness.Deployed},
	} {
		s.Target = target
		seen, err := r.Run(t.Context(), s, suite("./..."), planned)
		if err != nil || len(seen.Doubts) > 0 || outcomes(seen.Rows) != want {
			t.Errorf("%s: got %s, doubts %q, error %v; want %s", target.Name, outcomes(seen.Rows), seen.Doubts, err, want)
		}
	}
}

func TestNothingPlanned(t *testing.T) {
	r := newRepo(t, one(`func TestA(t *testing.T) {}`))
	if seen, err := r.Run(t.Context(), session(), suite("./..."), nil); err == nil {
		t.Errorf("ran %+v", seen)
	}
	if _, err := r.Select(t.Context(), suite("./..."), []harness.Planned{{ID: "example.test/m/gone.TestX"}}); err == nil {
		t.Error("selected a test of no package")
	}
}
