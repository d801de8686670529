package messagetest

import (
	"cmp"
	"slices"
)

// A place says where a message stands in the order of [sorted].
type place struct{ phase, group int }

// sorted puts messages into the order of the kit's own streams; what belongs
// together stays in the order that it has.
func sorted(all []envelope) []envelope {
	p := placer{groups: map[string]int{}, after: map[string]bool{}}
	for _, e := range all {
		p.note(e)
	}
	all = slices.Clone(all)
	places := make(map[int]place, len(all))
	for _, e := range all {
		places[e.line] = p.place(e)
	}
	slices.SortStableFunc(all, func(a, b envelope) int {
		x, y := places[a.line], places[b.line]
		return cmp.Or(cmp.Compare(x.phase, y.phase), cmp.Compare(x.group, y.group))
	})
	return all
}

// A placer knows in which order groups were first seen.
type placer struct {
	groups map[string]int
	after  map[string]bool // hooks of the run that come after it, and their executions
}

func (p *placer) note(e envelope) {
	group := func(id string) {
		if _, ok := p.groups[id]; !ok {
			p.groups[id] = len(p.groups)
		}
	}
	switch e.kind {
	case "source", "gherkinDocument", "parseError":
		group(e.text("uri"))
	case "pickle":
		for _, id := range listed(e.body["steps"]) {
			group(id)
		}
	case "testCaseStarted":
		group(e.text("id"))
	case "hook":
		p.after[e.text("id")] = e.text("type") == "AFTER_TEST_RUN"
	case "testRunHookStarted":
		p.after[e.text("id")] = p.after[e.text("hookId")]
	}
}

func (p *placer) place(e envelope) place {
	switch e.kind {
	case "meta":
		return place{phase: 0}
	case "source", "gherkinDocument", "pickle", "parseError":
		return place{1, p.groups[e.text("uri")]}
	case "parameterType", "undefinedParameterType", "stepDefinition", "hook":
		return place{phase: 2}
	case "testRunStarted":
		return place{phase: 3}
	case "testCase":
		return place{phase: 5}
	case "suggestion":
		return place{6, p.groups[e.text("pickleStepId")]}
	case "testCaseStarted":
		return place{7, p.groups[e.text("id")]}
	case "testRunFinished":
		return place{phase: 9}
	}
	hook := e.text("testRunHookStartedId") + map[bool]string{true: e.text("id")}[e.kind == "testRunHookStarted"]
	switch {
	case hook != "" && p.after[hook]:
		return place{phase: 8}
	case hook != "":
		return place{phase: 4}
	default:
		return place{7, p.groups[e.text("testCaseStartedId")]}
	}
}
