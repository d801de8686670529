package gatefile

import (
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/stagegate/stagegate/harness"
)

// apart finds targets that are one place under two names: what was tested at
// the one would be the other, and evidence of the one counts for neither.
func (r *reader) apart(all map[string]harness.Target) {
	var before []harness.Target
	for _, name := range slices.Sorted(maps.Keys(all)) {
		t := all[name]
		if t.Dev {
			continue
		}
		for _, other := range before {
			p := "targets." + name
			if t.URL != "" && where(t.URL) == where(other.URL) {
				r.Fail(r.At(p+".url"), "%s.url: %q is where targets.%s is: two targets are two places", p, t.URL, other.Name)
			}
			if t.Account != "" && t.Account == other.Account && (t.Live || other.Live) {
				r.Fail(r.At(p+".account"), "%s.account: %q is the account of targets.%s, and one of them is live: a live target has an account of its own", p, t.Account, other.Name)
			}
		}
		before = append(before, t)
	}
}

// where is raw in the one way of many to write it.
func where(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return raw // and web has said so
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	return u.Scheme + "://" + host + ":" + port + path.Clean("/"+u.Path)
}
