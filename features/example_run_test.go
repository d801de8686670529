package features_test

import (
	"testing"

	"github.com/stagegate/stagegate/features"
)

// The example of the documentation runs.
func TestExample(t *testing.T) {
	t.Setenv("STAGEGATE_RUN", "") // gate runs the promises of this package: this is none
	t.Chdir("testdata/example")
	features.Run(t, openShelf, shelfSteps)
}
