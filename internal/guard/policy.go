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
	return split(statement{Sid: "TestsRead", Effect: "Allow", Resource: "*"}, actions, limit)
}

// Denials are IAM policies that deny what [Refused] lists, in all services; each
// fits into limit characters. They go beside a policy that permits by the
// published access levels, as AWS's ReadOnlyAccess does.
func Denials(limit int) (documents []string, err error) {
	var actions []string
	for _, p := range Prefixes() {
		for _, a := range Refused(p) {
			actions = append(actions, p+":"+a)
		}
	}
	return split(statement{Sid: "NotForTests", Effect: "Deny", Resource: "*"}, actions, limit)
}

// split puts the actions into as many documents of the statement as they need.
func split(s statement, actions []string, limit int) (documents []string, err error) {
	for len(actions) > 0 {
		n := fitting(s, actions, limit)
		if n == 0 {
			return nil, fmt.Errorf("a policy of %d characters holds no action", limit)
		}
		s.Action, actions = actions[:n], actions[n:]
		documents = append(documents, document(s))
	}
	return documents, nil
}

// fitting is how many of the first actions fit into one document.
func fitting(s statement, actions []string, limit int) int {
	s.Action = []string{}
	size := len(document(s))
	for i, a := range actions {
		if size += len(a) + len(`"",`); size > limit {
			return i
		}
	}
	return len(actions)
}

func document(s statement) string {
	b, err := json.Marshal(policy{"2012-10-17", []statement{s}})
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
