package guard_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/internal/guard"
)

func TestPolicies(t *testing.T) {
	want := slices.Concat(guard.Reads("dynamodb"), guard.Reads("s3"), guard.Reads("sqs"))
	for _, limit := range []int{600, 2048, guard.ManagedPolicySize, 1 << 20} {
		documents, err := guard.Policies([]string{"sqs", "s3", "dynamodb", "s3"}, limit)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range documents {
			if len(d) > limit {
				t.Errorf("a document has %d characters, want %d at most", len(d), limit)
			}
			var p struct {
				Version   string
				Statement []struct {
					Effect, Resource string
					Action           []string
				}
			}
			if err := json.Unmarshal([]byte(d), &p); err != nil || len(p.Statement) != 1 || p.Statement[0].Effect != "Allow" {
				t.Fatalf("%v: %s", err, d)
			}
			for _, a := range p.Statement[0].Action {
				_, name, _ := strings.Cut(a, ":")
				got = append(got, name)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("limit %d: %d actions in %d documents, want %d", limit, len(got), len(documents), len(want))
		}
	}
	for _, bad := range []string{"", "sqz", "S3", "*"} {
		if d, err := guard.Policies([]string{"sqs", bad}, 2048); err == nil || !strings.Contains(err.Error(), "hint:") {
			t.Errorf("%q: got %v, %v", bad, d, err)
		}
	}
	if _, err := guard.Policies([]string{"sqs"}, 10); err == nil {
		t.Error("a policy of ten characters")
	}
}
