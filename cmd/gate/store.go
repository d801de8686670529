package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/stagegate/stagegate/adapters/awsenv"
	"github.com/stagegate/stagegate/adapters/filestore"
	"github.com/stagegate/stagegate/adapters/s3store"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/checkout"
	"github.com/stagegate/stagegate/internal/gatefile"
)

// An archive is the store of one call of gate. A bucket is opened, and its
// account proven, when it is first used: who only lists needs no credentials.
type archive struct {
	gatefile.Store // a folder's URL is its whole path
	open           func(context.Context) (*s3store.Store, error)

	mu     sync.Mutex
	opened harness.Store
}

// archive is the store that --store names, else that of f.
func (a *app) archive(f *gatefile.File) (*archive, error) {
	s, below := f.Store, f.Dir
	if a.store != "" {
		var err error
		if s, err = gatefile.ParseStore(a.store); err == nil {
			err = s.Apart(f.Targets)
		}
		if err == nil {
			below, err = filepath.Abs(".")
		}
		if err != nil {
			return nil, errUsage{fmt.Errorf("--store: %w", err)}
		}
	}
	if _, _, ok := s.Bucket(); ok {
		return &archive{Store: s, open: func(ctx context.Context) (*s3store.Store, error) { return a.bucket(ctx, s) }}, nil
	}
	if s.URL = filepath.FromSlash(s.URL); !filepath.IsAbs(s.URL) {
		s.URL = filepath.Join(below, s.URL)
	}
	return &archive{Store: s, opened: filestore.New(s.URL)}, nil
}

// folder is where the store is on this machine, "" for a bucket.
func (s *archive) folder() string {
	if _, _, ok := s.Bucket(); ok {
		return ""
	}
	return s.URL
}

// own is a file of that name in a store that is a folder, "" for none. In a
// bucket nothing is looked for: who can write to it must not say who is trusted.
func (s *archive) own(name string) string {
	if s.folder() == "" {
		return ""
	}
	file := filepath.Join(s.folder(), name)
	if _, err := os.Lstat(file); err != nil && !errors.Is(err, fs.ErrPermission) {
		return "" // none, or the store is no folder: who opens the store will say so
	}
	return file
}

// tree is the checkout of f: a store within it is no part of it.
func (s *archive) tree(f *gatefile.File) checkout.Tree {
	t := checkout.Tree{Dir: f.Dir}
	if dir := s.folder(); dir != "" {
		t.Ignore = []string{dir}
	}
	return t
}

func (s *archive) use(ctx context.Context) (harness.Store, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opened == nil {
		b, err := s.open(ctx)
		if err != nil {
			return nil, err
		}
		s.opened = b
	}
	return s.opened, nil
}

// Put implements [harness.Store].
func (s *archive) Put(ctx context.Context, key string, b []byte) error {
	to, err := s.use(ctx)
	if err != nil {
		return err
	}
	return to.Put(ctx, key, b)
}

// Get implements [harness.Store].
func (s *archive) Get(ctx context.Context, key string) ([]byte, error) {
	from, err := s.use(ctx)
	if err != nil {
		return nil, err
	}
	return from.Get(ctx, key)
}

// List implements [harness.Store].
func (s *archive) List(ctx context.Context, prefix string) ([]string, error) {
	of, err := s.use(ctx)
	if err != nil {
		return nil, err
	}
	return of.List(ctx, prefix)
}

// bucket proves the account of the store and opens its bucket. The session
// stays in this process: children get the target's, or none.
func (a *app) bucket(ctx context.Context, s gatefile.Store) (*s3store.Store, error) {
	fail := func(err error) (*s3store.Store, error) { return nil, fmt.Errorf("store %s: %w", s.URL, err) }
	place := s.Target()
	cfg, err := a.configuration(ctx, place)
	if err != nil {
		return fail(err)
	}
	if e := s3.NewFromConfig(cfg).Options().BaseEndpoint; e != nil && !s.Emulated {
		return fail(&awsenv.EndpointError{Target: place.Name, Endpoint: *e, Why: "the AWS configuration sends S3 elsewhere",
			Hint: "take endpoint_url out of it, or say endpoint and emulated: true"})
	}
	if cfg, err = awsenv.Session(ctx, cfg, place); err != nil {
		return fail(err)
	}
	client := s3.NewFromConfig(cfg, func(o *s3.Options) {
		if s.Emulated { // also against a variable for S3 alone
			o.BaseEndpoint, o.UsePathStyle = &s.Endpoint, true
		}
	})
	name, prefix, _ := s.Bucket()
	return s3store.New(client, s3store.Options{Bucket: name, Prefix: prefix, Owner: s.Account}), nil
}

// kept looks at the store: that a folder takes files, what a bucket enforces.
func (a *app) kept(ctx context.Context, s *archive) (all []finding) {
	if dir := s.folder(); dir != "" {
		return []finding{writable(dir)}
	}
	const fix = "look at store in gate.yaml, or at --store"
	if _, err := a.trustFor(s); err != nil {
		return []finding{broken("store", err, fix)}
	}
	b, err := a.bucket(ctx, s.Store)
	if err != nil {
		return []finding{broken("store", err, fix)}
	}
	r, err := b.Check(ctx)
	if err != nil {
		return []finding{broken("store", err, fix)}
	}
	says := fmt.Sprintf("%s in account %s, %s", s.URL, r.Owner, r.Region)
	if r.Version {
		says += "; keeps versions"
	}
	if r.Default != (s3store.Retention{}) {
		says += fmt.Sprintf("; %s for %d days", r.Default.Mode, r.Default.For/(24*time.Hour))
	}
	if r.Private {
		says += "; not public"
	}
	all = append(all, finding{"store", true, says, ""})
	for _, w := range slices.Concat(r.Weak, r.Unknown) {
		all = append(all, broken("store", errors.New(w), fix))
	}
	return all
}
