package features

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"
)

// embedded is a suite whose features are in no folder.
func embedded(how string) Suite[*world] {
	files := fstest.MapFS{"deep/one.feature": {Data: []byte("Feature: embedded\n  Scenario: one\n    Given it runs\n")}}
	x := Suite[*world]{FS: files, Open: func(context.Context, *Env) (*world, error) { return &world{}, nil },
		Define: func(s *Steps[*world]) { s.Given(`^it runs$`, func(w *world) error { return nil }) }}
	switch how {
	case "suite without files":
		x.FS = nil
	case "suite without features":
		x.FS = fstest.MapFS{"one.txt": {}}
	case "suite without open":
		x.Open = nil
	}
	return x
}

func TestSuiteRunsEmbeddedFeatures(t *testing.T) {
	for _, tt := range []struct {
		how, want string
		exit      int
	}{
		{"suite", "PASS: TestSample/embedded/one", 0},
		{"suite without files", "FS must not be nil", 1},
		{"suite without features", ".feature", 1},
		{"suite without open", "open and define must not be nil", 1},
	} {
		t.Run(tt.how, func(t *testing.T) {
			// The folder has a feature that does not parse: it is not the suite's.
			got := child{how: tt.how, files: map[string]string{"beside.feature": "nonsense"}}.run(t)
			if got.exit != tt.exit || !strings.Contains(got.output, tt.want) {
				t.Errorf("exit %d, want %d; output without %q:\n%s", got.exit, tt.exit, tt.want, got.output)
			}
		})
	}
}
