package features_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stagegate/stagegate/features"
	"github.com/stagegate/stagegate/internal/hello"
)

// TestFeatures runs stagegate's own promises: the features of this folder,
// against the gate command as it is built from this checkout.
func TestFeatures(t *testing.T) {
	folder := t.TempDir()
	gate := sync.OnceValues(func() (string, error) {
		file := filepath.Join(folder, "gate")
		cmd := exec.Command("go", "build", "-o", file, "../cmd/gate")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("build gate: %w\n%s", err, out)
		}
		return file, nil
	})
	open := func(_ context.Context, env *features.Env) (*promise, error) {
		file, err := gate()
		if err != nil {
			return nil, err
		}
		return openPromise(env, file)
	}
	features.Run(t, open, promiseSteps)
}

// A promise is the world of one scenario: a repository with a service, and
// what the gate said last.
type promise struct {
	gate, dir, url string
	key, trust     string // who signs, and who is trusted
	code           int
	out            string // standard output
	all            string // and standard error
	run            string // id of the run that was begun
}

func openPromise(env *features.Env, gate string) (*promise, error) {
	dir, err := os.MkdirTemp("", "stagegate-promise-*")
	if err != nil {
		return nil, err
	}
	s := httptest.NewServer(hello.Handler(dir))
	env.Cleanup(func(context.Context) error {
		s.Close()
		return os.RemoveAll(dir)
	})
	root, err := filepath.Abs("..")
	if err != nil {
		return nil, err
	}
	p := &promise{gate: gate, dir: dir, url: s.URL}
	p.key, p.trust, err = hello.Keys(dir)
	return p, errors.Join(err, hello.Write(dir, map[string]string{"URL": s.URL}), hello.Module(dir, root))
}

func promiseSteps(s *features.Steps[*promise]) {
	s.Limit(5 * time.Minute) // each compiles and runs suites of its own
	s.Given(`^a service$`, (*promise).service)
	s.Given(`^a service with the scenario$`, (*promise).withScenario)
	s.Given(`^a service with the file "([^"]*)"$`, (*promise).file)
	s.Given(`^the file "([^"]*)"$`, (*promise).file)
	s.Given(`^a service whose suite smoke has the tags "([^"]*)"$`, (*promise).withTags)
	s.Given(`^a service whose commit stage runs the package "([^"]*)"$`, (*promise).withPackage)
	s.Given(`^a service whose commit stage runs the command "([^"]*)" and reads "([^"]*)"$`, (*promise).withCommand)
	s.Given(`^a service that has passed the commit stage$`, (*promise).passed)
	s.Given(`^it has passed the commit stage$`, (*promise).passes)
	s.Given(`^its evidence is deleted$`, (*promise).deleted)
	s.Given(`^one byte of "([^"]*)" is flipped$`, (*promise).flipped)
	s.Given(`^the file "([^"]*)" is changed$`, (*promise).changed)
	s.Given(`^a run on staging that was begun and never decided$`, (*promise).begun)
	s.Given(`^a run on staging with the evidence of the commit stage$`, (*promise).lent)
	s.Given(`^a run on staging whose evidence a stranger has signed$`, (*promise).signedByStranger)
	s.Given(`^a trust file by which "([^"]*)" approves what goes to production$`, (*promise).withApprover)
	s.Given(`^a verdict by which it may enter (acceptance)$`, (*promise).withVerdict)

	s.When(`^the (commit|acceptance|production) stage runs$`, (*promise).stage)
	s.When(`^(production) is listed$`, (*promise).list)
	s.When(`^I ask whether it may enter (acceptance|production)$`, (*promise).check)
	s.When(`^that run is decided$`, (*promise).decide)
	s.When(`^(production) is approved with the key of "([^"]*)"$`, (*promise).approve)
	s.When(`^the verdict is verified$`, (*promise).verify)

	s.Then(`^the gate answers "([^"]*)" with exit code (\d+)$`, (*promise).answers)
	s.Then(`^the gate refuses with exit code (\d+)$`, (*promise).refuses)
	s.Then(`^it says "(.*)"$`, (*promise).says)
	s.Then(`^no run has begun$`, (*promise).nothingBegun)
	s.Then(`^nothing is deployed to staging$`, (*promise).nothingDeployed)
	s.Then(`^its commit is deployed to production$`, (*promise).deployed)
}
