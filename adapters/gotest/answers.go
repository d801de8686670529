package gotest

import (
	"cmp"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/protocol"
)

// An answer is an answer file, with the package that gave it.
type answer struct {
	pkg string
	protocol.Answer
}

// host is the top-level test that a comes from.
func (a answer) host() string { return top(a.Test) }

// Answers are sorted by package and test.
type answers []answer

// answers reads the answer files that belong to this session, and says what is
// wrong with the others. An answer that was cut short is both: what it says
// counts, and that it ends early does too.
func (d *desk) answers(pkgs []listed) (good answers, wrong []string) {
	names, err := filepath.Glob(filepath.Join(d.session.Out, "answer-*.ndjson"))
	if err != nil {
		return nil, []string{err.Error()}
	}
	byDir := folders(pkgs)
	for _, name := range names {
		a, err := readAnswer(name)
		pkg := byDir[resolved(a.Dir)]
		if pkg == "" {
			pkg = byDir[a.Dir]
		}
		who := fmt.Sprintf("the answer of %s.%s", pkg, a.Test)
		if a.Test == "" {
			who = "an answer"
		}
		switch {
		case a.Version == 0 && err != nil:
			wrong = append(wrong, fmt.Sprintf("%s cannot be read: %v", who, err))
			continue
		case a.Run != d.session.Run || a.Nonce != d.session.Nonce || a.Suite != d.session.Suite || a.Phase != d.session.Phase:
			wrong = append(wrong, fmt.Sprintf("%s is of another run: run %q, suite %q, phase %q", who, a.Run, a.Suite, a.Phase))
			continue
		case pkg == "":
			wrong = append(wrong, fmt.Sprintf("an answer of %s comes from %s, which is no package of the suite", a.Test, a.Dir))
			continue
		case err != nil:
			wrong = append(wrong, fmt.Sprintf("%s: %v", who, err))
		}
		if id := foreign(a); id != "" {
			wrong = append(wrong, fmt.Sprintf("%s is about %s", who, id))
		}
		d.qualify(pkg, a)
		good = append(good, answer{pkg: pkg, Answer: a})
	}
	sort.SliceStable(good, func(i, j int) bool {
		a, b := good[i], good[j]
		return a.pkg < b.pkg || a.pkg == b.pkg && a.Test < b.Test
	})
	sort.Strings(wrong)
	return good, wrong
}

// foreign is the first thing in a that is not under its own test.
func foreign(a protocol.Answer) string {
	for _, p := range a.Planned {
		if !strings.HasPrefix(p.ID, a.Test+"/") {
			return p.ID
		}
	}
	for _, r := range a.Rows {
		if !strings.HasPrefix(r.ID, a.Test+"/") {
			return r.ID
		}
	}
	for _, p := range a.Pacts {
		if !strings.HasPrefix(p.ID, a.Test+"/") {
			return p.ID
		}
	}
	return ""
}

// top is the Go test that a name under go test belongs to.
func top(name string) string {
	t, _, _ := strings.Cut(name, "/")
	return t
}

// qualify makes IDs begin with the import path of the package, and places
// relative to the repository; both come relative to the package.
func (d *desk) qualify(pkg string, a protocol.Answer) {
	folder := relative(d.root, a.Dir)
	at := func(where string) string {
		if where == "" || path.IsAbs(where) || filepath.IsAbs(where) {
			return where
		}
		return path.Join(folder, where)
	}
	for i := range a.Planned {
		a.Planned[i].ID, a.Planned[i].Where = pkg+"."+a.Planned[i].ID, at(a.Planned[i].Where)
	}
	for i := range a.Unused {
		a.Unused[i].Where = at(a.Unused[i].Where)
	}
	for i := range a.Rows {
		a.Rows[i].ID, a.Rows[i].Where = pkg+"."+a.Rows[i].ID, at(a.Rows[i].Where)
	}
	for i := range a.Pacts {
		a.Pacts[i].ID = pkg + "." + a.Pacts[i].ID
	}
}

func readAnswer(name string) (protocol.Answer, error) {
	f, err := os.Open(name)
	if err != nil {
		return protocol.Answer{}, err
	}
	defer f.Close()
	return protocol.Read(f)
}

func (as answers) has(pkg, test string) bool {
	for _, a := range as {
		if a.pkg == pkg && a.host() == test {
			return true
		}
	}
	return false
}

// tests are the top-level tests of pkg that answered, or a subtest of which did.
func (as answers) tests(pkg string) (all []string) {
	for _, a := range as {
		if a.pkg == pkg && !slices.Contains(all, a.host()) {
			all = append(all, a.host())
		}
	}
	return all
}

// planned is what pkg will run.
func (as answers) planned(pkg string) (all []harness.Planned) {
	for _, a := range as {
		if a.pkg == pkg {
			all = append(all, a.Planned...)
		}
	}
	return all
}

// unused are the definitions that no scenario of a test of pkg uses, each place
// once, sorted.
func (as answers) unused(pkg string) (all []protocol.Unused) {
	for _, a := range as {
		if a.pkg == pkg {
			all = append(all, a.Unused...)
		}
	}
	slices.SortFunc(all, func(a, b protocol.Unused) int {
		return cmp.Or(cmp.Compare(a.Where, b.Where), cmp.Compare(a.Expression, b.Expression))
	})
	return slices.Compact(all)
}

// pacts are those of the rows that passed.
func (as answers) pacts(rows []harness.Row) (all []protocol.Pact) {
	passed := map[string]bool{}
	for _, r := range rows {
		passed[r.ID] = r.Outcome == harness.Passed
	}
	for _, a := range as {
		for _, p := range a.Pacts {
			if passed[p.ID] {
				all = append(all, p)
			}
		}
	}
	return all
}
