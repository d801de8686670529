package attest

// What the tests look at from outside.
var (
	Decode = decode
	PAE    = pae
)
