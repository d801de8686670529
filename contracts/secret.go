package contracts

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/stagegate/stagegate/harness"
)

// secrets are the environment's values that a trial's test asked for. The zero
// value is ready.
type secrets struct {
	mu     sync.Mutex
	known  map[string]string // variable -> value
	absent []string          // variables that are not set
}

// secret is the value of a variable at p, for [Endpoint.Secret].
func (tr *trial) secret(variable, example string) (string, error) {
	if tr.mode == harness.Mock {
		return example, nil
	}
	tr.secrets.mu.Lock()
	defer tr.secrets.mu.Unlock()
	v := tr.getenv(variable)
	if v == "" {
		tr.absent = append(tr.absent, variable)
		return "", fmt.Errorf("%s is not set in the environment", variable)
	}
	if tr.known == nil {
		tr.known = map[string]string{}
	}
	tr.known[variable] = v
	return v, nil
}

func (s *secrets) lacking() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.absent
}

// conceal is text without the secrets, in any of the forms that they take on
// their way: as they are, escaped for URLs and for JSON, in base64.
func (s *secrets) conceal(text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	forms := map[string]string{}
	for variable, v := range s.known {
		for _, form := range looks(v) {
			forms[form] = "[" + variable + "]"
		}
	}
	delete(forms, "")
	longestFirst := slices.SortedFunc(maps.Keys(forms), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	for _, form := range longestFirst {
		text = strings.ReplaceAll(text, form, forms[form])
	}
	return text
}

// looks are the forms in which v may appear; some may be there twice.
func looks(v string) []string {
	b := []byte(v)
	all := []string{v, url.QueryEscape(v), url.PathEscape(v), base64.StdEncoding.EncodeToString(b),
		base64.RawStdEncoding.EncodeToString(b), base64.URLEncoding.EncodeToString(b), base64.RawURLEncoding.EncodeToString(b)}
	for range 2 { // in JSON, and in JSON in JSON, with and without its escapes for HTML
		for _, form := range all {
			plain, _ := jsontext.AppendQuote(nil, form)
			html, _ := json.Marshal(form)
			all = append(all, string(plain[1:len(plain)-1]), string(html[1:len(html)-1]))
		}
	}
	return all
}
