package awsenv_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/stagegate/stagegate/adapters/awsenv"
	"github.com/stagegate/stagegate/harness"
)

// A session for a live target: proven, then guarded, then used by a test.
func Example() {
	ctx := context.Background()
	prod := harness.Target{Name: "prod", Mode: harness.Deployed, Live: true, Account: "333333333333", Region: "eu-west-1",
		Role: "arn:aws:iam::333333333333:role/stagegate-tests"}

	base := aws.Config{} // of config.LoadDefaultConfig
	cfg, err := awsenv.Session(ctx, base, prod)
	var wrong *awsenv.AccountError
	switch {
	case errors.As(err, &wrong):
		fmt.Println("wrong account:", wrong.Got) // exit 77
		return
	case err != nil:
		var unproven *awsenv.UnprovenError
		fmt.Println("not proven:", errors.As(err, &unproven))
		return
	}
	cfg, err = awsenv.Guard(ctx, cfg, prod, func(c harness.Call) { fmt.Println("called", c.Service, c.Operation) })
	if err != nil {
		return
	}
	_, err = sqs.NewFromConfig(cfg).PurgeQueue(ctx, &sqs.PurgeQueueInput{QueueUrl: aws.String("https://...")})
	fmt.Println(err) // a RefusedError
	// Output: not proven: true
}
