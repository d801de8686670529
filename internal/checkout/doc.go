// Package checkout is the work tree that a run is about: its commit and tree,
// as git names them, the files of an artifact with their digests, and a second
// work tree for an artifact that was made from another commit.
package checkout
