package messagetest_test

import (
	"encoding/xml"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/internal/messagetest"
)

func TestSchemaGoesRed(t *testing.T) {
	stream := golden(t)["minimal"]
	for name, changed := range map[string]string{
		"an unknown status":  replaced(t, stream, `"PASSED"`, `"GREEN"`),
		"no status":          replaced(t, stream, `"status":"PASSED"`, `"state":"PASSED"`),
		"an unknown message": replaced(t, stream, `{"meta"`, `{"beta"`),
		"a number":           replaced(t, stream, `"attempt":0`, `"attempt":"0"`),
		"no attempt":         replaced(t, stream, `,"attempt":0`, ``),
		"not JSON":           stream + "}\n",
		"an empty line":      stream + "\n",
		"cut off":            stream[:len(stream)-1],
		"nothing":            "",
		"a key twice":        replaced(t, stream, `"success":true`, `"success":false,"success":true`),
	} {
		if len(messagetest.Schema(t, strings.NewReader(changed))) == 0 {
			t.Errorf("%s: valid", name)
		}
	}
}

func TestFormatters(t *testing.T) {
	all := golden(t)
	for name, want := range map[string][]string{
		"all-statuses":                 {"Scenario: Passing", "Scenario: Ambiguous", "passed 1", "failed 1", "undefined 1", "Error: whoops"},
		"attachments":                  {"Scenario: Log JSON", "renamed.pdf"},
		"global-hooks-beforeall-error": {"No scenarios were executed", "Error: BeforeAll hook went wrong"},
		"retry":                        {"Scenario: Test cases that pass aren't retried", "passed 3", "failed 1"},
	} {
		stream := all[name]
		shown := messagetest.Shown(t, messagetest.HTML(t, strings.NewReader(stream)))
		for _, want := range want {
			if !strings.Contains(shown, want) {
				t.Errorf("%s: the page does not show %q: %s", name, want, shown)
			}
		}
		var suite struct {
			Cases []struct {
				Name string `xml:"name,attr"`
			} `xml:"testcase"`
		}
		page := messagetest.JUnit(t, strings.NewReader(stream))
		if err := xml.Unmarshal([]byte(page), &suite); err != nil || len(suite.Cases) == 0 {
			t.Errorf("%s: %v: %s", name, err, page)
		}
	}
}

// recorder is a test that may end.
type recorder struct {
	testing.TB
	said string
}

func (r *recorder) Fatalf(format string, args ...any) { r.said = format; panic(r) }

func TestFormattersGoRed(t *testing.T) {
	stream := golden(t)["minimal"]
	for name, changed := range map[string]string{
		"not JSON":     stream + "}\n",
		"no run's end": dropped(t, stream, "testRunFinished"),
		"no pickle":    dropped(t, stream, `{"pickle"`),
		"nothing":      "",
	} {
		func() {
			r := &recorder{TB: t}
			defer func() {
				if recover() != r {
					t.Errorf("%s: accepted", name)
				}
			}()
			messagetest.JUnit(r, strings.NewReader(changed))
		}()
	}
	page := messagetest.HTML(t, strings.NewReader(stream))
	for name, changed := range map[string]string{
		"no script":      page[:len(page)/2],
		"no messages":    replaced(t, page, "CUCUMBER_MESSAGES", "MESSAGES"),
		"nothing at all": "",
	} {
		func() {
			r := &recorder{TB: t}
			defer func() {
				if recover() != r {
					t.Errorf("%s: shown", name)
				}
			}()
			messagetest.Shown(r, changed)
		}()
	}
}
