package s3store_test

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/stagegate/stagegate/adapters/s3store"
)

// A peer is one of many processes that write what they are told.
type peer struct {
	name  string
	value string // what it writes at every key: long enough to be seen cut or mixed
	in    io.WriteCloser
	out   *bufio.Scanner
	cmd   *exec.Cmd
}

// peers are processes with a store each in bucket, which end with their input.
func peers(t *testing.T, w *world, bucket string, many int) []peer {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var all []peer
	for i := range many {
		p := peer{name: fmt.Sprint("process ", i), cmd: exec.CommandContext(t.Context(), self)}
		p.value = strings.Repeat(p.name+";", 300)
		p.cmd.Env = append(os.Environ(), childMoto+"="+w.moto, childFront+"="+w.front, childBucket+"="+bucket,
			childName+"="+p.value, "GORACE=atexit_sleep_ms=0", "GOMAXPROCS=1")
		p.cmd.Stderr = os.Stderr
		if p.in, err = p.cmd.StdinPipe(); err != nil {
			t.Fatal(err)
		}
		out, err := p.cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		p.out = bufio.NewScanner(out)
		if err := p.cmd.Start(); err != nil {
			t.Fatal(err)
		}
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

func (p peer) says(t *testing.T, key string) string {
	t.Helper()
	if !p.out.Scan() {
		t.Fatalf("%s has ended: %v", p.name, p.out.Err())
	}
	said, ok := strings.CutSuffix(p.out.Text(), " "+key)
	if !ok {
		t.Errorf("%s was asked for %s and says %s", p.name, key, p.out.Text())
	}
	return said
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
	w := newWorld(t)
	bucket := w.bucket(t, nil)
	behind := w.front
	w.front = remember(t, behind)
	all := peers(t, w, bucket, many)
	want := map[string]string{}
	for round := range rounds {
		key := fmt.Sprintf("race/%d/key", round)
		for _, p := range all {
			p.asks(key)
		}
		var winners []string
		for _, p := range all {
			switch said := p.says(t, key); said {
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
	w.front = behind
	wantAll(t, s3store.New(w.client(nil), options(bucket)), want, rounds+many*rounds/20)
}

// A memory stands before a front and knows what it answered to the last HEAD of
// each object since that was written. 63 of 64 writers ask whose object is in
// their way, and moto takes milliseconds for each.
type memory struct {
	front *httputil.ReverseProxy
	mu    sync.Mutex
	heads map[string]http.Header
}

// remember returns the endpoint of a memory before a front.
func remember(t *testing.T, front string) string {
	t.Helper()
	to, err := url.Parse(front)
	if err != nil {
		t.Fatal(err)
	}
	m := &memory{front: httputil.NewSingleHostReverseProxy(to), heads: map[string]http.Header{}}
	m.front.Transport = &http.Transport{MaxIdleConnsPerHost: 100}
	m.front.ModifyResponse = m.answered
	server := httptest.NewServer(m)
	t.Cleanup(server.Close)
	return server.URL
}

func (m *memory) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodHead {
		m.mu.Lock()
		defer m.mu.Unlock() // until it is answered: what is written meanwhile is forgotten after
		if known := m.heads[r.URL.Path]; known != nil {
			maps.Copy(w.Header(), known)
			return
		}
	}
	m.front.ServeHTTP(w, r)
}

func (m *memory) answered(a *http.Response) error {
	switch path := a.Request.URL.Path; {
	case a.StatusCode != http.StatusOK:
	case a.Request.Method == http.MethodHead:
		m.heads[path] = a.Header.Clone()
	case a.Request.Method == http.MethodPut:
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.heads, path)
	}
	return nil
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
		if said := p.says(t, key(p)); said != "won" {
			t.Errorf("%s at %s, where nobody else writes: %s", p.name, key(p), said)
		}
		want[key(p)] = p.value
	}
}

// wantAll wants a store to have these n values and no others.
func wantAll(t *testing.T, s *s3store.Store, want map[string]string, n int) {
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
