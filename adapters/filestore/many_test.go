package filestore_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/adapters/filestore"
)

// A peer is one of many processes that write what they are told.
type peer struct {
	name  string
	value string // what it writes at every key: long enough to be seen cut or mixed
	in    io.WriteCloser
	out   *bufio.Scanner
	cmd   *exec.Cmd
}

// peers are processes with a store each in dir, which end with their input.
func peers(t *testing.T, dir string, many int) []peer {
	t.Helper()
	var all []peer
	for i := range many {
		p := peer{name: fmt.Sprint("process ", i)}
		p.value = strings.Repeat(p.name+";", 300)
		cmd := command(t, "race", dir, p.value)
		cmd.Stderr = os.Stderr
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		p.in, p.out, p.cmd = in, bufio.NewScanner(out), cmd
		all = append(all, p)
	}
	return all
}

func (p peer) ends(t *testing.T) {
	p.in.Close()
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("%s: %v", p.name, err)
	}
}

// asks lets p write at key; says is what came of it.
func (p peer) asks(key string) { fmt.Fprintln(p.in, key) }

func (p peer) says(t *testing.T) string {
	t.Helper()
	if !p.out.Scan() {
		t.Fatalf("%s has ended: %v", p.name, p.out.Err())
	}
	return p.out.Text()
}

// 64 processes write the same key at once, 200 times, and keys of their own
// between: of each round one is told that it wrote, its value is there at the
// end, and nothing is lost.
func TestManyProcesses(t *testing.T) {
	const many = 64
	rounds := 200
	if testing.Short() {
		rounds = 20
	}
	dir := filepath.Join(t.TempDir(), "store")
	all := peers(t, dir, many)
	want := map[string]string{}
	for round := range rounds {
		key := fmt.Sprintf("race/%d/key", round)
		for _, p := range all {
			p.asks(key)
		}
		var winners []string
		for _, p := range all {
			switch said := p.says(t); said {
			case "won":
				winners = append(winners, p.name)
				want[key] = p.value
			case "exists":
			default:
				t.Errorf("round %d, %s: %s", round, p.name, said)
			}
		}
		if len(winners) != 1 {
			t.Fatalf("round %d: %q won, want one", round, winners)
		}
		if round%20 == 19 {
			own(t, all, round, want)
		}
	}
	for _, p := range all {
		p.ends(t)
	}
	wantAll(t, filestore.New(dir), want, rounds+many*rounds/20)
}

// own lets each write a key that nobody else wants.
func own(t *testing.T, all []peer, round int, want map[string]string) {
	key := func(p peer) string {
		return fmt.Sprintf("own/%d/%s", round, strings.ReplaceAll(p.name, " ", "-"))
	}
	for _, p := range all {
		p.asks(key(p))
	}
	for _, p := range all {
		if said := p.says(t); said != "won" {
			t.Errorf("%s at %s, where nobody else writes: %s", p.name, key(p), said)
		}
		want[key(p)] = p.value
	}
}

// wantAll wants a store to have these n values and no others.
func wantAll(t *testing.T, s *filestore.Store, want map[string]string, n int) {
	keys, err := s.List(t.Context(), "")
	if err != nil || len(keys) != n || len(want) != n {
		t.Errorf("there are %d keys, %v, and %d were written, want %d", len(keys), err, len(want), n)
	}
	for _, k := range keys {
		if got, err := s.Get(t.Context(), k); err != nil || string(got) != want[k] {
			t.Errorf("%s = %d bytes, %v, want the %d of %.10q", k, len(got), err, len(want[k]), want[k])
		}
	}
}
