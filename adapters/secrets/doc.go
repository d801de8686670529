// Package secrets reads the values that a target's secrets refer to: from the
// environment, from SSM's Parameter Store, from Secrets Manager.
//
// gate.yaml holds no value, only where it is:
//
//	targets:
//	  staging:
//	    secrets:
//	      PAYMENTS_TOKEN: {ssm: /orders/payments-token}
//	      DB_PASSWORD: {secretsmanager: orders/db, json: password}
//	      GITHUB_TOKEN: {env: READ_ONLY_TOKEN}
//
// [Read] gives the values by name; gate puts them into the environment of the
// target's suites alone, and takes them out of what the suites answer.
package secrets
