package flow

import (
	"context"
	"fmt"
	"slices"

	"github.com/stagegate/stagegate/harness"
)

// A Bundle is suites that the commit stage built: they run without a checkout.
type Bundle struct {
	Digest harness.Digest // of the file
	Source harness.Source // what it says that it was built from
}

// bundled checks that g.Bundle is a file of the very artifact that rec is about.
// What a bundle says of itself is believed only for that: the artifact's files
// were digested after the last commit step.
func (g *Gate) bundled(ctx context.Context, rec harness.RunRecord) error {
	if g.Bundle.Source != rec.Subject.Source {
		return marked{fmt.Errorf("run %s: is about %s, the bundle was built from %s", rec.ID, rec.Subject.Source, g.Bundle.Source), ErrState}
	}
	made, err := g.madeAs(ctx, rec.Subject)
	if err != nil {
		return err
	}
	if made == nil || !slices.ContainsFunc(made.Files, func(f harness.File) bool { return f.Digest == g.Bundle.Digest }) {
		return marked{fmt.Errorf("run %s: the bundle, %s, is no file of the artifact %s\nhint: build it in a step of the commit stage and name it in artifacts; take the file from there",
			rec.ID, g.Bundle.Digest.Short(), rec.Subject.Artifact.Short()), ErrState}
	}
	return nil
}

// madeAs is the artifact of subject as a commit stage wrote it down, nil for none.
func (g *Gate) madeAs(ctx context.Context, subject harness.Subject) (*harness.Artifact, error) {
	if subject.Artifact == "" {
		return nil, nil
	}
	only := *g
	only.Want = subject.Artifact
	return only.made(ctx, subject.Source)
}
