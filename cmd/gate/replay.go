package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/flow"
)

// replay decides the stored verdicts of a run anew and says whether they come
// out as they stand in the store.
func (a *app) replay(ctx context.Context, g *flow.Gate, id string) error {
	all, err := g.Replay(ctx, id)
	if err != nil {
		return err
	}
	if a.json {
		if err := a.printJSON(all); err != nil {
			return err
		}
	}
	worst := harness.Allow
	for _, r := range all {
		text, answer := judge(r, g.Version)
		if answer == harness.Block || worst == harness.Allow {
			worst = answer
		}
		if a.json {
			continue
		}
		says := fmt.Sprintf("  %s %s, decided by gate %s", r.Phase, r.Verdict, r.Gate)
		if r.Phase == "" {
			says = "" // it could not be read
		}
		fmt.Fprintf(a.stdout, "%s%s\n    %s\n", r.Key, says, text)
		for _, d := range r.Differs {
			fmt.Fprintf(a.stdout, "    - %s\n", clean(d))
		}
	}
	if worst != harness.Allow {
		return errVerdict{worst}
	}
	return nil
}

// judge says in words how a replay came out, and what that is worth: a verdict
// that this evidence does not give is a block.
func judge(r flow.Replay, version string) (string, harness.Answer) {
	switch {
	case r.Why != "":
		return "it cannot be decided anew: " + clean(strings.ReplaceAll(r.Why, "\n", " ")), harness.Unclear
	case r.Same:
		return "decided anew, the same byte for byte", harness.Allow
	case r.Gate != version && r.Agrees:
		return "this is gate " + version + ": it agrees in every rule, and words some of them in another way", harness.Allow
	case r.Gate != version:
		return "this is gate " + version + ", and it decides in another way", harness.Block
	default:
		return "the same gate decides in another way on what is in the store: the verdict was changed, or it was not decided by this gate", harness.Block
	}
}
