package protocol

import (
	"fmt"
	"os"

	"github.com/go-json-experiment/json"

	"github.com/stagegate/stagegate/harness"
)

// Version is the version of the protocol. A test process refuses any other.
const Version = 1

// Variable names the environment variable that holds the session file's path.
const Variable = "STAGEGATE_RUN"

// A Phase says what a test process is asked for.
type Phase string

// Phases.
const (
	Plan Phase = "plan" // say what would run; run no scenario and no interaction, touch no target
	Exec Phase = "test" // run it
)

// A Session is what gate tells a test process. There are no secrets in it.
type Session struct {
	Version int            `json:"version"`
	Phase   Phase          `json:"phase"`
	Run     string         `json:"run"`
	Nonce   string         `json:"nonce"`
	Service string         `json:"service"`
	Stage   string         `json:"stage"`
	Suite   string         `json:"suite"`
	Tags    string         `json:"tags,omitempty"` // tag expression
	Target  harness.Target `json:"target"`
	// Only lists the rows of this shard: package folder -> names under go test,
	// in the order in which scenarios begin. Nil means all; a folder that is not
	// in it has none.
	Only map[string][]string `json:"only,omitzero"`
	// Order lists names as Only does, where that is nil: scenarios begin in its
	// order, and those that are not in it after them. It leaves nothing out.
	Order map[string][]string `json:"order,omitzero"`
	// Mocks has interactions run against mocks, whatever the target is. No
	// evidence comes of it.
	Mocks bool `json:"mocks,omitempty"`
	// Loose says that nobody decides on what is answered: a person may select what
	// runs.
	Loose bool `json:"loose,omitempty"`
	// Attempts is how often one scenario may be tried; 0 means once.
	Attempts int `json:"attempts,omitempty"`
	// Messages asks for the Cucumber Messages of scenarios, in messages-*.ndjson beside
	// the answers.
	Messages bool   `json:"messages,omitempty"`
	Out      string `json:"out"` // folder for the answers; exists, is empty
}

// Mode is the mode in which a row of kind k has to run.
func (s *Session) Mode(k harness.Kind) harness.Mode {
	if s.Mocks && k == harness.Interaction {
		return harness.Mock
	}
	return harness.ModeFor(k, s.Target)
}

// Mine reports whether the row called name under go test, of the package in
// folder dir, is this shard's.
func (s *Session) Mine(dir, name string) bool {
	if s.Only == nil {
		return true
	}
	for _, n := range s.Only[dir] {
		if n == name {
			return true
		}
	}
	return false
}

// Names are those rows of the package in folder dir of which somebody said in
// which order they begin; whole says that what is not among them runs as well,
// after them.
func (s *Session) Names(dir string) (names []string, whole bool) {
	if s.Only == nil {
		return s.Order[dir], true
	}
	return s.Only[dir], false
}

// FromEnviron reads the session that the environment names. Without
// STAGEGATE_RUN it returns nil and no error: a plain go test. A file that
// cannot be read, is readable by others, or is of another version is an error,
// so that a suite fails instead of quietly testing something else.
func FromEnviron(getenv func(string) string) (*Session, error) {
	path := getenv(Variable)
	if path == "" {
		return nil, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", Variable, err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s: %s may be read by others (mode %v, want 0600)", Variable, path, info.Mode().Perm())
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", Variable, err)
	}
	s, err := ParseSession(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", Variable, path, err)
	}
	return s, nil
}

// ParseSession reads a session file's content. Unknown and duplicate members,
// another version and a missing member are errors.
func ParseSession(b []byte) (*Session, error) {
	var head struct {
		Version int            `json:"version"`
		Rest    map[string]any `json:",unknown"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return nil, err
	}
	if head.Version != Version {
		return nil, fmt.Errorf("protocol version %d, this package speaks %d: use a gate and a stagegate module of the same release", head.Version, Version)
	}
	var s Session
	if err := json.Unmarshal(b, &s, json.RejectUnknownMembers(true)); err != nil {
		return nil, err
	}
	switch {
	case s.Phase != Plan && s.Phase != Exec:
		return nil, fmt.Errorf("unknown phase %q", s.Phase)
	case s.Run == "" || s.Nonce == "" || s.Suite == "" || s.Out == "":
		return nil, fmt.Errorf("run, nonce, suite and out must not be empty")
	case s.Only != nil && s.Order != nil:
		return nil, fmt.Errorf("only has an order: there must not be another")
	case s.Target.Mode != harness.InProcess && s.Target.Mode != harness.Deployed:
		return nil, fmt.Errorf("target: unknown mode %q", s.Target.Mode)
	}
	return &s, nil
}

// WriteSession writes s to a new file at path, readable by its owner alone.
func WriteSession(path string, s Session) error {
	s.Version = Version
	b, err := json.Marshal(s, json.Deterministic(true))
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.Write(append(b, '\n')); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
