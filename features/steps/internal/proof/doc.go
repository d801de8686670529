// Package proof holds the steps of a package to their table: each has a scenario
// that passes and one that fails and says why, and a live target refuses those that
// change something.
//
//	func TestSteps(t *testing.T) {
//		if proof.Child() {
//			features.Run(t, open, define)
//			return
//		}
//		got := proof.Run(t, proof.Text(t, steps(), proofs()), target)
//		proof.Judge(t, steps(), proofs(), got)
//	}
//
// Scenarios that fail would fail the test that runs them: they run in a child, which
// is the same test in another process.
package proof
