package trustfile

import (
	"crypto"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/strictyaml"
)

// A Role is what somebody may sign on a place.
type Role string

// Roles.
const (
	Begin   Role = "begin"   // run records and deployments
	Test    Role = "test"    // evidence
	Decide  Role = "decide"  // closings and verdicts
	Approve Role = "approve" // approvals
)

// signing are the roles that every place has; Approve is nobody's where nobody
// is named.
var signing = [...]Role{Begin, Test, Decide}

// A File is the content of one trust file.
type File struct {
	harness.Trust
	Store   Store                        // where evidence must be; the zero Store: anywhere
	Signers map[string]Signer            // by name
	Roles   map[string]map[Role][]string // names of signers by place and role, in the file's order
}

// A Store is where evidence must be. Of a bucket the name alone says nothing: an
// emulator, or somebody else's S3, has one of any name.
type Store struct {
	URL      string // a folder's whole path, or s3://bucket/prefix, as it is written
	Account  string // that owns the bucket; of a bucket always there
	Emulated bool   // gate.yaml may say that an emulator has the bucket
}

// Bucket reports whether s is a bucket, and not a folder.
func (s Store) Bucket() bool { return strings.HasPrefix(s.URL, "s3://") }

// A Signer is a public key, whose it is, and when its signatures count.
type Signer struct {
	Name    string
	Person  string // who holds the key: Name, unless the file says that it is another's
	ID      string // as [attest.KeyID] makes it
	Key     crypto.PublicKey
	From    time.Time // signatures on what was written earlier do not count; zero: no beginning
	Until   time.Time // signatures on what was written later do not count; zero: no end
	Revoked bool      // no signature counts
}

// For are the signers who have a role on a place, in the file's order, without
// those whose key is revoked.
func (f *File) For(place string, role Role) (all []Signer) {
	for _, name := range f.Roles[place][role] {
		if s, ok := f.Signers[name]; ok && !s.Revoked {
			all = append(all, s)
		}
	}
	return all
}

// Load reads and checks the trust file at path.
func Load(path string) (*File, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("trust file: %w", err)
	}
	return Parse(path, b, func(name string) ([]byte, error) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(filepath.Dir(path), name)
		}
		return os.ReadFile(name)
	})
}

// Parse reads and checks the bytes of a trust file; read returns the key files
// that it names.
func Parse(name string, b []byte, read func(string) ([]byte, error)) (*File, error) {
	r := &reader{Reader: strictyaml.Reader{Name: name}, read: read}
	doc, err := r.Document(b)
	if err != nil {
		return nil, err
	}
	f := &File{Signers: map[string]Signer{}, Roles: map[string]map[Role][]string{},
		Trust: harness.Trust{Places: map[string]harness.TrustedPlace{}}}
	r.file(f, doc)
	if r.Sound() {
		r.check(f)
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	f.Digest = digest(b, f.Signers)
	return f, nil
}

// digest is of all that a trust file says: its bytes, and the keys in the files
// that it names.
func digest(b []byte, signers map[string]Signer) harness.Digest {
	b = slices.Clone(b)
	for _, name := range slices.Sorted(maps.Keys(signers)) {
		b = fmt.Appendf(b, "\n%s %s", name, signers[name].ID)
	}
	return harness.DigestOf(b)
}
