package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// A peer is another tool, whose processes are started on the same suite.
type peer struct {
	name, missing string // what to do where it is not installed
	find          func() (string, error)
	command       func(program, dir, suite, machine string) *exec.Cmd // machine: the file for its machine format, or none
}

// npm holds node 22 and cucumber-js, which scripts/bench installs.
func npm() string {
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(cache, "stagegate", "bench-cucumber-js", "node_modules")
}

func peers() []peer {
	return []peer{
		{"cucumber-js", "scripts/bench installs node@22 and @cucumber/cucumber@13.3.0 by npm", func() (string, error) {
			node := filepath.Join(npm(), "node", "bin", "node")
			_, err := os.Stat(node)
			return node, err
		}, func(node, dir, suite, machine string) *exec.Cmd {
			format := "progress"
			if machine != "" {
				format = "message:" + machine
			}
			cmd := exec.Command(node, filepath.Join(npm(), "@cucumber", "cucumber", "bin", "cucumber.js"), "--require", filepath.Join(dir, "js", "steps.js"), suite, "--format", format)
			cmd.Dir = npm() // modules are found from here
			cmd.Env = append(os.Environ(), "NODE_PATH="+npm())
			return cmd
		}},
		{"behave", "Debian: apt-get install python3-behave", func() (string, error) { return exec.LookPath("behave") },
			func(behave, dir, suite, machine string) *exec.Cmd {
				args := []string{"-f", "progress", "--no-summary", filepath.Join(dir, "behave")}
				if machine != "" {
					args = []string{"-f", "json", "-o", machine, "--no-summary", filepath.Join(dir, "behave")}
				}
				cmd := exec.Command(behave, args...)
				cmd.Env = append(os.Environ(), "PYTHONPATH="+filepath.Join(dir, "behave")) // where the counter is
				return cmd
			}},
	}
}

// present are the peers that can run here; the others are named on w.
func present(w io.Writer) (all []peer) {
	for _, p := range peers() {
		if _, err := p.find(); err != nil {
			fmt.Fprintf(w, "bench: %s IS MISSING, and not compared with. %s\n", p.name, p.missing)
			continue
		}
		all = append(all, p)
	}
	return all
}

// writeSteps writes the definitions of the peers below dir.
func writeSteps(dir, suite string) error {
	steps, environment := pySteps()
	home := filepath.Join(dir, "behave")
	err := errors.Join(os.MkdirAll(filepath.Join(dir, "js"), 0o700), os.MkdirAll(filepath.Join(home, "steps"), 0o700))
	for name, text := range map[string]string{filepath.Join(dir, "js", "steps.js"): jsSteps(), filepath.Join(home, "steps", "all.py"): steps,
		filepath.Join(home, "environment.py"): environment, filepath.Join(home, "counter.py"): "calls = 0\n"} {
		err = errors.Join(err, os.WriteFile(name, []byte(text), 0o600))
	}
	features, globbing := filepath.Glob(filepath.Join(suite, "*.feature"))
	err = errors.Join(err, globbing)
	for _, f := range features {
		err = errors.Join(err, os.Symlink(f, filepath.Join(home, filepath.Base(f))))
	}
	return err
}
