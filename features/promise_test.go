package features_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/cucumber/godog"

	"github.com/stagegate/stagegate/internal/hello"
)

func (p *promise) path(name string) string { return filepath.Join(p.dir, filepath.FromSlash(name)) }

// service commits what is there.
func (p *promise) service(ctx context.Context) error { return hello.Commit(ctx, p.dir) }

// file writes a file and leaves it uncommitted: a commit stage takes both.
func (p *promise) file(ctx context.Context, name string, text *godog.DocString) error {
	if err := os.MkdirAll(filepath.Dir(p.path(name)), 0o777); err != nil {
		return err
	}
	if err := os.WriteFile(p.path(name), []byte(text.Content+"\n"), 0o666); err != nil {
		return err
	}
	return p.service(ctx)
}

func (p *promise) withScenario(ctx context.Context, text *godog.DocString) error {
	text.Content = "Feature: Odd\n" + text.Content
	return p.file(ctx, "features/odd.feature", text)
}

// edit replaces what stands in gate.yaml.
func (p *promise) edit(ctx context.Context, old, now string) error {
	b, err := os.ReadFile(p.path("gate.yaml"))
	if err != nil {
		return err
	}
	if !strings.Contains(string(b), old) {
		return fmt.Errorf("gate.yaml has no %q", old)
	}
	if err := os.WriteFile(p.path("gate.yaml"), []byte(strings.Replace(string(b), old, now, 1)), 0o666); err != nil {
		return err
	}
	return p.service(ctx)
}

func (p *promise) withTags(ctx context.Context, tags string) error {
	return p.edit(ctx, `"@smoke"`, fmt.Sprintf("%q", tags))
}

func (p *promise) withPackage(ctx context.Context, pattern string) error {
	return p.suite(ctx, fmt.Sprintf("{run: %s}", pattern))
}

func (p *promise) withCommand(ctx context.Context, command, results string) error {
	return p.suite(ctx, fmt.Sprintf("{cmd: %q, results: %s}", command, results))
}

// suite makes another suite the one of the commit stage.
func (p *promise) suite(ctx context.Context, definition string) error {
	return errors.Join(p.edit(ctx, "suites:\n", "suites:\n  own: "+definition+"\n"), p.edit(ctx, "suites: [acceptance]", "suites: [own]"))
}

func (p *promise) passed(ctx context.Context) error {
	return errors.Join(p.service(ctx), p.passes(ctx))
}

func (p *promise) passes(ctx context.Context) error {
	return errors.Join(p.stage(ctx, "commit"), p.answers("allow", 0))
}

func (p *promise) begun(ctx context.Context) error {
	if err := p.call(ctx, "begin", "acceptance"); err != nil {
		return err
	}
	p.run = strings.TrimSpace(p.out)
	if p.code != 0 || p.run == "" {
		return fmt.Errorf("no run has begun: exit code %d\n%s", p.code, p.all)
	}
	return nil
}

// lent copies evidence of the commit stage to where that of staging belongs.
func (p *promise) lent(ctx context.Context) error {
	if err := p.begun(ctx); err != nil {
		return err
	}
	from, err := p.stored("runs/commit/*/0001/evidence")
	if err != nil {
		return err
	}
	run, err := p.stored("runs/staging/*/0001")
	if err != nil {
		return err
	}
	return os.CopyFS(filepath.Join(run[0], "evidence"), os.DirFS(from[0]))
}

// stored are the files of the store that match, at least one.
func (p *promise) stored(pattern string) ([]string, error) {
	files, err := filepath.Glob(p.path(".gate/" + pattern))
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("the store has no %s", pattern)
	}
	return files, err
}

func (p *promise) deleted() error {
	files, err := p.stored("runs/commit/*/0001/evidence/*/*/1")
	for _, f := range files {
		err = errors.Join(err, os.Remove(f))
	}
	return err
}

func (p *promise) flipped(object string) error {
	files, err := p.stored(map[string]string{
		"the evidence": "runs/commit/*/0001/evidence/*/*/1",
		"the record":   "runs/commit/*/0001/record",
		"the rows":     "blobs/*",
		"the verdict":  "../place/verdict.json",
	}[object])
	if err != nil {
		return err
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		b[len(b)/2] ^= 1
		if err := errors.Join(os.Chmod(f, 0o600), os.WriteFile(f, b, 0o600)); err != nil {
			return err
		}
	}
	return nil
}

func (p *promise) changed(name string) error {
	return os.WriteFile(p.path(name), []byte("something else"), 0o666)
}

// trusts makes a key for who, and writes into file the trust file with that key
// and now in the place of old.
func (p *promise) trusts(ctx context.Context, file, who, old, now string) error {
	b, err := os.ReadFile(p.trust)
	if err != nil {
		return err
	}
	text := strings.Replace(string(b), "ci.pub}", "ci.pub}, "+who+": {key: "+who+".pub}", 1)
	if !strings.Contains(text, old) {
		return fmt.Errorf("the trust file has no %q", old)
	}
	return errors.Join(p.call(ctx, "key", p.path("keys/"+who)), os.WriteFile(file, []byte(strings.Replace(text, old, now, 1)), 0o666))
}

// signedByStranger leaves evidence that only a trust file of the stranger's own
// would let somebody sign.
func (p *promise) signedByStranger(ctx context.Context) error {
	own := p.path("keys/stranger.yaml")
	if err := errors.Join(p.begun(ctx), p.trusts(ctx, own, "stranger", "staging: {signers: [ci]", "staging: {signers: [ci, stranger]")); err != nil {
		return err
	}
	err := p.call(ctx, "test", "--run", p.run, "--key", p.path("keys/stranger"), "--trust", own)
	if err == nil && p.code != 0 {
		err = fmt.Errorf("the stranger left no evidence: exit code %d\n%s", p.code, p.all)
	}
	return err
}

func (p *promise) withApprover(ctx context.Context, who string) error {
	return p.trusts(ctx, p.trust, who, "prod: {", "prod: {approvers: ["+who+"], ")
}

func (p *promise) approve(ctx context.Context, stage, who string) error {
	return p.call(ctx, "approve", stage, "--reason", "it looks good", "--key", p.path("keys/"+who))
}

func (p *promise) withVerdict(ctx context.Context, stage string) error {
	return errors.Join(p.call(ctx, "check", stage, "--verdict", p.path("place/verdict.json")), p.answers("allow", 0))
}

func (p *promise) verify(ctx context.Context) error {
	return p.call(ctx, "verify", p.path("place/verdict.json"), "--stage", "acceptance", "--target", "staging")
}

func (p *promise) stage(ctx context.Context, name string) error { return p.call(ctx, "run", name) }
func (p *promise) list(ctx context.Context, name string) error  { return p.call(ctx, "list", name) }
func (p *promise) check(ctx context.Context, name string) error { return p.call(ctx, "check", name) }
func (p *promise) decide(ctx context.Context) error             { return p.call(ctx, "decide", "--run", p.run) }

// call calls the gate in the repository, with nothing around it that steers it.
func (p *promise) call(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, p.gate, args...)
	cmd.Dir = p.dir
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "STAGEGATE_") && !strings.HasPrefix(kv, "GITHUB_") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	cmd.Env = append(cmd.Env, "GOFLAGS=-buildvcs=false -vet=off -ldflags=-w", "STAGEGATE_KEY="+p.key, "STAGEGATE_TRUST="+p.trust)
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return err
	}
	p.code, p.out, p.all = cmd.ProcessState.ExitCode(), out.String(), out.String()+stderr.String()
	return nil
}

func (p *promise) answers(answer string, code int) error {
	if first, _, _ := strings.Cut(p.out, " "); p.code != code || first != strings.ToUpper(answer) {
		return fmt.Errorf("got exit code %d, want %d and %s:\n%s", p.code, code, strings.ToUpper(answer), p.all)
	}
	return nil
}

// refuses: there is an error, and no verdict.
func (p *promise) refuses(code int) error {
	if p.code != code || p.out != "" {
		return fmt.Errorf("got exit code %d, want %d and no verdict:\n%s", p.code, code, p.all)
	}
	return nil
}

func (p *promise) says(text string) error {
	if !strings.Contains(p.all, text) {
		return fmt.Errorf("it does not say so, but:\n%s", p.all)
	}
	return nil
}

func (p *promise) nothingBegun() error { return p.absent(".gate/runs") }

func (p *promise) nothingDeployed() error { return p.absent("place/staging.commit") }

func (p *promise) absent(name string) error {
	if _, err := os.Stat(p.path(name)); !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s is there (%v)", name, err)
	}
	return nil
}

func (p *promise) deployed() error {
	made, err := os.ReadFile(p.path("dist/commit"))
	if err != nil {
		return err
	}
	serves, err := os.ReadFile(p.path("place/prod.commit"))
	if err == nil && !bytes.Equal(made, serves) {
		err = fmt.Errorf("prod serves %s, not %s", serves, made)
	}
	return err
}
