package bootstrap_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/internal/bootstrap"
	"github.com/stagegate/stagegate/internal/moto"
	"github.com/stagegate/stagegate/internal/need"
)

// linter is AWS's cfn-lint, which comes with moto's server.
func linter(t *testing.T) string {
	t.Helper()
	if path, err := exec.LookPath("cfn-lint"); err == nil {
		return path
	}
	if server, err := moto.Find(os.Getenv, "."); err == nil {
		if path, err := exec.LookPath(filepath.Join(filepath.Dir(server), "cfn-lint")); err == nil {
			return path
		}
	}
	need.Missing(t, "cfn-lint", "make setup")
	return ""
}

// The templates are what CloudFormation's schemas ask for, says cfn-lint. Its
// list of IAM actions (W3037) is older than ours.
func TestLint(t *testing.T) {
	lint, dir := linter(t), t.TempDir()
	files, err := bootstrap.CloudFormation(parsed(t, team), bootstrap.Options{Subject: github})
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"--ignore-checks", "W3037", "--"}
	for _, f := range files {
		args = append(args, write(t, dir, filepath.Base(f.Name), f.Text))
	}
	if out, err := exec.CommandContext(t.Context(), lint, args...).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	bad := write(t, dir, "bad.json", strings.Replace(files[2].Text, "ECC_NIST_P256", "ECC_NIST_P999", 1))
	if out, err := exec.CommandContext(t.Context(), lint, append(args[:3:3], bad)...).CombinedOutput(); err == nil || !strings.Contains(string(out), "ECC_NIST_P999") {
		t.Errorf("a key that there is not: %v: %s", err, out)
	}
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Whatever a Terraform module refers to is in it.
func TestTerraformRefers(t *testing.T) {
	refers := regexp.MustCompile(`(var|aws_[a-z0-9_]+)\.([a-z0-9_]+)`)
	all := decoded(t, bootstrap.Terraform, team, bootstrap.Options{Subject: github})
	files, err := bootstrap.Terraform(parsed(t, team), bootstrap.Options{Subject: github})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		found := refers.FindAllStringSubmatch(f.Text, -1)
		if len(found) < 5 {
			t.Errorf("%s refers to %d things", f.Name, len(found))
		}
		for _, m := range found {
			if m[1] == "var" {
				at(t, all[f.Name], "variable", m[2])
			} else {
				at(t, all[f.Name], "resource", m[1], m[2])
			}
		}
	}
}
