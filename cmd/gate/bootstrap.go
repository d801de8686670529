package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/stagegate/stagegate/internal/bootstrap"
	"github.com/stagegate/stagegate/internal/gatefile"
)

type bootstrapOptions struct {
	form       string // "cloudformation" or "terraform"
	repository string // OWNER/NAME at GitHub
	bootstrap.Options
}

func (o *bootstrapOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.form, "bootstrap", "", "write what the accounts need, as `cloudformation` or terraform")
	f.StringVar(&o.repository, "repo", "", "`OWNER/NAME` at GitHub, whose jobs may take the roles (default: git's remote origin)")
	f.StringVar(&o.Provider, "oidc-provider", "", "`issuer` of another CI's tokens, without https://")
	f.StringVar(&o.Subject, "oidc-subject", "", "`subject` of its tokens; {environment} stands for the stage, STAGE-tests or STAGE-judge")
	f.StringVar(&o.Audience, "oidc-audience", "", "`audience` of its tokens (default sts.amazonaws.com)")
	f.StringSliceVar(&o.Services, "services", nil, "IAM `prefixes` of the services that tests read: sqs,dynamodb (default: AWS's ReadOnlyAccess, less what does more)")
}

// bootstrap writes what the accounts of gate.yaml need, beside it.
func (a *app) bootstrap(ctx context.Context, o bootstrapOptions) error {
	forms := map[string]func(*gatefile.File, bootstrap.Options) ([]bootstrap.File, error){
		"cloudformation": bootstrap.CloudFormation, "terraform": bootstrap.Terraform}
	form := forms[o.form]
	if form == nil {
		return errUsage{fmt.Errorf("--bootstrap %s: want %s", o.form, strings.Join(slices.Sorted(maps.Keys(forms)), " or "))}
	}
	f, err := gatefile.Load(a.file)
	if err != nil {
		return errConfig{err}
	}
	if o.Subject, err = subject(ctx, f.Dir, o); err != nil {
		return errUsage{err}
	}
	files, err := form(f, o.Options)
	if err != nil {
		return errUsage{err}
	}
	out, names := a.stdout, []string{}
	if a.json {
		out = a.stderr
	}
	for _, file := range files {
		switch err := create(filepath.Join(f.Dir, filepath.FromSlash(file.Name)), file.Text); {
		case errors.Is(err, fs.ErrExist):
			fmt.Fprintf(out, "kept     %s\n", file.Name)
		case err != nil:
			return err
		default:
			fmt.Fprintf(out, "created  %s\n", file.Name)
		}
		names = append(names, file.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(f.Targets)) {
		if t := f.Targets[name]; t.Cloud() && t.Live && t.Tests == nil { // elsewhere tests may change things
			fmt.Fprintf(out, "hint: gate.yaml, targets.%s, so that suites get that role: tests: {role: %q}\n", name, bootstrap.Tests(t))
		}
	}
	fmt.Fprint(out, "\nnext: docs/aws.md, Accounts\n")
	if a.json {
		return a.printJSON(map[string]any{"files": names})
	}
	return nil
}

var (
	onGitHub   = regexp.MustCompile(`github\.com[:/]([\w.-]+/[\w.-]+?)(\.git)?/?$`)
	repository = regexp.MustCompile(`^[\w.-]+/[\w.-]+$`)
)

// subject is that of the CI's tokens: as given, or GitHub's for this repository.
func subject(ctx context.Context, dir string, o bootstrapOptions) (string, error) {
	switch {
	case o.Subject != "" && o.repository != "":
		return "", errors.New("give either --repo or --oidc-subject")
	case o.Subject != "":
		return o.Subject, nil
	case o.Provider != "":
		return "", errors.New("--oidc-provider goes with --oidc-subject: each CI has its own form of them")
	case o.repository == "":
		cmd := exec.CommandContext(ctx, "git", "remote", "get-url", "origin")
		cmd.Dir = dir
		url, _ := cmd.Output() // no remote is no repository
		if m := onGitHub.FindStringSubmatch(strings.TrimSpace(string(url))); m != nil {
			o.repository = m[1]
		}
	}
	if !repository.MatchString(o.repository) {
		return "", fmt.Errorf("which repository's jobs may take the roles? %q is none at GitHub\nhint: --repo OWNER/NAME, or --oidc-provider and --oidc-subject for another CI", o.repository)
	}
	return "repo:" + o.repository + ":environment:{environment}", nil
}
