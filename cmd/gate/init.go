package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

//go:embed templates
var templates embed.FS

// scaffold is what gate init writes: file in the repository -> template.
var scaffold = []struct{ file, template string }{
	{"gate.yaml", "gate.yaml"},
	{"features/greeting.feature", "first.feature"},
	{"features/features_test.go", "first_test.go.tmpl"},
	{"contracts/weather_test.go", "contract_test.go.tmpl"},
	{".github/workflows/gate.yml", "workflow.yml"},
	{".gitignore", "gitignore"},
}

const modulePath = "github.com/stagegate/stagegate"

func (a *app) initCmd() *cobra.Command {
	var accounts bootstrapOptions
	c := &cobra.Command{Use: "init", Short: "Write gate.yaml, a first feature and contract, a CI workflow; never overwrites", Args: cobra.NoArgs,
		Long: `Write gate.yaml, a first feature and contract, and a CI workflow.

With --bootstrap, write instead what the accounts that gate.yaml names need:
roles of the deploy and of the tests, trust in the CI, the store's bucket and
signing keys. See docs/aws.md. What is there is never overwritten.`,
		RunE: func(c *cobra.Command, _ []string) error {
			if accounts.form != "" {
				return a.bootstrap(c.Context(), accounts)
			}
			if !a.json {
				return a.scaffold(c.Context(), ".")
			}
			people := *a
			people.stdout = a.stderr
			if err := people.scaffold(c.Context(), "."); err != nil {
				return err
			}
			var files []string
			for _, s := range scaffold {
				files = append(files, s.file)
			}
			return a.printJSON(map[string]any{"files": files})
		}}
	accounts.flags(c.Flags())
	return c
}

// scaffold writes the files that are not there yet and makes the module need
// stagegate.
func (a *app) scaffold(ctx context.Context, dir string) error {
	service, err := serviceName(dir)
	if err != nil {
		return err
	}
	for _, s := range scaffold {
		text, err := templates.ReadFile("templates/" + s.template)
		if err != nil {
			return err
		}
		switch err := create(filepath.Join(dir, filepath.FromSlash(s.file)), strings.ReplaceAll(string(text), "SERVICE", service)); {
		case errors.Is(err, fs.ErrExist):
			fmt.Fprintf(a.stdout, "kept     %s\n", s.file)
			a.ignored(dir, s.file, string(text))
		case err != nil:
			return err
		default:
			fmt.Fprintf(a.stdout, "created  %s\n", s.file)
		}
	}
	if err := a.require(ctx, dir); err != nil {
		return err
	}
	made, err := a.ownKeys(filepath.Join(dir, "gate.yaml"))
	if err != nil && !errors.As(err, new(errUsage)) { // a trust file that is there stays
		return err
	}
	for _, file := range made {
		fmt.Fprintf(a.stdout, "created  %s\n", relative(dir, file))
	}
	fmt.Fprint(a.stdout, `
next:
  go run github.com/stagegate/stagegate/contracts/pact/install   # once per machine: the Pact engine
  git add -A && git commit -m "a first gate"
  go tool gate run commit
`)
	return nil
}

// relative is file as it is called in dir.
func relative(dir, file string) string {
	top, err := filepath.Abs(dir)
	if err != nil {
		return file
	}
	if rel, err := filepath.Rel(top, file); err == nil {
		return filepath.ToSlash(rel)
	}
	return file
}

// ignored says which lines of the template an existing .gitignore has not got:
// a build that git sees would change the checkout while the suites run.
func (a *app) ignored(dir, file, text string) {
	if file != ".gitignore" {
		return
	}
	b, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		return
	}
	for want := range strings.FieldsSeq(text) {
		if !slices.Contains(strings.Fields(string(b)), want) {
			fmt.Fprintf(a.stdout, "         hint: add %s to it, unless it ignores that in another way\n", want)
		}
	}
}

// create writes a new file; an existing one is [fs.ErrExist] and left alone.
func create(file, text string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

var moduleLine = regexp.MustCompile(`(?m)^module\s+"?([^"\s]+)"?`)
var notInName = regexp.MustCompile(`[^A-Za-z0-9_-]+`)

// serviceName is the last element of the module path in dir.
func serviceName(dir string) (string, error) {
	b, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return "", errUsage{errors.New("there is no go.mod here\nhint: go mod init example.org/yours, in the top folder of your repository")}
	}
	m := moduleLine.FindSubmatch(b)
	if m == nil {
		return "", errUsage{errors.New("go.mod has no module line")}
	}
	name := strings.Trim(notInName.ReplaceAllString(path.Base(string(m[1])), "-"), "-_")
	if name == "" {
		name = "service"
	}
	return name, nil
}

// require makes the module need stagegate, gate as its tool, and tidies it.
func (a *app) require(ctx context.Context, dir string) error {
	b, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return err
	}
	steps := [][]string{{"mod", "tidy"}}
	if !strings.Contains(string(b), modulePath+"/cmd/gate") {
		v := version()
		if !strings.HasPrefix(v, "v") {
			v = "latest"
		}
		if strings.Contains(string(b), modulePath+" ") { // the version that the module has already
			steps = append([][]string{{"mod", "edit", "-tool=" + modulePath + "/cmd/gate"}}, steps...)
		} else {
			steps = append([][]string{{"get", "-tool", modulePath + "/cmd/gate@" + v}}, steps...)
		}
	}
	for _, args := range steps {
		cmd := exec.CommandContext(ctx, "go", args...)
		cmd.Dir, cmd.Stdout, cmd.Stderr = dir, a.stderr, a.stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("go %s: %w\nhint: the files are written; run it again when this works", strings.Join(args, " "), err)
		}
	}
	return nil
}
