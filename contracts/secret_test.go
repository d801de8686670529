package contracts

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/pact-foundation/pact-go/v2/matchers"

	"github.com/stagegate/stagegate/harness"
)

// A value with everything that changes its look on the way.
const hush = `s3cr3t "+/=` + "\u00fc" + `& x`

func withToken() Interaction {
	i := get("/me", Response{Status: 200, Body: JSON(matchers.MapMatcher{"name": matchers.Like("Mary")})})
	i.Request.Headers = matchers.Map{"X-Who": matchers.Regex("e_1", `^e_\d|[0-9A-Za-z+/=]{12,}$`)}
	return i
}

func askMe(ep Endpoint) error {
	token := base64.StdEncoding.EncodeToString([]byte(ep.Secret("PAYMENTS_TOKEN", "e_1")))
	if ep.Secret("PAYMENTS_TOKEN", "e_1") == "e_1" {
		token = "e_1"
	}
	return send("GET", "/me", "", "X-Who", token)(ep)
}

// The environment's value reaches the dependency, and nothing that is told or kept.
func TestSecret(t *testing.T) {
	p := mock()
	p.getenv, p.keep = func(string) string { t.Error("a mock needs no environment"); return "" }, true
	v := try(t, p, []Interaction{withToken()}, askMe)
	expect(t, v, harness.Passed)

	forms := []string{hush, url.QueryEscape(hush), url.PathEscape(hush), fmt.Sprintf("%q", hush), base64.StdEncoding.EncodeToString([]byte(hush))}
	text := withToken()
	text.Response.Body = Text(matchers.S("x"))
	for _, form := range forms {
		tell(t, withToken(), answer(200, `{"name":[`+fmt.Sprintf("%q", form)+`]}`), forms)
		tell(t, text, answer(200, "you are "+form, "Content-Type", "text/plain"), forms)
		tell(t, text, answer(200, strings.Repeat("x", 280)+form, "Content-Type", "text/plain"), forms) // cut where it stands
	}
}

// tell gets an answer that contains the token, and hears what is said of it.
func tell(t *testing.T, i Interaction, echo http.HandlerFunc, forms []string) {
	t.Helper()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("X-Who"); got != base64.StdEncoding.EncodeToString([]byte(hush)) {
			t.Errorf("got the token %q", got)
		}
		echo(w, r)
	})
	p := live(s.URL)
	p.getenv = func(name string) string { return map[string]string{"PAYMENTS_TOKEN": hush}[name] }
	v := try(t, p, []Interaction{i}, askMe)
	expect(t, v, harness.ResponseMismatch, "[PAYMENTS_TOKEN]")
	for _, form := range append(forms, "s3cr3t") {
		if strings.Contains(v.reason, form) {
			t.Errorf("the reason contains %q: %s", form, v.reason)
		}
	}
}

// A variable that is not set is nobody's fault but the place's, and nothing is sent.
func TestSecretNotSet(t *testing.T) {
	p := live(serve(t, unexpected(t)).URL)
	p.getenv = func(string) string { return "" }
	v := try(t, p, []Interaction{withToken()}, func(ep Endpoint) error {
		_, err := ep.secret("PAYMENTS_TOKEN", "e_1")
		return err
	})
	expect(t, v, harness.NoFixture, "the configuration's fault", "PAYMENTS_TOKEN")
}

// What usually holds a secret is withheld by its name, in bodies too.
func TestSecretNames(t *testing.T) {
	i := Interaction{Request: Request{Method: "POST", Path: Literal("/p"), Body: JSON(matchers.MapMatcher{
		"access_token": matchers.Regex("x1", `^[a-z]\d$`), "limit": matchers.Integer(1)})}, Response: Response{Status: 200}}
	v := try(t, mock(), []Interaction{i}, send("POST", "/p", `{"access_token":"HUSH","limit":"SEEN"}`, "Content-Type", "application/json"))
	expect(t, v, harness.RequestMismatch, "$.access_token: not as agreed (the value is withheld)", "SEEN")
	if strings.Contains(v.reason, "HUSH") {
		t.Errorf("the reason tells a secret: %s", v.reason)
	}
}
