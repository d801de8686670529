package harness

import "time"

// ApprovalFormat is the format of approvals that this version reads and writes.
const ApprovalFormat = 1

// Manual is the rule that a stage with a manual gate has: what an [Approval]
// for it answers.
const Manual = "approval"

// An Approval is a person's word that one artifact may pass one rule of one
// stage, on one place, for some time. For the rule [Manual] it opens a gate that
// a person has to open; for any other rule it is an override.
//
// By and Digest are not part of what is signed: whoever opened the signature
// fills them in.
type Approval struct {
	Format    int       `json:"format"` // ApprovalFormat
	Service   string    `json:"service"`
	Stage     string    `json:"stage"`
	Place     string    `json:"place"` // as [PlaceOf] names it
	Subject   Subject   `json:"subject"`
	Rule      string    `json:"rule"`
	Reason    string    `json:"reason"`
	At        time.Time `json:"at"`
	Until     time.Time `json:"until"`
	Principal string    `json:"principal,omitempty"` // who STS said the approver was, where a cloud's key signed

	By     string `json:"-"` // the signer's name in the trust file: proven by the signature
	Digest Digest `json:"-"` // of the stored approval
}
