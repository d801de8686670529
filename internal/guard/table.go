package guard

import (
	_ "embed"
	"slices"
	"strings"
)

// published is what AWS's service authorization reference gives the access
// level Read or List, a line for each IAM prefix: "sqs: GetQueueAttributes ...".
// Its head says which release of which package it was made from; see iamdata.
//
//go:embed reads.txt
var published string

// Source says where the table of reading operations comes from.
func Source() string {
	_, rest, _ := strings.Cut(published, "# source: ")
	line, _, _ := strings.Cut(rest, "\n")
	return line
}

// Reads lists the actions that a test may do in the service of an IAM prefix
// ("cognito-idp"), sorted; none for a service that is not known.
func Reads(prefix string) []string {
	return slices.DeleteFunc(listed(prefix), func(a string) bool { return !harmless(prefix, a) })
}

// Refused lists the actions that are published as reads and refused all the
// same, sorted.
func Refused(prefix string) []string {
	return slices.DeleteFunc(listed(prefix), func(a string) bool { return harmless(prefix, a) })
}

// Prefixes lists the IAM prefixes of all services that are known, sorted.
func Prefixes() (all []string) {
	for line := range strings.Lines(published) {
		if prefix, _, ok := strings.Cut(line, ": "); ok && line[0] != '#' {
			all = append(all, prefix)
		}
	}
	return all
}

// listed are the published reads of a prefix.
func listed(prefix string) []string { return strings.Fields(line(prefix)) }

// line is the list of a prefix, with a space before and after each name.
func line(prefix string) string {
	_, rest, ok := strings.Cut(published, "\n"+prefix+":")
	if !ok || prefix == "" {
		return ""
	}
	names, _, _ := strings.Cut(rest, "\n")
	return names + " "
}

// isListed reports whether an action is a published read.
func isListed(prefix, action string) bool {
	return action != "" && !strings.ContainsAny(action, " \n") && strings.Contains(line(prefix), " "+action+" ")
}
