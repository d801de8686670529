package s3store_test

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/stagegate/stagegate/adapters/s3store"
)

// Wrong options are refused before anything is sent.
func ExampleNew() {
	client := s3.NewFromConfig(aws.Config{Region: "eu-west-1"})
	store := s3store.New(client, s3store.Options{Bucket: "acme-stagegate", Prefix: "orders"})

	fmt.Println(store.Put(context.Background(), "runs/1/record.json", []byte("{}")))
	// Output:
	// writing "runs/1/record.json" to s3://acme-stagegate/orders/: the bucket's owner "" is not an account
	// hint: twelve digits; quote them in gate.yaml
}
