package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// serve FILE...: starts the service that scripts deploy to, and puts its URL
// for $URL in the files. It serves the commit that stands in the file "served".
func serve(ts *testscript.TestScript, _ bool, args []string) {
	served := ts.MkAbs("dist/served")
	mux := http.NewServeMux()
	mux.HandleFunc("GET /version", func(w http.ResponseWriter, r *http.Request) {
		b, err := os.ReadFile(served)
		if err != nil {
			http.Error(w, "nothing is deployed", http.StatusNotFound)
			return
		}
		fmt.Fprintf(w, `{"commit": %q}`, strings.TrimSpace(string(b)))
	})
	mux.HandleFunc("GET /greeting", func(w http.ResponseWriter, r *http.Request) {
		name := r.FormValue("name")
		if name == "" {
			http.Error(w, "who are you?", http.StatusBadRequest)
			return
		}
		if b, err := os.ReadFile(ts.MkAbs("dist/broken")); err == nil {
			name = string(b)
		}
		fmt.Fprintf(w, "Hello, %s!", name)
	})
	s := httptest.NewServer(mux)
	ts.Defer(s.Close)
	for _, f := range args {
		b, err := os.ReadFile(ts.MkAbs(f))
		ts.Check(err)
		ts.Check(os.WriteFile(ts.MkAbs(f), []byte(strings.ReplaceAll(string(b), "$URL", s.URL)), 0o666))
	}
}

// await FILE: waits until the file is there; ten minutes mean that it hangs.
func await(ts *testscript.TestScript, _ bool, args []string) {
	for end := time.Now().Add(10 * time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
			return
		}
	}
	ts.Fatalf("%s never came", args[0])
}
