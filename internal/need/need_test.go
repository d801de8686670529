package need_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/internal/need"
)

// recorder ends its goroutine as a real test does.
type recorder struct {
	testing.TB
	ended, said string
}

func (r *recorder) Helper() {}
func (r *recorder) Fatal(args ...any) {
	r.ended, r.said = "failed", args[0].(string)
	runtime.Goexit()
}
func (r *recorder) Skip(args ...any) {
	r.ended, r.said = "skipped", args[0].(string)
	runtime.Goexit()
}

func TestMissing(t *testing.T) {
	for value, want := range map[string]string{"all": "failed", "": "skipped", "some": "skipped"} {
		t.Setenv(need.Variable, value)
		r := &recorder{TB: t}
		done := make(chan struct{})
		go func() {
			defer close(done)
			need.Missing(r, "moto_server", "make setup")
		}()
		<-done
		if r.ended != want || !strings.Contains(r.said, "moto_server") || !strings.Contains(r.said, "make setup") {
			t.Errorf("%s=%q: %s %q, want %s with the part and the command", need.Variable, value, r.ended, r.said, want)
		}
	}
}
