// Package protocol is what gate and a test process say to each other. The form
// is described for other implementations in docs/protocol.md.
//
// Gate writes one file, named by the variable STAGEGATE_RUN: the [Session]. The
// test process answers with files of newline-delimited JSON in the session's
// folder: a header, one line for each row, a trailer that counts them. A file
// without its trailer was cut short.
//
//	s, err := protocol.FromEnviron(os.Getenv)   // nil, nil: a plain go test
//	w, err := protocol.Create(s, "TestFeatures")
//	w.Row(row)
//	err = w.Close()
package protocol
