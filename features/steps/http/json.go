package httpsteps

import (
	"fmt"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/tidwall/gjson"

	"github.com/stagegate/stagegate/features/steps/internal/ready"
)

// document is the answer's body as JSON.
func (a *answer) document() (any, error) {
	v, err := ready.Decode(a.body)
	if err != nil {
		return nil, fmt.Errorf("the answer is not JSON: %w\n%s", err, a)
	}
	return v, nil
}

// at is the value at a path of github.com/tidwall/gjson: "items.0.sku".
func (a *answer) at(path string) (gjson.Result, error) {
	if _, err := a.document(); err != nil {
		return gjson.Result{}, err
	}
	r := gjson.GetBytes(a.body, path)
	if !r.Exists() {
		return r, fmt.Errorf("there is nothing at %q\n%s", path, a)
	}
	return r, nil
}

// schemaErrors says how v breaks a JSON Schema (draft 2020-12, or as it says).
func schemaErrors(schema string, v any) error {
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(schema))
	if err != nil {
		return fmt.Errorf("the schema is not JSON: %w", err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		return err
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		return fmt.Errorf("the schema makes no sense: %w", err)
	}
	return s.Validate(v)
}
