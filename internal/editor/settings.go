package editor

import (
	"errors"
	"fmt"
	"slices"

	"github.com/tailscale/hujson"
)

// SettingsPath is where VS Code has the settings of a repository.
const SettingsPath = ".vscode/settings.json"

// Settings adds to a file of settings, JSON with comments, what the language
// server needs: the features, where none are named, and the glue and the
// parameter types that are not named yet. Nothing that is there is changed.
func Settings(old []byte, glue []string, types []Type) ([]byte, error) {
	if len(old) == 0 {
		old = []byte("{}\n")
	}
	v, err := hujson.Parse(old)
	if err != nil {
		return nil, err
	}
	all, ok := v.Value.(*hujson.Object)
	if !ok {
		return nil, fmt.Errorf("want an object, have %c", v.Value.Kind())
	}
	var errs []error
	if len(types) > 0 {
		errs = append(errs, add(all, "cucumber.parameterTypes", typeValues(types), true))
	}
	errs = append(errs,
		add(all, "cucumber.glue", textValues(glue), true),
		add(all, "cucumber.features", textValues([]string{"**/*.feature"}), false))
	return v.Pack(), errors.Join(errs...)
}

func textValues(texts []string) (values []hujson.Value) {
	for _, s := range texts {
		values = append(values, hujson.Value{Value: hujson.String(s)})
	}
	return values
}

func typeValues(types []Type) (values []hujson.Value) {
	for _, t := range types {
		values = append(values, hujson.Value{Value: &hujson.Object{Members: []hujson.ObjectMember{
			{Name: hujson.Value{Value: hujson.String("name")}, Value: hujson.Value{BeforeExtra: hujson.Extra(" "), Value: hujson.String(t.Name)}},
			{Name: hujson.Value{BeforeExtra: hujson.Extra(" "), Value: hujson.String("regexp")}, Value: hujson.Value{BeforeExtra: hujson.Extra(" "), Value: hujson.String(t.Regexp)}},
		}}})
	}
	return values
}

// identity is what a value of a list is known by: a text, or the name of an object.
func identity(v hujson.Value) string {
	if lit, ok := v.Value.(hujson.Literal); ok && lit.Kind() == '"' {
		return lit.String()
	}
	if _, ok := v.Value.(*hujson.Object); ok {
		if name := v.Find("/name"); name != nil {
			return identity(*name)
		}
	}
	return ""
}

// add puts a list in front of the others, where there is none of that name; with
// more, else what it lacks in front of what it has.
func add(all *hujson.Object, name string, values []hujson.Value, more bool) error {
	i := slices.IndexFunc(all.Members, func(m hujson.ObjectMember) bool {
		lit, ok := m.Name.Value.(hujson.Literal)
		return ok && lit.String() == name
	})
	if i < 0 {
		list := &hujson.Array{AfterExtra: hujson.Extra("\n  ")}
		if len(all.Members) == 0 && len(all.AfterExtra) == 0 {
			all.AfterExtra = hujson.Extra("\n")
		}
		all.Members = slices.Insert(all.Members, 0, hujson.ObjectMember{
			Name:  hujson.Value{BeforeExtra: hujson.Extra("\n  "), Value: hujson.String(name)},
			Value: hujson.Value{BeforeExtra: hujson.Extra(" "), Value: list},
		})
		prepend(list, values)
		return nil
	}
	list, ok := all.Members[i].Value.Value.(*hujson.Array)
	if !ok {
		return fmt.Errorf("%s is not a list", name)
	}
	if more {
		prepend(list, values)
	}
	return nil
}

// prepend puts the values in front that are not in the list.
func prepend(list *hujson.Array, values []hujson.Value) {
	for _, v := range slices.Backward(values) {
		has := slices.ContainsFunc(list.Elements, func(e hujson.Value) bool { return identity(e) == identity(v) })
		if !has {
			v.BeforeExtra = hujson.Extra("\n    ")
			list.Elements = slices.Insert(list.Elements, 0, v)
		}
	}
}
