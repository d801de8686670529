package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/stagegate/stagegate/adapters/attest"
)

func TestParseKMS(t *testing.T) {
	const arn = "arn:aws:kms:eu-west-1:444444444444:key/1234abcd-12ab-34cd-56ef-1234567890ab"
	for text, want := range map[string]kmsKey{
		"awskms:///alias/stagegate":                                              {id: "alias/stagegate"},
		"awskms:///alias/team/stagegate":                                         {id: "alias/team/stagegate"},
		"awskms:///1234abcd-12ab-34cd-56ef-1234567890ab":                         {id: "1234abcd-12ab-34cd-56ef-1234567890ab"},
		"awskms:///mrk-1234abcd12ab34cd56ef1234567890ab":                         {id: "mrk-1234abcd12ab34cd56ef1234567890ab"},
		"awskms:///" + arn:                                                       {id: arn, region: "eu-west-1"},
		"awskms:///arn:aws-us-gov:kms:us-gov-west-1:444444444444:alias/s":        {id: "arn:aws-us-gov:kms:us-gov-west-1:444444444444:alias/s", region: "us-gov-west-1"},
		"awskms://127.0.0.1:5000/alias/x":                                        {id: "alias/x", endpoint: "http://127.0.0.1:5000"},
		"awskms://localhost:5000/" + arn:                                         {id: arn, region: "eu-west-1", endpoint: "http://localhost:5000"},
		"awskms://[::1]:5000/alias/x":                                            {id: "alias/x", endpoint: "http://[::1]:5000"},
		"awskms://vpce-1.kms.eu-west-1.vpce.amazonaws.com/alias/x":               {id: "alias/x", endpoint: "https://vpce-1.kms.eu-west-1.vpce.amazonaws.com"},
		"awskms://127.0.0.1.example.org/alias/x":                                 {id: "alias/x", endpoint: "https://127.0.0.1.example.org"},
		"awskms:///arn:aws:kms:eu-west-1:444444444444:alias/with_underscore-and": {id: "arn:aws:kms:eu-west-1:444444444444:alias/with_underscore-and", region: "eu-west-1"},
	} {
		if got, err := parseKMS(text); err != nil || got != want || !isKMS(text) {
			t.Errorf("%s: got %+v, %v, want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{
		"awskms:", "awskms://", "awskms:///", "awskms:alias/x", "awskms:/alias/x", "awskms://alias", "awskms:///alias/", "awskms:///alias/x?y", "awskms:///a b",
		"awskms:///arn:aws:kms:eu-west-1:4444:key/x", "awskms:///arn:aws:sqs:eu-west-1:444444444444:key/x", "awskms:///arn:aws:kms::444444444444:key/x",
		"awskms://me@host/alias/x", "awskms://:5000/alias/x", "awskms://a b/alias/x", "gcpkms://alias/x", "https://alias/x", "awskms:///" + arn + "/more",
	} {
		if got, err := parseKMS(text); err == nil || !isKMS(text) {
			t.Errorf("%s: got %+v, want an error", text, got)
		}
	}
	for _, file := range []string{"gate.key", "/a/awskms/x", "./awskms:x", "awskms", `C:\keys\gate.key`} {
		if isKMS(file) {
			t.Errorf("%s is taken for a key of KMS", file)
		}
	}
}

// What signs nothing is on a short list; a new command asks for its key.
func TestCommandsThatSignNothing(t *testing.T) {
	for name, want := range map[string]bool{"list": true, "explain": true, "check": true,
		"run": false, "begin": false, "test": false, "decide": false, "record": false, "approve": false, "anything new": false} {
		if got := reads(&cobra.Command{Use: name}); got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
	for _, name := range []string{"check", "explain"} {
		c := &cobra.Command{Use: name}
		c.Flags().String("verdict", "", "")
		if !reads(c) {
			t.Errorf("%s without --verdict asks for its key", name)
		}
		if err := c.Flags().Set("verdict", "file"); err != nil || reads(c) {
			t.Errorf("%s --verdict does not ask for its key (%v)", name, err)
		}
	}
}

// A key that was not asked for signs nothing, should it be used by mistake.
func TestKeyThatWasNotAskedFor(t *testing.T) {
	a := &app{reads: true}
	s, err := a.signer(t.Context(), "awskms://127.0.0.1:1/alias/x")
	if err != nil || s == nil {
		t.Fatalf("got %v, %v, want a signer without asking KMS", s, err)
	}
	if b, err := attest.Seal(t.Context(), s, attest.PayloadType, []byte("{}")); err == nil {
		t.Errorf("it sealed %s", b)
	}
	if b, err := s.Sign(t.Context(), []byte("{}")); err == nil || !strings.Contains(err.Error(), "signs nothing") {
		t.Errorf("it signed %x, %v", b, err)
	}
	if _, err := a.signer(t.Context(), filepath.Join(t.TempDir(), "none")); exitCode(t.Context(), err) != exitConfig {
		t.Errorf("a file that is not there: %v, want exit code 65", err)
	}
}
