package editor_test

import (
	"bufio"
	"fmt"
	"io"
	"net/textproto"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/stagegate/stagegate/internal/npm"
)

// standalone is bin/cucumber-language-server.cjs, which looks for the grammars
// where npm does not put them. The server resolves paths from its folder.
const standalone = `
import { createRequire } from "node:module"
import path from "node:path"
const require = createRequire(path.join(process.cwd(), "x.js"))
const { startStandaloneServer } = require("@cucumber/language-server/wasm")
const { NodeFiles } = require("@cucumber/language-server/node")
const grammars = path.resolve("node_modules/@cucumber/language-service/dist")
process.chdir(process.argv[1])
startStandaloneServer(grammars, root => new NodeFiles(root))
`

// A server is the official one, with a client that answers its questions.
type server struct {
	t        *testing.T
	in       io.Writer
	messages chan message
	settings map[string]any
	logged   strings.Builder
	next     int
}

type message struct {
	ID     jsontext.Value `json:"id,omitzero"`
	Method string         `json:"method,omitzero"`
	Params jsontext.Value `json:"params,omitzero"`
	Result jsontext.Value `json:"result,omitzero"`
	Error  jsontext.Value `json:"error,omitzero"`
	Rest   jsontext.Value `json:",unknown"`
}

// start runs the server on a folder and waits until it has read the glue code.
// settings are those of the section cucumber.
func start(t *testing.T, root string, settings map[string]any) *server {
	t.Helper()
	cmd := npm.Node(t, standalone, root, "--stdio")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, in: in, messages: make(chan message), settings: settings}
	go read(out, s.messages)
	t.Cleanup(func() {
		in.Close()
		cmd.Process.Kill()
		for range s.messages {
		}
		cmd.Wait()
		if t.Failed() {
			t.Logf("the server: %s\n%s", s.logged.String(), said.String())
		}
	})
	s.call("initialize", map[string]any{
		"processId": nil, "rootUri": "file://" + root, "rootPath": root,
		"capabilities": map[string]any{
			"workspace":    map[string]any{"configuration": true},
			"textDocument": map[string]any{"definition": map[string]any{}, "completion": map[string]any{"completionItem": map[string]any{"snippetSupport": true}}},
		},
	}, nil)
	s.notify("initialized", map[string]any{})
	s.until(func(m message) bool { return strings.Contains(string(m.Params), "suggestions for auto complete") })
	return s
}

func read(out io.Reader, to chan<- message) {
	defer close(to)
	r := textproto.NewReader(bufio.NewReader(out))
	for {
		header, err := r.ReadMIMEHeader()
		if err != nil {
			return
		}
		n, err := strconv.Atoi(header.Get("Content-Length"))
		if err != nil {
			return
		}
		b := make([]byte, n)
		if _, err := io.ReadFull(r.R, b); err != nil {
			return
		}
		var m message
		if err := json.Unmarshal(b, &m); err != nil {
			return
		}
		to <- m
	}
}

func (s *server) write(m any) {
	s.t.Helper()
	b, err := json.Marshal(m)
	if err == nil {
		_, err = fmt.Fprintf(s.in, "Content-Length: %d\r\n\r\n%s", len(b), b)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *server) notify(method string, params any) {
	s.t.Helper()
	s.write(map[string]any{"jsonrpc": "2.0", "method": method, "params": params})
}

func (s *server) call(method string, params, result any) {
	s.t.Helper()
	s.next++
	id := strconv.Itoa(s.next)
	s.write(map[string]any{"jsonrpc": "2.0", "id": s.next, "method": method, "params": params})
	m := s.until(func(m message) bool { return m.Method == "" && string(m.ID) == id })
	if m.Error != nil {
		s.t.Fatalf("%s: %s", method, m.Error)
	}
	if result != nil {
		if err := json.Unmarshal(m.Result, result); err != nil {
			s.t.Fatalf("%s: %v: %s", method, err, m.Result)
		}
	}
}

// until answers questions until a message is the one.
func (s *server) until(is func(message) bool) message {
	s.t.Helper()
	for m := range s.messages {
		if m.Method != "" && m.ID != nil {
			var answer any
			if m.Method == "workspace/configuration" {
				answer = []any{s.settings}
			}
			s.write(map[string]any{"jsonrpc": "2.0", "id": m.ID, "result": answer})
		}
		if m.Method == "window/logMessage" {
			fmt.Fprintln(&s.logged, string(m.Params))
		}
		if is(m) {
			return m
		}
	}
	s.t.Fatal("the server has ended")
	return message{}
}

// undefined opens a feature and returns the lines, from 1, with an undefined
// step; other diagnostics end the test.
func (s *server) undefined(uri, text string) (lines []int) {
	s.t.Helper()
	s.notify("textDocument/didOpen", map[string]any{"textDocument": map[string]any{"uri": uri, "languageId": "cucumber", "version": 1, "text": text}})
	m := s.until(func(m message) bool {
		return m.Method == "textDocument/publishDiagnostics" && strings.Contains(string(m.Params), uri)
	})
	var found struct {
		Diagnostics []struct {
			Message string `json:"message"`
			Range   struct {
				Start struct {
					Line int `json:"line"`
				} `json:"start"`
			} `json:"range"`
		} `json:"diagnostics"`
	}
	if err := json.Unmarshal(m.Params, &found); err != nil {
		s.t.Fatal(err)
	}
	for _, d := range found.Diagnostics {
		if !strings.HasPrefix(d.Message, "Undefined step") {
			s.t.Fatalf("line %d: %s", d.Range.Start.Line+1, d.Message)
		}
		lines = append(lines, d.Range.Start.Line+1)
	}
	return lines
}

// definition is file:line of what a step is defined by; "" if it is not.
func (s *server) definition(uri string, line int) string {
	s.t.Helper()
	var links []struct {
		URI   string `json:"targetUri"`
		Range struct {
			Start struct {
				Line int `json:"line"`
			} `json:"start"`
		} `json:"targetSelectionRange"`
	}
	s.call("textDocument/definition", map[string]any{"textDocument": map[string]any{"uri": uri}, "position": map[string]any{"line": line - 1, "character": 12}}, &links)
	if len(links) != 1 {
		return fmt.Sprintf("%d definitions", len(links))
	}
	return fmt.Sprintf("%s:%d", links[0].URI[strings.LastIndex(links[0].URI, "/")+1:], links[0].Range.Start.Line+1)
}

// completions are the texts that the server offers at the end of a line.
func (s *server) completions(uri string, line, column int) (labels []string) {
	s.t.Helper()
	var items []struct {
		Label string `json:"label"`
	}
	s.call("textDocument/completion", map[string]any{"textDocument": map[string]any{"uri": uri}, "position": map[string]any{"line": line - 1, "character": column}}, &items)
	for _, i := range items {
		labels = append(labels, i.Label)
	}
	return labels
}
