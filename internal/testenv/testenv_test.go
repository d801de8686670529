package testenv_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/internal/testenv"
)

// Nothing that is not on the list gets in unless a suite names it, and on a
// live target some things not even then.
func TestOf(t *testing.T) {
	environ := []string{
		"PATH=/bin", "HOME=/root", "LC_ALL=C", "https_proxy=http://p", "GOCACHE=/c", "GOPRIVATE=x", "DOCKER_HOST=d", "STAGEGATE_REQUIRE=all", "STAGEGATE_PACT_LOG=1",
		"GITHUB_TOKEN=t", "NPM_TOKEN=t", "GOOGLE_APPLICATION_CREDENTIALS=f", "DOCKER_AUTH_CONFIG=a", "SSH_AUTH_SOCK=s", "ACTIONS_ID_TOKEN_REQUEST_TOKEN=i",
		"AWS_ACCESS_KEY_ID=k", "AWS_PROFILE=p", "STAGEGATE_KEY=k", "STAGEGATE_STORE=s", "STAGEGATE_TRUST=s", "STAGEGATE_TAGS=@a", "STAGEGATE_SELECT=a.feature:3", "STAGEGATE_RERUN=/f", "DATABASE_URL=u", "LD_LIBRARY_PATH=l",
		"LD_PRELOAD=x", "GOFLAGS=-mod=mod", "OTEL_EXPORTER_OTLP_ENDPOINT=o", "GODEBUG=d", "CC=gcc",
	}
	const always = "PATH HOME LC_ALL https_proxy GOCACHE GOPRIVATE DOCKER_HOST STAGEGATE_REQUIRE STAGEGATE_PACT_LOG"
	for _, c := range []struct {
		name string
		live bool
		more []string
		want string
	}{
		{"a target", false, nil, always + " GOFLAGS OTEL_EXPORTER_OTLP_ENDPOINT GODEBUG CC"},
		{"a live target", true, nil, always},
		{"asked for", false, []string{"DATABASE_URL", "LD_PRELOAD", "NOT_SET"}, always + " DATABASE_URL LD_PRELOAD GOFLAGS OTEL_EXPORTER_OTLP_ENDPOINT GODEBUG CC"},
		{"asked for on a live target", true, []string{"DATABASE_URL", "LD_PRELOAD", "GOFLAGS", "OTEL_EXPORTER_OTLP_ENDPOINT"}, always + " DATABASE_URL"},
		{"asked for what no suite gets", false, []string{"AWS_ACCESS_KEY_ID", "AWS_PROFILE", "STAGEGATE_KEY", "STAGEGATE_STORE", "STAGEGATE_SELECT", "STAGEGATE_RERUN"}, always + " GOFLAGS OTEL_EXPORTER_OTLP_ENDPOINT GODEBUG CC"},
	} {
		var got []string
		for _, kv := range testenv.Of(environ, c.live, c.more) {
			name, _, _ := strings.Cut(kv, "=")
			got = append(got, name)
		}
		if want := append(strings.Fields(c.want), "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_EC2_METADATA_DISABLED"); !slices.Equal(got, want) {
			t.Errorf("%s:\ngot  %v\nwant %v", c.name, got, want)
		}
	}
}

// A secret cannot take the place of what a process needs, or steer it: that would
// be a way past the list on a live target. OTLP's headers hold a token.
func TestCheckSecret(t *testing.T) {
	for name, ok := range map[string]bool{
		"PAYMENTS_TOKEN": true, "OTEL_EXPORTER_OTLP_HEADERS": true,
		"PATH": false, "HOME": false, "HTTPS_PROXY": false, "GOFLAGS": false, "LD_PRELOAD": false, "NODE_OPTIONS": false, "STAGEGATE_REQUIRE": false,
		"OTEL_EXPORTER_OTLP_ENDPOINT": false, "AWS_SESSION_TOKEN": false, "A-B": false,
	} {
		if err := testenv.CheckSecret(name); (err == nil) != ok {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestCheck(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"DATABASE_URL", ""}, {"lower_1", ""}, {"STAGEGATE_REQUIRE", ""}, {"STAGEGATE_PACT_LOG", ""},
		{"", "not the name"}, {"A-B", "not the name"}, {"A=B", "not the name"}, {"1A", "not the name"},
		{"AWS_SESSION_TOKEN", "the AWS session of its target"}, {"STAGEGATE_KEY", "gate's own"}, {"STAGEGATE_RUN", "gate's own"},
	} {
		err := testenv.Check(c.name)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got %v, want %q", c.name, err, c.want)
		}
	}
}
