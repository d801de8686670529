// Package gatefile reads gate.yaml, strictly: an unknown key, a duplicate one,
// a reference to something that is not there and a value of the wrong form are
// errors that name file and line, and say what would be right.
//
//	f, err := gatefile.Load("gate.yaml")
//	stage, ok := f.Stage("acceptance")
//
// All mistakes of a file are reported at once, in the order of their lines.
package gatefile
