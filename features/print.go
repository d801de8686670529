package features

import (
	"fmt"
	"io"
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
		case o != harness.Passed && p.outcome != "":
			fmt.Fprintf(&b, "    %-9s %s", o, p.hook)
		default:
			continue
		}
		if took := p.ended.Sub(p.began); took >= time.Millisecond {
			fmt.Fprintf(&b, " (%v)", took.Round(time.Millisecond))
		}
		b.WriteByte('\n')
		for _, said := range p.said {
			if said.MediaType == logType || said.MediaType == linkType {
				fmt.Fprintf(&b, "              %s\n", strings.ReplaceAll(said.Text, "\n", "\n              "))
			} else {
				fmt.Fprintf(&b, "              [%s %s, %d bytes]\n", said.MediaType, said.Name, said.size())
			}
		}
	}
	io.WriteString(w, b.String())
}
