package main

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/smithy-go"
	"github.com/spf13/cobra"

	"github.com/stagegate/stagegate/adapters/attest"
	"github.com/stagegate/stagegate/adapters/awsenv"
	"github.com/stagegate/stagegate/adapters/kms"
)

// signer is the signer that --key names: a file, or a key of KMS, which is
// asked for its public key at once, so that a key that cannot be used ends the
// call before anything has happened. Commands that sign nothing do not ask.
func (a *app) signer(ctx context.Context, key string) (attest.Signer, error) {
	if !isKMS(key) {
		s, err := attest.Load(key)
		if err != nil {
			return nil, errConfig{err}
		}
		return s, nil
	}
	k, err := parseKMS(key)
	if err != nil {
		return nil, errConfig{err}
	}
	if a.reads {
		return unasked{key}, nil
	}
	return k.open(ctx)
}

// reads reports whether a command signs nothing: it does not write, nor is it to
// hand on a verdict. What is not named here signs.
func reads(c *cobra.Command) bool {
	switch c.Name() {
	case "list", "explain", "check":
		return !c.Flags().Changed("verdict")
	default:
		return false
	}
}

// unasked is a key of KMS in a call that signs nothing: it does not.
type unasked struct{ key string }

func (u unasked) KeyID() string            { return u.key }
func (u unasked) Public() crypto.PublicKey { return nil }
func (u unasked) Sign(context.Context, []byte) ([]byte, error) {
	return nil, fmt.Errorf("key %s: this command signs nothing", u.key)
}

// A kmsKey is a key as sigstore names it: awskms://[ENDPOINT]/KEY.
type kmsKey struct {
	endpoint string // URL; "" is AWS's own
	region   string // of an ARN; "" is the configuration's
	id       string // key id, alias/NAME or ARN
}

// isKMS reports whether --key names a service and not a file.
func isKMS(key string) bool { return strings.HasPrefix(key, "awskms:") || strings.Contains(key, "://") }

var (
	keyARN  = regexp.MustCompile(`^arn:aws[a-z-]*:kms:([a-z0-9-]+):[0-9]{12}:(?:key/[A-Za-z0-9-]+|alias/[A-Za-z0-9/_-]+)$`)
	keyName = regexp.MustCompile(`^(?:[A-Za-z0-9-]+|alias/[A-Za-z0-9/_-]+)$`)
)

func parseKMS(text string) (k kmsKey, err error) {
	rest, ok := strings.CutPrefix(text, "awskms://")
	host, id, found := strings.Cut(rest, "/")
	k.id = id
	if m := keyARN.FindStringSubmatch(id); m != nil {
		k.region = m[1]
	} else if !keyName.MatchString(id) {
		ok = false
	}
	if !ok || !found {
		return k, fmt.Errorf("%s is no key of AWS KMS\nhint: awskms:///alias/NAME, awskms:///KEY-ID, awskms:///ARN; an emulator's host:port stands between the second and the third slash", text)
	}
	if host == "" {
		return k, nil
	}
	u, err := url.Parse("https://" + host)
	if err != nil || u.Host != host || u.Hostname() == "" {
		return k, fmt.Errorf("%s: %q is no host and port", text, host)
	}
	if ip := net.ParseIP(u.Hostname()); u.Hostname() == "localhost" || ip != nil && ip.IsLoopback() {
		u.Scheme = "http" // an emulator on this machine
	}
	k.endpoint = u.String()
	return k, nil
}

// kmsTime bounds each request to KMS.
const kmsTime = 30 * time.Second

// config is the AWS configuration with the caller's own credentials.
func (k kmsKey) config(ctx context.Context) (aws.Config, error) {
	cfg, err := loadAWS(ctx, config.WithRegion(k.region), config.WithHTTPClient(awshttp.NewBuildableClient().WithTimeout(kmsTime)))
	if err != nil {
		return cfg, err
	}
	if cfg.Region == "" {
		return cfg, errConfig{fmt.Errorf("%s: there is no region\nhint: set AWS_REGION, or give the key's ARN", k.id)}
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return cfg, errAccess{fmt.Errorf("%s: there are no credentials for KMS: %w\nhint: log in; the caller's own are used, no target's or store's", k.id, err)}
	}
	return cfg, nil
}

// open asks KMS for the public key.
func (k kmsKey) open(ctx context.Context) (*kms.Signer, error) {
	cfg, err := k.config(ctx)
	if err != nil {
		return nil, err
	}
	client := awskms.NewFromConfig(cfg, func(o *awskms.Options) {
		if k.endpoint != "" {
			o.BaseEndpoint = &k.endpoint
		}
	})
	if e := client.Options().BaseEndpoint; e != nil && k.endpoint == "" {
		return nil, errConfig{fmt.Errorf("%s: the environment or the AWS configuration sends KMS to %s\nhint: unset AWS_ENDPOINT_URL and endpoint_url, or say so: awskms://HOST:PORT/%s", k.id, *e, k.id)}
	}
	return kms.New(ctx, client, k.id)
}

// principal is who uses the key, as STS says: "" for a key in a file, which
// proves its holder by itself.
func principal(ctx context.Context, key string) (string, error) {
	if !isKMS(key) {
		return "", nil
	}
	k, err := parseKMS(key)
	if err != nil {
		return "", errConfig{err}
	}
	cfg, err := k.config(ctx)
	if err != nil {
		return "", err
	}
	if k.endpoint != "" {
		cfg.BaseEndpoint = &k.endpoint
	}
	who, err := awsenv.Identify(ctx, cfg)
	if err != nil {
		return "", errAccess{fmt.Errorf("who approves could not be asked of STS: %w", err)}
	}
	return who.ARN, nil
}

// kmsCode is the exit code for what KMS refused.
func kmsCode(e *kms.Error) int {
	var answer smithy.APIError
	if errors.Is(e, kms.ErrKey) {
		return exitConfig
	}
	if !errors.As(e, &answer) {
		return exitInternal
	}
	switch answer.ErrorCode() {
	case "AccessDeniedException", "ExpiredTokenException", "ExpiredToken", "UnrecognizedClientException", "InvalidClientTokenId",
		"InvalidSignatureException", "IncompleteSignature", "MissingAuthenticationToken":
		return exitAccount
	case "NotFoundException", "DisabledException", "KMSInvalidStateException", "InvalidKeyUsageException",
		"UnsupportedOperationException", "InvalidArnException", "ValidationException":
		return exitConfig
	default:
		return exitInternal
	}
}
