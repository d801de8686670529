package s3store_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/stagegate/stagegate/adapters/s3store"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/mototest"
)

// The tests run themselves as children, which race for keys. Where a child
// writes is in its environment.
const (
	childMoto   = "S3STORE_TEST_MOTO"
	childFront  = "S3STORE_TEST_FRONT"
	childBucket = "S3STORE_TEST_BUCKET"
	childName   = "S3STORE_TEST_NAME"
)

func TestMain(m *testing.M) {
	if moto := os.Getenv(childMoto); moto != "" {
		client := newClient(mototest.Session(moto, owner), os.Getenv(childFront), nil)
		childRace(s3store.New(client, options(os.Getenv(childBucket))), os.Getenv(childName))
		return
	}
	os.Exit(m.Run())
}

// childRace puts its name at each key that it reads, a few at a time, and says
// which it won.
func childRace(s *s3store.Store, name string) {
	keys := make(chan string)
	var said sync.Mutex
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for key := range keys {
				err := s.Put(context.Background(), key, []byte(name))
				said.Lock()
				switch {
				case err == nil:
					fmt.Println("won", key)
				case errors.Is(err, harness.ErrExists):
					fmt.Println("exists", key)
				default:
					fmt.Printf("error %s %q\n", key, err)
				}
				said.Unlock()
			}
		})
	}
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		keys <- in.Text()
	}
	close(keys)
	writers.Wait()
}

// Several processes race for the same keys: each has one winner, whose value it
// keeps.
func TestProcessesRace(t *testing.T) {
	const processes, rounds = 8, 40
	w := newWorld(t)
	bucket := w.bucket(t, nil)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for i := range rounds {
		keys = append(keys, fmt.Sprintf("race/%d", i))
	}
	said := make([]string, processes)
	var children sync.WaitGroup
	for i := range processes {
		children.Go(func() {
			cmd := exec.CommandContext(t.Context(), self)
			cmd.Env = append(os.Environ(), childMoto+"="+w.moto, childFront+"="+w.front, childBucket+"="+bucket,
				fmt.Sprintf("%s=child %d", childName, i), "GORACE=atexit_sleep_ms=0")
			cmd.Stdin = strings.NewReader(strings.Join(keys, "\n") + "\n")
			cmd.Stderr = os.Stderr
			out, err := cmd.Output()
			if err != nil {
				t.Errorf("child %d: %v", i, err)
			}
			said[i] = string(out)
		})
	}
	children.Wait()
	winner := map[string]string{}
	answers := map[string]int{}
	for i, text := range said {
		for line := range strings.Lines(text) {
			what, key, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
			answers[key]++
			switch {
			case what == "won" && winner[key] != "":
				t.Errorf("%s has two winners: %s and child %d", key, winner[key], i)
			case what == "won":
				winner[key] = fmt.Sprintf("child %d", i)
			case what != "exists":
				t.Errorf("child %d: %s", i, line)
			}
		}
	}
	s := s3store.New(w.client(nil), options(bucket))
	for _, k := range keys {
		if b, err := s.Get(t.Context(), k); err != nil || string(b) != winner[k] || answers[k] != processes {
			t.Errorf("%s = %q, %v, want %q's; %d answers, want %d", k, b, err, winner[k], answers[k], processes)
		}
	}
	if got, err := s.List(t.Context(), "race"); err != nil || len(got) != rounds {
		t.Errorf("List = %d keys, %v, want %d", len(got), err, rounds)
	}
}
