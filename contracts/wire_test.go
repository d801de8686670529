package contracts

import (
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/need"
	"github.com/stagegate/stagegate/internal/protocol"
)

// at is a session on a target that has these dependencies.
func at(urls map[string]string, isLive bool) *protocol.Session {
	target := harness.Target{Name: "staging", Mode: harness.Deployed, Live: isLive, Dependencies: map[string]harness.Dependency{}}
	for name, url := range urls {
		target.Dependencies[name] = harness.Dependency{URL: url}
	}
	return session(protocol.Exec, target)
}

// endsAsWired holds the rows of a run to what wires wants.
func endsAsWired(t *testing.T, r result, only func(string) bool) {
	t.Helper()
	rows := map[string]harness.Row{}
	for _, row := range r.rows {
		rows[row.Name] = row
	}
	n := 0
	for name, w := range wires() {
		if !only(name) {
			continue
		}
		n++
		row := rows[name]
		if string(row.Outcome) != w.want || (row.Reason == "") != (w.want == "passed") {
			t.Errorf("%s: got %q (%s), want %s", name, row.Outcome, row.Reason, w.want)
		}
		for _, s := range w.says {
			if !strings.Contains(row.Reason, s) {
				t.Errorf("%s: got %q, want it to say %q", name, row.Reason, s)
			}
		}
	}
	if len(r.rows) != n || r.err != nil || n == 0 {
		t.Errorf("got %d rows, %v, want %d\n%s", len(r.rows), r.err, n, r.output)
	}
}

func all(string) bool { return true }

// Contract and dependency in processes of their own: every outcome, over every
// way that HTTP has to answer.
func TestWire(t *testing.T) {
	t.Parallel()
	d := process(t)
	r := run(t, "wire", at(map[string]string{"server": d.url}, false))
	endsAsWired(t, r, all)
	for _, request := range d.asked() {
		if strings.Contains(request, "/forbidden") {
			t.Errorf("%s was sent, and is in no contract", request)
		}
	}
}

// On a live target only what is safe runs, and nothing that the dependency
// answered is told.
func TestWireSafe(t *testing.T) {
	t.Parallel()
	d := process(t)
	r := run(t, "wire", at(map[string]string{"server": d.url}, true))
	for _, row := range r.rows {
		if w := wires()[row.Name]; row.Mode != harness.Safe || string(row.Outcome) != w.want {
			t.Errorf("%s: got %+v, want %s in safe mode", row.Name, row, w.want)
		}
		if strings.Contains(row.Reason, "seven") || strings.Contains(row.Reason, "HUSH") {
			t.Errorf("%s: the reason tells what a live target answered: %s", row.Name, row.Reason)
		}
	}
	if len(r.rows) != len(wires())-2 { // DELETE and POST are not safe
		t.Errorf("got %d rows of %d", len(r.rows), len(wires()))
	}
	for _, request := range d.asked() {
		if method, _, _ := strings.Cut(request, " "); method != "GET" && method != "HEAD" {
			t.Errorf("%s was sent to a live target", request)
		}
	}
}

// A private authority is trusted where the process is told so, as in all of Go.
func TestWireTLS(t *testing.T) {
	d := process(t)
	quick := func(name string) bool { return name != "hang" && name != "redirect, real" } // that one redirects to http
	urls := map[string]string{"server": d.secure}
	endsAsWired(t, run(t, "wire quick", at(urls, false), "SSL_CERT_FILE="+d.ca), quick)
	for _, row := range run(t, "wire good", at(urls, false)).rows {
		if row.Outcome != harness.Unreachable || !strings.Contains(row.Reason, "certificate signed by unknown authority") {
			t.Errorf("without the authority: got %s %s", row.Outcome, row.Reason)
		}
	}
}

func TestSixtyContracts(t *testing.T) {
	d := process(t)
	urls := map[string]string{}
	for n := range 60 {
		urls[fmt.Sprintf("p%d", n)] = d.url
	}
	r := run(t, "sixty", at(urls, false))
	counts := map[harness.Outcome]int{}
	for _, row := range r.rows {
		counts[row.Outcome]++
	}
	if r.err != nil || len(r.rows) != 120 || counts[harness.Passed] != 60 || counts[harness.ResponseMismatch] != 60 {
		t.Errorf("got %v, %v, want 60 passed and 60 response-mismatch\n%.4000s", counts, r.err, r.output)
	}
}

// silent is an address that takes connections and says nothing, and how many came.
func silent(t *testing.T) (address string, connections func() int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	seen := make(chan net.Conn, 1000)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			seen <- c
		}
	}()
	t.Cleanup(func() { l.Close() })
	return l.Addr().String(), func() int { return len(seen) }
}

// An egress proxy that swallows everything costs one time limit, and loses
// nothing: the dependency behind it ends in timeout, one that needs no proxy
// passes, mocks pass, and the engine itself asks nobody.
func TestSilentProxy(t *testing.T) {
	t.Parallel()
	address, connections := silent(t)
	var env []string
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"} {
		env = append(env, name+"=http://"+address)
	}
	d := process(t)
	started := time.Now()
	r := run(t, "two places", at(map[string]string{"near": d.url, "far": "http://payments.example"}, false), env...)
	if len(r.rows) != 2 || r.err != nil {
		t.Fatalf("got %+v, %v\n%s", r.rows, r.err, r.output)
	}
	for _, row := range r.rows {
		want := map[string]harness.Outcome{"near": harness.Passed, "far": harness.Timeout}[row.Name]
		if row.Outcome != want {
			t.Errorf("%s: got %s %s, want %s", row.Name, row.Outcome, row.Reason, want)
		}
	}
	if took := time.Since(started); took > answerTimeout+10*time.Second {
		t.Errorf("it took %v", took)
	}
	if n := connections(); n != 1 {
		t.Errorf("the proxy got %d connections, want the one for the dependency", n)
	}
	if r := run(t, "good", nil, env...); r.code != 0 {
		t.Errorf("mocks: got exit %d\n%s", r.code, r.output)
	}
	if n := connections(); n != 1 {
		t.Errorf("mocks asked the proxy: %d connections", n)
	}
}

// Without any network but loopback mocks pass, and what is on a target is
// unreachable at once. Without loopback nothing passes. Nothing hangs.
func TestNoNetwork(t *testing.T) {
	t.Parallel()
	alone := []string{"unshare", "-rn"}
	if out, err := exec.Command(alone[0], "-rn", "ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
		need.Missing(t, fmt.Sprintf("a network namespace (unshare -rn ip link: %v %s)", err, out), "apt-get install util-linux iproute2")
	}
	loopback := append(alone, "sh", "-c", `ip link set lo up && exec "$0" "$@"`)
	started := time.Now()
	if r := runUnder(t, loopback, "good", session(protocol.Exec, harness.InProcessTarget())); r.code != 0 || len(r.rows) != 2 || len(r.pacts) != 2 {
		t.Errorf("mocks: got exit %d, %+v\n%s", r.code, r.rows, r.output)
	}
	r := runUnder(t, loopback, "two places", at(map[string]string{"near": "http://127.0.0.1:1", "far": "http://payments.example"}, false))
	if len(r.rows) != 2 || r.rows[0].Outcome != harness.Unreachable || r.rows[1].Outcome != harness.Unreachable {
		t.Errorf("on a target: got %+v, %v\n%s", r.rows, r.err, r.output)
	}
	if r := runUnder(t, alone, "good", session(protocol.Exec, harness.InProcessTarget())); r.code == 0 || len(r.rows) != 2 || r.rows[0].Outcome != harness.Failed || !strings.Contains(r.rows[0].Reason, "this machine's fault") {
		t.Errorf("without loopback: got exit %d, %+v\n%s", r.code, r.rows, r.output)
	}
	if took := time.Since(started); took > 2*answerTimeout {
		t.Errorf("it took %v", took)
	}
}
