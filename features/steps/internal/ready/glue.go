package ready

import (
	"fmt"
	"go/format"
	"path"
	"strings"
)

// Glue is Go code that nobody runs: for an editor, which reads definitions but
// does not find those of a table. It is [Page] in another form.
func Glue(importPath string, steps []Step) string {
	var b strings.Builder
	name := path.Base(importPath)
	fmt.Fprintf(&b, "// %s are the steps of %s.\nfunc %s(s steps) {\n", name, importPath, name)
	for _, s := range steps {
		what := "reads"
		if s.Mutates {
			what = "mutates"
		}
		fmt.Fprintf(&b, "\t// %s It %s.\n\t//\n\t//\t%s\n\ts.Step(`%s`)\n\n", s.Doc, what, strings.ReplaceAll(s.Example, "\n", "\n\t//\t"), s.Expr)
	}
	b.WriteString("}\n")
	text, err := format.Source([]byte(b.String()))
	if err != nil {
		return err.Error() // Page's test shows it
	}
	return string(text)
}
