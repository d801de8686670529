package contracts

import (
	"bufio"
	"compress/gzip"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// serverVariable makes TestServer the dependency: a server in a process of its
// own, whose parent reads where it listens and what it was asked.
const serverVariable = "STAGEGATE_TEST_SERVER"

// oneMiB is a body of 1 MiB of JSON, whose last member is value.
func oneMiB(value string) string {
	return `{"filler":"` + strings.Repeat("x", 1<<20) + `","last":` + value + `}`
}

// wire is what the server answers, by path.
var wire = map[string]http.HandlerFunc{
	"/good":     answer(200, good),
	"/broken":   answer(500, `{"error":"HUSH"}`),
	"/wrong":    answer(200, `{"status":"valid","limit":"seven"}`),
	"/away":     answer(302, "", "Location", "/good"),
	"/none":     func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) },
	"/head":     answer(200, "", "X-A", "1"),
	"/gzip":     gzipped(good),
	"/short":    truncated,
	"/big":      answer(200, oneMiB("1")),
	"/bigwrong": answer(200, oneMiB(`"x"`)),
	"/hang":     func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	"/absolute": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "http://"+r.Host+"/good", 302) },
	"/chunked": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for _, part := range strings.SplitAfter(good, ",") {
			io.WriteString(w, part)
			w.(http.Flusher).Flush()
		}
	},
	"/slow": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for _, part := range strings.SplitAfter(good, ",") {
			io.WriteString(w, part)
			w.(http.Flusher).Flush()
			time.Sleep(500 * time.Millisecond)
		}
	},
	"/take": func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil || string(b) != oneMiB("1") {
			answer(400, `{}`)(w, r)
			return
		}
		answer(201, `{"id":9}`)(w, r)
	},
	"/cut": func(w http.ResponseWriter, _ *http.Request) { // gzip that ends early
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		var b strings.Builder
		z := gzip.NewWriter(&b)
		io.WriteString(z, good)
		z.Close()
		io.WriteString(w, b.String()[:b.Len()-12])
	},
}

func TestServer(t *testing.T) {
	if os.Getenv(serverVariable) == "" {
		return
	}
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	secure, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ca, cert := privateCA(t)
	if err := os.WriteFile(os.Getenv(serverVariable), ca, 0o600); err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Printf("asked %s %s\n", r.Method, r.URL)
		if h, ok := wire[r.URL.Path]; ok {
			h(w, r)
			return
		}
		answer(404, `{}`)(w, r)
	})}
	go s.Serve(plain)
	go s.Serve(tls.NewListener(secure, &tls.Config{Certificates: []tls.Certificate{cert}}))
	fmt.Printf("listens %s %d\n", plain.Addr(), secure.Addr().(*net.TCPAddr).Port)
	_, _ = io.Copy(io.Discard, os.Stdin) // until the parent goes
}

// privateCA makes an authority that nobody knows, and its certificate for localhost.
func privateCA(t *testing.T) (authority []byte, leaf tls.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	top := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "private"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, top, top, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	below := &x509.Certificate{SerialNumber: big.NewInt(2), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}}
	own, err := x509.CreateCertificate(rand.Reader, below, top, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), tls.Certificate{Certificate: [][]byte{own}, PrivateKey: key}
}

// A dependency is a running server process.
type dependency struct {
	url, secure string // http and https
	ca          string // file of the authority
	asked       func() []string
}

// process starts the server. Asked stops it, and returns what it was asked.
func process(t *testing.T) dependency {
	t.Helper()
	d := dependency{ca: t.TempDir() + "/ca.pem"}
	cmd := exec.Command(os.Args[0], "-test.run=^TestServer$", "-test.timeout=5m")
	cmd.Env = append(os.Environ(), serverVariable+"="+d.ca)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	sc := bufio.NewScanner(stdout)
	var port int
	for sc.Scan() {
		if n, _ := fmt.Sscanf(sc.Text(), "listens %s %d", &d.url, &port); n == 2 {
			break
		}
	}
	d.url, d.secure = "http://"+d.url, fmt.Sprintf("https://localhost:%d", port)
	var all []string
	done := make(chan struct{})
	go func() {
		defer close(done)
		for sc.Scan() {
			if what, ok := strings.CutPrefix(sc.Text(), "asked "); ok {
				all = append(all, what)
			}
		}
	}()
	stop := func() { stdin.Close(); <-done; _ = cmd.Wait() }
	ended := false
	t.Cleanup(func() {
		if !ended {
			stop()
		}
	})
	d.asked = func() []string { ended = true; stop(); return all }
	return d
}
