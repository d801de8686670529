package features

import (
	"strings"

	messages "github.com/cucumber/messages/go/v34"
)

// A step is one step of a scenario, background included. There may be hundreds of
// thousands: it is small.
type step struct {
	*phrase
	keyword  *phrase
	argument *messages.PickleStepArgument
	line     int32
	misfit   bool // its definition cannot take its table or doc string, or wants one
}

// A phrase is the text of steps, which repeats, and what it means.
type phrase struct {
	text  string
	found *found // nil until it was looked for
}

// found are the definitions that match a text: one, if all is well.
type found struct{ defs []int }

// hits are the definitions that match; none, too, where nobody has looked for them.
func (p *phrase) hits() []int {
	if p.found == nil {
		return nil
	}
	return p.found.defs
}

func (s step) String() string { return s.keyword.text + s.text }

// phrases has the texts and keywords that were met last once, apart from the file
// that they were read from.
type phrases map[string]*phrase

// maxPhrases bounds what is searched for a text: few suites have more, and what
// they repeat is mostly near.
const maxPhrases = 100_000

func (p phrases) of(text string) *phrase {
	if p[text] == nil {
		if len(p) == maxPhrases {
			clear(p)
		}
		text = strings.Clone(text)
		p[text] = &phrase{text: text}
	}
	return p[text]
}
