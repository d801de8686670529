package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// installed is a host with a release of a program that runs until it is told to stop.
func installed(t *testing.T, script string) (host, string) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "orders")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	h := host{dir: t.TempDir()}
	path, err := h.install(program, "abcdef0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return h, path
}

func ready(context.Context) error { return nil }

func TestStartStop(t *testing.T) {
	h, program := installed(t, "exec sleep 600")
	for range 2 { // the second release replaces the first
		if err := h.stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := h.start(t.Context(), program, nil, ready); err != nil {
			t.Fatal(err)
		}
		if err := h.start(t.Context(), program, nil, ready); err == nil {
			t.Fatal("two services run on one host")
		}
	}
	if err := h.stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	f, free, err := h.lock()
	if err != nil || !free {
		t.Fatalf("after stop: free %v, %v", free, err)
	}
	f.Close()
}

// A pid that was left behind may belong to anybody by now.
func TestStopLeavesOthersAlone(t *testing.T) {
	other := exec.Command("sleep", "600")
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	h := host{dir: t.TempDir()}
	if err := os.WriteFile(filepath.Join(h.dir, "pid"), fmt.Appendln(nil, other.Process.Pid), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := h.stop(t.Context()); err != nil {
		t.Error(err)
	}
	if err := other.Process.Kill(); err != nil {
		t.Errorf("the other process was gone: %v", err)
	}
	if err := other.Wait(); err == nil || err.Error() != "signal: killed" {
		t.Errorf("it ended with %v, want our own kill", err)
	}
}

func TestStartFails(t *testing.T) {
	h, program := installed(t, "exit 3")
	never := errors.New("connection refused")
	err := h.start(t.Context(), program, nil, func(context.Context) error { return never })
	if err == nil || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("got %v, want how it ended", err)
	}
}

func TestStartsAnotherCommit(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, `{"commit": "0000000"}`)
	}))
	defer srv.Close()
	h, program := installed(t, "exec sleep 600")
	if err := h.start(t.Context(), program, nil, serves(srv.URL, "abcdef0")); !errors.Is(err, errOther) {
		t.Errorf("got %v, want %v", err, errOther)
	}
	if err := serves(srv.URL, "0000000")(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestVacant(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := vacant(l.Addr().String()); err == nil {
		t.Error("an address that is taken is vacant")
	}
	l.Close()
	if err := vacant(l.Addr().String()); err != nil {
		t.Error(err)
	}
}

func TestRefusesOddNames(t *testing.T) {
	none := func(string) string { return "" }
	for _, args := range [][]string{
		{"-commit", "abcdef0"},
		{"-target", "../prod", "-commit", "abcdef0"},
		{"-target", "prod"},
		{"-target", "prod", "-commit", "../../etc"},
	} {
		if err := run(t.Context(), args, none, nil, t.Output()); err == nil || !strings.Contains(err.Error(), "want") {
			t.Errorf("%q: got %v, want it refused", args, err)
		}
	}
}
