package gatefile_test

import (
	"strings"
	"testing"

	"github.com/stagegate/stagegate/internal/gatefile"
)

// bucket is good with its store in a bucket.
var bucket = strings.Replace(good, "{url: .gate}",
	`{url: s3://acme-evidence/orders, account: "444444444444", region: eu-west-1, role: "arn:aws:iam::444444444444:role/w", profile: ci}`, 1)

func TestStoreInABucket(t *testing.T) {
	want := gatefile.Store{URL: "s3://acme-evidence/orders", Account: "444444444444", Region: "eu-west-1",
		Role: "arn:aws:iam::444444444444:role/w", Profile: "ci"}
	f, err := gatefile.Parse("gate.yaml", []byte(bucket))
	if err != nil || f.Store != want {
		t.Errorf("got %+v, %v, want %+v", f.Store, err, want)
	}
	got, err := gatefile.ParseStore("s3://acme-evidence/orders?account=444444444444&region=eu-west-1&role=arn:aws:iam::444444444444:role/w&profile=ci")
	if err != nil || got != want {
		t.Errorf("as a URL: got %+v, %v, want %+v", got, err, want)
	}
	target := want.Target()
	if !target.Live || target.Emulated || target.Account != want.Account || target.Role != want.Role || target.Profile != want.Profile || target.Region != want.Region {
		t.Errorf("its place is %+v", target)
	}
	want = gatefile.Store{URL: "s3://acme-evidence", Account: "444444444444", Region: "eu-west-1", Endpoint: "http://127.0.0.1:5000", Emulated: true,
		Role: "arn:aws:iam::444444444444:role/a+b"}
	got, err = gatefile.ParseStore("s3://acme-evidence?account=444444444444&region=eu-west-1&endpoint=http%3A%2F%2F127.0.0.1:5000&emulated=true&role=arn:aws:iam::444444444444:role/a+b")
	if err != nil || got != want {
		t.Errorf("emulated: got %+v, %v, want %+v", got, err, want)
	}
	if target := want.Target(); target.Live || !target.Emulated || target.Endpoint != want.Endpoint {
		t.Errorf("emulated: its place is %+v", target)
	}
}

func TestStoreURL(t *testing.T) {
	for _, tt := range []struct {
		url, bucket, prefix string
		s3                  bool
	}{
		{"s3://acme-evidence", "acme-evidence", "", true},
		{"s3://acme-evidence/", "acme-evidence", "", true},
		{"s3://acme-evidence/a/b", "acme-evidence", "a/b", true},
		{"s3://acme-evidence/a/b/", "acme-evidence", "a/b", true},
		{".gate", "", "", false},
		{"/var/s3://x", "", "", false},
	} {
		bucket, prefix, ok := gatefile.Store{URL: tt.url}.Bucket()
		if bucket != tt.bucket || prefix != tt.prefix || ok != tt.s3 {
			t.Errorf("%s: got %q, %q, %v", tt.url, bucket, prefix, ok)
		}
	}
}

func TestStoreMistakes(t *testing.T) {
	for _, tt := range []struct{ name, old, new, want string }{
		{"another scheme", "s3://acme-evidence/orders", "gs://acme-evidence/orders", `gate.yaml:3: store.url: "gs://acme-evidence/orders": want a folder, or s3://bucket/prefix`},
		{"another case", "s3://", "S3://", `want a folder, or s3://bucket/prefix`},
		{"one slash", "s3://", "s3:/", `want a folder, or s3://bucket/prefix`},
		{"no bucket", "s3://acme-evidence/orders", "s3:///orders", `"" is no name of a bucket`},
		{"a bucket in capitals", "acme-evidence", "Acme", `"Acme" is no name of a bucket`},
		{"a bucket with a user", "acme-evidence", "me@acme", `"me@acme" is no name of a bucket`},
		{"a prefix above", "/orders", "/../orders", `element ".." is not allowed`},
		{"two slashes", "/orders", "//orders", `element "" is not allowed`},
		{"an escape", "/orders", "/or%64ers", `only letters, digits`},
		{"a long prefix", "/orders", "/" + strings.Repeat("x", 121), `the prefix has 121 bytes, at most 120`},
		{"a query", "/orders", "/orders?region=x", `account, region and the like are keys beside url`},
		{"no account", `account: "444444444444", `, "", `gate.yaml:3: store: account is missing`},
		{"account as a number", `"444444444444"`, "444", `store.account: "444": want twelve digits in quotes`},
		{"no region", "region: eu-west-1, role", "role", `store: region is missing`},
		{"role of another account", "iam::444444444444", "iam::222222222222", `store.role: "arn:aws:iam::222222222222:role/w": want the ARN of a role in account 444444444444`},
		{"role that is none", `"arn:aws:iam::444444444444:role/w"`, "writer", `store.role: "writer": want the ARN`},
		{"emulator not said", "profile: ci", `endpoint: "http://127.0.0.1:5000"`, `store: has the endpoint of an emulator: say emulated: true`},
		{"endpoint that is none", "profile: ci", `endpoint: "127.0.0.1:5000", emulated: true`, `store.endpoint: "127.0.0.1:5000": want http://host`},
		{"emulated without an emulator", "profile: ci", "emulated: true", `store: is emulated and has no endpoint`},
		{"unknown key", "profile: ci", "profil: ci", `store: unknown key "profil", did you mean "profile"?`},
		{"the account of staging", "444444444444", "222222222222", `gate.yaml:3: store.account: "222222222222" is the account of targets.staging`},
		{"the account of prod", "444444444444", "333333333333", `store.account: "333333333333" is the account of targets.prod`},
		{"a folder with an account", "s3://acme-evidence/orders", ".gate", `store.account: goes with an s3:// store, and ".gate" is a folder`},
		{"a folder with a role", "s3://acme-evidence/orders", ".gate", `store.role: goes with an s3:// store`},
		{"no url", "url: s3://acme-evidence/orders, ", "", `store.region: goes with an s3:// store, and ".gate" is a folder`},
		{"an emulator that is said", "profile: ci", `endpoint: "http://x", emulated: true`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := strings.ReplaceAll(bucket, tt.old, tt.new)
			if text == bucket {
				t.Fatal("the test changes nothing")
			}
			_, err := gatefile.Parse("gate.yaml", []byte(text))
			if tt.want == "" {
				if err != nil {
					t.Errorf("got %v, want no error", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v\nwant %s", err, tt.want)
			}
		})
	}
	_, err := gatefile.Parse("gate.yaml", []byte(strings.Replace(good, "{url: .gate}", "{url: .gate, endpoint: \"http://x\", emulated: true, profile: x}", 1)))
	for _, key := range []string{"endpoint", "emulated", "profile"} {
		if err == nil || !strings.Contains(err.Error(), "gate.yaml:3: store."+key+": goes with an s3:// store") {
			t.Errorf("%s of a folder: got %v", key, err)
		}
	}
	if _, err := gatefile.Parse("gate.yaml", []byte(strings.ReplaceAll(bucket, "444444444444", "111111111111"))); err != nil {
		t.Errorf("the account of a person's own place: %v", err)
	}
}

func TestParseStoreMistakes(t *testing.T) {
	const whole = "s3://acme-evidence/orders?account=444444444444&region=eu-west-1"
	for text, want := range map[string]string{
		"s3://acme-evidence/orders":              "store: account is missing",
		whole + "&regoin=x":                      `store: unknown key "regoin", did you mean "region"?`,
		whole + "&url=.gate":                     `store: unknown key "url"`,
		whole + "&":                              `store: unknown key ""`,
		whole + "&account=444444444444":          `store: duplicate key "account"`,
		whole + "&profile=":                      "store.profile: want a text",
		whole + "&profile":                       "store.profile: want a text",
		whole + "&profile=%zz":                   "store.profile: invalid URL escape",
		whole + "&emulated=yes":                  `store.emulated: want true or false, got "yes"`,
		whole + "&emulated=true":                 "store: is emulated and has no endpoint",
		whole + "&endpoint=http://127.0.0.1:1":   "say emulated: true",
		whole + "&role=arn:aws:iam::1:role/x":    "want the ARN of a role in account 444444444444",
		whole + "&profile=a?b=c&x=y":             `store: unknown key "x"`,
		"s3://acme-evidence?account=4&region=eu": "want twelve digits",
		"gs://acme-evidence?account=4":           "want a folder, or s3://bucket/prefix",
		"s3:acme-evidence":                       "want a folder, or s3://bucket/prefix",
	} {
		if got, err := gatefile.ParseStore(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %+v, %v, want %s", text, got, err, want)
		}
	}
	for _, folder := range []string{".gate", "/tmp/x", "a?b", `C:\evidence`} {
		if got, err := gatefile.ParseStore(folder); err != nil || got != (gatefile.Store{URL: folder}) {
			t.Errorf("%s: got %+v, %v, want a folder", folder, got, err)
		}
	}
}
