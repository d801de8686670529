// Package flow takes one artifact through one stage, one way:
//
//	Begin    entry decision -> suites before the deploy -> steps or deploy -> read back
//	Test     the suites, or one shard of them
//	Decide   read back again -> closing -> exit decision
//	Check    the entry decision alone; changes nothing
//
// It keeps no state of its own: every step reads what the one before it wrote
// to the ledger, so that the steps can be processes on different machines. What
// it needs of the world are the functions of [Ports]; cmd/gate fills them in.
package flow
