package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/flow"
)

func (a *app) approveCmd() *cobra.Command {
	var rule, reason string
	var lasts time.Duration
	c := &cobra.Command{Use: "approve STAGE --reason TEXT", Short: "Open a manual gate, or override one rule: signed, for this artifact, for some time", Args: cobra.ExactArgs(1),
		Long: `Approve the promotion of the artifact here to a stage.

Without --rule it is the word that a manual gate asks for (approvals: in
gate.yaml or in the trust file). With --rule it overrides that rule, and that
rule alone, of this stage, for this artifact: ` + strings.Join(harness.Overridable(), ", ") + `.

Who approves is whose key signs: one that the trust file names under approvers
of the place. Nothing else is asked, and no other name counts. With a key in KMS
the approval also says who used it, as STS names the credentials.`,
		RunE: func(c *cobra.Command, args []string) error {
			return a.within(c.Context(), func(ctx context.Context, g *flow.Gate) error {
				key := first(a.key, a.getenv("STAGEGATE_KEY"))
				if key == "" {
					return errUsage{errors.New("an approval is signed by a key of your own\nhint: --key FILE, or --key awskms:///KEY")}
				}
				who, err := principal(ctx, key)
				if err != nil {
					return err
				}
				given, err := g.Approve(ctx, args[0], rule, reason, who, lasts)
				if err != nil {
					return err
				}
				return a.approved(given)
			})
		}}
	f := c.Flags()
	f.StringVar(&rule, "rule", harness.Manual, "the `rule` that may pass although it does not")
	f.StringVar(&reason, "reason", "", "why: it stands in every verdict that rests on it")
	f.DurationVar(&lasts, "for", 24*time.Hour, "how long it counts")
	must(c.MarkFlagRequired("reason"))
	return c
}

func (a *app) approved(given harness.Approval) error {
	if a.json {
		return a.printJSON(struct {
			harness.Approval
			By     string         `json:"by"`
			Digest harness.Digest `json:"digest"`
		}{given, given.By, given.Digest})
	}
	what := "the promotion"
	if given.Rule != harness.Manual {
		what = "an override of rule " + given.Rule
	}
	_, err := fmt.Fprintf(a.stdout, "%s approved %s of %s to stage %s on %s until %s: %s\n", given.By, what, given.Subject.Key(), given.Stage, given.Place,
		given.Until.Format(time.RFC3339), clean(given.Reason))
	return err
}
