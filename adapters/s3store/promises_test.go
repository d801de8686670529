package s3store_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/go-json-experiment/json"

	"github.com/stagegate/stagegate/adapters/s3store"
)

// permissions are the calls that the package may make, with what IAM calls them.
var permissions = map[string]string{
	"PutObject": "s3:PutObject", "GetObject": "s3:GetObject", "HeadObject": "s3:GetObject",
	"ListObjectsV2": "s3:ListBucket", "HeadBucket": "s3:ListBucket",
	"GetBucketVersioning":        "s3:GetBucketVersioning",
	"GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
	"GetPublicAccessBlock":       "s3:GetBucketPublicAccessBlock",
}

// The package's own source calls nothing else of S3's client: it cannot delete.
func TestCallsNothingElse(t *testing.T) {
	packages, err := parser.ParseDir(token.NewFileSet(), ".", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	client := map[string]bool{}
	for m := range reflect.TypeFor[*s3.Client]().Methods() {
		client[m.Name] = true
	}
	if !client["DeleteObject"] {
		t.Fatal("the client has no DeleteObject: this test shows nothing")
	}
	called := map[string]bool{}
	ast.Inspect(packages["s3store"], func(n ast.Node) bool {
		if f, ok := n.(*ast.File); ok && slices.ContainsFunc(f.Decls, isTest) {
			return false
		}
		if name, ok := n.(*ast.Ident); ok && client[name.Name] && name.Name != "Options" {
			called[name.Name] = true
		}
		return true
	})
	for name := range called {
		if permissions[name] == "" {
			t.Errorf("the package names %s of S3's client", name)
		}
	}
	for name := range permissions {
		if !called[name] {
			t.Errorf("the package does not call %s", name)
		}
	}
	var methods []string
	for m := range reflect.TypeFor[*s3store.Store]().Methods() {
		methods = append(methods, m.Name)
	}
	if want := []string{"Check", "Get", "List", "Put"}; !slices.Equal(methods, want) {
		t.Errorf("a Store has the methods %q, want %q", methods, want)
	}
}

// isTest reports whether d is what only export_test.go declares.
func isTest(d ast.Decl) bool {
	f, ok := d.(*ast.FuncDecl)
	return ok && f.Name.Name == "Hasty"
}

type policy struct {
	Version   string
	Statement []struct {
		Sid, Effect string
		Principal   any
		Action      oneOrMore
		Resource    oneOrMore
		Condition   map[string]map[string]string
	}
}

type oneOrMore []string

// UnmarshalJSON implements [json.Unmarshaler].
func (s *oneOrMore) UnmarshalJSON(b []byte) error {
	if strings.HasPrefix(string(b), "[") {
		return json.Unmarshal(b, (*[]string)(s))
	}
	*s = make([]string, 1)
	return json.Unmarshal(b, &(*s)[0])
}

// The policies in the package comment are JSON, allow what the package calls
// and nothing more, and above all no delete.
func TestPolicies(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	texts := regexp.MustCompile(`(?ms)^\t\{$.*?^\t\}$`).FindAllString(file.Doc.Text(), -1)
	if len(texts) != 3 {
		t.Fatalf("%d policies, want the bucket's, the writer's, the reader's", len(texts))
	}
	var all [3]policy
	for i, text := range texts {
		if err := json.Unmarshal([]byte(text), &all[i], json.RejectUnknownMembers(true)); err != nil {
			t.Fatalf("policy %d: %v\n%s", i, err, text)
		}
	}
	allowed := func(p policy) (actions []string) {
		for _, s := range p.Statement {
			if s.Effect != "Allow" || len(s.Condition) != 0 {
				t.Errorf("statement %s of a role: %s with %v", s.Sid, s.Effect, s.Condition)
			}
			actions = append(actions, s.Action...)
		}
		slices.Sort(actions)
		return actions
	}
	check := []string{"s3:GetBucketObjectLockConfiguration", "s3:GetBucketPublicAccessBlock", "s3:GetBucketVersioning"}
	writer, reader := allowed(all[1]), allowed(all[2])
	if want := []string{"s3:GetObject", "s3:ListBucket", "s3:PutObject"}; !slices.Equal(writer, want) {
		t.Errorf("the writer may %q, want %q", writer, want)
	}
	if want := append(check, "s3:GetObject", "s3:ListBucket"); !slices.Equal(reader, want) {
		t.Errorf("the reader may %q, want %q", reader, want)
	}
	for call, permission := range permissions {
		if !slices.Contains(append(writer, reader...), permission) {
			t.Errorf("%s needs %s, which no role has", call, permission)
		}
	}
	denied := map[string]bool{}
	for _, s := range all[0].Statement {
		if s.Effect != "Deny" || s.Principal != "*" {
			t.Errorf("statement %s of the bucket: %s to %v", s.Sid, s.Effect, s.Principal)
		}
		for _, a := range s.Action {
			denied[a] = true
		}
	}
	for _, a := range []string{"s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention", "s3:PutObject"} {
		if !denied[a] {
			t.Errorf("the bucket does not deny %s", a)
		}
	}
}
