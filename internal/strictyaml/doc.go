// Package strictyaml reads configuration files in which a mistake must not be
// overlooked: an unknown or a duplicate key and a value of the wrong form are
// errors with file and line, and with the key that was probably meant. All
// mistakes of a file are reported at once.
package strictyaml
