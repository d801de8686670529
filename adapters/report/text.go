package report

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/stagegate/stagegate/harness"
)

// WriteText writes v as a table for a terminal: the answer first, a line for
// each rule, details and hints below the rules that did not pass, then what is
// left behind and the command that repairs it, warnings last. Escape sequences
// are written where colour is set, and never those of the input.
func WriteText(w io.Writer, v harness.Verdict, colour bool) error {
	p := painter(colour)
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s  %s\n\n", p.answer(v), question(v), about(v))
	writeRules(&b, p, v.Rules)
	for i, l := range recovery(v) {
		fmt.Fprintf(&b, "%s  %s\n", [2]string{"\n", ""}[min(i, 1)], l)
	}
	if command := command(v); command != "" {
		fmt.Fprintf(&b, "    %s\n", p.paint(bold, command))
	}
	if len(v.Warnings) > 0 {
		b.WriteString("\n")
	}
	for _, warning := range v.Warnings {
		fmt.Fprintf(&b, "  %s %s\n", p.paint(yellow, "warning:"), clip(plain(warning), maxLine))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteRules writes an answer that is no gate's verdict, and its rules as
// [WriteText] does.
func WriteRules(w io.Writer, answer harness.Answer, question string, rules []harness.Ruling, colour bool) error {
	p := painter(colour)
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s\n\n", p.answer(harness.Verdict{Verdict: answer}), plain(question))
	writeRules(&b, p, rules)
	_, err := io.WriteString(w, b.String())
	return err
}

func writeRules(b *strings.Builder, p painter, rules []harness.Ruling) {
	width := 0
	for _, r := range rules {
		width = max(width, utf8.RuneCountInString(plain(r.Rule)))
	}
	for _, r := range rules {
		writeRuling(b, p, r, width)
	}
	if len(rules) == 0 {
		b.WriteString("  no rule was asked\n")
	}
}

func writeRuling(b *strings.Builder, p painter, r harness.Ruling, width int) {
	mark, c := sign(r.Result)
	name := plain(r.Rule)
	reason := reasons(r)
	fmt.Fprintf(b, "  %s %s%s  %s\n", p.paint(c, mark), name, strings.Repeat(" ", width-utf8.RuneCountInString(name)), reason[0])
	if r.Result == harness.Pass {
		return
	}
	indent := strings.Repeat(" ", 6)
	for _, l := range reason[1:] {
		b.WriteString(indent + l + "\n")
	}
	for _, d := range atMost(r.Details, 20) {
		for i, l := range lines(d, 6) {
			fmt.Fprintf(b, "%s%s %s\n", indent, [2]string{"-", " "}[min(i, 1)], l)
		}
	}
	for i, l := range lines(r.Hint, 6) {
		fmt.Fprintf(b, "%s%s%s\n", indent, [2]string{p.paint(bold, "hint:") + " ", "      "}[min(i, 1)], l)
	}
}

// reasons are the lines of r's reason; there is at least one.
func reasons(r harness.Ruling) []string {
	if all := lines(r.Reason, 12); len(all) > 0 {
		return all
	}
	return []string{orElse(plain(string(r.Result)), "no result")}
}

// sign is the mark of a result. What is not known fails.
func sign(r harness.Result) (string, colour) {
	switch r {
	case harness.Pass:
		return "✓", green
	case harness.Inconclusive:
		return "?", yellow
	case harness.Overridden:
		return "!", yellow
	default:
		return "✗", red
	}
}

type colour string

const (
	red    colour = "31"
	green  colour = "32"
	yellow colour = "33"
	bold   colour = "1"
)

// A painter colours text, or does not.
type painter bool

func (p painter) paint(c colour, s string) string {
	if !p {
		return s
	}
	return "\x1b[" + string(c) + "m" + s + "\x1b[0m"
}

func (p painter) answer(v harness.Verdict) string {
	switch v.Verdict {
	case harness.Allow:
		return p.paint("1;32", answer(v))
	case harness.Unclear:
		return p.paint("1;33", answer(v))
	default:
		return p.paint("1;31", answer(v))
	}
}
