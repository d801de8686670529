package features_test

import (
	"fmt"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cucumber/godog"

	"github.com/stagegate/stagegate/features"
)

// tableOf makes a table of lines like "a | b".
func tableOf(lines ...string) *godog.Table {
	var rows [][]string
	for _, line := range lines {
		var row []string
		for _, c := range strings.Split(line, "|") {
			row = append(row, strings.TrimSpace(c))
		}
		rows = append(rows, row)
	}
	return table(rows...)
}

type sku string

type size struct{ w, h int }

func (s *size) UnmarshalText(b []byte) error {
	_, err := fmt.Sscanf(string(b), "%dx%d", &s.w, &s.h)
	return err
}

type common struct{ Note string }

type row struct {
	common
	SKU      sku
	InStock  bool    `gherkin:"in stock?"`
	Pieces   int8    // "pieces", "PIECES"
	UnitCost float64 // "unit cost", "unit_cost"
	Weight   *uint16
	Size     size
	Wait     time.Duration
	Since    time.Time
	Raw      []byte
	Big      *big.Int
	Comment  string   `gherkin:",optional"`
	Ignored  chan int `gherkin:"-"`
	hidden   int
}

func TestRows(t *testing.T) {
	got, err := features.Rows[row](tableOf(
		"sku | in stock? | Pieces | unit cost | weight | size | WAIT  | since                | raw | note  | BIG",
		"a1  | true      | -3     | 2.50      |        | 3x4  | 1m30s | 2026-01-02T03:04:05Z | xy  | first | 123456789012345678901234567890",
		"b 2 | false     | 0      | 1e3       | 7      | 0x0  | 0s    | 2026-01-02T03:04:05Z |     |       |",
	))
	if err != nil {
		t.Fatal(err)
	}
	since, seven := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), uint16(7)
	big1, _ := new(big.Int).SetString("123456789012345678901234567890", 10)
	want := []row{
		{common: common{"first"}, SKU: "a1", InStock: true, Pieces: -3, UnitCost: 2.5, Size: size{3, 4}, Wait: 90 * time.Second, Since: since, Raw: []byte("xy"), Big: big1},
		{SKU: "b 2", UnitCost: 1000, Weight: &seven, Since: since, Raw: []byte{}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if pointers, err := features.Rows[*common](tableOf("note", "a", "b")); err != nil || len(pointers) != 2 || pointers[0].Note != "a" || pointers[1].Note != "b" {
		t.Errorf("got %v, %v", pointers, err)
	}
	if none, err := features.Rows[common](tableOf("note")); err != nil || none == nil || len(none) != 0 {
		t.Errorf("got %v, %v", none, err)
	}
}

func TestInstance(t *testing.T) {
	type order struct {
		SKU    sku
		Pieces int
		Gift   *bool
	}
	got, err := features.Instance[*order](tableOf("pieces | 3", "sku | a1"))
	if err != nil || *got != (order{SKU: "a1", Pieces: 3}) {
		t.Errorf("got %v, %v", got, err)
	}
}

// Every way in which a table is not what the struct wants is an error that says
// where, what, and what was wanted.
func TestTableRefused(t *testing.T) {
	type item struct {
		SKU    sku
		Pieces int8
	}
	type two struct {
		UnitCost  int
		Unit_Cost int
	}
	type pointers struct{ *common }
	type secret struct {
		pieces int `gherkin:"pieces"`
	}
	type channel struct{ C chan int }
	type tag struct {
		A int `gherkin:"a,omitempty"`
	}
	rows := func(f func(*godog.Table) error, lines ...string) error { return f(tableOf(lines...)) }
	items := func(table *godog.Table) error { _, err := features.Rows[item](table); return err }
	one := func(table *godog.Table) error { _, err := features.Instance[item](table); return err }
	for name, c := range map[string]struct {
		err  error
		want []string
	}{
		"no table":         {items(nil), []string{"table: the step has none"}},
		"no rows":          {items(&godog.Table{}), []string{"it is empty"}},
		"bad cells":        {rows(items, "sku|pieces", "a|x", "b|300", "c|"), []string{`row 1, column "pieces": "x" is not an int8`, `row 2, column "pieces": "300" is out of range for an int8`, `row 3, column "pieces": "" is not an int8`}},
		"unknown column":   {rows(items, "sku|peices", "a|1"), []string{`column "peices": features_test.item has no such field: did you mean Pieces?; it has SKU, Pieces`, `column "Pieces" is missing`}},
		"missing column":   {rows(items, "sku", "a"), []string{`column "Pieces" is missing`, `gherkin:"Pieces,optional"`}},
		"column twice":     {rows(items, "sku|SKU|pieces", "a|b|1"), []string{`column "SKU": is there twice`}},
		"ragged row":       {rows(items, "sku|pieces", "a|1", "b"), []string{"row 2 has 1 cells, the first one 2"}},
		"three columns":    {rows(one, "sku|a|b"), []string{"want 2 columns", "hint: features.Rows"}},
		"unknown row":      {rows(one, "sku|a", "price|1", "pieces|1"), []string{`row "price": features_test.item has no such field`}},
		"missing row":      {rows(one, "sku|a"), []string{`row "Pieces" is missing`}},
		"bad value":        {rows(one, "sku|a", "pieces|many"), []string{`row 2, "pieces": "many" is not an int8`}},
		"no struct":        {func() error { _, err := features.Rows[int](tableOf("a", "1")); return err }(), []string{"want a struct or a pointer to one, have int"}},
		"two fields":       {func() error { _, err := features.Rows[two](tableOf("a", "1")); return err }(), []string{"two fields for the column"}},
		"embedded pointer": {func() error { _, err := features.Rows[pointers](tableOf("note", "1")); return err }(), []string{"embeds *features_test.common", "embed the struct itself"}},
		"hidden field":     {func() error { _, err := features.Rows[secret](tableOf("pieces", "1")); return err }(), []string{"tagged and not exported"}},
		"channel":          {func() error { _, err := features.Rows[channel](tableOf("c", "1")); return err }(), []string{"features_test.channel.C is a chan int, which no cell can be", "hint:"}},
		"unknown option":   {func() error { _, err := features.Rows[tag](tableOf("a", "1")); return err }(), []string{`after the comma only "optional"`}},
		"own type": {func() error { _, err := features.Instance[struct{ Size size }](tableOf("size|big")); return err }(),
			[]string{`row 1, "size": "big" is not a features_test.size`}},
		"time": {func() error { _, err := features.Instance[struct{ T time.Time }](tableOf("t|today")); return err }(),
			[]string{`"today" is not a time.Time such as 2006-01-02T15:04:05Z`}},
		"duration": {func() error { _, err := features.Instance[struct{ D time.Duration }](tableOf("d|30")); return err }(),
			[]string{`"30" is not a time.Duration such as 1m30s`}},
		"bool": {func() error { _, err := features.Instance[struct{ B bool }](tableOf("b|yes")); return err }(),
			[]string{`"yes" is not a bool (true or false)`}},
	} {
		if c.err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(c.err.Error(), want) {
				t.Errorf("%s: got %v\nwant %q", name, c.err, want)
			}
		}
	}
}

// Whatever a table says, it becomes a struct that says the same, or an error.
func FuzzRows(f *testing.F) {
	type item struct {
		Text string
		N    int
		D    *time.Duration
	}
	f.Add("text", "n", "d", "a", "1", "1s")
	f.Add("Te xt", "N", "d", "a", "-0", "")
	f.Fuzz(func(t *testing.T, h1, h2, h3, c1, c2, c3 string) {
		got, err := features.Rows[item](table([]string{h1, h2, h3}, []string{c1, c2, c3}))
		if err != nil {
			return
		}
		said := map[string]string{}
		for i, h := range []string{h1, h2, h3} {
			said[strings.ToLower(strings.NewReplacer(" ", "", "\t", "", "_", "", "-", "").Replace(h))] = []string{c1, c2, c3}[i]
		}
		n, err := strconv.Atoi(said["n"])
		if len(got) != 1 || err != nil || got[0].Text != said["text"] || got[0].N != n || (got[0].D == nil) != (said["d"] == "") {
			t.Errorf("%q %q: got %+v", []string{h1, h2, h3}, []string{c1, c2, c3}, got)
		}
	})
}
