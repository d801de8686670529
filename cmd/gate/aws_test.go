package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/stagegate/stagegate/internal/mototest"
)

// storeAccount is the account of the buckets that scripts make. Keys of KMS are
// in that of the keys "testing".
const storeAccount = "444444444444"

// aws ...: what people do in the console, at the moto of the script.
//
//	aws front             what goes to $MOTO fails while the file place/SERVICE.down is there, or
//	                      SERVICE.OPERATION.down, in the way that it says ([isDown])
//	                      what arrives is a line of place/asked: "sqs"
//	aws session ACCOUNT   the caller's credentials are of that account from now on
//	aws bucket NAME       a bucket, plain
//	aws locked NAME       a bucket with versions and 90 days of Object Lock, not public
//	aws key NAME          a signing key, alias/NAME; its ARN in $ARN, host:port of KMS in $KMS
//	aws ACCOUNT parameter|ssm|secret NAME VALUE   a parameter, a secure one, or a secret of Secrets Manager
//	aws ACCOUNT alarm NAME STATE        an alarm tagged service=hello, in that state
//	aws owner FILE WHO [ROLE]   the session in FILE, variables a line each, is one of account WHO
func awsCommand(ts *testscript.TestScript, neg bool, args []string) {
	do := map[string]func(*testscript.TestScript, []string){"front": front, "bucket": makeBucket, "locked": makeLocked,
		"key": makeKMSKey, "owner": sessionOwner, "session": callerOf}
	if len(args) == 4 && !neg {
		switch args[1] {
		case "parameter", "ssm", "secret":
			keepSecret(ts, args[0], args[1], args[2], args[3])
			return
		case "alarm":
			setAlarm(ts, args[0], args[2], args[3])
			return
		}
	}
	if neg || len(args) == 0 || do[args[0]] == nil {
		ts.Fatalf("usage: aws front|session|bucket|locked|key|owner ...")
	}
	do[args[0]](ts, args[1:])
}

var signedFor = regexp.MustCompile(`Credential=[^/]+/[0-9]+/[^/]+/([a-z0-9]+)/aws4_request`)

// front stands before moto, so that one service can be down and others not.
func front(ts *testscript.TestScript, _ []string) {
	moto, err := url.Parse(ts.Getenv("MOTO"))
	ts.Check(err)
	place := ts.MkAbs("place") // now: the script may cd while a request is served
	seen := log(filepath.Join(place, "asked"))
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(moto); r.Out.Host = r.In.Host }}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if m := signedFor.FindStringSubmatch(r.Header.Get("Authorization")); m != nil {
			seen(m[1])
			_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
			if isDown(filepath.Join(place, m[1]), w, r) || isDown(filepath.Join(place, m[1]+"."+operation), w, r) {
				return
			}
		}
		proxy.ServeHTTP(w, r)
	}))
	ts.Defer(s.Close)
	ts.Setenv("MOTO", s.URL)
}

// isDown does what the file NAME.down says: drops the connection if it is empty,
// never answers ("slow"), or answers with the code of an error, and its status
// if that is not 400 ("503 ServiceUnavailable").
func isDown(name string, w http.ResponseWriter, r *http.Request) bool {
	b, err := os.ReadFile(name + ".down")
	if err != nil {
		return false
	}
	switch says := strings.Fields(string(b)); {
	case len(says) == 0:
		panic(http.ErrAbortHandler)
	case says[0] == "slow":
		io.Copy(io.Discard, r.Body) // so that the server sees that the client has gone
		<-r.Context().Done()
	default:
		status, err := strconv.Atoi(says[0])
		if err != nil {
			status, says = http.StatusBadRequest, append([]string{""}, says...)
		}
		w.Header().Set("X-Amzn-Errortype", strings.Join(says[1:], " "))
		w.WriteHeader(status)
		io.WriteString(w, `{"message":"a test's"}`)
	}
	return true
}

// callerOf makes the script the caller of an account, with a session as a CI has.
func callerOf(ts *testscript.TestScript, args []string) {
	keys, err := mototest.Session(ts.Getenv("MOTO"), args[0]).Credentials.Retrieve(context.Background())
	ts.Check(err)
	ts.Setenv("AWS_ACCESS_KEY_ID", keys.AccessKeyID)
	ts.Setenv("AWS_SECRET_ACCESS_KEY", keys.SecretAccessKey)
	ts.Setenv("AWS_SESSION_TOKEN", keys.SessionToken)
}

func buckets(ts *testscript.TestScript) *s3.Client {
	return s3.NewFromConfig(mototest.Session(ts.Getenv("MOTO"), storeAccount), func(o *s3.Options) { o.UsePathStyle = true })
}

func bucketCalled(ts *testscript.TestScript, name string, locked bool) {
	_, err := buckets(ts).CreateBucket(context.Background(), &s3.CreateBucketInput{Bucket: &name, ObjectLockEnabledForBucket: &locked,
		CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: mototest.Region}})
	ts.Check(err)
}

func makeBucket(ts *testscript.TestScript, args []string) { bucketCalled(ts, args[0], false) }

func makeLocked(ts *testscript.TestScript, args []string) {
	bucketCalled(ts, args[0], true)
	ctx, yes := context.Background(), aws.Bool(true)
	_, err := buckets(ts).PutObjectLockConfiguration(ctx, &s3.PutObjectLockConfigurationInput{Bucket: &args[0],
		ObjectLockConfiguration: &s3types.ObjectLockConfiguration{ObjectLockEnabled: s3types.ObjectLockEnabledEnabled,
			Rule: &s3types.ObjectLockRule{DefaultRetention: &s3types.DefaultRetention{Mode: s3types.ObjectLockRetentionModeCompliance, Days: aws.Int32(90)}}}})
	ts.Check(err)
	_, err = buckets(ts).PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{Bucket: &args[0],
		PublicAccessBlockConfiguration: &s3types.PublicAccessBlockConfiguration{BlockPublicAcls: yes, IgnorePublicAcls: yes, BlockPublicPolicy: yes, RestrictPublicBuckets: yes}})
	ts.Check(err)
}

func keepSecret(ts *testscript.TestScript, account, where, name, value string) {
	cfg, ctx := mototest.Session(ts.Getenv("MOTO"), account), context.Background()
	var err error
	kinds := map[string]ssmtypes.ParameterType{"parameter": ssmtypes.ParameterTypeString, "ssm": ssmtypes.ParameterTypeSecureString}
	if kind, ok := kinds[where]; ok {
		_, err = ssm.NewFromConfig(cfg).PutParameter(ctx, &ssm.PutParameterInput{Name: &name, Value: &value, Type: kind})
	} else {
		_, err = secretsmanager.NewFromConfig(cfg).CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: &name, SecretString: &value})
	}
	ts.Check(err)
}

func setAlarm(ts *testscript.TestScript, account, name, state string) {
	ctx := context.Background()
	client := cloudwatch.NewFromConfig(mototest.Session(ts.Getenv("MOTO"), account), func(o *cloudwatch.Options) {
		o.Protocol = awsjson.New10(schemas.GraniteServiceVersion20100801)
	})
	_, err := client.PutMetricAlarm(ctx, &cloudwatch.PutMetricAlarmInput{AlarmName: &name, MetricName: aws.String("5xx"), Namespace: aws.String("hello"),
		ComparisonOperator: cwtypes.ComparisonOperatorGreaterThanThreshold, Threshold: aws.Float64(1), EvaluationPeriods: aws.Int32(1), Period: aws.Int32(60),
		Statistic: cwtypes.StatisticSum, Tags: []cwtypes.Tag{{Key: aws.String("service"), Value: aws.String("hello")}}})
	ts.Check(err)
	_, err = client.SetAlarmState(ctx, &cloudwatch.SetAlarmStateInput{AlarmName: &name, StateValue: cwtypes.StateValue(state), StateReason: aws.String("the script says so")})
	ts.Check(err)
}

func keys(ts *testscript.TestScript) *kms.Client {
	return kms.NewFromConfig(mototest.Base(ts.Getenv("MOTO")))
}

func makeKMSKey(ts *testscript.TestScript, args []string) {
	ctx := context.Background()
	out, err := keys(ts).CreateKey(ctx, &kms.CreateKeyInput{KeySpec: kmstypes.KeySpecEccNistP256, KeyUsage: kmstypes.KeyUsageTypeSignVerify})
	ts.Check(err)
	_, err = keys(ts).CreateAlias(ctx, &kms.CreateAliasInput{AliasName: aws.String("alias/" + args[0]), TargetKeyId: out.KeyMetadata.KeyId})
	ts.Check(err)
	ts.Setenv("ARN", *out.KeyMetadata.Arn)
	ts.Setenv("KMS", strings.TrimPrefix(ts.Getenv("MOTO"), "http://"))
}

func sessionOwner(ts *testscript.TestScript, args []string) {
	env := map[string]string{}
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		env[name] = value
	}
	cfg := mototest.Base(ts.Getenv("MOTO"))
	cfg.Credentials = credentials.NewStaticCredentialsProvider(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], env["AWS_SESSION_TOKEN"])
	who, err := sts.NewFromConfig(cfg).GetCallerIdentity(context.Background(), nil)
	ts.Check(err)
	if *who.Account != args[1] || len(args) > 2 && !strings.Contains(*who.Arn, ":assumed-role/"+args[2]+"/") {
		ts.Fatalf("%s has a session of %s, want %v", args[0], *who.Arn, args[1:])
	}
}
