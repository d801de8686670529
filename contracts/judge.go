package contracts

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/stagegate/stagegate/contracts/pact"
	"github.com/stagegate/stagegate/harness"
)

// A brokenResponse is an answer that is not as agreed.
type brokenResponse struct {
	exchange
	pact.ResponseMismatch
}

// broken lets the engine compare the recorded answers with the contract.
func (tr *trial) broken(exchanges []exchange) ([]brokenResponse, error) {
	var answered []exchange
	var recorded []pact.Recorded
	for _, x := range exchanges {
		if x.err == nil {
			answered = append(answered, x)
			recorded = append(recorded, pact.Recorded{Description: tr.description(x.interaction), Method: x.method, Status: x.status, Header: x.header, Body: x.body})
		}
	}
	if len(answered) == 0 {
		return nil, nil
	}
	doc, err := tr.pact.JSON()
	if err != nil {
		return nil, err
	}
	found, err := tr.engine.VerifyResponses(doc, recorded)
	if err != nil {
		return nil, err
	}
	var all []brokenResponse
	for _, m := range found {
		if m.Recorded < 0 || m.Recorded >= len(answered) {
			return nil, fmt.Errorf("the verifier's report is about a response %d that was not recorded", m.Recorded)
		}
		all = append(all, brokenResponse{answered[m.Recorded], m})
	}
	return all, nil
}

func unanswered(exchanges []exchange) *exchange {
	for n := range exchanges {
		if exchanges[n].err != nil {
			return &exchanges[n]
		}
	}
	return nil
}

// failure is the outcome of an exchange without an answer.
func (x *exchange) failure(limit time.Duration) (harness.Outcome, string) {
	what := fmt.Sprintf("%s %s: expected an answer within %v, got none after %v: %v", x.method, x.path, limit, x.took.Round(time.Millisecond), x.err)
	var n net.Error
	switch {
	case errors.Is(x.err, context.Canceled):
		return harness.Timeout, "whose fault cannot be told: the adapter gave up before the dependency had answered: " + what
	case errors.Is(x.err, context.DeadlineExceeded), errors.As(x.err, &n) && n.Timeout():
		return harness.Timeout, "not the adapter's fault: the dependency did not answer in time: " + what
	}
	return harness.Unreachable, "not the adapter's fault: the dependency did not answer: " + what
}
