package editor

import (
	"fmt"
	"slices"

	"github.com/tailscale/hujson"
)

// SettingsPath is where VS Code has the settings of a repository.
const SettingsPath = ".vscode/settings.json"

// Settings adds to a file of settings, JSON with comments, what the language
// server needs: the features, where none are named, and the glue that is not
// named yet. Nothing that is there is changed.
func Settings(old []byte, glue []string) ([]byte, error) {
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
	if err := add(all, "cucumber.glue", glue, true); err != nil {
		return nil, err
	}
	if err := add(all, "cucumber.features", []string{"**/*.feature"}, false); err != nil {
		return nil, err
	}
	return v.Pack(), nil
}

// add puts a list in front of the others, where there is none of that name; with
// more, else what it lacks in front of what it has.
func add(all *hujson.Object, name string, values []string, more bool) error {
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
func prepend(list *hujson.Array, values []string) {
	for _, v := range slices.Backward(values) {
		has := slices.ContainsFunc(list.Elements, func(e hujson.Value) bool {
			lit, ok := e.Value.(hujson.Literal)
			return ok && lit.Kind() == '"' && lit.String() == v
		})
		if !has {
			list.Elements = slices.Insert(list.Elements, 0, hujson.Value{BeforeExtra: hujson.Extra("\n    "), Value: hujson.String(v)})
		}
	}
}
