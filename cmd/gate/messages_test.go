package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// What a run writes stands in place of what was there, and of nothing else.
func TestMessageFolder(t *testing.T) {
	const stream = firstLine + "{}}\n"
	for _, c := range []struct {
		name          string
		shard, shards int
		before, wrote []string
		want          []string
	}{
		{"first", 0, 0, nil, []string{"messages-a.TestA-1-9.ndjson"}, []string{"a.TestA.ndjson"}},
		{"replaces all", 0, 0, []string{"a.TestA.ndjson", "gone.TestB.ndjson", "a.TestA-shard2.ndjson", ".messages-7"}, []string{"messages-a.TestA-1-9.ndjson"}, []string{"a.TestA.ndjson"}},
		{"two packages of one name", 0, 0, nil, []string{"messages-a.TestA-1-9.ndjson", "messages-a.TestA-2-8.ndjson"}, []string{"a.TestA-2.ndjson", "a.TestA.ndjson"}},
		{"a shard", 2, 3, []string{"a.TestA.ndjson", "a.TestA-shard1.ndjson", "b.TestB-shard2.ndjson", "a.TestA-shard4.ndjson", ".messages-7"}, []string{"messages-a.TestA-1-9.ndjson"},
			[]string{".messages-7", "a.TestA-shard1.ndjson", "a.TestA-shard2.ndjson"}},
		{"a shard with nothing to do", 2, 2, []string{"a.TestA-shard1.ndjson", "a.TestA-shard2.ndjson"}, nil, []string{"a.TestA-shard1.ndjson"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, from := messageFolder{dir: filepath.Join(t.TempDir(), "m"), shard: c.shard, shards: c.shards}, t.TempDir()
			fill(t, f.dir, stream, c.before...)
			fill(t, from, stream, c.wrote...)
			if err := f.check(); err != nil {
				t.Fatal(err)
			}
			if n, err := f.replace(from); err != nil || n != len(c.wrote) {
				t.Fatalf("%d files, %v", n, err)
			}
			if got, want := listing(t, f.dir), append([]string{ignore}, c.want...); !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// What is no stream of messages, or lies elsewhere, keeps its folder from being written.
func TestMessageFolderRefused(t *testing.T) {
	for name, text := range map[string]string{"mine.txt": firstLine, "mine.ndjson": "{\"order\":1}\n", "empty.ndjson": ""} {
		dir := t.TempDir()
		fill(t, dir, text, name)
		if err := (messageFolder{dir: dir}).check(); err == nil {
			t.Errorf("a folder with %s was taken", name)
		}
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(t.TempDir(), link); err != nil {
		t.Fatal(err)
	}
	if err := (messageFolder{dir: link}).check(); err == nil {
		t.Error("a link was followed")
	}
}

// A file that cannot be written leaves what was there.
func TestMessageFolderKeepsOld(t *testing.T) {
	f, from := messageFolder{dir: t.TempDir()}, t.TempDir()
	fill(t, f.dir, firstLine, "a.TestA.ndjson", "b.TestB.ndjson")
	if err := os.Mkdir(filepath.Join(from, "messages-a.TestA-1-9.ndjson"), 0o700); err != nil { // it cannot be read as a file
		t.Fatal(err)
	}
	if _, err := f.replace(from); err == nil {
		t.Error("no error")
	}
	if got, want := listing(t, f.dir), []string{ignore, "a.TestA.ndjson", "b.TestB.ndjson"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func fill(t *testing.T, dir, text string, names ...string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func listing(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
