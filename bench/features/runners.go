package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/protocol"
)

// A runner is what is measured: a command for a suite, in a folder of its own.
type runner struct {
	name    string
	machine bool // it writes what machines read
	ours    bool
	command func(dir, suite string) (*exec.Cmd, error)
}

// maxGodogJSON is how many scenarios take godog's Cucumber JSON half a minute.
const maxGodogJSON = 2000

// runners are what is compared, that with which the others are compared first.
func runners(scenarios int, w io.Writer) []runner {
	all := []runner{
		{name: "godog, steps as strings", command: self("godog strings", nil)},
		{name: "godog, compiled steps", command: self("godog compiled", nil)},
	}
	if scenarios <= maxGodogJSON {
		all = append(all, runner{name: "godog, compiled, Cucumber JSON", machine: true, command: self("godog json", nil)})
	} else {
		fmt.Fprintf(w, "bench: godog's Cucumber JSON is left out above %d scenarios: its time grows with their square\n", maxGodogJSON)
	}
	for _, p := range present(w) {
		for _, machine := range []bool{false, true} {
			name := p.name
			if machine {
				name += map[string]string{"cucumber-js": ", messages", "behave": ", JSON"}[p.name]
			}
			all = append(all, runner{name: name, machine: machine, command: func(dir, suite string) (*exec.Cmd, error) {
				program, err := p.find()
				file := ""
				if machine {
					file = filepath.Join(dir, "machine.out")
				}
				return p.command(program, dir, suite, file), err
			}})
		}
	}
	return append(all,
		runner{name: "features.Run", ours: true, command: self("features", nil)},
		runner{name: "features.Run, evidence and messages", machine: true, ours: true, command: self("features", func(s *protocol.Session) { s.Messages = true })},
		runner{name: "the floor: read, match, call", command: self("floor", nil)},
	)
}

// self starts this program as a child; with a session that edit makes, if it is
// not nil.
func self(how string, edit func(*protocol.Session)) func(dir, suite string) (*exec.Cmd, error) {
	return func(dir, suite string) (*exec.Cmd, error) {
		program, err := os.Executable()
		if err != nil {
			return nil, err
		}
		cmd := exec.Command(program, "-child", how)
		cmd.Dir = suite
		cmd.Env = append(os.Environ(), protocol.Variable+"=", "STAGEGATE_TAGS=", "STAGEGATE_MESSAGES=", "STAGEGATE_SELECT=", "STAGEGATE_RERUN=", "BENCH_DIR="+dir)
		if edit == nil {
			return cmd, nil
		}
		file, err := session(dir, edit)
		cmd.Env = append(cmd.Env, protocol.Variable+"="+file)
		return cmd, err
	}
}

// session writes what gate would.
func session(dir string, edit func(*protocol.Session)) (string, error) {
	out, err := os.MkdirTemp(dir, "out-")
	if err != nil {
		return "", err
	}
	s := protocol.Session{Phase: protocol.Exec, Run: "bench", Nonce: "bench", Service: "bench", Stage: "commit", Suite: "bench",
		Target: harness.InProcessTarget(), Out: out}
	edit(&s)
	file := filepath.Join(out, "run.json")
	if err := protocol.WriteSession(file, s); err != nil {
		return "", fmt.Errorf("session: %w", err)
	}
	return file, nil
}
