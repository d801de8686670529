package report

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stagegate/stagegate/harness"
)

// plain is s on one line, with everything that could steer a terminal or hide
// text replaced: control characters (so escape sequences), marks that change
// the direction of text, invisible characters, invalid UTF-8.
func plain(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case ' ' <= r && r <= '~':
			return r
		case r == '\n' || r == '\r' || r == '\t' || unicode.Is(unicode.Zs, r) || r == '\u2028' || r == '\u2029':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError || unicode.Is(unicode.Co, r):
			return '\ufffd'
		}
		return r
	}, s))
}

// lines are the lines of s that are not empty, plain, at most n.
func lines(s string, n int) (all []string) {
	for l := range strings.SplitSeq(s, "\n") {
		if l = clip(plain(l), maxLine); l != "" {
			all = append(all, l)
		}
	}
	return atMost(all, n)
}

// maxLine bounds one line, in runes.
const maxLine = 400

func clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n]) + "..."
}

func atMost(all []string, n int) []string {
	if len(all) > n {
		return append(all[:n:n], fmt.Sprintf("and %d more", len(all)-n))
	}
	return all
}

// answer is the verdict in a word.
func answer(v harness.Verdict) string {
	switch v.Verdict {
	case harness.Allow, harness.Block, harness.Unclear:
		return strings.ToUpper(string(v.Verdict))
	default:
		return "NO VERDICT"
	}
}

// question is the stage and which of its questions was asked.
func question(v harness.Verdict) string {
	return plain(orElse(plain(v.Stage), "no stage") + " " + plain(string(v.Phase)))
}

// about says what the verdict is about: "orders 3f9a1c2b4d5e on prod (live)".
func about(v harness.Verdict) string {
	var b strings.Builder
	b.WriteString(orElse(plain(v.Service), "an unnamed service"))
	b.WriteString(" " + subject(v))
	if v.Target != "" {
		b.WriteString(" on " + plain(v.Target))
	}
	var notes []string
	for _, n := range []struct {
		is   bool
		note string
	}{{v.Live, "live"}, {v.Emulated, "emulated"}, {!v.Attested && v.Trust == "", "unattested"}, {!v.Attested && v.Trust != "", "nothing attested"}} {
		if n.is {
			notes = append(notes, n.note)
		}
	}
	if len(notes) > 0 {
		b.WriteString(" (" + strings.Join(notes, ", ") + ")")
	}
	return b.String()
}

func subject(v harness.Verdict) string {
	if v.Source.Committed() || v.Source.Tree != "" {
		return plain(v.Source.String())
	}
	if len(v.Subjects) > 0 {
		return plain(harness.Digest(v.Subjects[0].Digest["sha256"]).Short())
	}
	return "of an unknown commit"
}

// recovery says what a deploy that did not pass left behind; nothing where
// the verdict has nothing to say of it.
func recovery(v harness.Verdict) (all []string) {
	r := v.Recovery
	if r == nil {
		return nil
	}
	where := orElse(plain(v.Target), "the target")
	serves, allowed := plain(harness.Source{Commit: r.Serves}.String()), plain(harness.Source{Commit: r.Commit}.String())
	switch {
	case r.Serves == "":
		all = append(all, where+": what it serves now is not known")
	case r.Serves == r.Commit:
		all = append(all, where+" serves "+serves+", the commit that was allowed last")
	default:
		all = append(all, where+" serves "+serves+", which was not allowed")
	}
	if r.Artifact == "" {
		return append(all, "no other artifact was allowed there before: there is nothing to go back to")
	}
	all = append(all, fmt.Sprintf("allowed last: artifact %s of commit %s", plain(r.Artifact.Short()), allowed))
	if command(v) != "" {
		all = append(all, "to deploy that again:")
	}
	return all
}

// command deploys again what was allowed last; empty where nothing was.
func command(v harness.Verdict) string {
	if v.Recovery == nil || v.Recovery.Artifact == "" {
		return ""
	}
	return clip(plain(v.Recovery.Command), maxLine)
}

// bad reports whether a row has to be explained.
func bad(r harness.Row) bool { return r.Outcome != harness.Passed }

func outcome(r harness.Row) string { return orElse(plain(string(r.Outcome)), "no outcome") }

// counts is "12 passed, 1 failed", passed first.
func counts(rows []harness.Row) string {
	by := map[string]int{}
	var names []string
	for _, r := range rows {
		if o := outcome(r); by[o] == 0 {
			names = append(names, o)
		}
		by[outcome(r)]++
	}
	slices.SortFunc(names, func(a, b string) int {
		if p := string(harness.Passed); a == p || b == p {
			if a == p {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
	for i, n := range names {
		names[i] = fmt.Sprintf("%d %s", by[n], n)
	}
	if len(names) == 0 {
		return "nothing ran"
	}
	return strings.Join(names, ", ")
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
