package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/stagegate/stagegate/adapters/attest"
	"github.com/stagegate/stagegate/adapters/filestore"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/checkout"
	"github.com/stagegate/stagegate/internal/gatefile"
	"github.com/stagegate/stagegate/internal/ledger"
	"github.com/stagegate/stagegate/internal/notary"
)

const gateYAML = `service: orders
artifacts: [dist/orders]
targets:
  staging: {account: "222222222222", region: eu-west-1, url: https://staging.orders.example, version: {path: /version, json: commit}}
  prod:    {live: true, account: "333333333333", region: eu-west-1, url: https://orders.example, version: {path: /version, json: commit}}
suites:
  unit:     {cmd: make unit, results: unit.xml}
  features: {run: ./features}
  e2e:      {cmd: make e2e, results: e2e.xml}
deploy: {run: make deploy}
stages:
  commit:     {steps: {dist: make dist}, suites: [unit]}
  acceptance: {target: staging, needs: [commit], deploy: true, after: [features, e2e]}
  production: {target: prod, needs: [acceptance], deploy: true, after: [e2e]}
`

const trustYAML = `signers:
  ci: {key: ci.pub}
places:
  commit:  {signers: [ci]}
  staging: {signers: [ci], account: "222222222222"}
  prod:    {signers: [ci], account: "333333333333", live: true}
`

// A world is a repository with a gate.yaml, an artifact of its commit and a
// store with past runs.
type world struct {
	dir       string // of the repository
	file      *gatefile.File
	ledger    ledger.Ledger
	source    harness.Source
	made      harness.Artifact
	begun     time.Time // of the next run
	scenarios int       // of each run on staging
	runs      int       // on staging
}

// trust is the trust file's path.
func (w *world) trust() string { return filepath.Join(filepath.Dir(w.dir), "trust.yaml") }

// makeWorld makes one in dir whose artifact may go to production: it passed the
// commit stage, and so many times the acceptance stage.
func makeWorld(ctx context.Context, dir string, scenarios, runs int) (*world, error) {
	w := &world{dir: filepath.Join(dir, "orders"), begun: time.Now().UTC().Add(-time.Duration(runs+2) * time.Minute).Truncate(time.Second), scenarios: scenarios, runs: runs}
	key, err := attest.Generate()
	if err != nil {
		return nil, err
	}
	public, err := attest.EncodePublic(key.Public())
	if err != nil {
		return nil, err
	}
	for name, text := range map[string]string{"trust.yaml": trustYAML, "ci.pub": string(public), "orders/gate.yaml": gateYAML,
		"orders/.gitignore": ".gate\ndist\n", "orders/main.go": "package main\n", "orders/dist/orders": "the binary"} {
		if err := write(filepath.Join(dir, name), text); err != nil {
			return nil, err
		}
	}
	for _, args := range [][]string{{"init", "--quiet"}, {"add", "-A"},
		{"-c", "user.name=bench", "-c", "user.email=bench@example.org", "-c", "commit.gpgsign=false", "commit", "--quiet", "--message", "orders"}} {
		cmd := exec.CommandContext(ctx, "git", args...)
		cmd.Dir = w.dir
		if out, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("git %s: %w\n%s", strings.Join(args, " "), err, out)
		}
	}
	if w.file, err = gatefile.Load(filepath.Join(w.dir, "gate.yaml")); err != nil {
		return nil, err
	}
	store := filepath.Join(w.dir, ".gate")
	w.ledger = ledger.Ledger{Store: filestore.New(store), Notary: notary.Notary{Signer: key, ID: "https://example.org/bench"}}
	if w.source, err = (checkout.Tree{Dir: w.dir, Ignore: []string{store}}).Source(ctx); err != nil {
		return nil, err
	}
	if w.made, err = checkout.Artifact(w.dir, w.file.Artifacts); err != nil {
		return nil, err
	}
	if err := w.pass(ctx, "commit", harness.Subject{Source: w.source}); err != nil {
		return nil, err
	}
	for range runs {
		if err := w.pass(ctx, "acceptance", harness.Subject{Source: w.source, Artifact: w.made.Digest}); err != nil {
			return nil, err
		}
	}
	return w, nil
}

func write(file, text string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(text), 0o600)
}
