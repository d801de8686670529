package features

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/stagegate/stagegate/harness"
)

// print writes the scenario as it went, for people: each step with its outcome.
// Hooks are shown where they have not passed.
func (a *attempt) print(w io.Writer, sc *scenario) {
	var b strings.Builder
	for i, o := range sc.outcomes(a.parts) {
		p := a.parts[i]
		switch {
		case p.hook == nil:
			fmt.Fprintf(&b, "    %-9s %s", o, sc.steps[p.step])
		case o != harness.Passed && p.outcome != "" || len(p.said) > 0:
			fmt.Fprintf(&b, "    %-9s %s", o, p.hook)
		default:
			continue
		}
		if took := p.ended.Sub(p.began); took >= time.Millisecond {
			fmt.Fprintf(&b, " (%v)", took.Round(time.Millisecond))
		}
		b.WriteByte('\n')
		for _, said := range p.said {
			if text := withoutFrames(said.Text); text != "" && strings.Contains(p.reason, text) {
				continue // it is the reason, which is told anyway
			}
			if said.MediaType == logType || said.MediaType == linkType {
				fmt.Fprintf(&b, "              %s\n", strings.ReplaceAll(said.Text, "\n", "\n              "))
			} else {
				fmt.Fprintf(&b, "              [%s %s, %d bytes]\n", said.MediaType, said.Name, said.size())
			}
		}
	}
	io.WriteString(w, b.String())
}

// withoutFrames takes the places out of a text that are of Go, of godog and of this
// package: an assertion library lists all callers, and one of them is the user's.
func withoutFrames(text string) string {
	frame := regexp.MustCompile(`(?m)^\s+\S*(/src/(reflect|runtime)/|/cucumber/godog@|/features/(definition|watch|contain)\.go)[^\s:]*:\d+\n`)
	return strings.TrimSpace(frame.ReplaceAllString(text, ""))
}

// users is a stack up to where it leaves the user's functions.
func users(stack []byte) []byte {
	own, _, _ := bytes.Cut(stack, []byte("\nreflect.Value.call("))
	return own
}
