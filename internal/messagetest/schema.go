package messagetest

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/stagegate/stagegate/internal/npm"
)

// Schema says for each line of a stream how it breaks the published JSON Schema
// of an envelope. A stream without lines is wrong, too.
func Schema(t testing.TB, stream io.Reader) (wrong []string) {
	t.Helper()
	schema := published(t)
	b, err := io.ReadAll(stream)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := read(strings.NewReader(string(b))); err != nil {
		wrong = append(wrong, err.Error())
	}
	for i, line := range strings.Split(strings.TrimSuffix(string(b), "\n"), "\n") {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
		if err == nil {
			err = schema.Validate(v)
		}
		if err != nil {
			wrong = append(wrong, fmt.Sprintf("line %d: %v\n%s", i+1, err, line))
		}
	}
	return wrong
}

func published(t testing.TB) *jsonschema.Schema {
	t.Helper()
	f, err := os.Open(filepath.Join(npm.Dir(t), "@cucumber/messages/messages.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	doc, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("messages.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("messages.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}
