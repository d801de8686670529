// Package bootstrap writes what the accounts of a gate.yaml need before gate
// works there, as CloudFormation templates or Terraform modules in JSON:
//
//	files, err := bootstrap.CloudFormation(f, bootstrap.Options{Subject: "repo:acme/orders:environment:{environment}"})
//
// Each account gets one file. That of a target has the deploy's role and the
// tests', which only reads, and trusts the CI by OIDC. That of the store has the
// bucket, a role for each job (gate-deployer, gate-tester, gate-judge) and a key
// that it alone signs with. docs/security.md says why it is cut like this.
//
// It only makes texts: cmd/gate writes them, people apply them.
package bootstrap
