// Package storetest holds what every [harness.Store] promises, as tests.
//
// An adapter's own test is one line:
//
//	func TestConformance(t *testing.T) { storetest.Run(t, open) }
//
// where open returns a store with nothing in it.
package storetest
