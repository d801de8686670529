package secrets_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/stagegate/stagegate/adapters/secrets"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/mototest"
)

const account = "222222222222"

// keep puts what the tests read into a moto of their own.
func keep(t *testing.T) aws.Config {
	t.Helper()
	cfg := mototest.Session(mototest.Start(t), account)
	_, err := ssm.NewFromConfig(cfg).PutParameter(t.Context(), &ssm.PutParameterInput{Name: aws.String("/orders/token"), Value: aws.String("tok_ssm"), Type: types.ParameterTypeSecureString})
	if err != nil {
		t.Fatal(err)
	}
	manager := secretsmanager.NewFromConfig(cfg)
	for name, in := range map[string]secretsmanager.CreateSecretInput{
		"orders/db":     {SecretString: aws.String(`{"password": "pw_manager", "port": 5432, "replica": {"password": "pw_replica"}}`)},
		"orders/plain":  {SecretString: aws.String("not JSON: pw_plain")},
		"orders/binary": {SecretBinary: []byte("pw_binary")},
	} {
		in.Name = &name
		if _, err := manager.CreateSecret(t.Context(), &in); err != nil {
			t.Fatal(err)
		}
	}
	return cfg
}

func TestRead(t *testing.T) {
	cfg := keep(t)
	environ := map[string]string{"CI_TOKEN": "tok_env", "SHORT": "abc"}
	for _, c := range []struct {
		ref    harness.SecretRef
		value  string
		says   string
		absent bool
	}{
		{harness.SecretRef{Env: "CI_TOKEN"}, "tok_env", "", false},
		{harness.SecretRef{SSM: "/orders/token"}, "tok_ssm", "", false},
		{harness.SecretRef{SecretsManager: "orders/plain"}, "not JSON: pw_plain", "", false},
		{harness.SecretRef{SecretsManager: "orders/db", JSON: "password"}, "pw_manager", "", false},
		{harness.SecretRef{SecretsManager: "orders/db", JSON: "replica.password"}, "pw_replica", "", false},
		{harness.SecretRef{Env: "OTHER"}, "", "(env OTHER): it is not set", true},
		{harness.SecretRef{Env: "SHORT"}, "", "its value has 3 bytes, want 4 at least", true},
		{harness.SecretRef{SSM: "/orders/none"}, "", "hint: it must be in account 222222222222, region eu-west-1", true},
		{harness.SecretRef{SecretsManager: "orders/none"}, "", "hint: it must be in account 222222222222", true},
		{harness.SecretRef{SecretsManager: "orders/binary"}, "", "it is binary", true},
		{harness.SecretRef{SecretsManager: "orders/plain", JSON: "a"}, "", "it is not JSON\nhint: leave json out", true},
		{harness.SecretRef{SecretsManager: "orders/db", JSON: "user"}, "", `it has no text at "user"`, true},
		{harness.SecretRef{SecretsManager: "orders/db", JSON: "port"}, "", `it has no text at "port"`, true},
		{harness.SecretRef{SecretsManager: "orders/db", JSON: "password.a"}, "", `it has no text at "password.a"`, true},
	} {
		t.Run(c.ref.String(), func(t *testing.T) {
			target := harness.Target{Name: "staging", Account: account, Region: "eu-west-1", Secrets: map[string]harness.SecretRef{"S": c.ref}}
			got, err := secrets.Read(t.Context(), target, func(name string) string { return environ[name] }, func() (aws.Config, error) { return cfg, nil })
			if err == nil && !maps.Equal(got, map[string]string{"S": c.value}) || (err == nil) != (c.says == "") {
				t.Fatalf("got %v, %v", got, err)
			}
			if err == nil {
				return
			}
			var e *secrets.Error
			if !errors.As(err, &e) || !strings.Contains(err.Error(), c.says) || e.Absent != c.absent || e.Denied || got != nil {
				t.Errorf("got %v (%+v), want %q", err, e, c.says)
			}
			for _, v := range []string{"pw_", "abc"} {
				if strings.Contains(err.Error(), v) {
					t.Errorf("the error tells the secret: %v", err)
				}
			}
		})
	}
}

// AWS is asked for a session only where a secret is there, and all that is
// missing is told at once.
func TestSession(t *testing.T) {
	none := func() (aws.Config, error) { return aws.Config{}, errors.New("wrong account") }
	getenv := func(string) string { return "" }
	target := harness.Target{Name: "staging", Secrets: map[string]harness.SecretRef{"A": {Env: "A_TOKEN"}, "B": {Env: "B_TOKEN"}}}
	if _, err := secrets.Read(t.Context(), target, getenv, none); err == nil || !strings.Contains(err.Error(), "A_TOKEN") || !strings.Contains(err.Error(), "B_TOKEN") {
		t.Errorf("got %v, want both", err)
	}
	target.Secrets["C"] = harness.SecretRef{SSM: "/c"}
	if _, err := secrets.Read(t.Context(), target, getenv, none); err == nil || err.Error() != "wrong account" {
		t.Errorf("got %v, want the session's error", err)
	}
}

func ExampleRead() {
	staging := harness.Target{Name: "staging", Secrets: map[string]harness.SecretRef{"PAYMENTS_TOKEN": {Env: "CI_TOKEN"}}}
	values, err := secrets.Read(context.Background(), staging, func(string) string { return "tok_1" }, nil)
	fmt.Println(values, err)
	// Output: map[PAYMENTS_TOKEN:tok_1] <nil>
}
