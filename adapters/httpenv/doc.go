// Package httpenv makes the HTTP client that tests use against a target.
//
// The client of [New] reaches the target's own host and the hosts of its
// dependencies, nothing else, and on a live target it only reads. Whatever is
// refused is refused before anything is sent, redirects hop by hop, with a
// [RefusedError] that says what would allow it. What the target answered is
// recorded, so that a scenario which never spoke to the target can be told
// from one that did.
//
// The client stops mistakes. It does not stop code that makes a client of its
// own, or that takes the Transport out of this one: see docs/security.md.
package httpenv
