package contracts

import (
	"fmt"
	"strings"

	"github.com/stagegate/stagegate/contracts/pact"
	"github.com/stagegate/stagegate/harness"
)

// words tells people what is wrong. It withholds secrets, and on a live target
// everything that the dependency answered: reasons become evidence.
type words struct {
	sent     string              // what became of a refused request
	withhold bool                // values that came from the dependency
	conceal  func(string) string // takes the environment's secrets out
}

func (tr *trial) words() words {
	w := words{withhold: tr.mode == harness.Safe, conceal: tr.conceal}
	if tr.mode != harness.Mock {
		w.sent = " It was not sent."
	}
	return w
}

func (w words) refused(all []string) string {
	return "the adapter's fault: " + strings.Join(all, "; ") + "." + w.sent
}

func (w words) missing(all []string, exchanges []exchange, how ending) string {
	sent := []string{"nothing"}
	for i, x := range exchanges {
		sent = append(sent[:i], x.method+" "+x.path)
	}
	s := "the adapter's fault: it never requested " + strings.Join(all, ", ") + ", and sent " + strings.Join(sent, ", ")
	if how != returned {
		s += "; " + string(how)
	}
	return s
}

// own is a failure of the test alone: its requests and their answers were as agreed.
func (w words) own(how ending, exchanges []exchange) string {
	s := fmt.Sprintf("the test's own fault: %s, though its requests are as agreed", how)
	for _, x := range exchanges {
		s += fmt.Sprintf("; %s %s is answered as agreed, with status %d", x.method, x.path, x.status)
	}
	return s
}

func (w words) lost(err error) string {
	return fmt.Sprintf("this machine's fault: the adapter could not reach stagegate on it: %v", err)
}

func (w words) notSet(variables []string) string {
	return fmt.Sprintf("the configuration's fault: the environment lacks %s\nhint: set it where the suite runs on a target", strings.Join(variables, ", "))
}

func (w words) request(m pact.RequestMismatch) string {
	s := fmt.Sprintf("%s %s is not in the contract", m.Method, m.Path)
	if m.Kind == pact.Differs {
		s = fmt.Sprintf("%s %s is not as agreed", m.Method, m.Path)
	}
	return s + w.differences(m.Differences, false)
}

func (w words) broken(all []brokenResponse) string {
	var lines []string
	for _, b := range all {
		s := fmt.Sprintf("%s %s is not answered as agreed%s", b.method, b.path, w.differences(b.Differences, w.withhold))
		if b.Message != "" && !w.withhold {
			s += ": " + b.Message
		}
		lines = append(lines, s)
	}
	return "the dependency's fault: " + strings.Join(lines, "; ")
}

func (w words) differences(all []pact.Difference, withhold bool) string {
	var b strings.Builder
	between := ": "
	for _, d := range all {
		b.WriteString(between)
		between = "; "
		b.WriteString(strings.TrimSpace(d.Part + " " + d.Where))
		if withhold && d.Part != "status" {
			fmt.Fprintf(&b, ": expected %s (the actual value is withheld: live target)", w.short(d.Expected))
			continue
		}
		if secret(d) {
			b.WriteString(": not as agreed (the value is withheld)")
			continue
		}
		fmt.Fprintf(&b, ": expected %s, got %s (%s)", w.short(d.Expected), w.short(d.Actual), w.short(d.Message))
	}
	return b.String()
}

// secret reports whether a header, parameter or member of a body usually holds one.
func secret(d pact.Difference) bool {
	switch d.Part {
	case "header", "query":
		return secretName(d.Where)
	case "body":
		return secretName(d.Where[strings.LastIndexByte(d.Where, '.')+1:])
	}
	return false
}

// secretName reports whether what is called name usually is a secret.
func secretName(name string) bool {
	name = strings.ToLower(name)
	name = strings.ReplaceAll(strings.ReplaceAll(name, "authoriz", "auth-"), "author", "") // who wrote a book is none
	for _, s := range []string{"auth", "cookie", "token", "secret", "passw", "signature", "session", "credential"} {
		if strings.Contains(name, s) {
			return true
		}
	}
	return strings.HasSuffix(name, "key")
}

// short is a value as it fits into a sentence. Half a secret is one too: it is
// cut when there is none in it.
func (w words) short(s string) string { return bounded(w.conceal(s), 300) }

// bounded is s cut to most bytes, and valid UTF-8: rows are JSON.
func bounded(s string, most int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}
