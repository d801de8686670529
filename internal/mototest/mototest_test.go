package mototest_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/stagegate/stagegate/internal/mototest"
)

// Accounts are separate: what the gate's tests of three accounts rest on.
func TestAccountsAreSeparate(t *testing.T) {
	endpoint := mototest.Start(t)
	name := "orders"
	if _, err := sqs.NewFromConfig(mototest.Session(endpoint, "222222222222")).CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name}); err != nil {
		t.Fatal(err)
	}
	for account, want := range map[string]int{"222222222222": 1, "333333333333": 0} {
		cfg := mototest.Session(endpoint, account)
		who, err := sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), nil)
		if err != nil || *who.Account != account {
			t.Fatalf("identity %v, %v, want %s", who, err, account)
		}
		queues, err := sqs.NewFromConfig(cfg).ListQueues(t.Context(), nil)
		if err != nil || len(queues.QueueUrls) != want {
			t.Errorf("%s has queues %v, %v, want %d", account, queues, err, want)
		}
	}
}
