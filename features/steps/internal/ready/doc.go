// Package ready is what ready-made steps share: a table of steps, from which both
// the definitions and the reference page are made.
package ready
