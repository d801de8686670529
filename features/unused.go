package features

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/stagegate/stagegate/internal/protocol"
)

// An origin is the call that made a definition.
type origin struct {
	file  string // as the compiler knew it
	line  int
	ready bool // one of ours: nobody has to use all of them
}

// readySteps begins the names of the packages of ready-made steps.
const readySteps = "github.com/stagegate/stagegate/features/steps/"

func originOf(skip int) origin {
	pcs := make([]uintptr, 1)
	if runtime.Callers(skip+1, pcs) == 0 {
		return origin{}
	}
	f, _ := runtime.CallersFrames(pcs).Next()
	return origin{file: f.File, line: f.Line, ready: strings.HasPrefix(f.Function, readySteps)}
}

// place is where the definition stands, relative to dir, which holds the
// package.
func (o origin) place(dir string) string {
	name := o.file
	if rel, err := filepath.Rel(dir, o.file); filepath.IsAbs(o.file) && err == nil {
		name = filepath.ToSlash(rel)
	} else if path.Base(path.Dir(name)) == filepath.Base(dir) { // -trimpath: the import path
		name = path.Base(name)
	}
	return fmt.Sprintf("%s:%d", name, o.line)
}

// idle are the definitions that no scenario of the suite uses, selected or not.
func (r *registry) idle() (all []definition) {
	for _, d := range r.defs {
		if !d.used && !d.from.ready {
			all = append(all, d)
		}
	}
	return all
}

// unused lists the places of those definitions.
func (r *registry) unused() (places []string) {
	for _, d := range r.idle() {
		places = append(places, fmt.Sprintf("%s (%s)", d.where, d.expr.Source()))
	}
	return places
}

// answerPlan says what would run, and which definitions nothing would use.
func (s *suite) answerPlan(chosen []*scenario) error {
	for _, sc := range chosen {
		if err := s.out.Planned(sc.planned()); err != nil {
			return err
		}
	}
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	for _, d := range s.idle() {
		if err := s.out.Unused(protocol.Unused{Where: d.from.place(dir), Expression: d.expr.Source()}); err != nil {
			return err
		}
	}
	return nil
}
