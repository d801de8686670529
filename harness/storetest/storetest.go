package storetest

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/harness"
)

// Run tests the store that open returns; each call must return an empty one.
func Run(t *testing.T, open func(t *testing.T) harness.Store) {
	for _, tt := range []struct {
		name string
		test func(*testing.T, harness.Store)
	}{
		{"empty", testEmpty},
		{"written once", testOnce},
		{"values come back as they are", testValues},
		{"values are copies", testCopies},
		{"list", testList},
		{"bad keys", testBadKeys},
		{"long keys", testLongKeys},
		{"a cancelled context", testCancelled},
		{"many writers of one key", testRace},
		{"many writers of many keys", testMany},
	} {
		t.Run(tt.name, func(t *testing.T) { tt.test(t, open(t)) })
	}
}

func testEmpty(t *testing.T, s harness.Store) {
	wantAbsent(t, s, "a")
	wantAbsent(t, s, "a/b")
	for _, prefix := range []string{"", "a", "a/b"} {
		wantList(t, s, prefix)
	}
}

func testOnce(t *testing.T, s harness.Store) {
	put(t, s, "runs/1/record.json", "first")
	for _, again := range []string{"second", "first", ""} {
		if err := s.Put(t.Context(), "runs/1/record.json", []byte(again)); !errors.Is(err, harness.ErrExists) {
			t.Errorf("Put of %q over a value: %v, want ErrExists", again, err)
		}
	}
	wantValue(t, s, "runs/1/record.json", "first")
	wantAbsent(t, s, "runs/1")
	wantAbsent(t, s, "runs/1/record.jso")
	wantAbsent(t, s, "runs/1/record.json2")
	wantAbsent(t, s, "runs/1/Record2.json")
}

func testValues(t *testing.T, s harness.Store) {
	for name, v := range map[string][]byte{
		"empty":   {},
		"zeros":   make([]byte, 3),
		"newline": []byte("a\r\n\n\xff\x00"),
		"8MiB":    pattern(8 << 20),
	} {
		put(t, s, name, string(v))
		wantValue(t, s, name, string(v))
	}
}

func testCopies(t *testing.T, s harness.Store) {
	b := []byte("value")
	if err := s.Put(t.Context(), "k", b); err != nil {
		t.Fatal(err)
	}
	b[0] = 'X'
	got, err := s.Get(t.Context(), "k")
	if err != nil || string(got) != "value" {
		t.Fatalf("Get = %q, %v after the caller changed its bytes", got, err)
	}
	got[0] = 'Y'
	wantValue(t, s, "k", "value")
}

func testList(t *testing.T, s harness.Store) {
	all := []string{"a/b/c", "a/b-c", "a/b/d/e", "a/b.c", "ab", "a=1/x", "B/x", "a/bb/c"}
	for _, k := range all {
		put(t, s, k, k)
	}
	slices.Sort(all)
	wantList(t, s, "", all...)
	wantList(t, s, "a", "a/b-c", "a/b.c", "a/b/c", "a/b/d/e", "a/bb/c")
	wantList(t, s, "a/b", "a/b/c", "a/b/d/e")
	wantList(t, s, "a=1", "a=1/x")
	wantList(t, s, "a/b/c")
	wantList(t, s, "ab")
	wantList(t, s, "nothing/here")
	wantList(t, s, "b")
}

// badKeys are what no adapter takes.
func badKeys() []string {
	return []string{
		"", "/", "/a", "a/", "a//b", ".", "..", "a/..", "../a", "a/../b", "a/./b", "./a",
		"a b", "a\\b", "a\x00b", "a\nb", "a:b", "a*", "a?", "a%2fb", "a~", "é", "a\u2215b", "\xff", "a+b", "a@b", "a#b",
		strings.Repeat("x", 201), "a/" + strings.Repeat("x", 201) + "/b",
		strings.Repeat("abcdefg/", 113) + "x",
	}
}

func testBadKeys(t *testing.T, s harness.Store) {
	for _, k := range badKeys() {
		if err := s.Put(t.Context(), k, []byte("x")); err == nil || errors.Is(err, harness.ErrExists) {
			t.Errorf("Put(%.40q) = %v, want another error", k, err)
		}
		if _, err := s.Get(t.Context(), k); err == nil || errors.Is(err, harness.ErrNotFound) {
			t.Errorf("Get(%.40q) = %v, want another error", k, err)
		}
		if k == "" {
			continue // lists everything
		}
		if _, err := s.List(t.Context(), k); err == nil {
			t.Errorf("List(%.40q) succeeded", k)
		}
	}
	wantList(t, s, "")
}

func testLongKeys(t *testing.T, s harness.Store) {
	for _, k := range []string{
		strings.Repeat("x", 200),
		strings.Repeat("abcdefg/", 112) + "last",
		"...", "..a/b..", "-rf", "=", "_", "a.b-c_d=E9/.hidden",
	} {
		put(t, s, k, k)
		wantValue(t, s, k, k)
	}
}

func testCancelled(t *testing.T, s harness.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Put(ctx, "k", []byte("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("Put = %v, want the context's error", err)
	}
	wantAbsent(t, s, "k")
}

func put(t *testing.T, s harness.Store, key, value string) {
	t.Helper()
	if err := s.Put(t.Context(), key, []byte(value)); err != nil {
		t.Fatalf("Put(%.60q): %v", key, err)
	}
}

func wantValue(t *testing.T, s harness.Store, key, want string) {
	t.Helper()
	got, err := s.Get(t.Context(), key)
	if err != nil || string(got) != want {
		t.Errorf("Get(%.60q) = %d bytes, %v, want %d bytes as written", key, len(got), err, len(want))
	}
}

func wantAbsent(t *testing.T, s harness.Store, key string) {
	t.Helper()
	if got, err := s.Get(t.Context(), key); !errors.Is(err, harness.ErrNotFound) {
		t.Errorf("Get(%.60q) = %d bytes, %v, want ErrNotFound", key, len(got), err)
	}
}

func wantList(t *testing.T, s harness.Store, prefix string, want ...string) {
	t.Helper()
	got, err := s.List(t.Context(), prefix)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("List(%q) = %q, %v, want %q", prefix, got, err, want)
	}
}

// pattern is n bytes that differ wherever they are cut, shifted or mixed.
func pattern(n int) []byte {
	b := make([]byte, 0, n+20)
	for i := 0; len(b) < n; i += 7919 {
		b = append(strconv.AppendInt(b, int64(i), 36), '\n')
	}
	return b[:n]
}
