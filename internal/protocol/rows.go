package protocol

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/stagegate/stagegate/harness"
)

// A line of an answer file. Exactly one member is set.
type line struct {
	Begin   *Header          `json:"begin,omitempty"`
	Planned *harness.Planned `json:"planned,omitempty"`
	Unused  *Unused          `json:"unused,omitempty"`
	Row     *harness.Row     `json:"row,omitempty"`
	Pact    *Pact            `json:"pact,omitempty"`
	End     *Trailer         `json:"end,omitempty"`
}

// A Header is the first line of an answer file.
type Header struct {
	Version int    `json:"version"`
	Run     string `json:"run"`
	Nonce   string `json:"nonce"`
	Suite   string `json:"suite"`
	Phase   Phase  `json:"phase"`
	Dir     string `json:"dir"`  // folder of the package under test
	Test    string `json:"test"` // the Go test that answers
}

// A Trailer is the last line of an answer file.
type Trailer struct {
	Rows   int            `json:"rows"` // rows, or planned ones
	Unused int            `json:"unused,omitzero"`
	Pacts  int            `json:"pacts,omitzero"`
	Counts harness.Counts `json:"counts,omitempty"`
}

// An Unused is a step definition that no scenario of the Go test which answers
// uses, whatever the suite selects of them. It is no part of what would run.
type Unused struct {
	Where      string `json:"where"` // file:line, relative to the package
	Expression string `json:"expression"`
}

// A Pact is what a passed interaction adds to the pact file of its consumer and
// provider: a whole document of specification version 4 with what one test
// defines.
type Pact struct {
	ID       string         `json:"id"` // of the row
	Document jsontext.Value `json:"document"`
}

// A Writer writes one answer file. It is safe for concurrent use.
type Writer struct {
	mu     sync.Mutex
	f      *os.File
	rows   int
	unused int
	pacts  int
	counts harness.Counts
	err    error
}

// Create begins an answer file for the Go test called test. Names in rows are
// names under go test, without the import path: gate adds it.
func Create(s *Session, test string) (*Writer, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(s.Out, "answer-*.ndjson")
	if err != nil {
		return nil, fmt.Errorf("begin answer: %w", err)
	}
	w := &Writer{f: f, counts: harness.Counts{}}
	w.write(line{Begin: &Header{Version: Version, Run: s.Run, Nonce: s.Nonce, Suite: s.Suite, Phase: s.Phase, Dir: dir, Test: test}})
	return w, w.err
}

// Planned writes one thing that would run.
func (w *Writer) Planned(p harness.Planned) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rows++
	w.write(line{Planned: &p})
	return w.err
}

// Unused writes one definition that nothing uses.
func (w *Writer) Unused(u Unused) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.unused++
	w.write(line{Unused: &u})
	return w.err
}

// Row writes one result. It is on disk, in whole, when Row returns.
func (w *Writer) Row(r harness.Row) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rows++
	w.counts[r.Outcome]++
	w.write(line{Row: &r})
	return w.err
}

// Pact writes what a passed interaction adds to a pact file.
func (w *Writer) Pact(p Pact) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(p.Document) > maxLine/2 { // a line of its own must be readable
		return fmt.Errorf("keep pact: a document of %d bytes, want at most %d", len(p.Document), maxLine/2)
	}
	w.pacts++
	w.write(line{Pact: &p})
	return w.err
}

// Close writes the trailer. It returns the first error of all writes: after
// one the file has no trailer, and is not evidence.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.write(line{End: &Trailer{Rows: w.rows, Unused: w.unused, Pacts: w.pacts, Counts: w.counts}})
	return errors.Join(w.err, w.f.Close())
}

func (w *Writer) write(l line) {
	if w.err != nil {
		return
	}
	b, err := json.Marshal(l, json.Deterministic(true))
	if err == nil {
		_, err = w.f.Write(append(b, '\n'))
	}
	if err != nil {
		w.err = fmt.Errorf("write %s: %w", filepath.Base(w.f.Name()), err)
	}
}

// maxLine bounds one line of an answer file, in bytes.
const maxLine = 8 << 20

// An Answer is the content of one answer file.
type Answer struct {
	Header
	Planned []harness.Planned
	Unused  []Unused
	Rows    []harness.Row
	Pacts   []Pact
}

// ErrTruncated says that an answer has no trailer, or another number of lines
// than its trailer counts.
var ErrTruncated = errors.New("answer was cut short")

// Read reads one answer file. What was read before an error is returned with
// it: an answer cut short ([ErrTruncated]) still tells what had failed.
func Read(r io.Reader) (Answer, error) {
	var a Answer
	sc := bufio.NewScanner(r)
	sc.Buffer(make([]byte, 0, 64<<10), maxLine)
	n, ended := 0, false
	var end Trailer
	for sc.Scan() {
		n++
		b := bytes.TrimSuffix(sc.Bytes(), []byte("\r"))
		var l line
		if err := json.Unmarshal(b, &l, json.RejectUnknownMembers(true)); err != nil {
			return a, fmt.Errorf("line %d: %w", n, errors.Join(ErrTruncated, err))
		}
		if (n == 1) != (l.Begin != nil) || ended {
			return a, fmt.Errorf("line %d: out of place", n)
		}
		switch {
		case l.Begin != nil:
			a.Header = *l.Begin
			if a.Version != Version {
				return a, fmt.Errorf("protocol version %d, want %d", a.Version, Version)
			}
		case l.Planned != nil:
			a.Planned = append(a.Planned, *l.Planned)
		case l.Unused != nil:
			if a.Phase != Plan || l.Unused.Where == "" || l.Unused.Expression == "" {
				return a, fmt.Errorf("line %d: an unused definition belongs into a plan, with its place and expression", n)
			}
			a.Unused = append(a.Unused, *l.Unused)
		case l.Row != nil:
			a.Rows = append(a.Rows, *l.Row)
		case l.Pact != nil:
			a.Pacts = append(a.Pacts, *l.Pact)
		case l.End != nil:
			end, ended = *l.End, true
		default:
			return a, fmt.Errorf("line %d: says nothing", n)
		}
	}
	if err := sc.Err(); err != nil {
		return a, err
	}
	if !ended {
		return a, ErrTruncated
	}
	if got := len(a.Rows) + len(a.Planned); got != end.Rows || !harness.CountRows(a.Rows).Equal(end.Counts) {
		return a, fmt.Errorf("%w: %d rows %v, trailer says %d %v", ErrTruncated, got, harness.CountRows(a.Rows), end.Rows, end.Counts)
	}
	if len(a.Unused) != end.Unused {
		return a, fmt.Errorf("%w: %d unused definitions, trailer says %d", ErrTruncated, len(a.Unused), end.Unused)
	}
	if len(a.Pacts) != end.Pacts {
		return a, fmt.Errorf("%w: %d pacts, trailer says %d", ErrTruncated, len(a.Pacts), end.Pacts)
	}
	return a, nil
}

// ReadDir reads every answer file in dir. The error joins what is wrong with
// each; the answers are returned as far as they go.
func ReadDir(dir string) ([]Answer, error) {
	names, err := filepath.Glob(filepath.Join(dir, "answer-*.ndjson"))
	if err != nil {
		return nil, err
	}
	var all []Answer
	var wrong error
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			wrong = errors.Join(wrong, err)
			continue
		}
		a, err := Read(f)
		f.Close()
		if err != nil {
			wrong = errors.Join(wrong, fmt.Errorf("%s: %w", filepath.Base(name), err))
		}
		all = append(all, a)
	}
	return all, wrong
}
