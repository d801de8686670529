// Package lock gives each place to one candidate at a time: one lock per
// target, with a lease, in a [harness.Store] in which everything is written once.
//
//	locks/PLACE/NNNNNN/claim             who has it; 1, 2, ... without gaps
//	locks/PLACE/NNNNNN/renewals/KKKKKK   what became of the lease, in order; 1, 2, ...
//	locks/PLACE/NNNNNN/release           the holder let go
//	locks/PLACE/NNNNNN/waiting/ARRIVAL-NONCE   who waits for it
//	locks/PLACE/NNNNNN/skipped/ARRIVAL-NONCE   who waited, and does not any more
//
// A claim's number is its fencing token: a higher one is later. The newest claim
// is found by its number, in a few reads however many there are.
//
// A lease ends an hour, or what the claim says, after the holder's last sign of
// life: the claim or a renewal. Others wait two minutes more, so that their
// clocks may differ by that much. Who takes over says so where the next renewal
// would stand, before it claims: of a late renewal and a takeover, the store
// lets one succeed.
//
// A sign of life from the future would keep a lease for as long as that clock is
// wrong. Who finds one notes in the same place when that was, and for as long as
// the sign lies in the future the lease counts from there.
package lock
