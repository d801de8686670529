package attest_test

import (
	"context"
	"fmt"

	"github.com/stagegate/stagegate/adapters/attest"
	"github.com/stagegate/stagegate/harness"
)

// A run record is signed by the job that began the run, and read by the one
// that decides.
func Example() {
	signer, err := attest.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	statement, err := attest.Statement(subjects, attest.RunType, harness.RunRecord{Format: 1, ID: "staging/3f9a1c2b4d5e/1", Subject: subject})
	if err != nil {
		fmt.Println(err)
		return
	}
	envelope, err := attest.Seal(context.Background(), signer, attest.PayloadType, statement)
	if err != nil {
		fmt.Println(err)
		return
	}

	v := attest.Verifier{Keys: []attest.Key{{Public: signer.Public(), NotAfter: noon}}, MadeAt: attest.At(noon)}
	claim, signers, err := v.OpenStatement(envelope)
	if err != nil {
		fmt.Println(err)
		return
	}
	var record harness.RunRecord
	fmt.Println(claim.Decode(attest.RunType, &record), claim.About(record.Subject), record.ID, len(signers))

	stranger, _ := attest.Generate()
	_, _, err = attest.Verifier{Keys: []attest.Key{{Public: stranger.Public()}}}.OpenStatement(envelope)
	fmt.Println(err)
	// Output:
	// <nil> <nil> staging/3f9a1c2b4d5e/1 1
	// open envelope: not signed by a known key: 1 signatures tried with 1 keys
}
