package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/stagegate/stagegate/harness"
)

// maxSummary bounds a summary, in bytes: GitHub drops one of more than 1 MiB.
const maxSummary = 256 << 10

// WriteSummary writes v and rows as Markdown for a job summary of GitHub: the
// answer, a table of rules, what a failed deploy left behind, what did not pass. What does not fit into 256 KiB
// is counted and left out.
func WriteSummary(w io.Writer, v harness.Verdict, rows []harness.Row) error {
	var s summary
	s.left = maxSummary
	s.add(fmt.Sprintf("## %s %s: %s\n\n%s\n", symbol(v), answer(v), escape(question(v)), escape(about(v))))
	s.rules(v)
	s.recovery(v)
	list(&s, "Warnings", v.Warnings, func(warning string) string { return "- " + escape(clip(warning, 1000)) + "\n" })
	s.rows(rows)
	_, err := io.WriteString(w, s.b.String())
	return err
}

type summary struct {
	b    strings.Builder
	left int
}

// reserve is kept for the headings and the sentences on what was left out.
const reserve = 4 << 10

// add writes text if it fits.
func (s *summary) add(text string) bool {
	if len(text) > s.left-reserve {
		return false
	}
	s.b.WriteString(text)
	s.left -= len(text)
	return true
}

// end writes a short sentence, for which room was kept.
func (s *summary) end(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	s.b.WriteString(text)
	s.left -= len(text)
}

func (s *summary) rules(v harness.Verdict) {
	s.end("\n| | rule | reason |\n|---|---|---|\n")
	if len(v.Rules) == 0 {
		s.end("| ✗ | | no rule was asked |\n")
	}
	// What did not pass comes first: it is what must not be cut.
	n := 0
	for _, passed := range []bool{false, true} {
		for _, r := range v.Rules {
			if (r.Result == harness.Pass) == passed && s.add(ruleRow(r)) {
				n++
			}
		}
	}
	if lost := len(v.Rules) - n; lost > 0 {
		s.end("\n%d more rules did not fit and were left out.\n", lost)
	}
}

func ruleRow(r harness.Ruling) string {
	mark, _ := sign(r.Result)
	parts := reasons(r)
	if r.Result != harness.Pass {
		for _, d := range atMost(r.Details, 50) {
			parts = append(parts, "- "+strings.Join(lines(d, 6), " "))
		}
		if hint := lines(r.Hint, 6); len(hint) > 0 {
			parts = append(parts, "hint: "+strings.Join(hint, " "))
		}
	}
	for i, p := range parts {
		parts[i] = escape(p)
	}
	return fmt.Sprintf("| %s | %s | %s |\n", mark, escape(clip(plain(r.Rule), maxLine)), strings.Join(parts, "<br>"))
}

func (s *summary) recovery(v harness.Verdict) {
	left := recovery(v)
	if len(left) == 0 {
		return
	}
	if command := command(v); command != "" {
		left = append(left, command)
	}
	for i, l := range left {
		left[i] = escape(clip(l, maxLine))
	}
	s.end("\n### Left behind\n\n%s\n", strings.Join(left, "<br>\n"))
}

func (s *summary) rows(rows []harness.Row) {
	s.end("\n### Results\n\n%s\n", escape(counts(rows)))
	var failing []harness.Row
	for _, r := range rows {
		if bad(r) {
			failing = append(failing, r)
		}
	}
	list(s, "Not passed", failing, rowItem)
}

func rowItem(r harness.Row) string {
	item := fmt.Sprintf("- **%s** %s", escape(outcome(r)), escape(clip(plain(r.ID), maxLine)))
	if r.Attempt > 1 {
		item += fmt.Sprintf(" (attempt %d)", r.Attempt)
	}
	if r.Where != "" {
		item += " at " + escape(clip(plain(r.Where), maxLine))
	}
	for _, l := range lines(r.Reason, 8) {
		item += "<br>" + escape(l)
	}
	return item + "\n"
}

// list writes a section with as many of all as fit.
func list[T any](s *summary, title string, all []T, item func(T) string) {
	if len(all) == 0 {
		return
	}
	s.end("\n### %s (%d)\n\n", title, len(all))
	for i, a := range all {
		if !s.add(item(a)) {
			s.end("\n%d more did not fit and were left out.\n", len(all)-i)
			return
		}
	}
}

func symbol(v harness.Verdict) string {
	switch v.Verdict {
	case harness.Allow:
		return "✅"
	case harness.Unclear:
		return "❔"
	default:
		return "⛔"
	}
}

// escape writes s so that Markdown, and HTML in it, takes it as text.
func escape(s string) string {
	var b strings.Builder
	for _, r := range plain(s) {
		switch {
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '&':
			b.WriteString("&amp;")
		case strings.ContainsRune("\\`*_{}[]()#|~$@!", r):
			b.WriteString("\\" + string(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
