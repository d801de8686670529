// Package awsenv makes AWS sessions that are proven to belong to a target's
// account, and clients that cannot leave it.
//
//	cfg, err := awsenv.Session(ctx, base, target)        // assume the role, prove the account
//	cfg, err = awsenv.Guard(ctx, cfg, target, record)    // for clients in tests
//	env, err := awsenv.Environ(ctx, cfg)                 // for child processes
//
// [Prove] asks STS whose credentials these are: an [AccountError] says that
// they are another account's, an [UnprovenError] that it could not be told.
// [Guard] goes on asking: each call is refused with a [RefusedError] before it
// is sent if its credentials were not proven, if it goes to another place than
// the target's, or if the target is live and the operation may change
// something. What was answered is recorded.
//
// The package takes an [aws.Config] and loads none. The guard stops mistakes of
// clients made from its configuration; it does not stop a client that is given
// interceptors and an HTTP client of its own, nor one made from another
// configuration, nor the use of a presigned URL. On a live target the wall is
// the IAM policy of the role; see docs/security.md.
package awsenv
