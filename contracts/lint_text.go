package contracts

import (
	"regexp"
	"slices"
	"strings"
)

// What a literal looks like. None of these is sure: a lint is told, and can be
// allowed.
var (
	uuidText   = regexp.MustCompile(`(?i)^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	otherID    = regexp.MustCompile(`^([0-9a-f]{24,}|[0-9A-HJKMNP-TV-Z]{26})$`)
	longNumber = regexp.MustCompile(`^\d{5,}$`)
	dateText   = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}.*)?$|^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} `)
	tokenText  = regexp.MustCompile(`^(Bearer|Basic) \S+$`)
	tokenName  = regexp.MustCompile(`(?i)token|secret|passw|api[-_]?key|authorization|cookie|session_?id|signature|credential`)
	idName     = regexp.MustCompile(`^(?i:id|uuid|guid|etag|x-request-id)$|(?i:[_-]id)$|[a-z]I[dD]$`)
)

// kindOf is what a literal that is called name looks like, or nothing.
func kindOf(name, text string) string {
	switch {
	case uuidText.MatchString(text), otherID.MatchString(text):
		return "an id"
	case dateText.MatchString(text):
		return "a date"
	case tokenText.MatchString(text), text != "" && tokenName.MatchString(name):
		return "a token"
	}
	return ""
}

// secretText are forms that only real secrets have. AWS's own examples, which
// say so, are none.
var secretText = map[string]*regexp.Regexp{
	"an AWS access key":     regexp.MustCompile(`\b(AKIA|ASIA)[A-Z0-9]{16}\b`),
	"a GitHub token":        regexp.MustCompile(`\b(gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22})`),
	"a GitLab token":        regexp.MustCompile(`\bglpat-[A-Za-z0-9_-]{20}`),
	"a Slack token":         regexp.MustCompile(`\bxox[abeprs]-[A-Za-z0-9-]{10}`),
	"a live Stripe key":     regexp.MustCompile(`\b[sr]k_live_[A-Za-z0-9]{10}`),
	"a Google API key":      regexp.MustCompile(`\bAIza[A-Za-z0-9_-]{35}`),
	"an npm token":          regexp.MustCompile(`\bnpm_[A-Za-z0-9]{36}`),
	"a private key":         regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----`),
	"a JSON Web Token":      regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}`),
	"a URL with a password": regexp.MustCompile(`://[^/\s:@]+:[^/\s@]+@`),
}

// secretsIn are the values of environment variables that hold a secret by their
// name, with the variable.
func secretsIn(environ []string) map[string]string {
	const short = 12 // what is shorter may be a word
	all := map[string]string{}
	for _, kv := range environ {
		name, v, _ := strings.Cut(kv, "=")
		if secretName(name) && len(v) >= short {
			all[v] = name
		}
	}
	return all
}

// secret looks for secrets in a text, and tells none.
func (l *linter) secret(where, text string) {
	kinds := map[string]bool{}
	for kind, form := range secretText {
		for _, found := range form.FindAllString(text, -1) {
			if !strings.Contains(found, "EXAMPLE") {
				kinds[kind] = true
			}
		}
	}
	for v, variable := range l.known {
		if strings.Contains(text, v) {
			kinds["the value of "+variable] = true
		}
	}
	var all []string
	for kind := range kinds {
		all = append(all, kind)
	}
	slices.Sort(all)
	if len(all) > 0 {
		l.add(LintSecret, where, "it contains %s: a contract is read by everybody: use matchers.Regex with a made-up example here and ep.Secret in the test", strings.Join(all, " and "))
	}
}

// texts looks for secrets in all texts of a JSON value.
func (l *linter) texts(where string, b []byte) {
	v, ok := decode(b)
	if !ok {
		l.secret(where, string(b))
		return
	}
	l.each(where, v)
}

func (l *linter) each(where string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for name, x := range v {
			l.secret(where, name)
			l.each(where, x)
		}
	case []any:
		for _, x := range v {
			l.each(where, x)
		}
	case string:
		l.secret(where, v)
	}
}
