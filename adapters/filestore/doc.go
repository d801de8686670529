// Package filestore keeps what runs write in a directory, once and for good.
//
// A [Store] implements [harness.Store]: each key is a file of that name below
// the directory. A value is written to a temporary file beside its place,
// flushed to the disk, linked to its name and the directory flushed; link(2)
// does not overwrite, so that of several writers, processes included, one
// succeeds, and a writer that is killed leaves a whole value or none.
//
// The directory is private to its owner, and symbolic links in it are refused.
// It has to be on a file system with hard links; whether a network file system
// keeps link(2) atomic is its own affair. On a file system that ignores case,
// keys that differ in case alone are one key, and the second writer is told so.
package filestore
