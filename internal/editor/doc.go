// Package editor makes what the official Cucumber language server needs to find
// the steps of a repository: its settings, and a file of glue code for the steps
// that it does not find where they are defined.
//
// The server reads Go without compiling it. It takes a call of a method whose
// name has Given, When, Then or Step in it, with a string literal, if the call is
// a statement of its own in the body of a function (see goLanguage in
// @cucumber/language-service 1.7.0). So it does not find
//
//   - the ready-made steps: they are a table in another module;
//   - a call in a function literal or a block, or one with something behind it,
//     as in s.When(...).Mutates();
//   - an expression that is put together, or written with backslashes between
//     double quotes, which it does not interpret.
//
// [Glue] repeats these in a file that Go ignores. The texts of the ready-made
// steps in ready/ are made from their tables; a test of each package of steps
// holds them to that.
package editor

import (
	"embed"
	"io/fs"
	"slices"
)

//go:embed ready/*.go.txt
var texts embed.FS

// Ready is the glue code of the ready-made steps that a package has, by its name
// below features/steps.
func Ready(name string) (string, bool) {
	b, err := fs.ReadFile(texts, "ready/"+name+".go.txt")
	return string(b), err == nil
}

// Names of the packages of steps that [Ready] knows.
func Names() (names []string) {
	files, _ := fs.Glob(texts, "ready/*.go.txt")
	for _, f := range files {
		names = append(names, f[len("ready/"):len(f)-len(".go.txt")])
	}
	slices.Sort(names)
	return names
}
