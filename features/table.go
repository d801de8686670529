package features

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/cucumber/godog"
)

// Rows makes a T of each row of a step's table, whose first row names the
// columns. T is a struct or a pointer to one.
//
// A column is the field that is tagged `gherkin:"its name"`, or the field that
// is called so; case, spaces, "_" and "-" do not count. `gherkin:"-"` is no
// column. Fields are text, []byte, bool, integers, floats, [time.Duration],
// [time.Time] in the form of RFC 3339, what has UnmarshalText, and types of your
// own that are one of these; a pointer is nil where the cell is empty.
//
// An error names every cell that is wrong, every column that no field takes, and
// every field that has no column, unless it is a pointer or tagged
// `gherkin:"its name,optional"`.
func Rows[T any](table *godog.Table) ([]T, error) {
	all, err := tableRows(table, reflect.TypeFor[T](), reflect.TypeFor[[]T]())
	if err != nil {
		return nil, err
	}
	return all.Interface().([]T), nil
}

// Instance makes one T of a step's table of two columns, the name of a field
// and its value. Everything else is as in [Rows].
func Instance[T any](table *godog.Table) (T, error) {
	v, err := tableInstance(table, reflect.TypeFor[T]())
	if err != nil {
		var zero T
		return zero, err
	}
	return v.Interface().(T), nil
}

// tableRows makes a slice, whose elements are elem.
func tableRows(table *godog.Table, elem, slice reflect.Type) (reflect.Value, error) {
	cells, err := rectangle(table)
	if err != nil {
		return reflect.Value{}, err
	}
	s, err := structOf(elem)
	if err != nil {
		return reflect.Value{}, err
	}
	columns, wrong := s.take(cells[0], "column")
	all := reflect.MakeSlice(slice, 0, len(cells)-1)
	for n, row := range cells[1:] {
		v := s.make()
		for i, f := range columns {
			if err := f.set(v, row[i]); err != nil {
				wrong = append(wrong, fmt.Errorf("row %d, column %q: %w", n+1, cells[0][i], err))
			}
		}
		all = reflect.Append(all, s.as(v))
	}
	return all, join(wrong)
}

// tableInstance makes a t.
func tableInstance(table *godog.Table, t reflect.Type) (reflect.Value, error) {
	cells, err := rectangle(table)
	if err != nil {
		return reflect.Value{}, err
	}
	if n := len(cells[0]); n != 2 {
		return reflect.Value{}, fmt.Errorf("table: want 2 columns, the name of a field and its value, have %d\nhint: features.Rows reads a table whose first row names the columns", n)
	}
	s, err := structOf(t)
	if err != nil {
		return reflect.Value{}, err
	}
	names := make([]string, len(cells))
	for i, row := range cells {
		names[i] = row[0]
	}
	fields, wrong := s.take(names, "row")
	v := s.make()
	for i, f := range fields {
		if err := f.set(v, cells[i][1]); err != nil {
			wrong = append(wrong, fmt.Errorf("row %d, %q: %w", i+1, names[i], err))
		}
	}
	return s.as(v), join(wrong)
}

func join(wrong []error) error {
	if len(wrong) == 0 {
		return nil
	}
	return fmt.Errorf("table: %w", errors.Join(wrong...))
}

// rectangle is the text of the cells; there is at least one, and every row has
// as many as the first.
func rectangle(table *godog.Table) ([][]string, error) {
	if table == nil || len(table.Rows) == 0 || len(table.Rows[0].Cells) == 0 {
		return nil, errors.New("table: the step has none, or it is empty")
	}
	cells := make([][]string, len(table.Rows))
	for i, row := range table.Rows {
		if got, want := len(row.Cells), len(table.Rows[0].Cells); got != want {
			return nil, fmt.Errorf("table: row %d has %d cells, the first one %d", i, got, want)
		}
		for _, c := range row.Cells {
			cells[i] = append(cells[i], c.Value)
		}
	}
	return cells, nil
}

// A recordType is a struct, or a pointer to one, with its columns.
type recordType struct {
	t       reflect.Type // the struct
	pointer bool
	fields  []field
}

// A field is a struct's field that may be a column.
type field struct {
	name     string
	index    []int
	t        reflect.Type
	optional bool
}

func (s *recordType) make() reflect.Value { return reflect.New(s.t).Elem() }

func (s *recordType) as(v reflect.Value) reflect.Value {
	if s.pointer {
		return v.Addr()
	}
	return v
}

func (f *field) set(v reflect.Value, text string) error {
	if f == nil { // the column was reported
		return nil
	}
	x, err := fromText(text, f.t)
	if err == nil {
		v.FieldByIndex(f.index).Set(x)
	}
	return err
}

// structOf says which columns a table may have that becomes a t.
func structOf(t reflect.Type) (*recordType, error) {
	s := &recordType{t: t}
	if t.Kind() == reflect.Pointer {
		s.t, s.pointer = t.Elem(), true
	}
	if s.t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("table: want a struct or a pointer to one, have %v", t)
	}
	return s, s.add(s.t, nil)
}

// add adds the fields of t, which is s's own struct or one that is embedded in it.
func (s *recordType) add(t reflect.Type, index []int) error {
	for i := range t.NumField() {
		f := t.Field(i)
		at := append(index[:len(index):len(index)], i)
		tag, tagged := f.Tag.Lookup("gherkin")
		switch {
		case tag == "-":
			continue
		case f.Anonymous && !tagged && f.Type.Kind() == reflect.Struct && !takesText(f.Type):
			if err := s.add(f.Type, at); err != nil {
				return err
			}
			continue
		case f.Anonymous && !tagged && f.Type.Kind() == reflect.Pointer && !takesText(f.Type):
			return fmt.Errorf("table: %v embeds %v\nhint: embed the struct itself, or tag it `gherkin:\"-\"`", t, f.Type)
		case !f.IsExported() && !tagged:
			continue
		case !f.IsExported():
			return fmt.Errorf("table: %v.%s is tagged and not exported", t, f.Name)
		case !takesText(f.Type):
			return fmt.Errorf("table: %v.%s is %s, which no cell can be\nhint: give its type UnmarshalText, or tag it `gherkin:\"-\"`", t, f.Name, article(f.Type))
		}
		name, options, _ := strings.Cut(tag, ",")
		if options != "" && options != "optional" {
			return fmt.Errorf("table: %v.%s is tagged %q: after the comma only \"optional\" is known", t, f.Name, tag)
		}
		name = cmp.Or(name, f.Name)
		if s.field(name) != nil {
			return fmt.Errorf("table: %v has two fields for the column %q", s.t, name)
		}
		s.fields = append(s.fields, field{name, at, f.Type, options == "optional" || f.Type.Kind() == reflect.Pointer})
	}
	return nil
}

func (s *recordType) field(name string) *field {
	for i := range s.fields {
		if plain(s.fields[i].name) == plain(name) {
			return &s.fields[i]
		}
	}
	return nil
}

// plain is a column's name without what does not count.
func plain(name string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "\t", "", "_", "", "-", "").Replace(name))
}

// take returns the field of each name, nil where there is none, and what is
// wrong with the names.
func (s *recordType) take(names []string, what string) (fields []*field, wrong []error) {
	have := make([]string, len(s.fields))
	for i, f := range s.fields {
		have[i] = f.name
	}
	for _, name := range names {
		f := s.field(name)
		switch {
		case f == nil:
			wrong = append(wrong, fmt.Errorf("%s %q: %v has no such field%s; it has %s", what, name, s.t, didYouMean(name, have), strings.Join(have, ", ")))
		case slices.Contains(fields, f):
			wrong = append(wrong, fmt.Errorf("%s %q: is there twice", what, name))
		}
		fields = append(fields, f)
	}
	for i := range s.fields {
		if f := &s.fields[i]; !f.optional && !slices.Contains(fields, f) {
			wrong = append(wrong, fmt.Errorf("%s %q is missing: %v has a field for it (a pointer, or `gherkin:\"%s,optional\"`, may be without)", what, f.name, s.t, f.name))
		}
	}
	return fields, wrong
}
