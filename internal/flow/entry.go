package flow

import (
	"context"
	"errors"
	"fmt"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/checkout"
)

// Check decides whether the subject may enter a stage. It touches no target and
// adds nothing to the store but, where Keep is set, what the verdict rests on.
func (g *Gate) Check(ctx context.Context, stage string) (harness.Verdict, error) {
	in, err := g.entry(ctx, stage)
	if err != nil {
		return harness.Verdict{}, err
	}
	v, in, err := g.settle(ctx, in)
	if err == nil && g.Keep {
		err = g.keepInputs(ctx, &v, in)
	}
	return v, err
}

// entry gathers what the entry decision depends on besides the store.
func (g *Gate) entry(ctx context.Context, stage string) (inputs, error) {
	s, t, err := g.stage(stage)
	if err != nil {
		return inputs{}, err
	}
	in := inputs{Phase: harness.Entry, Service: g.File.Service, Stage: s, Target: t, Policy: g.File.Digest, Suites: g.File.Suites, Now: g.Now().UTC()}
	if err := g.subject(ctx, &in); err != nil {
		return in, err
	}
	if in.Needs, err = g.needs(s, in.Subject); err != nil {
		return in, err
	}
	if err := g.compareWith(ctx, &in); err != nil {
		return in, err
	}
	if in.Plan, err = g.plan(ctx, s, t); err != nil {
		return in, err
	}
	in.Logic, err = g.logic(s, t)
	return in, err
}

// subject finds what the stage is about: the work tree for a commit stage;
// later the artifact that the commit stage made of the commit checked out here.
func (g *Gate) subject(ctx context.Context, c *inputs) error {
	src, err := g.Tree.Source(ctx)
	if err != nil {
		return err
	}
	c.Subject.Source = src
	if c.Target.InProcess() {
		return nil
	}
	if !src.Committed() {
		head, err := g.Tree.Head(ctx)
		if err != nil {
			return err
		}
		changes, err := g.Tree.Changes(ctx)
		if err != nil {
			return err
		}
		if c.Subject.Source, err = g.Tree.SourceOf(ctx, head); err != nil {
			return err
		}
		for _, line := range changes {
			c.Differs = append(c.Differs, "the work tree differs from commit "+head[:12]+": "+line)
		}
		if len(changes) == 0 { // git was told not to look at a file
			c.Differs = append(c.Differs, "the work tree differs from commit "+head[:12])
		}
	}
	made, err := g.made(ctx, c.Subject.Source)
	if err != nil || made == nil {
		return err
	}
	c.Subject.Artifact = made.Digest
	return g.compare(ctx, c, *made)
}

// made is the artifact that the last decided commit-stage run of src made, or
// the one that was asked for, if any run of src made that.
func (g *Gate) made(ctx context.Context, src harness.Source) (*harness.Artifact, error) {
	runs, err := g.Ledger.Runs(ctx, "commit", harness.Subject{Source: src}.Key())
	if err != nil {
		return nil, err
	}
	var last *harness.Artifact
	for _, r := range runs {
		if r.Deployment == nil || r.Deployment.Artifact == nil || g.Want != "" && r.Deployment.Artifact.Digest != g.Want {
			continue
		}
		if r.Closed() || last == nil {
			last = r.Deployment.Artifact
		}
	}
	return last, nil
}

// compare holds the files on disk against the artifact. A file that is missing
// is no difference if the store has it: Begin will put it there.
func (g *Gate) compare(ctx context.Context, c *inputs, made harness.Artifact) error {
	have, err := checkout.Artifact(g.File.Dir, g.File.Artifacts)
	if err != nil {
		return err
	}
	have, gone, err := g.fill(ctx, have, made)
	if err != nil {
		return err
	}
	for _, f := range gone {
		c.Differs = append(c.Differs, f.Name+" is missing, and the store cannot bring it back")
	}
	have.Files = append(have.Files, gone...)
	c.Differs = append(c.Differs, made.Differences(have)...)
	return nil
}

// fill adds to have the files of made that are missing in it and that the store
// has. It returns those that nobody has.
func (g *Gate) fill(ctx context.Context, have, made harness.Artifact) (all harness.Artifact, gone []harness.File, err error) {
	for _, f := range made.Without(have) {
		_, err := g.Ledger.Blob(ctx, f.Digest)
		var unread *harness.UnreadError
		switch {
		case errors.As(err, &unread): // the store did not answer: nobody knows what it has
			return have, nil, fmt.Errorf("%s is missing here: %w", f.Name, err)
		case err != nil:
			gone = append(gone, f)
		default:
			have.Files = append(have.Files, f)
		}
	}
	return harness.NewArtifact(have.Files), gone, nil
}

// restore puts the files of the artifact where they are missing: a later stage
// runs where nothing was built.
func (g *Gate) restore(ctx context.Context, src harness.Source) error {
	made, err := g.made(ctx, src)
	if err != nil || made == nil {
		return err
	}
	return checkout.Restore(g.File.Dir, *made, func(d harness.Digest) ([]byte, error) { return g.Ledger.Blob(ctx, d) })
}

// needs are the stages that must have passed, and theirs in turn.
func (g *Gate) needs(s harness.Stage, subject harness.Subject) (all []needRef, err error) {
	seen := map[string]bool{}
	var add func(names []string) error
	add = func(names []string) error {
		for _, name := range names {
			if seen[name] {
				continue
			}
			seen[name] = true
			need, t, err := g.stage(name)
			if err != nil {
				return err
			}
			if err := add(need.Needs); err != nil {
				return err
			}
			n := needRef{Stage: need, Target: t, Subject: subject}
			if t.InProcess() {
				n.Subject = harness.Subject{Source: subject.Source}
			}
			all = append(all, n)
		}
		return nil
	}
	return all, add(s.Needs)
}
