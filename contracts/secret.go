package contracts

import (
	"fmt"
	"sync"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/conceal"
)

// secrets are the environment's values that a trial's test asked for. The zero
// value is ready.
type secrets struct {
	mu     sync.Mutex
	known  map[string]string // variable -> value
	absent []string          // variables that are not set
}

// secret is the value of a variable at p, for [Endpoint.Secret].
func (tr *trial) secret(variable, example string) (string, error) {
	if tr.mode == harness.Mock {
		return example, nil
	}
	tr.secrets.mu.Lock()
	defer tr.secrets.mu.Unlock()
	v := tr.getenv(variable)
	if v == "" {
		tr.absent = append(tr.absent, variable)
		return "", fmt.Errorf("%s is not set in the environment", variable)
	}
	if tr.known == nil {
		tr.known = map[string]string{}
	}
	tr.known[variable] = v
	return v, nil
}

func (s *secrets) lacking() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.absent
}

// conceal is text without the secrets.
func (s *secrets) conceal(text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return conceal.New(s.known).In(text)
}
