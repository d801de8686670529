package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
	"golang.org/x/text/width"

	"github.com/stagegate/stagegate/adapters/gotest"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/conceal"
)

// A view shows what goes on. Rules of this output:
//
//   - everything goes to standard error; standard output is for answers;
//   - elsewhere than on a terminal each line stands for itself, without colour;
//   - on a terminal one status line is redrawn below what has been printed;
//   - NO_COLOR and TERM=dumb turn colour and redrawing off;
//   - what comes from tests is printed without control characters.
type view struct {
	mu      sync.Mutex
	w       io.Writer
	live    bool // a terminal that can be redrawn
	colour  bool
	verbose bool
	secrets conceal.Concealer

	now     func() time.Time
	suite   string
	total   int
	done    int
	failed  int
	running []active // the one that began first is first
	started time.Time
	said    time.Time // when something was printed last
	drawn   bool
	ended   chan struct{} // closed: the suite is over
}

// An active is a test that runs.
type active struct {
	name  string
	since time.Time
}

// How often the status line is redrawn, and how long nothing may be said elsewhere.
const (
	redrawn = time.Second
	quiet   = 30 * time.Second
)

func newView(w io.Writer, getenv func(string) string) *view {
	v := &view{w: w, now: time.Now, verbose: getenv("STAGEGATE_VERBOSE") != ""}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) && getenv("TERM") != "dumb" {
		v.live, v.colour = true, getenv("NO_COLOR") == ""
	}
	return v
}

// log takes the raw output of tests: nobody reads it unless asked. What is left
// of its last line comes with flush.
func (v *view) log() (log io.Writer, flush func()) {
	if !v.verbose {
		return nil, func() {}
	}
	w := v.concealed(v.w)
	return w, func() { w.Flush() }
}

// conceal keeps secrets, by their names, out of all that is shown from now on.
func (v *view) conceal(secrets map[string]string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.secrets = conceal.New(secrets)
}

// concealed writes to w without the secrets.
func (v *view) concealed(w io.Writer) *conceal.Writer {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.secrets.Writer(w)
}

// say prints one line.
func (v *view) say(format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.line("gate: " + clean(fmt.Sprintf(format, args...)))
}

func (v *view) begin(suite string, total int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.suite, v.total, v.done, v.failed, v.running, v.started = suite, total, 0, 0, nil, v.now()
	v.said, v.ended = v.started, make(chan struct{})
	go v.ticks(v.ended)
}

func (v *view) end() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.clear()
	v.suite = ""
	close(v.ended)
}

// ticks lets time be seen while nothing ends.
func (v *view) ticks(ended chan struct{}) {
	t := time.NewTicker(redrawn)
	defer t.Stop()
	for {
		select {
		case <-ended:
			return
		case <-t.C:
			v.tick()
		}
	}
}

// tick redraws the status line, or says what has been running all the while.
func (v *view) tick() {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch now := v.now(); {
	case v.suite == "":
	case v.live:
		v.draw()
	case now.Sub(v.said) >= quiet && len(v.running) > 0:
		v.line(fmt.Sprintf("  .. %d of %d, %v: running %s", v.done, v.total, now.Sub(v.started).Round(time.Second), v.current()))
	}
}

// current names what has been running longest, and how much there is beside it.
func (v *view) current() string {
	s := fmt.Sprintf("%s (%v)", v.running[0].name, v.now().Sub(v.running[0].since).Round(time.Second))
	if n := len(v.running) - 1; n > 0 {
		s += fmt.Sprintf(" and %d more", n)
	}
	return s
}

// event shows that something began or ended.
func (v *view) event(e gotest.Event) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.suite == "" {
		return
	}
	name := e.Row.Name
	if name == "" {
		name = e.ID
	}
	name = clean(name)
	if e.Started {
		v.running = append(v.running, active{name, v.now()})
		v.draw()
		return
	}
	for i, r := range v.running {
		if r.name == name {
			v.running = append(v.running[:i], v.running[i+1:]...)
			break
		}
	}
	v.done++
	if e.Row.Outcome != harness.Passed {
		v.failed++
	}
	if !v.live || e.Row.Outcome != harness.Passed {
		v.line(fmt.Sprintf("  %s %-8s %*d/%d %s (%s)", v.mark(e.Row.Outcome), e.Row.Outcome, len(fmt.Sprint(v.total)), v.done, v.total, name, time.Duration(e.Row.Took).Round(time.Millisecond)))
	}
	v.draw()
}

func (v *view) mark(o harness.Outcome) string {
	switch {
	case o == harness.Passed:
		return v.paint("32", "ok")
	case o == harness.Skipped || o.Result() == harness.Inconclusive:
		return v.paint("33", "--")
	default:
		return v.paint("31", "NO")
	}
}

func (v *view) paint(code, s string) string {
	if !v.colour {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// line prints a line above the status line.
func (v *view) line(s string) {
	v.clear()
	fmt.Fprintln(v.w, v.secrets.In(s))
	v.said = v.now()
	v.draw()
}

func (v *view) clear() {
	if v.drawn {
		fmt.Fprint(v.w, "\r\x1b[2K")
		v.drawn = false
	}
}

// draw redraws the status line: how far, how long, what runs now.
func (v *view) draw() {
	if !v.live || v.suite == "" {
		return
	}
	v.clear()
	s := fmt.Sprintf("  %s  %d/%d", v.suite, v.done, v.total)
	if v.failed > 0 {
		s += fmt.Sprintf(", %d not passed", v.failed)
	}
	s += fmt.Sprintf("  %s", v.now().Sub(v.started).Round(time.Second))
	if len(v.running) > 0 {
		s += "  " + v.current()
	}
	columns := 80
	if f, ok := v.w.(*os.File); ok {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
			columns = w
		}
	}
	fmt.Fprint(v.w, within(clean(s), columns-1))
	v.drawn = true
}

// within is the beginning of s that fits into columns; wide characters take two.
func within(s string, columns int) string {
	for i, r := range s {
		columns--
		if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
			columns--
		}
		if columns < 0 {
			return s[:i]
		}
	}
	return s
}

// clean takes control characters out of what others wrote.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || r >= 0x20 && r != 0x7f && (r < 0x80 || r > 0x9f) {
			return r
		}
		return -1
	}, s)
}
