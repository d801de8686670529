package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/stagegate/stagegate/internal/hello"
	"github.com/stagegate/stagegate/internal/moto"
)

// service: the folder becomes the repository of package internal/hello, with
// the files that the script brings in place of its own, and everything in it
// is committed. Its service runs until the script ends; while place/NAME.down is
// there, what it answers at .../NAME is wrong ([isDown]). A key that signs and a
// trust file that names it are set for gate.
func service(ts *testscript.TestScript, _ bool, _ []string) {
	dir := ts.MkAbs(".")
	seen, served := log(filepath.Join(dir, "place", "visits")), hello.Handler(dir)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen(r.URL.Path)
		if isDown(filepath.Join(dir, "place", filepath.Base(r.URL.Path)), w, r) {
			return
		}
		served.ServeHTTP(w, r)
	}))
	ts.Defer(s.Close)
	ts.Setenv("URL", s.URL)
	ts.Check(hello.Write(dir, map[string]string{"URL": s.URL, "MOTO": ts.Getenv("MOTO")}))
	ts.Check(hello.Module(dir, ts.Getenv("ROOT")))
	key, trust, err := hello.Keys(dir)
	ts.Check(err)
	ts.Setenv("STAGEGATE_KEY", key)
	ts.Setenv("STAGEGATE_TRUST", trust)
	commit(ts, false, nil)
}

// log returns what adds a line to a file, if its folder is there.
func log(file string) func(line string) {
	var mu sync.Mutex
	return func(line string) {
		mu.Lock()
		defer mu.Unlock()
		f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
		if err != nil {
			return
		}
		defer f.Close()
		io.WriteString(f, line+"\n")
	}
}

// commit: commits all changes.
func commit(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Check(hello.Commit(context.Background(), ts.MkAbs(".")))
}

// moto: runs a moto_server until the script ends, or is told to stop, and puts
// its endpoint into $MOTO.
func startMoto(ts *testscript.TestScript, _ bool, _ []string) {
	path, err := moto.Find(os.Getenv, ".")
	ts.Check(err)
	s, err := moto.Start(context.Background(), path)
	ts.Check(err)
	ts.Defer(s.Stop)
	ts.Setenv("MOTO", s.Endpoint)
}

// await FILE: waits until the file is there; a minute means that it hangs.
func await(ts *testscript.TestScript, _ bool, args []string) {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
			return
		}
	}
	ts.Fatalf("%s never came", args[0])
}
