// Package ledger writes and reads runs in a [harness.Store]: which object
// stands at which key, and what makes it count.
//
//	runs/PLACE/SUBJECT/NUMBER/record             the run record
//	runs/PLACE/SUBJECT/NUMBER/deployment         steps, deploy, artifact, what is served
//	runs/PLACE/SUBJECT/NUMBER/evidence/WHEN/SUITE/SHARD
//	runs/PLACE/SUBJECT/NUMBER/closings/N         N = 1, 2, ...
//	runs/PLACE/SUBJECT/NUMBER/verdicts/N         what was decided; output, never read to decide
//	approvals/PLACE/SUBJECT/N                    what people signed
//	made/ARTIFACT/SUBJECT-NUMBER                 the commit-stage run that made an artifact
//	allowed/PLACE/STAGE/YEAR/...                 runs that were allowed, by time: see [Ledger.LastAllowed]
//	ids/PLACE/SHORT/SUBJECT                      the subject of which a run id has the short form
//	blobs/SHA256                                 plans, rows, files of artifacts, whole verdicts, what they rest on
//
// PLACE is a target's name, or "commit" for the commit stage. Every object but
// a blob begins with a line that holds the digest of the rest: one flipped byte
// makes it unreadable. What cannot be read, or contradicts the run that it
// stands with, becomes a [harness.Problem] of the run; it is never left out
// quietly.
package ledger
