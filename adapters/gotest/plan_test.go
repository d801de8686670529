package gotest_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/harness"
)

func TestPlan(t *testing.T) {
	r := newRepo(t, map[string]string{
		"p/p_test.go": test(`
			func TestA(t *testing.T) {}
			func TestAlone(t *testing.T) { t.Run("sub", func(t *testing.T) {}) }
			func FuzzF(f *testing.F) { f.Fuzz(func(t *testing.T, b []byte) {}) }
			func BenchmarkB(b *testing.B) {}
			func Example() { fmt.Println("x") // Output: x
			}
			func Example_silent() { fmt.Println("y") }`, "fmt"),
		"none/none.go":    "package none",
		"f/f_test.go":     test(`func TestFeatures(t *testing.T) { features.Run(t, features.Scenario{Name: "one", Tag: "@smoke"}, features.Scenario{Name: "two"}) }; func TestPlain(t *testing.T) { t.Error("has its say later") }`, features),
		"c/c_test.go":     source("c_test", `func TestPay(t *testing.T) { contracts.Run(t, contracts.Interaction{Name: "card"}) }`, "github.com/stagegate/stagegate/contracts"),
		"skip/s_test.go":  test(`func TestS(t *testing.T) {}`),
		"hidden/h_win.go": "package hidden",
	})
	for _, tt := range []struct {
		name  string
		suite harness.Suite
		want  string
	}{
		{"everything", harness.Suite{Name: "all", Run: []string{"./..."}, Except: []string{"./skip/..."}},
			"c.TestPay/card interaction\nf.TestFeatures/one scenario\nf.TestFeatures/two scenario\nf.TestPlain test\np.Example test\np.FuzzF test\np.TestA test\np.TestAlone test"},
		{"tags are scenarios alone", harness.Suite{Name: "smoke", Run: []string{"./..."}, Tags: "@smoke"}, "f.TestFeatures/one scenario"},
		{"one folder", suite("./f"), "f.TestFeatures/one scenario\nf.TestFeatures/two scenario\nf.TestPlain test"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := r.plan(t, tt.suite)
			if ids(got) != tt.want {
				t.Errorf("got\n%s\nwant\n%s", ids(got), tt.want)
			}
			for _, p := range got {
				if p.Kind == harness.Test && !strings.HasPrefix(p.Name, "Example") && !strings.Contains(p.Where, "_test.go:") {
					t.Errorf("%s is at %q", p.ID, p.Where)
				}
				if p.Kind == harness.Scenario && p.Where != "f/a.feature:3" {
					t.Errorf("%s is at %q", p.ID, p.Where)
				}
			}
		})
	}
}

// Each of these would end green with go test or go list alone, or with less to
// run than was asked for.
func TestPlanRefuses(t *testing.T) {
	ok := test(`func TestA(t *testing.T) {}`)
	for _, tt := range []struct {
		name  string
		files map[string]string
		suite harness.Suite
		env   string
		want  []string // all in the error
	}{
		{"a folder that is not there", map[string]string{"p/p_test.go": ok}, suite("./p", "./q"), "", []string{"q"}},
		{"a pattern that matches nothing", map[string]string{"p/p_test.go": ok}, suite("./...", "./q/..."), "", []string{"./q/"}},
		{"a pattern without packages", map[string]string{"p/p_test.go": ok, "q/README": ""}, suite("./...", "./q/..."), "", []string{"./q/... matches no package"}},
		{"an exception that matches nothing", map[string]string{"p/p_test.go": ok}, harness.Suite{Name: "u", Run: []string{"./..."}, Except: []string{"./feautres/..."}}, "", []string{"except", "./feautres/..."}},
		{"no test files", map[string]string{"p/p.go": "package p", "q/q_test.go": ok}, suite("./q", "./p"), "", []string{"./p has no tests to run"}},
		{"everything excepted", map[string]string{"p/p_test.go": ok}, harness.Suite{Name: "u", Run: []string{"./..."}, Except: []string{"./p"}}, "", []string{"no tests to run"}},
		{"hidden by a build tag", map[string]string{"p/p.go": "package p", "p/p_test.go": "//go:build e2e\n\n" + ok}, suite("./..."), "", []string{"no tests to run", "p_test.go", "hint"}},
		{"only benchmarks", map[string]string{"p/p_test.go": test(`func BenchmarkX(b *testing.B) {}`)}, suite("./..."), "", []string{"nothing to run"}},
		{"does not build", map[string]string{"p/p_test.go": test(`func TestA(t *testing.T) { undefinedThing() }`)}, suite("./..."), "", []string{"does not build", "undefinedThing"}},
		{"a host that does not build", map[string]string{"p/p_test.go": test(`func TestA(t *testing.T) { features.Nope() }`, features)}, suite("./..."), "", []string{"does not build", "Nope"}},
		{"TestMain without m.Run", map[string]string{"p/p_test.go": test(`func TestMain(m *testing.M) {}; func TestLost(t *testing.T) {}`)}, suite("./..."), "", []string{"TestLost", "m.Run"}},
		{"TestMain that exits 0", map[string]string{"p/p_test.go": test(`func TestMain(m *testing.M) { os.Exit(0) }; func TestLost(t *testing.T) {}`, "os")}, suite("./..."), "", []string{"TestLost", "m.Run"}},
		{"TestMain of a host without m.Run", map[string]string{"p/p_test.go": test(`func TestMain(m *testing.M) {}; func TestF(t *testing.T) { features.Run(t, features.Scenario{Name: "a"}) }`, features)}, suite("./..."), "", []string{"none of its tests ran features.Run"}},
		{"a tag typo", map[string]string{"p/p_test.go": test(`func TestF(t *testing.T) { features.Run(t, features.Scenario{Name: "a"}) }`, features)}, harness.Suite{Name: "smoke", Run: []string{"./p"}, Tags: "@smkoe"}, "", []string{"no scenario matches @smkoe"}},
		{"tags without scenarios", map[string]string{"p/p_test.go": ok}, harness.Suite{Name: "smoke", Run: []string{"./p"}, Tags: "@smoke"}, "", []string{"no scenario matches"}},
		{"a host that never answers", map[string]string{"p/p_test.go": test(`func TestF(t *testing.T) { features.Host{Lie: "silent"}.Run(t, features.Scenario{Name: "a"}) }`, features)}, suite("./p"), "", []string{"none of its tests ran features.Run"}},
		{"a host that is skipped", map[string]string{"p/p_test.go": test(`func TestF(t *testing.T) { t.Skip("later"); features.Run(t, features.Scenario{Name: "a"}) }`, features)}, suite("./p"), "", []string{"skipped", "later"}},
		{"a plan cut short", map[string]string{"p/p_test.go": test(`func TestF(t *testing.T) { features.Host{Lie: "truncated plan"}.Run(t, features.Scenario{Name: "a"}) }`, features)}, suite("./p"), "", []string{"cut short"}},
		{"a host that panics", map[string]string{"p/p_test.go": test(`func TestF(t *testing.T) { features.Run(t, features.Scenario{Name: "a"}); panic("boom") }`, features)}, suite("./p"), "", []string{"boom"}},
		{"a name planned twice", map[string]string{"p/p_test.go": test(`func TestF(t *testing.T) { features.Run(t, features.Scenario{Name: "a"}, features.Scenario{Name: "a"}) }`, features)}, suite("./p"), "", []string{"planned twice"}},
		{"GOFLAGS with -run", map[string]string{"p/p_test.go": ok}, suite("./p"), "GOFLAGS=-run=TestB", []string{"GOFLAGS", "-run=TestB", "hint"}},
		{"GOFLAGS with -short", map[string]string{"p/p_test.go": ok}, suite("./p"), "GOFLAGS=-mod=mod -short", []string{"GOFLAGS", "-short"}},
		{"GOFLAGS with -failfast", map[string]string{"p/p_test.go": ok}, suite("./p"), "GOFLAGS=--failfast", []string{"-failfast"}},
		{"GOFLAGS with -overlay", map[string]string{"p/p_test.go": ok}, suite("./p"), "GOFLAGS=-overlay=/o.json", []string{"GOFLAGS", "-overlay=/o.json", "would not be the commit", "hint"}},
		{"GOFLAGS with -modfile", map[string]string{"p/p_test.go": ok}, suite("./p"), "GOFLAGS=-modfile=/x.mod", []string{"-modfile", "would not be the commit"}},
		{"GOFLAGS with -toolexec", map[string]string{"p/p_test.go": ok}, suite("./p"), "GOFLAGS='-toolexec=/bin/x y'", []string{"-toolexec", "would not be the commit"}},
		{"GOFLAGS with -exec", map[string]string{"p/p_test.go": ok}, suite("./p"), "GOFLAGS=--exec=/bin/true", []string{"-exec", "would not be the commit"}},
		{"a flag for a pattern", map[string]string{"p/p_test.go": ok}, suite("-short"), "", []string{"not a package pattern"}},
		{"no pattern", map[string]string{"p/p_test.go": ok}, suite(), "", []string{"no package patterns"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newRepo(t, tt.files)
			if tt.env != "" {
				r.Env = append(r.Env, tt.env)
			}
			got, _, err := r.Plan(t.Context(), session(), tt.suite)
			if err == nil {
				t.Fatalf("planned %s", ids(got))
			}
			for _, w := range tt.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("got error %q, want %q in it", err, w)
				}
			}
		})
	}
}

func TestFlagsOfGoEnv(t *testing.T) {
	r := newRepo(t, map[string]string{"p/p_test.go": test(`func TestA(t *testing.T) {}`)})
	file := filepath.Join(t.TempDir(), "env")
	r.Env = append(r.Env, "GOFLAGS=", "GOENV="+file) // go env -w writes into it
	for flag, red := range map[string]bool{"-overlay=/o.json": true, "-modfile=/x.mod": true, "-toolexec=x": true, "-exec=x": true, "-short": true, "-v": false} {
		write(t, file, "GOFLAGS="+flag+"\n")
		_, _, err := r.Plan(t.Context(), session(), suite("./..."))
		if red != (err != nil && strings.Contains(err.Error(), flag)) || !red && err != nil {
			t.Errorf("%s: got %v, want red %v", flag, err, red)
		}
	}
}

// A go.work beside the repository, or one that GOWORK names, puts modules under
// the tests that are in no commit.
func TestWorkspace(t *testing.T) {
	files := map[string]string{"p/p_test.go": test(`func TestA(t *testing.T) {}`)}
	const work = "go 1.26\n\nuse "
	for _, tt := range []struct {
		name string
		set  func(r *repo)
		red  bool
	}{
		{"none", func(*repo) {}, false},
		{"in the module", func(r *repo) { write(t, filepath.Join(r.Dir, "go.work"), work+".\n") }, false},
		{"at the top of the repository", func(r *repo) {
			write(t, filepath.Join(filepath.Dir(r.Dir), ".git"), "gitdir: x")
			write(t, filepath.Join(filepath.Dir(r.Dir), "go.work"), work+r.Dir+"\n")
		}, false},
		{"above the repository", func(r *repo) {
			write(t, filepath.Join(r.Dir, ".git"), "gitdir: x")
			write(t, filepath.Join(filepath.Dir(r.Dir), "go.work"), work+r.Dir+"\n")
		}, true},
		{"above, without a repository", func(r *repo) { write(t, filepath.Join(filepath.Dir(r.Dir), "go.work"), work+r.Dir+"\n") }, true},
		{"above, and switched off", func(r *repo) {
			write(t, filepath.Join(filepath.Dir(r.Dir), "go.work"), work+r.Dir+"\n")
			r.Env = append(r.Env, "GOWORK=off")
		}, false},
		{"named by GOWORK", func(r *repo) {
			file := filepath.Join(t.TempDir(), "go.work")
			write(t, file, work+r.Dir+"\n")
			r.Env = append(r.Env, "GOWORK="+file)
		}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRepo(t, files)
			r.Env = append(r.Env, "GOFLAGS=-buildvcs=false") // .git is a fake
			tt.set(&r)
			planned, _, err := r.Plan(t.Context(), session(), suite("./..."))
			switch {
			case !tt.red && (err != nil || len(planned) != 1):
				t.Errorf("got %v, %v; want a plan", planned, err)
			case tt.red && (err == nil || !strings.Contains(err.Error(), "go.work") || !strings.Contains(err.Error(), "hint: GOWORK=off")):
				t.Errorf("got %v, %v; want it refused", planned, err)
			}
			if tt.red {
				if _, err := r.Run(t.Context(), session(), suite("./..."), []harness.Planned{{ID: "example.test/m/p.TestA", Kind: harness.Test}}); err == nil || !strings.Contains(err.Error(), "go.work") {
					t.Errorf("run: got %v, want it refused", err)
				}
			}
		})
	}
}
