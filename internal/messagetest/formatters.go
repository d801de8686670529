package messagetest

import (
	"bytes"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/internal/npm"
)

// Both read with the library's own parser, and feed a query object, as
// formatters do that look things up.
const (
	readStream = `
import { text } from "node:stream/consumers"
import { parseEnvelope } from "@cucumber/messages"
const envelopes = (await text(process.stdin)).split("\n").filter(l => l !== "").map(parseEnvelope)
if (!envelopes.some(e => e.testRunFinished)) throw new Error("the stream has no testRunFinished")
`
	html = readStream + `
import { CucumberHtmlStream } from "@cucumber/html-formatter"
const page = new CucumberHtmlStream()
page.pipe(process.stdout)
envelopes.forEach(e => page.write(e))
page.end()
`
	// The formatter puts any messages into its page; whether they make sense is
	// found out by the script in the page.
	shown = `
import { text } from "node:stream/consumers"
import { Window } from "happy-dom"
const window = new Window({ settings: { enableJavaScriptEvaluation: true, suppressInsecureJavaScriptEnvironmentWarning: true } })
window.addEventListener("error", e => { throw e.error })
window.document.write(await text(process.stdin))
await window.happyDOM.waitUntilComplete()
window.document.querySelectorAll("script, style").forEach(e => e.remove())
process.stdout.write(window.document.body.textContent)
await window.happyDOM.close()
`
	junit = readStream + `
import plugin from "@cucumber/junit-xml-formatter"
let handle
plugin.formatter({ on: (event, handler) => { if (event === "message") handle = handler }, options: {}, write: s => process.stdout.write(s) })
envelopes.forEach(handle)
`
)

// HTML is the page that npm's html-formatter makes of a stream; the test ends
// where it makes none. What the page shows, [Shown] says.
func HTML(t testing.TB, stream io.Reader) string {
	t.Helper()
	return format(t, html, stream)
}

// Shown is the text that a reader of such a page sees once its script has run,
// without a browser; the test ends where it shows nothing.
func Shown(t testing.TB, page string) string {
	t.Helper()
	return format(t, shown, strings.NewReader(page))
}

// JUnit is the XML that npm's junit-xml-formatter makes of a stream; the test
// ends where it makes none.
func JUnit(t testing.TB, stream io.Reader) string {
	t.Helper()
	return format(t, junit, stream)
}

func format(t testing.TB, module string, stream io.Reader) string {
	t.Helper()
	cmd := npm.Node(t, module)
	cmd.Stdin = stream
	page, err := cmd.Output()
	if err != nil || len(bytes.TrimSpace(page)) == 0 {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("the formatter does not accept the stream: %v\n%s", err, exit.Stderr)
		}
		t.Fatalf("the formatter wrote %d bytes: %v", len(page), err)
	}
	return string(page)
}
