package gotest

import (
	"fmt"
	"os"
	"path/filepath"
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
		if top(p.ID) != a.Test {
			return p.ID
		}
	}
	for _, r := range a.Rows {
		if top(r.ID) != a.Test {
			return r.ID
		}
	}
	return ""
}

// top is the Go test that a name under go test belongs to.
func top(name string) string {
	t, _, _ := strings.Cut(name, "/")
	return t
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
		if a.pkg == pkg && a.Test == test {
			return true
		}
	}
	return false
}

// tests are the tests of pkg that answered.
func (as answers) tests(pkg string) (all []string) {
	for _, a := range as {
		if a.pkg == pkg && (len(all) == 0 || all[len(all)-1] != a.Test) {
			all = append(all, a.Test)
		}
	}
	return all
}

// planned is what pkg will run, with its import path in the IDs.
func (as answers) planned(pkg string) (all []harness.Planned) {
	for _, a := range as {
		if a.pkg != pkg {
			continue
		}
		for _, p := range a.Planned {
			p.ID = pkg + "." + p.ID
			all = append(all, p)
		}
	}
	return all
}
