// Package mototest gives tests a real moto_server.
//
//	endpoint := mototest.Start(t)                       // its own, or Shared(t)
//	cfg := mototest.Session(endpoint, "222222222222")   // credentials of that account
//
// Where moto_server is missing the test is skipped, loudly, or fails under
// STAGEGATE_REQUIRE=all.
package mototest

import (
	"context"
	"os"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/stagegate/stagegate/internal/moto"
	"github.com/stagegate/stagegate/internal/need"
)

// Region is the region of [Base] and [Session].
const Region = "eu-west-1"

// Start runs a moto_server for this test and returns its endpoint.
func Start(t testing.TB) string {
	t.Helper()
	s, err := moto.Start(t.Context(), find(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s.Endpoint
}

// Shared returns the endpoint of one moto_server for all tests of the process,
// with which it ends. Tests take accounts or names of their own.
func Shared(t testing.TB) string {
	t.Helper()
	path := find(t)
	shared.Do(func() { shared.server, shared.err = moto.Start(context.Background(), path) })
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.server.Endpoint
}

var shared struct {
	sync.Once
	server *moto.Server
	err    error
}

func find(t testing.TB) string {
	t.Helper()
	path, err := moto.Find(os.Getenv, ".")
	if err != nil {
		need.Missing(t, err.Error(), "make setup")
	}
	return path
}

// Base is a configuration with keys that belong to no account of the tests:
// good for nothing but AssumeRole.
func Base(endpoint string) aws.Config {
	return aws.Config{
		Region:       Region,
		BaseEndpoint: aws.String(endpoint),
		Credentials:  credentials.NewStaticCredentialsProvider("testing", "testing", ""),
	}
}

// Role is the ARN of a role in account; moto does not ask whether it exists.
func Role(account string) string { return "arn:aws:iam::" + account + ":role/stagegate" }

// Session is a configuration whose credentials are account's, by [Role].
func Session(endpoint, account string) aws.Config {
	cfg := Base(endpoint)
	cfg.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), Role(account)))
	return cfg
}
