package messagetest_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/internal/messagetest"
	"github.com/stagegate/stagegate/internal/npm"
)

// golden are the kit's own streams by the name of their sample.
func golden(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(npm.Dir(t), "@cucumber/compatibility-kit/features/*/*.ndjson"))
	if err != nil || len(files) != 46 {
		t.Fatalf("the kit has %d streams (%v), want 46", len(files), err)
	}
	all := map[string]string{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(filepath.Dir(f))] = string(b)
	}
	return all
}

func TestGoldenStreams(t *testing.T) {
	for name, stream := range golden(t) {
		t.Run(name, func(t *testing.T) {
			for _, wrong := range messagetest.Schema(t, strings.NewReader(stream)) {
				t.Error("schema:", wrong)
			}
			for _, wrong := range messagetest.Order(t, strings.NewReader(stream)) {
				t.Error("order:", wrong)
			}
			for _, wrong := range messagetest.Compare(t, strings.NewReader(stream), strings.NewReader(stream)) {
				t.Error("beside itself:", wrong)
			}
		})
	}
}

// Samples that are alike, which have names that are, are not the same run: else
// the comparison would see too little.
func TestSamplesDiffer(t *testing.T) {
	all := golden(t)
	names := slices.Sorted(maps.Keys(all))
	for i, a := range names {
		for _, b := range names[i+1 : min(i+4, len(names))] {
			if len(messagetest.Compare(t, strings.NewReader(all[a]), strings.NewReader(all[b]))) == 0 {
				t.Errorf("%s and %s are the same", a, b)
			}
		}
	}
}
