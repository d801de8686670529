package messagetest

import (
	"bytes"
	"errors"
	"io"
	"os/exec"
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
	junit = readStream + `
import plugin from "@cucumber/junit-xml-formatter"
let handle
plugin.formatter({ on: (event, handler) => { if (event === "message") handle = handler }, options: {}, write: s => process.stdout.write(s) })
envelopes.forEach(handle)
`
)

// HTML is the page that npm's html-formatter makes of a stream; the test ends
// where it makes none.
func HTML(t testing.TB, stream io.Reader) string {
	t.Helper()
	return format(t, html, stream)
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
