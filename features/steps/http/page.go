package httpsteps

import "github.com/stagegate/stagegate/features/steps/internal/ready"

// Page is the reference of the steps, in Markdown: docs/steps.md holds it.
func Page() string { return ready.Page(steps()) }
