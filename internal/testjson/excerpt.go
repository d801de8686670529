package testjson

import "strings"

// An Excerpt keeps the beginning and the end of an output, so that a test that
// prints a gigabyte does not fill the memory. The zero Excerpt is empty.
type Excerpt struct {
	head, tail []byte
	lost       int
}

// part is how much is kept of the beginning, and of the end, in bytes.
const part = 2 << 10

// Add appends text.
func (e *Excerpt) Add(text string) {
	if room := part - len(e.head); room > 0 {
		n := min(room, len(text))
		e.head = append(e.head, text[:n]...)
		text = text[n:]
	}
	e.tail = append(e.tail, text...)
	if len(e.tail) > 2*part {
		cut := len(e.tail) - part
		e.lost += cut
		e.tail = append(e.tail[:0], e.tail[cut:]...)
	}
}

// String is what was kept, with a mark where something is missing.
func (e *Excerpt) String() string {
	s := string(e.head)
	if e.lost > 0 {
		s += "\n[...]\n"
	}
	return strings.ToValidUTF8(s+string(e.tail), "�")
}

// maxText bounds the text of a reason, in bytes.
const maxText = 1500

// Text is [Excerpt.Whole], short enough for a reason.
func (e *Excerpt) Text() string {
	text := strings.TrimSpace(e.Whole())
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "") + " [...]"
	}
	return text
}

// Whole is what was kept without go test's own lines ("=== RUN", "--- FAIL"),
// and without empty ones before and after it.
func (e *Excerpt) Whole() string {
	var lines []string
	for line := range strings.Lines(e.String()) {
		line = strings.TrimRight(line, " \t\r\n")
		if bare := strings.TrimSpace(line); bare == "" && len(lines) == 0 || framing(bare) {
			continue
		}
		lines = append(lines, strings.TrimPrefix(line, "    "))
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

func framing(line string) bool {
	for _, p := range []string{"=== RUN", "=== PAUSE", "=== CONT", "=== NAME", "--- FAIL:", "--- SKIP:", "--- PASS:", "=== ATTR", "=== ARTIFACTS"} {
		if strings.HasPrefix(line, p) {
			return true
		}
	}
	return line == "PASS" || line == "FAIL"
}
