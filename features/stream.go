package features

import (
	"bufio"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	messages "github.com/cucumber/messages/go/v34"

	"github.com/stagegate/stagegate/internal/protocol"
)

// messagesVariable names a folder for Cucumber Messages under plain go test.
const messagesVariable = "STAGEGATE_MESSAGES"

// A stream writes the Cucumber Messages of one run: newline-delimited JSON, an
// attempt at a time, each on its way when the next thing happens. A nil stream
// writes nothing.
//
// The form is that of https://github.com/cucumber/messages, protocol version 34.
type stream struct {
	mu     sync.Mutex
	w      *bufio.Writer
	closer io.Closer
	prefix string       // of ids
	last   atomic.Int64 // id
	run    string       // id of testRunStarted
	of     *runner
	cases  map[*scenario]testCase // what was told of scenarios that may be tried again
	red    bool                   // something has failed
}

// listen opens the stream that the environment or gate asks for.
func (s *suite) listen(t *testing.T) error {
	folder := os.Getenv(messagesVariable)
	switch {
	case !s.loose() && (!s.session.Messages || s.session.Phase != protocol.Exec):
		return nil
	case !s.loose():
		folder = s.session.Out
	case folder == "":
		return nil
	case !filepath.IsAbs(folder):
		return fmt.Errorf("%s=%s: want an absolute path: each package has a working folder of its own", messagesVariable, folder)
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return fmt.Errorf("messages: %w", err)
	}
	dir, err := os.Getwd()
	if err != nil {
		return fmt.Errorf("messages: %w", err)
	}
	f, err := os.CreateTemp(folder, protocol.MessagesPattern(dir, t.Name()))
	if err != nil {
		return fmt.Errorf("messages: %w", err)
	}
	s.tell = newStream(f)
	t.Cleanup(func() {
		if err := s.tell.close(); err != nil {
			t.Errorf("messages: %v", err)
		}
	})
	return nil
}

func newStream(w io.WriteCloser) *stream {
	return &stream{prefix: strings.ToLower(rand.Text()[:8]) + "-", w: bufio.NewWriterSize(w, 64<<10), closer: w, cases: map[*scenario]testCase{}}
}

func (s *stream) close() error {
	if err := s.w.Flush(); err != nil {
		s.closer.Close()
		return err
	}
	return s.closer.Close()
}

// newID gives ids that differ in the whole run.
func (s *stream) newID() func() string {
	if s == nil {
		return (&messages.Incrementing{}).NewId
	}
	return s.id
}

// id is another one each time, also beside those of other streams: they may be read together.
func (s *stream) id() string { return s.prefix + strconv.FormatInt(s.last.Add(1), 10) }

// write adds messages, together.
func (s *stream) write(all ...any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := json.NewEncoder(s.w)
	e.SetEscapeHTML(false)
	for _, m := range all {
		if err := e.Encode(m); err != nil {
			return err
		}
	}
	return s.w.Flush()
}
