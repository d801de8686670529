package bootstrap

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/gatefile"
)

// Options say who the CI is, and what tests read.
type Options struct {
	Provider string // issuer of the CI's tokens without https://; empty: GitHub's
	Audience string // of the tokens; empty: sts.amazonaws.com
	// Subject of the tokens. {environment} stands for the job's environment: the
	// stage for its deploy, STAGE-tests and STAGE-judge for the others.
	Subject string
	// Services that tests read, by their IAM prefixes. Empty: all, by AWS's
	// ReadOnlyAccess, less what [guard.Refused] lists.
	Services []string
}

// A File is one to write, relative to the folder of gate.yaml.
type File struct{ Name, Text string }

// An account is what one of them needs.
type account struct {
	name      string // of its places: "staging", "store"
	number    string
	region    string
	partition string // "aws"
	provider  string
	audience  string
	roles     []*role
	bucket    *bucket
	keys      []key
}

// object is a JSON object whose members come out sorted.
type object = map[string]any

func (o Options) check() error {
	for _, s := range []string{o.Provider, o.Audience, o.Subject} {
		if strings.ContainsAny(s, "$%\"\\ \n") {
			return fmt.Errorf("%q is no issuer, audience or subject of a token", s)
		}
	}
	switch {
	case o.Subject == "":
		return errors.New("there is no subject: which jobs of the CI may take the roles\nhint: repo:OWNER/REPOSITORY:environment:{environment}")
	case strings.Trim(o.Subject, "*") == "" || strings.HasPrefix(o.Subject, "repo:*"):
		return fmt.Errorf("the subject %q lets every repository in", o.Subject)
	case strings.Contains(o.Provider, "://") || strings.HasSuffix(o.Provider, "/"):
		return fmt.Errorf("the provider %q: want the issuer without https:// and a slash at its end", o.Provider)
	}
	return nil
}

// accounts are those of f's targets, then the store's. A person's own place is
// none of its business.
func accounts(f *gatefile.File, o Options) ([]*account, error) {
	if o.Provider == "" {
		o.Provider = "token.actions.githubusercontent.com"
	}
	if o.Audience == "" {
		o.Audience = "sts.amazonaws.com"
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	b := &builder{file: f, options: o}
	var all []*account
	for _, name := range slices.Sorted(maps.Keys(f.Targets)) {
		t := f.Targets[name]
		if t.Dev || !t.Cloud() {
			continue
		}
		i := slices.IndexFunc(all, func(a *account) bool { return a.number == t.Account })
		if i < 0 {
			i, all = len(all), append(all, b.account(name, t))
		} else {
			all[i].name += "-" + name
		}
		if err := b.target(all[i], t); err != nil {
			return nil, err
		}
	}
	if _, _, ok := f.Store.Bucket(); ok {
		a := b.account("store", f.Store.Target())
		b.store(a)
		all = append(all, a)
	}
	if len(all) == 0 {
		return nil, errors.New("gate.yaml names no account: no target has one, and the store is a folder")
	}
	return all, nil
}

// A builder knows the whole gate.yaml: roles of one account trust another's.
type builder struct {
	file    *gatefile.File
	options Options
}

func (b *builder) account(name string, t harness.Target) *account {
	a := &account{name: name, number: t.Account, region: t.Region, partition: "aws", provider: b.options.Provider, audience: b.options.Audience}
	switch {
	case strings.HasPrefix(t.Region, "cn-"):
		a.partition = "aws-cn"
	case strings.HasPrefix(t.Region, "us-gov-"):
		a.partition = "aws-us-gov"
	}
	return a
}

// role is the ARN of a role called name.
func (a *account) role(name string) string {
	return "arn:" + a.partition + ":iam::" + a.number + ":role/" + name
}

// subjects are those of the jobs in the environments.
func (b *builder) subjects(environments ...string) (all []string) {
	for _, e := range environments {
		all = append(all, strings.ReplaceAll(b.options.Subject, "{environment}", e))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// stages are the names of the stages at a target, with an ending.
func (b *builder) stages(target, ending string) (all []string) {
	for _, s := range b.file.Stages {
		if s.Target == target {
			all = append(all, s.Name+ending)
		}
	}
	return all
}
