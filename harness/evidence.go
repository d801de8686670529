package harness

import (
	"slices"
	"time"
)

// A Row is how one scenario, interaction or test went in one attempt.
type Row struct {
	ID      string    `json:"id"`
	Name    string    `json:"name,omitempty"`
	Kind    Kind      `json:"kind"`
	Mode    Mode      `json:"mode"`
	Outcome Outcome   `json:"outcome"`
	Attempt int       `json:"attempt"`          // 1, 2, ...
	Reason  string    `json:"reason,omitempty"` // why it is not passed
	Where   string    `json:"where,omitempty"`  // file:line
	Tags    []string  `json:"tags,omitempty"`
	Hash    string    `json:"hash,omitempty"`
	Calls   int       `json:"calls,omitempty"`   // recorded calls to the target
	Steps   int       `json:"steps,omitempty"`   // steps that really passed
	Created []string  `json:"created,omitempty"` // what a scenario made on its target
	Trace   string    `json:"trace,omitempty"`   // id of its OpenTelemetry trace
	Started time.Time `json:"started,omitzero"`
	Took    Duration  `json:"took"`
}

// Tagged reports whether r has the tag, written with its "@".
func (r Row) Tagged(tag string) bool { return slices.Contains(r.Tags, tag) }

// Evidence is what one process group saw of one suite, or of one shard of it.
type Evidence struct {
	Format   int       `json:"format"` // EvidenceFormat
	Run      string    `json:"run"`
	Nonce    string    `json:"nonce"`
	Subject  Subject   `json:"subject"`
	Target   string    `json:"target"`
	Account  string    `json:"account,omitempty"`
	Placed             // which suite, when
	Shard    int       `json:"shard"` // 1 to the record's Shards
	Source   Witness   `json:"source"`
	Exit     int       `json:"exit"` // of the runner
	Started  time.Time `json:"started"`
	Finished time.Time `json:"finished"`
	Doubts   []string  `json:"doubts,omitempty"` // witnesses that disagree, a sentence each
	Counts   Counts    `json:"counts"`
	Listed   Listing   `json:"rows"` // where Rows are kept

	Rows   Stream[Row] `json:"-"` // in the order of CompareRows
	Digest Digest      `json:"-"` // of the stored evidence itself
}

// EvidenceFormat is the format of evidence that this version reads and writes.
const EvidenceFormat = 2

// A Witness says who saw the rows.
type Witness string

// Witnesses.
const (
	GoTest   Witness = "gotest" // go test, with the rows of features and contracts
	Command  Witness = "cmd"    // another tool, run by the gate
	Recorded Witness = "record" // another tool's results, handed in
)

// Counts are how many rows had which outcome.
type Counts map[Outcome]int

// CountRows counts rows by outcome.
func CountRows(rows []Row) Counts {
	c := Counts{}
	for _, r := range rows {
		c[r.Outcome]++
	}
	return c
}

// Total is the number of rows.
func (c Counts) Total() (n int) {
	for _, k := range c {
		n += k
	}
	return n
}

// Equal reports whether c and d count the same.
func (c Counts) Equal(d Counts) bool {
	for o, n := range c {
		if d[o] != n {
			return false
		}
	}
	return c.Total() == d.Total()
}
