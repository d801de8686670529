// Package pact is the official Pact engine, libpact_ffi, loaded at run time.
// Nothing is linked: no cgo, no C compiler, and a missing engine is an
// [*InstallError] that names the one command which installs it.
//
//	engine, err := pact.Load()                  // the pinned release, checked by its sha512
//	p, err := engine.NewPact("orders", "payments")
//	defer p.Free()
//	err = p.Add(pact.Interaction{Description: "a card", Method: "GET", Path: "/cards/1", Status: 200})
//	mock, err := p.Serve()                      // the engine's own mock server, on 127.0.0.1
//	defer mock.Close()
//	... the adapter talks to mock.URL() ...
//	wrong, err := mock.Mismatches()             // what was not asked as agreed
//
// [Engine.VerifyResponses] is the other half: the engine's verifier compares
// responses that a real dependency gave with the same document. All matching is
// the engine's; this package only carries bytes to it and back.
package pact
