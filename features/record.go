package features

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/cucumber/godog"
)

// An Attachment is what a step or a hook says beside its result: a text, a
// picture, a link. It is in the Cucumber Messages of the run.
type Attachment struct {
	Name      string // of a file; may be empty
	MediaType string // "image/png"
	Text      string // what it says,
	Body      []byte // or holds, where Text is empty
}

func (a Attachment) size() int { return len(a.Text) + len(a.Body) }

// Media types of what [Log] and [Link] attach, as Cucumber's formatters know them.
const (
	logType  = "text/x.cucumber.log+plain"
	linkType = "text/uri-list"
)

// Attach adds an attachment to the step or hook that ctx belongs to; also to one
// that fails later. godog.Attach does the same, if the step returns its context.
func Attach(ctx context.Context, a Attachment) { say(ctx, a) }

// Log adds a line of text to the step or hook that ctx belongs to.
func Log(ctx context.Context, format string, args ...any) {
	say(ctx, Attachment{MediaType: logType, Text: fmt.Sprintf(format, args...)})
}

// Link adds a URL to the step or hook that ctx belongs to.
func Link(ctx context.Context, url string) {
	say(ctx, Attachment{MediaType: linkType, Text: url})
}

// maxSaid bounds the attachments of one attempt, in bytes. What is more is lost,
// and says so.
const maxSaid = 32 << 20

// A record collects the attachments of what runs now.
type record struct {
	mu   sync.Mutex
	all  []Attachment
	size int
}

type recordKey struct{}

func say(ctx context.Context, a Attachment) {
	if r, ok := ctx.Value(recordKey{}).(*record); ok {
		r.add(a)
	}
}

func (r *record) add(a Attachment) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.size += a.size(); r.size > maxSaid {
		a = Attachment{MediaType: logType, Text: fmt.Sprintf("an attachment of %d bytes was left out: an attempt may have %d", a.size(), maxSaid)}
	}
	a.Body = slices.Clone(a.Body)
	r.all = append(r.all, a)
}

// take returns what was said since it was last called.
func (r *record) take() []Attachment {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.all
	r.all = nil
	return all
}

// fromGodog adds what godog's own functions keep in the context, but for the
// first ones, and returns how many there are.
func (r *record) fromGodog(ctx context.Context, taken int) int {
	all := godog.Attachments(ctx)
	for _, a := range all[min(taken, len(all)):] {
		r.add(Attachment{Name: a.FileName, MediaType: a.MediaType, Body: a.Body})
	}
	return len(all)
}
