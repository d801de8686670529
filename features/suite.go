package features

import (
	"context"
	"io/fs"
	"os"
	"reflect"
	"regexp"
	"testing"
	"time"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/protocol"
)

// A Suite is scenarios with all that they need: with an embedded FS the test
// binary is complete, and runs where no feature file is.
//
//	//go:embed *.feature
//	var files embed.FS
//
//	func TestFeatures(t *testing.T) {
//		features.Suite[*world]{FS: files, Open: open, Define: steps}.Run(t)
//	}
//
// An embedded file system holds what its pattern named when the binary was
// built: a folder that the pattern leaves out is left out without a word.
type Suite[W any] struct {
	FS     fs.FS                                  // holds the *.feature files, also in folders; never nil
	Open   func(context.Context, *Env) (W, error) // makes the world of each attempt of each scenario
	Define func(*Steps[W])                        // is called once, before anything is opened
}

// Run runs the scenarios of x as subtests of t, as [Run] does.
func (x Suite[W]) Run(t *testing.T) {
	t.Helper()
	if x.Open == nil || x.Define == nil {
		t.Fatal("features.Run: open and define must not be nil")
	}
	if x.FS == nil {
		t.Fatal("features.Suite: FS must not be nil\nhint: //go:embed *.feature, or features.Run, which reads the package's folder")
	}
	s := newSteps[W]()
	x.Define(s)
	session, err := protocol.FromEnviron(os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	suite := suite{root: x.FS, session: session, runner: runner{registry: &s.registry, now: time.Now, step: regexp.MustCompile(inside),
		target: harness.InProcessTarget(),
		open: func(ctx context.Context, env *Env) (reflect.Value, error) {
			w, err := x.Open(ctx, env)
			return reflect.ValueOf(&w).Elem(), err
		}}}
	expression := os.Getenv("STAGEGATE_TAGS")
	if session != nil {
		expression, suite.target = session.Tags, session.Target
	}
	suite.run(t, expression)
}
