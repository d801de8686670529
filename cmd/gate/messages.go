package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/protocol"
)

// askMessages asks a suite's processes for Cucumber Messages, if the suite wants
// them. keep puts what they wrote into its folder, in place of what was there of
// this shard, and says how many files there are. Messages are for reports: no
// verdict reads them, and a run that ended early leaves what it had.
func askMessages(root string, s *protocol.Session, p harness.PlannedRun, shard int) (keep func() (int, error), err error) {
	if p.Definition.Messages == "" {
		return func() (int, error) { return 0, nil }, nil
	}
	dir := filepath.Join(root, p.Definition.Messages)
	if err := foreign(dir); err != nil {
		return nil, fmt.Errorf("messages of %s: %w", p, err)
	}
	s.Messages = true
	if s.Out, err = os.MkdirTemp("", "stagegate-messages-"); err != nil {
		return nil, err
	}
	suffix := ""
	if p.Divided() > 1 {
		suffix = fmt.Sprintf("-shard%d", shard)
	}
	return func() (int, error) {
		defer os.RemoveAll(s.Out)
		return moveMessages(s.Out, dir, suffix)
	}, nil
}

// foreign is what keeps a folder from being written anew: something else is in it.
func foreign(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || !strings.HasSuffix(e.Name(), ".ndjson") {
			return fmt.Errorf("%s: holds %s, and would be emptied\nhint: name a folder for messages alone", dir, e.Name())
		}
	}
	return err
}

// moveMessages gives the streams in from their names in dir: what a test process
// called messages-PACKAGE.TEST-RANDOM.ndjson is PACKAGE.TEST.ndjson, with a number
// where two are alike.
func moveMessages(from, dir, suffix string) (n int, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, err
	}
	old, err := filepath.Glob(filepath.Join(dir, "*"+suffix+".ndjson"))
	for _, name := range old {
		if suffix != "" || !regexp.MustCompile(`-shard\d+\.ndjson$`).MatchString(name) {
			err = errors.Join(err, os.Remove(name))
		}
	}
	streams, wrong := filepath.Glob(filepath.Join(from, "messages-*.ndjson"))
	if err = errors.Join(err, wrong); err != nil {
		return 0, err
	}
	taken := map[string]int{}
	for _, stream := range streams {
		name := strings.TrimPrefix(filepath.Base(stream), "messages-")
		name = name[:strings.LastIndexByte(name, '-')]
		if taken[name]++; taken[name] > 1 {
			name = fmt.Sprintf("%s-%d", name, taken[name])
		}
		b, err := os.ReadFile(stream)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name+suffix+".ndjson"), b, 0o644)
		}
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
