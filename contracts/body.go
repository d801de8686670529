package contracts

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/pact-foundation/pact-go/v2/matchers"

	"github.com/stagegate/stagegate/contracts/pact"
)

// A Body is what a request or a response carries. The zero Body says nothing.
// Its media type becomes the Content-Type unless the headers name one.
type Body struct {
	contentType string
	content     []byte // as the engine reads it
	form        pact.BodyForm
	rules       string // for content that cannot contain them
	err         error
}

// JSON is a body of JSON: v as encoding/json writes it, where v may contain
// matchers. Its Content-Type is application/json unless the headers say otherwise.
// What v contains must be the same in each run; the time of day must not be in it.
func JSON(v any) Body {
	b, err := json.Marshal(v) // encoding/json: v's tags and the matchers are made for it
	return Body{contentType: "application/json", content: b, err: err}
}

// Text is a body of text/plain: a plain text, or matchers.Regex or Includes.
func Text(m matchers.Matcher) Body {
	text, err := json.Marshal(m)
	if err != nil {
		return Body{err: err}
	}
	b := Body{contentType: "text/plain", content: []byte{}}
	var plain string
	if json.Unmarshal(text, &plain) == nil && m != nil {
		b.content = []byte(plain)
		return b
	}
	var rule struct {
		Type  string `json:"pact:matcher:type"`
		Value string `json:"value"`
		Regex string `json:"regex"`
	}
	err = json.Unmarshal(text, &rule)
	var match map[string]string
	switch {
	case err == nil && rule.Type == "regex":
		match = map[string]string{"match": "regex", "regex": rule.Regex}
	case err == nil && rule.Type == "include":
		match = map[string]string{"match": "include", "value": rule.Value}
	default:
		return Body{err: fmt.Errorf("a text is compared as it is, with Regex or with Includes, not with %s", text)}
	}
	rules, err := json.Marshal(map[string]any{"$": map[string]any{"combine": "AND", "matchers": []any{match}}})
	b.content, b.rules, b.err = []byte(rule.Value), string(rules), err
	return b
}

// Form is a body of application/x-www-form-urlencoded. Fields that are not named
// are not allowed; one that has several values has them in [Values].
func Form(fields map[string]matchers.Matcher) Body {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if _, err := each(fields[name]); err != nil {
			return Body{err: fmt.Errorf("%s: %w", name, err)}
		}
	}
	b, err := json.Marshal(fields)
	return Body{contentType: "application/x-www-form-urlencoded", content: b, err: err}
}

// Binary is a body of these bytes. The engine compares them as it compares that
// media type: XML by its elements, what it does not know byte by byte.
func Binary(contentType string, content []byte) Body {
	return bytesBody(contentType, content, pact.Bytes)
}

// File is a body of a media type. The example is what a mock answers; any other
// content that begins as that media type does is as agreed.
func File(contentType string, example []byte) Body {
	return bytesBody(contentType, example, pact.Example)
}

func bytesBody(contentType string, content []byte, form pact.BodyForm) Body {
	b := Body{contentType: contentType, content: slices.Clone(content), form: form}
	if contentType == "" || len(content) == 0 {
		b.err = errors.New("bytes need a media type, and at least one byte: leave the Body out for none")
	}
	return b
}

func (b Body) forEngine() *pact.Body {
	if b.content == nil {
		return nil
	}
	return &pact.Body{ContentType: b.contentType, Content: string(b.content), Form: b.form, Rules: b.rules}
}

// identity is all that b says, as a value for encoding/json; nil for nothing.
func (b Body) identity() any {
	if b.content == nil {
		return nil
	}
	id := struct {
		Type    string        `json:"type"`
		Form    pact.BodyForm `json:"form"`
		Rules   string        `json:"rules"`
		Content any           `json:"content"`
	}{b.contentType, b.form, b.rules, b.content}
	if v := jsontext.Value(b.content); b.form == pact.Embedded && v.IsValid() {
		id.Content = v // canonical: the order of members says nothing
	}
	return id
}
