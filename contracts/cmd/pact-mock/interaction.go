package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/stagegate/stagegate/contracts/pact"
)

// An interaction is one of a pact file, of any specification version.
type interaction struct {
	Type        string `json:"type"`
	Description string `json:"description"`
	State       string `json:"providerState"` // before version 3
	States      []struct {
		Name   string         `json:"name"`
		Params jsontext.Value `json:"params"`
	} `json:"providerStates"`
	Request  part `json:"request"`
	Response part `json:"response"`
}

// A part is a request or a response.
type part struct {
	Method     string                    `json:"method"`
	Path       string                    `json:"path"`
	Query      jsontext.Value            `json:"query"` // a text before version 3, then an object
	Headers    map[string]jsontext.Value `json:"headers"`
	Body       jsontext.Value            `json:"body"`
	Rules      jsontext.Value            `json:"matchingRules"`
	Generators jsontext.Value            `json:"generators"`
	Status     int                       `json:"status"`
}

// read makes of i what the engine takes.
func (s *served) read(i interaction, v4 bool) error {
	x := pact.Interaction{Description: i.Description, Method: strings.ToUpper(i.Request.Method), Path: i.Request.Path, Status: i.Response.Status}
	switch {
	case x.Method == "":
		return s.wrong("request.method", errors.New("is missing\nhint: add the HTTP method, as \"GET\""))
	case !strings.HasPrefix(x.Path, "/"):
		return s.wrong("request.path", fmt.Errorf("%q: want a path that begins with /", x.Path))
	case x.Status < 200 || x.Status > 599:
		return s.wrong("response.status", fmt.Errorf("%d: want 200 to 599", x.Status))
	}
	if i.State != "" {
		x.Given = append(x.Given, pact.State{Name: i.State})
	}
	for _, state := range i.States {
		x.Given = append(x.Given, pact.State{Name: state.Name, Params: object(state.Params)})
	}
	var err error
	if x.Query, err = query(i.Request.Query); err != nil {
		return s.wrong("request.query", err)
	}
	x.RequestExtra = pact.Extra{Rules: object(i.Request.Rules), Generators: object(i.Request.Generators)}
	x.ResponseExtra = pact.Extra{Rules: object(i.Response.Rules), Generators: object(i.Response.Generators)}
	if x.RequestHeader, err = headers(i.Request.Headers); err != nil {
		return s.wrong("request.headers", err)
	}
	if x.ResponseHeader, err = headers(i.Response.Headers); err != nil {
		return s.wrong("response.headers", err)
	}
	if x.RequestBody, err = body(i.Request.Body, x.RequestHeader, v4); err != nil {
		return s.wrong("request.body", err)
	}
	if x.ResponseBody, err = body(i.Response.Body, x.ResponseHeader, v4); err != nil {
		return s.wrong("response.body", err)
	}
	s.forEngine = x
	same, err := json.Marshal(i.Request, json.Deterministic(true))
	s.request = string(same)
	return err
}

// object is a JSON object, or nothing where it is absent or has no members.
func object(v jsontext.Value) string {
	if text := strings.Join(strings.Fields(string(v)), " "); text == "" || text == "null" || text == "{}" || text == "{ }" {
		return ""
	}
	return string(v)
}

// query are the parameters, which are a text in files before version 3.
func query(v jsontext.Value) ([]pact.Value, error) {
	if v == nil || v.Kind() == 'n' {
		return nil, nil
	}
	values := url.Values{}
	var err error
	if v.Kind() == '"' {
		var text string
		if err = json.Unmarshal(v, &text); err == nil {
			values, err = url.ParseQuery(text)
		}
	} else {
		var each map[string]jsontext.Value
		err = json.Unmarshal(v, &each)
		for name := range each {
			if values[name], err = texts(each[name]); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return flat(values), err
}

func headers(from map[string]jsontext.Value) ([]pact.Value, error) {
	values := map[string][]string{}
	for name, v := range from {
		var err error
		if values[name], err = texts(v); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return flat(values), nil
}

// texts is one text or several.
func texts(v jsontext.Value) (all []string, err error) {
	if v.Kind() == '[' {
		return all, json.Unmarshal(v, &all)
	}
	var one string
	err = json.Unmarshal(v, &one)
	return []string{one}, err
}

func flat(values map[string][]string) (all []pact.Value) {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		for n, v := range values[name] {
			all = append(all, pact.Value{Name: name, Value: pact.Plain(v), Index: n})
		}
	}
	return all
}

// body is the content of a part. Since version 4 a file says how it is written.
func body(v jsontext.Value, header []pact.Value, v4 bool) (*pact.Body, error) {
	if v == nil || v.Kind() == 'n' {
		return nil, nil
	}
	media := ""
	for _, h := range header {
		if strings.EqualFold(h.Name, "Content-Type") {
			media = h.Value
		}
	}
	if !v4 {
		return content(v, media, false)
	}
	var b struct {
		Content   jsontext.Value `json:"content"`
		MediaType string         `json:"contentType"`
		Encoded   jsontext.Value `json:"encoded"`
	}
	if err := json.Unmarshal(v, &b); err != nil {
		return nil, err
	}
	if media == "" || b.MediaType != "" {
		media = b.MediaType
	}
	encoded := strings.Trim(string(b.Encoded), `"`)
	if b.Content == nil || b.Content.Kind() == 'n' && encoded == "" {
		return nil, nil
	}
	return content(b.Content, media, encoded == "true" || strings.EqualFold(encoded, "base64"))
}

func content(v jsontext.Value, media string, encoded bool) (*pact.Body, error) {
	isJSON := strings.Contains(media, "json")
	if media == "" {
		media = "text/plain"
		if isJSON = v.Kind() != '"'; isJSON {
			media = "application/json"
		}
	}
	text := string(v)
	if v.Kind() == '"' && (!isJSON || encoded) {
		if err := json.Unmarshal(v, &text); err != nil {
			return nil, err
		}
	}
	if encoded {
		b, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, fmt.Errorf("content is not base64: %w", err)
		}
		text = string(b)
	}
	if text == "" {
		return &pact.Body{ContentType: media}, nil
	}
	return &pact.Body{ContentType: media, Content: text, Form: pact.Bytes}, nil
}
