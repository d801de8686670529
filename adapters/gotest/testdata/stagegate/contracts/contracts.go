// Package contracts stands in for stagegate's.
package contracts

import (
	"testing"

	"github.com/stagegate/stagegate/features"
)

// An Interaction is planned and answered like a scenario.
type Interaction = features.Scenario

// Run is a fake contract.
func Run(t *testing.T, all ...Interaction) {
	features.Host{Kind: "interaction"}.Run(t, all...)
}
