package main

import (
	"fmt"
	"maps"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/stagegate/stagegate/internal/mototest"
)

// A cloud has a bucket and a key that signs, and people who go there by lines.
type cloud struct {
	*testing.T
	endpoint *url.URL
	bucket   *s3.Client

	mu    sync.Mutex
	gone  map[string]bool           // states from which it was seen how it goes on
	tried map[string]map[string]int // kind -> trouble -> how often
	codes map[int]int
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	at, ctx := mototest.Start(t), t.Context()
	endpoint, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	c := &cloud{T: t, endpoint: endpoint, gone: map[string]bool{}, tried: map[string]map[string]int{}, codes: map[int]int{},
		bucket: s3.NewFromConfig(mototest.Session(at, storeAccount), func(o *s3.Options) { o.UsePathStyle = true })}
	_, err = c.bucket.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("evidence"),
		CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: mototest.Region}})
	if err != nil {
		t.Fatal(err)
	}
	keys := kms.NewFromConfig(mototest.Base(at))
	made, err := keys.CreateKey(ctx, &kms.CreateKeyInput{KeySpec: kmstypes.KeySpecEccNistP256, KeyUsage: kmstypes.KeyUsageTypeSignVerify})
	if err == nil {
		_, err = keys.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: aws.String("alias/ci"), TargetKeyId: made.KeyMetadata.KeyId})
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A visitor is a ground whose store and key are in the cloud.
type visitor struct {
	*ground
	cloud *cloud
	home  []string // env without the cloud
	known string   // prefix of a store in which commit is allowed
}

func (c *cloud) visitor(gate string) *visitor {
	c.Helper()
	v := &visitor{cloud: c, ground: newGround(c.T, gate, groundYAML, nil)}
	v.home = slices.DeleteFunc(v.env, func(kv string) bool { return strings.HasPrefix(kv, "STAGEGATE_KEY=") })
	v.home = append(v.home, "AWS_ACCESS_KEY_ID=testing", "AWS_SECRET_ACCESS_KEY=testing", "AWS_EC2_METADATA_DISABLED=true", "AWS_REGION="+mototest.Region)
	v.known = "known-" + filepath.Base(filepath.Dir(v.dir)) + filepath.Base(v.dir)
	v.reach(c.endpoint.Host, v.known)
	key := v.ends(c.T, gate, "key", "awskms://"+c.endpoint.Host+"/alias/ci")
	if err := os.WriteFile(filepath.Join(v.dir, "keys", "ci.pub"), []byte(key.stdout), 0o666); err != nil || key.code != 0 {
		c.Fatal(err, key.stderr)
	}
	if e := v.does(c.T, "run", "commit"); e.code != 0 {
		c.Fatalf("run commit: %d:\n%s%s", e.code, e.stdout, e.stderr)
	}
	return v
}

// reach makes gate go to the cloud by way of a host, to a store of that prefix.
func (v *visitor) reach(host, prefix string) {
	v.env = append(slices.Clone(v.home), "STAGEGATE_KEY=awskms://"+host+"/alias/ci")
	v.more = []string{"--store", "s3://evidence/" + prefix + "?account=" + storeAccount + "&region=" + mototest.Region +
		"&role=" + mototest.Role(storeAccount) + "&endpoint=http://" + host + "&emulated=true"}
}

// keys are those below a prefix.
func (c *cloud) keys(prefix string) (all []string) {
	pages := s3.NewListObjectsV2Paginator(c.bucket, &s3.ListObjectsV2Input{Bucket: aws.String("evidence"), Prefix: aws.String(prefix + "/")})
	for pages.HasMorePages() {
		p, err := pages.NextPage(c.Context())
		if err != nil {
			c.Error(err)
			return nil
		}
		for _, o := range p.Contents {
			all = append(all, strings.TrimPrefix(*o.Key, prefix+"/"))
		}
	}
	return all
}

// goes runs a command of gate over a line on which one request or more go
// wrong, and looks at what is left. It returns what was asked of the cloud.
func (v *visitor) goes(prefix string, l *line, command string) []string {
	c := v.cloud
	l.to = c.endpoint
	s := httptest.NewServer(l)
	defer s.Close()
	before := c.keys(prefix)
	v.reach(s.Listener.Addr().String(), prefix)
	e := v.does(c.T, strings.Fields(command)...)
	v.reach(c.endpoint.Host, prefix)

	about, kind := fmt.Sprintf("gate %s, request %d %s, on %t", command, l.at, l.how, l.on), ""
	kinds := l.requests()
	touched := l.at > 0 && len(kinds) >= l.at
	if touched {
		kind = kinds[l.at-1]
		about += ": " + kind
	}
	stored := c.keys(prefix)
	state := fmt.Sprint(command, e.code == 0, anyTime(stored))
	c.mu.Lock()
	c.codes[e.code]++
	if touched {
		if c.tried[kind] == nil {
			c.tried[kind] = map[string]int{}
		}
		c.tried[kind][strings.TrimSuffix(string(l.how)+" "+map[bool]string{true: "and on"}[l.on], " ")]++
	}
	seen := c.gone[state]
	c.gone[state] = true
	c.mu.Unlock()

	account := strings.HasPrefix(kind, "sts ")
	switch {
	case !touched && e.code != 0,
		l.on && touched && e.code != map[bool]int{true: exitAccount, false: exitInternal}[account],
		!slices.Contains([]int{0, exitInconclusive, exitInternal}, e.code) && !(account && e.code == exitAccount):
		c.Errorf("%s: ended with %d:\n%s%s", about, e.code, e.stdout, e.stderr)
	case e.code == exitInternal && strings.Contains(e.stdout, "ALLOW") && !strings.Contains(e.stderr, "allowed/"):
		c.Errorf("%s: says ALLOW and ends with %d:\n%s%s", about, e.code, e.stdout, e.stderr)
	}
	switch {
	case !strings.HasPrefix(command, "run "):
		if !slices.Equal(stored, before) {
			c.Errorf("%s: it has written: %q, before %q", about, stored, before)
		}
	case !seen:
		v.goesOn(c.T, about, "commit", e, stored)
	}
	return kinds
}

// TestCloudFails lets S3, STS and KMS fail at each request of a run and of a
// check, once and for good: gate ends with 0 only if the verdict can be read
// back, and once the cloud is well there is the old state or the new one.
func TestCloudFails(t *testing.T) {
	c, gate, started := newCloud(t), builtStatic(t), time.Now()
	jobs := make(chan func(*visitor))
	var all []*visitor
	for range 10 { // they wait most of the time, before they try again
		all = append(all, c.visitor(gate))
	}
	var wg sync.WaitGroup
	for _, v := range all {
		wg.Go(func() {
			for do := range jobs {
				do(v)
			}
		})
	}
	run := all[0].goes("whole", &line{}, "run commit")
	check := all[0].goes(all[0].known, &line{}, "check acceptance")
	how := []trouble{answers500, reset, lostAnswer, truncated}
	try := func(n int, kinds []string, command string, l *line) {
		name := fmt.Sprintf("%s-%d-%s-%t", strings.Fields(command)[0], n, l.how, l.on)
		jobs <- func(v *visitor) {
			if command == "check acceptance" {
				name = v.known
			}
			v.goes(name, l, command)
		}
	}
	for command, kinds := range map[string][]string{"run commit": run, "check acceptance": check} {
		for i, kind := range append(kinds, "none") {
			n := i + 1
			first := slices.Index(kinds, kind) == i
			writes := kind == "s3 PUT" || !strings.HasPrefix(kind, "s3 ")
			for k, h := range how {
				if first || k == n%len(how) && (writes || n%2 == 0) {
					try(n, kinds, command, &line{at: n, how: h})
				}
				if k == n%len(how) && (first || writes || n%5 == 0) {
					try(n, kinds, command, &line{at: n, how: h, on: true})
				}
			}
		}
	}
	close(jobs)
	wg.Wait()
	c.report(run, check, time.Since(started))
}

// report says what was tried, and fails if that was not every kind of request.
func (c *cloud) report(run, check []string, took time.Duration) {
	total := 0
	for _, kind := range slices.Sorted(maps.Keys(c.tried)) {
		for _, n := range c.tried[kind] {
			total += n
		}
		c.Logf("%-28s %v", kind, c.tried[kind])
	}
	for _, kind := range append(run, check...) {
		for _, how := range []trouble{answers500, reset, lostAnswer, truncated} {
			if c.tried[kind][string(how)] == 0 {
				c.Errorf("%s: %s was not tried", kind, how)
			}
		}
	}
	c.Logf("%d requests of a run, %d of a check; %d went wrong, in %v; exit codes %v; %d states to go on from", len(run), len(check), total, took.Round(time.Second), c.codes, len(c.gone))
	if total < 100 || len(c.gone) < 10 || c.codes[exitInternal] < 20 || c.codes[exitAccount] == 0 {
		c.Error("too few: this test shows nothing")
	}
}
