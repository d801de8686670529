package gatefile

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/strictyaml"
)

// A Store is where evidence is kept: a folder, or what is below a prefix of an
// S3 bucket. All but URL is for a bucket alone.
type Store struct {
	URL      string // a folder, relative to the file's, or s3://bucket/prefix
	Account  string // that owns the bucket: twelve digits
	Region   string
	Role     string // ARN that the session assumes
	Profile  string // of the shared AWS configuration
	Endpoint string // of an emulator; empty means AWS
	Emulated bool
}

// Bucket is the bucket of the store and the prefix in it, which may be empty;
// ok is false where the store is a folder.
func (s Store) Bucket() (bucket, prefix string, ok bool) {
	rest, ok := strings.CutPrefix(s.URL, "s3://")
	if !ok {
		return "", "", false
	}
	bucket, prefix, _ = strings.Cut(rest, "/")
	return bucket, strings.TrimSuffix(prefix, "/"), true
}

// Target is the place of the bucket, as sessions are made and proven for. It is
// live unless it is emulated: nothing but AWS will do.
func (s Store) Target() harness.Target {
	return harness.Target{Name: "store", Mode: harness.Deployed, Live: !s.Emulated, Emulated: s.Emulated,
		Account: s.Account, Region: s.Region, Role: s.Role, Profile: s.Profile, Endpoint: s.Endpoint}
}

// ParseStore reads a store from one text: a folder, or s3://bucket/prefix with
// what store in gate.yaml has besides url as its query.
func ParseStore(text string) (Store, error) {
	s := Store{URL: text}
	var wrong []error
	note := func(_, format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	if base, query, ok := strings.Cut(text, "?"); ok && strings.HasPrefix(text, "s3://") {
		s.URL = base
		s.query(query, note)
	}
	if len(wrong) == 0 {
		s.check("store", note)
	}
	return s, errors.Join(wrong...)
}

// query reads the settings of s from the query of a URL. A plus sign stands for
// itself: names of roles may have one.
func (s *Store) query(query string, note note) {
	texts := map[string]*string{"account": &s.Account, "region": &s.Region, "role": &s.Role, "profile": &s.Profile, "endpoint": &s.Endpoint}
	known := append(slices.Sorted(maps.Keys(texts)), "emulated")
	seen := map[string]bool{}
	for pair := range strings.SplitSeq(query, "&") {
		key, raw, _ := strings.Cut(pair, "=")
		value, err := url.PathUnescape(raw)
		switch {
		case !slices.Contains(known, key):
			note("", "store: unknown key %q%s; known: %s", key, strictyaml.Meant(key, known), strings.Join(known, ", "))
		case seen[key]:
			note("", "store: duplicate key %q", key)
		case err != nil:
			note("", "store.%s: %v", key, err)
		case value == "":
			note("", "store.%s: want a text, got nothing", key)
		case key != "emulated":
			*texts[key] = value
		case value != "true" && value != "false":
			note("", "store.emulated: want true or false, got %q", value)
		default:
			s.Emulated = value == "true"
		}
		seen[key] = true
	}
}

// Apart says which of the targets is in the account of the store, or nil. Who
// deploys and tests in an account could write its evidence, too. A person's own
// place is no evidence for anything.
func (s Store) Apart(targets map[string]harness.Target) error {
	for _, name := range slices.Sorted(maps.Keys(targets)) {
		if t := targets[name]; !t.Dev && s.Account != "" && t.Account == s.Account {
			return fmt.Errorf("store.account: %q is the account of targets.%s: evidence is kept in an account of its own, "+
				"where nothing is deployed or tested", s.Account, name)
		}
	}
	return nil
}

// A note takes down a mistake, and the key that it is about.
type note func(key, format string, args ...any)

func (r *reader) note(key, format string, args ...any) { r.Fail(r.At(key), format, args...) }

var (
	schemed    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]+:`) // one letter is a drive
	bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
)

// maxPrefix is what adapters/s3store leaves of S3's names for a prefix, in bytes.
const maxPrefix = 120

// check finds what is wrong with the store; path stands for it in what is noted.
func (s Store) check(path string, note note) {
	name, prefix, ok := s.Bucket()
	switch {
	case !ok && schemed.MatchString(s.URL):
		note(path+".url", "%s.url: %q: want a folder, or s3://bucket/prefix", path, s.URL)
		return
	case !ok:
		s.checkFolder(path, note)
		return
	case strings.Contains(s.URL, "?"):
		note(path+".url", "%s.url: %q: account, region and the like are keys beside url", path, s.URL)
	case !bucketName.MatchString(name):
		note(path+".url", "%s.url: %q: %q is no name of a bucket: want s3://bucket/prefix", path, s.URL, name)
	case len(prefix) > maxPrefix:
		note(path+".url", "%s.url: the prefix has %d bytes, at most %d", path, len(prefix), maxPrefix)
	case prefix != "":
		if err := harness.CheckKey(prefix); err != nil {
			note(path+".url", "%s.url: %q: prefix: %v", path, s.URL, err)
		}
	}
	if s.Account == "" {
		note(path, "%s: account is missing: the one that owns the bucket, and that is proven before anything is read or written there", path)
		return
	}
	checkAccount(path, s.Target(), note)
	if s.Endpoint != "" {
		checkWeb(path+".endpoint", s.Endpoint, note)
		if !s.Emulated {
			note(path+".endpoint", "%s: has the endpoint of an emulator: say emulated: true", path)
		}
	}
}

// checkFolder finds settings that only a bucket has.
func (s Store) checkFolder(path string, note note) {
	for key, given := range map[string]bool{"account": s.Account != "", "region": s.Region != "", "role": s.Role != "",
		"profile": s.Profile != "", "endpoint": s.Endpoint != "", "emulated": s.Emulated} {
		if given {
			note(path+"."+key, "%s.%s: goes with an s3:// store, and %q is a folder", path, key, s.URL)
		}
	}
}
