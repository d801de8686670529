package httpsteps

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/stagegate/stagegate/features"
	"github.com/stagegate/stagegate/features/steps/internal/ready"
)

// Define defines the steps of this package for worlds of type W; of finds the
// scenario's client in its world.
func Define[W any](s *features.Steps[W], of func(W) *Client) { ready.Define(s, of, steps()) }

// steps is the table from which the definitions and docs/steps.md are made.
func steps() []ready.Step {
	return []ready.Step{
		{Expr: `^the header "([^"]*)" is sent as "([^"]*)"$`, Fn: (*Client).setHeader,
			Doc: "Sets a header of every request to come.", Example: `Given the header "Accept-Language" is sent as "de"`},
		{Expr: `^I (GET|HEAD|OPTIONS) "([^"]*)"$`, Fn: (*Client).ask,
			Doc: "Sends a request to a path below the target's URL, or to the URL of one of its dependencies.", Example: `When I GET "/orders/{order}"`},
		{Expr: `^I (POST|PUT|PATCH|DELETE) "([^"]*)"$`, Fn: (*Client).ask, Mutates: true,
			Doc: "Sends a request without a body.", Example: `When I DELETE "/orders/{order}"`},
		{Expr: `^I (POST|PUT|PATCH|DELETE) "([^"]*)" with$`, Fn: (*Client).send, Mutates: true,
			Doc: "Sends a request with a body; it is JSON unless a Content-Type was set.", Example: "When I POST \"/orders\" with\n  \"\"\"\n  {\"sku\": \"mug\", \"customer\": \"{id}\"}\n  \"\"\""},
		{Expr: `^the status is (\d+)$`, Fn: (*Client).status,
			Doc: "The last answer has that status.", Example: `Then the status is 201`},
		{Expr: `^the answer's header "([^"]*)" is "([^"]*)"$`, Fn: (*Client).headerIs,
			Doc: "The last answer has a header with that value.", Example: `Then the answer's header "Content-Type" is "application/json"`},
		{Expr: `^the answer contains "([^"]*)"$`, Fn: (*Client).contains,
			Doc: "The last answer's body has that text in it.", Example: `Then the answer contains "paid"`},
		{Expr: `^the JSON at "([^"]*)" is (.+)$`, Fn: (*Client).jsonAt,
			Doc: "The value at a [path](https://github.com/tidwall/gjson/blob/master/SYNTAX.md) of the last answer is that JSON value.", Example: `Then the JSON at "lines.0.sku" is "mug"`},
		{Expr: `^the JSON at "([^"]*)" matches "([^"]*)"$`, Fn: (*Client).jsonMatches,
			Doc: "The text or number there matches a regular expression, the whole of it.", Example: `Then the JSON at "id" matches "[0-9a-f]+"`},
		{Expr: `^there is no JSON at "([^"]*)"$`, Fn: (*Client).noJSON,
			Doc: "The last answer is JSON and has nothing at that path.", Example: `Then there is no JSON at "card"`},
		{Expr: `^the JSON is$`, Fn: (*Client).jsonIs,
			Doc: "The last answer is that JSON, in any order of members. `{any}`, `{text}`, `{number}`, `{bool}` and `{time}` stand for any value of that kind.", Example: "Then the JSON is\n  \"\"\"\n  {\"id\": \"{text}\", \"total\": 1250, \"at\": \"{time}\"}\n  \"\"\""},
		{Expr: `^the JSON has$`, Fn: (*Client).jsonHas,
			Doc: "The same, and there may be other members.", Example: "Then the JSON has\n  \"\"\"\n  {\"total\": 1250}\n  \"\"\""},
		{Expr: `^the JSON fits the schema$`, Fn: (*Client).schema,
			Doc: "The last answer is valid against a JSON Schema.", Example: "Then the JSON fits the schema\n  \"\"\"\n  {\"type\": \"object\", \"required\": [\"id\"]}\n  \"\"\""},
		{Expr: `^I save the JSON at "([^"]*)" as "([^"]*)"$`, Fn: (*Client).saveJSON,
			Doc: "Keeps a text, a number or a bool, for `{name}` in later steps.", Example: `When I save the JSON at "id" as "order"`},
		{Expr: `^I save the answer's header "([^"]*)" as "([^"]*)"$`, Fn: (*Client).saveHeader,
			Doc: "Keeps a header.", Example: `When I save the answer's header "Location" as "place"`},
		{Expr: `^within (\S+) "([^"]*)" answers (\d+)$`, Fn: (*Client).withinStatus,
			Doc: "GETs a path until it answers with that status, for as long as is said.", Example: `Then within 30s "/orders/{order}" answers 200`},
		{Expr: `^within (\S+) the JSON at "([^"]*)" of "([^"]*)" is (.+)$`, Fn: (*Client).withinJSON,
			Doc: "GETs a path until its JSON has that value there.", Example: `Then within 30s the JSON at "status" of "/orders/{order}" is "paid"`},
		{Expr: `^for (\S+) the JSON at "([^"]*)" of "([^"]*)" is (.+)$`, Fn: (*Client).forJSON,
			Doc: "GETs a path again and again: it has that value all the time.", Example: `Then for 5s the JSON at "status" of "/orders/{order}" is "open"`},
	}
}

func (c *Client) setHeader(name, value string) error {
	v, err := c.saved.Fill(value, ready.Same)
	c.header.Set(name, v)
	return err
}

func (c *Client) ask(ctx context.Context, method, path string) error {
	return c.send(ctx, method, path, "")
}

func (c *Client) send(ctx context.Context, method, path, body string) error {
	body, err := c.saved.Fill(body, ready.InJSON)
	if err != nil {
		return err
	}
	c.last, err = c.request(ctx, method, path, body)
	return err
}

func (c *Client) status(want int) error {
	a, err := c.answered()
	if err == nil && a.status != want {
		err = fmt.Errorf("got status %d, want %d\n%s", a.status, want, a)
	}
	return err
}

func (c *Client) headerIs(name, want string) error {
	a, err := c.answered()
	if err != nil {
		return err
	}
	if want, err = c.saved.Fill(want, ready.Same); err != nil {
		return err
	}
	if got := a.header.Values(name); len(got) != 1 || got[0] != want {
		return fmt.Errorf("header %s: got %q, want %q", name, got, want)
	}
	return nil
}

func (c *Client) contains(want string) error {
	a, err := c.answered()
	if err != nil {
		return err
	}
	if want, err = c.saved.Fill(want, ready.Same); err != nil {
		return err
	}
	if !strings.Contains(string(a.body), want) {
		return fmt.Errorf("%q is not in it\n%s", want, a)
	}
	return nil
}

// isAt compares the value at a path of a with JSON.
func (c *Client) isAt(a *answer, path, want string) error {
	w, err := c.saved.JSON(want)
	if err != nil {
		return err
	}
	r, err := a.at(path)
	if err != nil {
		return err
	}
	g, err := ready.Decode([]byte(r.Raw))
	if err != nil {
		return err
	}
	if all := ready.Differences(w, g, "."+path, false); len(all) > 0 {
		return fmt.Errorf("%s\n%s", strings.Join(all, "\n"), a)
	}
	return nil
}

func (c *Client) jsonAt(path, want string) error {
	a, err := c.answered()
	if err != nil {
		return err
	}
	return c.isAt(a, path, want)
}

func (c *Client) jsonMatches(path, expr string) error {
	a, err := c.answered()
	if err != nil {
		return err
	}
	re, err := regexp.Compile(`^(?:` + expr + `)$`)
	if err != nil {
		return err
	}
	r, err := a.at(path)
	if err == nil && (r.IsObject() || r.IsArray() || !re.MatchString(r.String())) {
		err = fmt.Errorf("%s: got %s, want a match of %s\n%s", path, r.Raw, expr, a)
	}
	return err
}

func (c *Client) noJSON(path string) error {
	a, err := c.answered()
	if err != nil {
		return err
	}
	if _, err := a.document(); err != nil {
		return err
	}
	if r, err := a.at(path); err == nil {
		return fmt.Errorf("%s: is %s\n%s", path, r.Raw, a)
	}
	return nil
}

func (c *Client) jsonIs(want string) error  { return c.compare(want, false) }
func (c *Client) jsonHas(want string) error { return c.compare(want, true) }

func (c *Client) compare(want string, part bool) error {
	a, err := c.answered()
	if err != nil {
		return err
	}
	w, err := c.saved.JSON(want)
	if err != nil {
		return err
	}
	g, err := a.document()
	if err != nil {
		return err
	}
	if all := ready.Differences(w, g, "", part); len(all) > 0 {
		return fmt.Errorf("%s\n%s", strings.Join(all, "\n"), a)
	}
	return nil
}

func (c *Client) schema(text string) error {
	a, err := c.answered()
	if err != nil {
		return err
	}
	v, err := a.document()
	if err != nil {
		return err
	}
	if err := schemaErrors(text, v); err != nil {
		return fmt.Errorf("%w\n%s", err, a)
	}
	return nil
}

func (c *Client) saveJSON(path, name string) error {
	a, err := c.answered()
	if err != nil {
		return err
	}
	r, err := a.at(path)
	if err == nil && (r.IsObject() || r.IsArray() || r.Raw == "null") {
		err = fmt.Errorf("%s is %s: want a text, a number or a bool", path, r.Raw)
	}
	if err != nil {
		return err
	}
	return c.saved.Save(name, r.String())
}

func (c *Client) saveHeader(header, name string) error {
	a, err := c.answered()
	if err != nil {
		return err
	}
	v := a.header.Get(header)
	if v == "" {
		return fmt.Errorf("the answer has no header %s", header)
	}
	return c.saved.Save(name, v)
}
