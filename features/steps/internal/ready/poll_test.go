package ready

import (
	"errors"
	"fmt"
	"testing"
)

// A refusal is an error as those of the guarded clients, which say so of themselves.
type refusal struct{ error }

func (refusal) RetryableError() bool { return false }

// A fault is an error that says that another try may help.
type fault struct{ error }

func (fault) RetryableError() bool { return true }

// What another look cannot mend is looked at once, however long there is time.
func TestWithinEndsAtOnce(t *testing.T) {
	_, missing := Values{}.Fill("{order}", Same)
	for name, final := range map[string]error{"a value that nobody saved": missing, "a refusal": fmt.Errorf("send: %w", refusal{errors.New("live")})} {
		looks := 0
		err := Within(t.Context(), "1h", func() error { looks++; return final })
		if looks != 1 || !errors.Is(err, final) {
			t.Errorf("%s: %d looks, %v", name, looks, err)
		}
	}
	for name, again := range map[string]error{"anything": errors.New("not yet"), "a fault": fault{errors.New("slow down")}} {
		looks := 0
		err := Within(t.Context(), "1h", func() error {
			if looks++; looks < 3 {
				return again
			}
			return nil
		})
		if err != nil || looks != 3 {
			t.Errorf("%s: %d looks, %v", name, looks, err)
		}
	}
}
