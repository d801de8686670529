package pactgo

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"strings"

	"github.com/pact-foundation/pact-go/v2/matchers"

	"github.com/stagegate/stagegate/contracts"
)

// A draft is an interaction that is being built, and what is wrong with it so
// far: a builder's methods return no errors.
type draft struct {
	contracts.Interaction
	wrong []error
}

func (d *draft) fail(part string, err error) {
	if err != nil {
		d.wrong = append(d.wrong, fmt.Errorf("%s: %w", part, err))
	}
}

// finish completes d and returns what is wrong with it.
func (d *draft) finish() error {
	if d.Description == "" {
		d.fail("UponReceiving", errors.New("the interaction needs a description"))
	}
	d.Name = d.name()
	return errors.Join(d.wrong...)
}

// name is what tells interactions of one contract apart: two of one
// description may differ in their provider states.
func (d *draft) name() string {
	name, before := d.Description, ", given "
	for _, s := range d.Given {
		name += before + s.Name
		before = " and "
	}
	return name
}

// set replaces the values of a header or parameter.
func set(in *map[string]matchers.Matcher, key string, values []matchers.Matcher) {
	if *in == nil {
		*in = map[string]matchers.Matcher{}
	}
	if len(values) == 1 {
		(*in)[key] = values[0]
		return
	}
	(*in)[key] = contracts.Values(values...)
}

// pathOf is the path of a plain text or a regular expression.
func pathOf(m matchers.Matcher) (contracts.Path, error) {
	b, err := json.Marshal(m)
	if err != nil {
		return contracts.Path{}, err
	}
	var plain string
	if m != nil && json.Unmarshal(b, &plain) == nil {
		return contracts.Literal(plain), nil
	}
	var rule struct {
		Type  string `json:"pact:matcher:type"`
		Value string `json:"value"`
		Regex string `json:"regex"`
	}
	if err := json.Unmarshal(b, &rule); err != nil || rule.Type != "regex" || rule.Regex == "" {
		return contracts.Path{}, fmt.Errorf("%s would accept any path, or one that only the provider knows\nhint: use matchers.Regex, or WithRequestTemplate for values of a target", b)
	}
	return contracts.RegexPath(rule.Value, rule.Regex), nil
}

// json is a body of JSON with matchers.
func (d *draft) json(part string, body any) contracts.Body {
	if text, ok := written(body); ok {
		if !json.Valid([]byte(text)) {
			d.fail(part+" body", fmt.Errorf("the text %q is not JSON\nhint: use Body for other content", text))
			return contracts.Body{}
		}
		return contracts.JSON(json.RawMessage(text))
	}
	return contracts.JSON(body)
}

// written is the JSON in a body that is a text.
func written(body any) (string, bool) {
	switch s := body.(type) {
	case string:
		return s, true
	case matchers.S:
		return string(s), true
	case matchers.String:
		return string(s), true
	}
	return "", false
}

const octets = "application/octet-stream"

var errMultipart = errors.New("MultipartBody is not supported\nhint: leave this interaction with pact-go")

// body is a body of any media type, compared as the engine compares that. What
// it is called goes into the headers where they do not name it yet.
func (d *draft) body(headers *map[string]matchers.Matcher, contentType string, content []byte) contracts.Body {
	media, _, _ := mime.ParseMediaType(contentType)
	b := contracts.Binary(contentType, content)
	switch {
	case (media == "application/json" || strings.HasSuffix(media, "+json")) && json.Valid(content):
		b = contracts.JSON(json.RawMessage(content))
	case media == "text/plain" && len(content) > 0:
		b = contracts.Text(matchers.S(content))
	}
	for name := range *headers {
		if strings.EqualFold(name, "Content-Type") {
			return b
		}
	}
	if contentType != "" {
		set(headers, "Content-Type", []matchers.Matcher{matchers.S(contentType)})
	}
	return b
}
