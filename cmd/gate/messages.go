package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/protocol"
)

// askMessages asks a suite's processes for Cucumber Messages, if the suite wants
// them. keep puts what they wrote into its folder, and says so. Messages are for
// reports: no verdict reads them, what goes wrong with them is said and no more, and
// a run that ended early leaves what it had.
func askMessages(root string, s *protocol.Session, p harness.PlannedRun, shard int, say func(string, ...any)) (keep func(), err error) {
	if p.Definition.Messages == "" {
		return func() {}, nil
	}
	f := messageFolder{dir: filepath.Join(root, p.Definition.Messages)}
	if p.Divided() > 1 {
		f.shard, f.shards = shard, p.Divided()
	}
	if err := f.check(); err != nil {
		return nil, fmt.Errorf("messages of %s: %w\nhint: name a folder for messages alone", p, err)
	}
	s.Messages = true
	if s.Out, err = os.MkdirTemp("", "stagegate-messages-"); err != nil {
		return nil, err
	}
	out := s.Out
	return func() {
		defer os.RemoveAll(out)
		if n, err := f.replace(out); err != nil {
			say("messages of %s: %v", p, err)
		} else {
			say("messages of %s: %d files in %s", p, n, p.Definition.Messages)
		}
	}, nil
}

// A messageFolder is where a suite's messages are, or those of its shards, each of
// which has files of its own.
type messageFolder struct {
	dir           string
	shard, shards int // 0: the run is not divided
}

// ignore keeps the folder out of git: a run must not change the checkout that it is
// about.
const ignore = ".gitignore"

// unfinished is how the name of a file begins that is not whole yet.
const unfinished = ".messages-"

// check returns what keeps the folder from being written: it is a link, or something
// in it is no stream of messages.
func (f messageFolder) check() error {
	if info, err := os.Lstat(f.dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil || !info.IsDir() {
		return errors.Join(fmt.Errorf("%s: is no folder, or a link to one", f.dir), err)
	}
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || e.Name() != ignore && !strings.HasPrefix(e.Name(), unfinished) && !isStream(filepath.Join(f.dir, e.Name())) {
			return fmt.Errorf("%s: holds %s, and would be written anew", f.dir, e.Name())
		}
	}
	return nil
}

// isStream reports whether a file begins as a stream of messages does.
func isStream(name string) bool {
	if !strings.HasSuffix(name, ".ndjson") {
		return false
	}
	r, err := os.Open(name)
	if err != nil {
		return false
	}
	defer r.Close()
	begin, err := bufio.NewReader(r).Peek(len(firstLine))
	return err == nil && string(begin) == firstLine
}

const firstLine = `{"meta":`

// replace puts the streams in from into the folder, each whole or not at all, and
// then takes away what they stand in place of.
func (f messageFolder) replace(from string) (int, error) {
	if err := os.MkdirAll(f.dir, 0o755); err != nil {
		return 0, err
	}
	if err := f.hide(); err != nil {
		return 0, err
	}
	streams, err := filepath.Glob(filepath.Join(from, "messages-*.ndjson"))
	if err != nil {
		return 0, err
	}
	fresh := map[string]bool{}
	for _, stream := range streams {
		name := f.name(protocol.MessagesName(stream), fresh)
		if err := write(stream, filepath.Join(f.dir, name)); err != nil {
			return len(fresh), err
		}
		fresh[name] = true
	}
	entries, err := os.ReadDir(f.dir)
	for _, e := range entries {
		if !fresh[e.Name()] && f.stale(e.Name()) {
			err = errors.Join(err, os.Remove(filepath.Join(f.dir, e.Name())))
		}
	}
	return len(fresh), err
}

// hide writes the folder's .gitignore, where it has none.
func (f messageFolder) hide() error {
	w, err := os.OpenFile(filepath.Join(f.dir, ignore), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = w.WriteString("*\n")
	return errors.Join(err, w.Close())
}

// name is PACKAGE.TEST.ndjson, with a number where two are alike, and the shard's.
func (f messageFolder) name(of string, taken map[string]bool) string {
	suffix := ".ndjson"
	if f.shard > 0 {
		suffix = fmt.Sprintf("-shard%d.ndjson", f.shard)
	}
	name := of + suffix
	for n := 2; taken[name]; n++ {
		name = fmt.Sprintf("%s-%d%s", of, n, suffix)
	}
	return name
}

// write copies a file, and gives it its name when it is whole.
func write(from, to string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	w, err := os.CreateTemp(filepath.Dir(to), unfinished)
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	if err = errors.Join(err, w.Chmod(0o644), w.Close()); err == nil {
		err = os.Rename(w.Name(), to)
	}
	if err != nil {
		os.Remove(w.Name())
	}
	return err
}

var ofShard = regexp.MustCompile(`-shard(\d+)\.ndjson$`)

// stale reports whether a file is of a run before, that this one stands in place of:
// other shards of the same division stay.
func (f messageFolder) stale(name string) bool {
	if name == ignore {
		return false
	}
	if strings.HasPrefix(name, unfinished) {
		return f.shards == 0 // else it may be another shard's, at this moment
	}
	m := ofShard.FindStringSubmatch(name)
	if f.shards == 0 || m == nil {
		return true
	}
	n, err := strconv.Atoi(m[1])
	return err != nil || n == f.shard || n > f.shards
}
