package guard

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// ManagedPolicySize is the most characters of a managed policy of IAM, white
// space not counted (IAM User Guide, "IAM and AWS STS quotas"). A policy that
// goes with AssumeRole itself may have 2,048, which is too few for most services.
const ManagedPolicySize = 6144

type statement struct {
	Sid      string
	Effect   string
	Action   []string
	Resource string
}

type policy struct {
	Version   string
	Statement []statement
}

// Policies are IAM policies that permit what [ReadOnly] does in the services
// with these IAM prefixes, and nothing else; each fits into limit characters. A
// prefix that is not known is an error.
func Policies(prefixes []string, limit int) (documents []string, err error) {
	prefixes = slices.Compact(slices.Sorted(slices.Values(prefixes)))
	var actions []string
	for _, p := range prefixes {
		reads := Reads(p)
		if len(reads) == 0 {
			return nil, fmt.Errorf("no service of AWS has the IAM prefix %q, or nothing in it reads\nhint: %s", p, like(p))
		}
		for _, a := range reads {
			actions = append(actions, p+":"+a)
		}
	}
	for len(actions) > 0 {
		n := fitting(actions, limit)
		if n == 0 {
			return nil, fmt.Errorf("a policy of %d characters holds no action", limit)
		}
		documents, actions = append(documents, document(actions[:n])), actions[n:]
	}
	return documents, nil
}

// fitting is how many of the first actions fit into one document.
func fitting(actions []string, limit int) int {
	size := len(document(nil)) - len("null") + len("[]")
	for i, a := range actions {
		if size += len(a) + len(`"",`); size > limit {
			return i
		}
	}
	return len(actions)
}

func document(actions []string) string {
	b, err := json.Marshal(policy{"2012-10-17", []statement{{"TestsRead", "Allow", actions, "*"}}})
	if err != nil {
		panic(err) // texts alone
	}
	return string(b)
}

// like names prefixes that somebody may have meant.
func like(p string) string {
	var all []string
	for _, known := range Prefixes() {
		if p != "" && (strings.Contains(known, p) || strings.Contains(p, known) || known[0] == p[0] && len(all) < 3) {
			all = append(all, known)
		}
	}
	return "there are, among others, " + strings.Join(all[:min(len(all), 8)], ", ")
}
