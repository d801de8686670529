package trustfile

import (
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/strictyaml"
)

// A File is the content of one trust file.
type File struct {
	harness.Trust
	Signers map[string]Signer // by name
}

// A Signer is a public key and when its signatures count.
type Signer struct {
	Name    string
	ID      string // hexadecimal SHA-256 of the key's DER SubjectPublicKeyInfo
	Key     crypto.PublicKey
	Until   time.Time // signatures on what was written later do not count; zero: no end
	Revoked bool      // no signature counts
}

// For are the signers trusted for a place, in the file's order.
func (f *File) For(place string) (all []Signer) {
	for _, id := range f.Places[place].Signers {
		for _, s := range f.Signers {
			if s.ID == id && !s.Revoked {
				all = append(all, s)
			}
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
	f := &File{Signers: map[string]Signer{}, Trust: harness.Trust{Digest: harness.DigestOf(b),
		Places: map[string]harness.TrustedPlace{}}}
	r.file(f, doc)
	if r.Sound() {
		r.resolve(f)
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	return f, nil
}

type reader struct {
	strictyaml.Reader
	read func(string) ([]byte, error)
}

func (r *reader) file(f *File, n *yaml.Node) {
	r.Fields("", n, map[string]strictyaml.Field{
		"signers": func(path string, n *yaml.Node) {
			r.Each(path, n, func(key string, line int, p string, v *yaml.Node) { f.Signers[key] = r.signer(key, line, p, v) })
		},
		"places": func(path string, n *yaml.Node) {
			r.Each(path, n, func(key string, _ int, p string, v *yaml.Node) { f.Places[key] = r.place(p, v) })
		},
	})
}

func (r *reader) place(path string, n *yaml.Node) (p harness.TrustedPlace) {
	observe := true
	r.Fields(path, n, map[string]strictyaml.Field{
		"signers": r.Texts(&p.Signers), "account": r.Text(&p.Account), "live": r.Flag(&p.Live), "emulated": r.Flag(&p.Emulated),
		"observe": r.Flag(&observe), "needs": r.Texts(&p.Needs), "suites": r.Texts(&p.Suites),
		"limits": func(path string, n *yaml.Node) {
			p.Limits = &harness.Limits{}
			r.Fields(path, n, map[string]strictyaml.Field{"skips": r.Count(&p.Limits.Skips), "flakes": r.Count(&p.Limits.Flakes),
				"attempts": r.Count(&p.Limits.Attempts), "age": r.Duration(&p.Limits.Age)})
		},
	})
	p.NoObserve = !observe
	return p
}

func (r *reader) signer(name string, line int, path string, n *yaml.Node) Signer {
	s := Signer{Name: name}
	var file, until string
	r.Fields(path, n, map[string]strictyaml.Field{"key": r.Text(&file), "until": r.Text(&until), "revoked": r.Flag(&s.Revoked)})
	if file == "" {
		r.Fail(line, "%s: key is missing: the file of the public key", path)
		return s
	}
	b, err := r.read(file)
	if err == nil {
		s.Key, s.ID, err = parseKey(b)
	}
	if err != nil {
		r.Fail(r.At(path+".key"), "%s.key: %v", path, err)
	}
	if until != "" {
		if s.Until, err = time.Parse(time.RFC3339, until); err != nil {
			r.Fail(r.At(path+".until"), "%s.until: %q: want a time such as 2026-11-01T00:00:00Z", path, until)
		}
	}
	return s
}

// parseKey reads a public key in PEM and names it.
func parseKey(b []byte) (crypto.PublicKey, string, error) {
	block, rest := pem.Decode(b)
	if block == nil || block.Type != "PUBLIC KEY" || len(rest) > 0 && slices.ContainsFunc(rest, func(c byte) bool { return c > ' ' }) {
		return nil, "", errors.New("want one PEM block, PUBLIC KEY")
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, "", err
	}
	sum := sha256.Sum256(block.Bytes)
	return key, hex.EncodeToString(sum[:]), nil
}

// resolve replaces the names of signers by their key ids and finds what makes
// no sense.
func (r *reader) resolve(f *File) {
	ids := map[string]string{}
	for name, s := range f.Signers {
		if other, ok := ids[s.ID]; ok {
			r.Fail(r.At("signers."+name), "signers.%s: has the same key as %s", name, min(other, name))
		}
		ids[s.ID] = name
	}
	if len(f.Places) == 0 {
		r.Fail(1, "places: is missing: a trust file that trusts nobody allows nothing")
	}
	for name, p := range f.Places {
		if len(p.Signers) == 0 {
			r.Fail(r.At("places."+name), "places.%s: signers is missing: who signs for it", name)
		}
		for i, s := range p.Signers {
			signer, ok := f.Signers[s]
			if !ok {
				r.Fail(r.At("places."+name+".signers"), "places.%s: there is no signer %q%s", name, s, strictyaml.Meant(s, slices.Sorted(maps.Keys(f.Signers))))
			}
			p.Signers[i] = signer.ID
		}
	}
}
