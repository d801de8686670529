package results

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// A node is one element of a document, with what lies below it.
type node struct {
	name     string
	attrs    map[string]string
	text     string
	children []*node
	line     int
}

// attr returns the first of names that n has.
func (n *node) attr(names ...string) (string, bool) {
	for _, a := range names {
		if v, ok := n.attrs[a]; ok {
			return v, true
		}
	}
	return "", false
}

// maxDepth bounds how deep elements nest: JUnit needs five or six.
const maxDepth = 64

// parse reads one document. It refuses what encoding/xml lets through: a second
// root, text outside of it, duplicate attributes; and a document type, with
// which come entities. Text is kept for the elements that textOf names.
func parse(b []byte, textOf func(string) bool) (*node, error) {
	d := xml.NewDecoder(bytes.NewReader(b))
	d.Strict = true
	var root *node
	var open []*node
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		line, _ := d.InputPos()
		switch t := tok.(type) {
		case xml.Directive:
			return nil, fmt.Errorf("line %d: a document type is not accepted", line)
		case xml.StartElement:
			n, err := element(t, line)
			switch {
			case err != nil:
				return nil, err
			case len(open) == maxDepth:
				return nil, fmt.Errorf("line %d: nested deeper than %d", line, maxDepth)
			case len(open) > 0:
				parent := open[len(open)-1]
				parent.children = append(parent.children, n)
			case root != nil:
				return nil, fmt.Errorf("line %d: a second root element <%s>", line, n.name)
			default:
				root = n
			}
			open = append(open, n)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			switch {
			case len(open) == 0 && len(bytes.TrimSpace(t)) > 0 && string(t) != "\ufeff":
				return nil, fmt.Errorf("line %d: text outside of the root element", line)
			case len(open) > 0 && textOf(open[len(open)-1].name):
				open[len(open)-1].text += string(t)
			}
		}
	}
	if root == nil {
		return nil, errors.New("no root element")
	}
	return root, nil
}

func element(t xml.StartElement, line int) (*node, error) {
	n := &node{name: t.Name.Local, attrs: map[string]string{}, line: line}
	seen := map[xml.Name]bool{}
	for _, a := range t.Attr {
		if seen[a.Name] {
			return nil, fmt.Errorf("line %d: <%s> has the attribute %s twice", line, n.name, a.Name.Local)
		}
		seen[a.Name] = true
		if a.Name.Space == "" {
			n.attrs[a.Name.Local] = a.Value
		}
	}
	return n, nil
}

// reason is what a failure, error or skipped element says, short enough for a row.
func (n *node) reason() string {
	message, text := strings.TrimSpace(n.attrs["message"]), strings.TrimSpace(n.text)
	switch {
	case message == "" || strings.HasPrefix(text, message):
		message = text
	case text != "" && n.name != "skipped":
		message += "\n" + text
	}
	const most = 1500
	if len(message) > most {
		message = strings.ToValidUTF8(message[:most], "") + " [...]"
	}
	return message
}
