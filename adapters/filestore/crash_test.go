package filestore_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stagegate/stagegate/adapters/filestore"
)

func put(s *filestore.Store, key, value string) error {
	return s.Put(context.Background(), key, []byte(value))
}

// A writer is killed at a random moment, again and again, over one directory:
// what it was told is written is there, and whatever is there is whole.
func TestKilledWriter(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	s := filestore.New(dir)
	cut := 0
	for round := range 100 {
		prefix := fmt.Sprint("round-", round)
		told := killAtRandom(t, dir, prefix)
		keys, err := s.List(t.Context(), prefix)
		if err != nil {
			t.Fatal(err)
		}
		there := map[string]bool{}
		for _, k := range keys {
			there[k] = true
			if got, err := s.Get(t.Context(), k); err != nil || string(got) != whole(k) {
				t.Fatalf("after a kill Get(%q) = %d bytes, %v", k, len(got), err)
			}
		}
		for _, k := range told {
			if !there[k] {
				t.Fatalf("%q was written and is lost; there are %q", k, keys)
			}
		}
		left, _ := filepath.Glob(filepath.Join(dir, prefix, "*", ".tmp~*"))
		cut += len(left)
	}
	if cut == 0 {
		t.Error("no kill of 100 fell into a write: this test shows nothing")
	}
}

// killAtRandom kills a writer some time after some of its keys, and returns
// the keys that it was told are written.
func killAtRandom(t *testing.T, dir, prefix string) (told []string) {
	t.Helper()
	cmd := command(t, "write", dir, prefix)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	enough := rand.IntN(6)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "error:") {
			t.Error(lines.Text())
		}
		told = append(told, lines.Text())
		if len(told) == enough+1 {
			time.AfterFunc(time.Duration(rand.IntN(3000))*time.Microsecond, func() { cmd.Process.Kill() })
		}
	}
	if err := cmd.Wait(); err == nil || cmd.ProcessState.Exited() {
		t.Fatalf("the writer was not killed: %v", cmd.ProcessState)
	}
	return told
}

// Eight processes want the same key at the same time: one gets it.
func TestRacingProcesses(t *testing.T) {
	const processes, rounds = 8, 25
	dir := filepath.Join(t.TempDir(), "store")
	s := filestore.New(dir)
	type racer struct {
		in  io.Writer
		out *bufio.Scanner
	}
	var all []racer
	for i := range processes {
		cmd := command(t, "race", dir, fmt.Sprint("process ", i))
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
		defer func() {
			in.Close()
			if err := cmd.Wait(); err != nil {
				t.Errorf("process %d: %v", i, err)
			}
		}()
		all = append(all, racer{in, bufio.NewScanner(out)})
	}
	for round := range rounds {
		key := fmt.Sprintf("new/%d/key", round)
		for _, r := range all {
			fmt.Fprintln(r.in, key)
		}
		winner := ""
		for i, r := range all {
			if !r.out.Scan() {
				t.Fatalf("process %d ended", i)
			}
			switch said := r.out.Text(); said {
			case "won":
				if winner != "" {
					t.Errorf("round %d: %s and process %d both won", round, winner, i)
				}
				winner = fmt.Sprint("process ", i)
			case "exists":
			default:
				t.Errorf("round %d, process %d: %s", round, i, said)
			}
		}
		if got, err := s.Get(t.Context(), key); err != nil || winner == "" || string(got) != winner {
			t.Errorf("round %d: %q won, there is %q, %v", round, winner, got, err)
		}
	}
}
