package features

import (
	"reflect"

	"github.com/cucumber/godog"
	godogmessages "github.com/cucumber/messages/go/v21"
	messages "github.com/cucumber/messages/go/v34"
)

// extra is the step's table or doc string as a value of type t.
func (s *step) extra(t reflect.Type) (reflect.Value, error) {
	switch t {
	case tableType:
		return reflect.ValueOf(table(s.argument.DataTable)), nil
	case docType:
		doc := s.argument.DocString
		return reflect.ValueOf(&godog.DocString{MediaType: doc.MediaType, Content: doc.Content}), nil
	case bytesType:
		return reflect.ValueOf([]byte(s.argument.DocString.Content)), nil
	case stringType:
		return reflect.ValueOf(s.argument.DocString.Content), nil
	}
	if t.Kind() == reflect.Slice {
		return tableRows(table(s.argument.DataTable), t.Elem(), t)
	}
	return tableInstance(table(s.argument.DataTable), t)
}

// ofTable reports whether a table becomes a t: a struct, a pointer to one, or a
// slice of either.
func ofTable(t reflect.Type) bool {
	if t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Kind() == reflect.Struct && t != docType.Elem() && !takesText(t)
}

// table makes the table that godog's functions take of the parser's. Each call
// makes a new one: a step may write into it.
func table(from *messages.PickleTable) *godog.Table {
	to := &godog.Table{Rows: make([]*godogmessages.PickleTableRow, len(from.Rows))}
	for i, row := range from.Rows {
		cells := make([]*godogmessages.PickleTableCell, len(row.Cells))
		for k, c := range row.Cells {
			cells[k] = &godogmessages.PickleTableCell{Value: c.Value}
		}
		to.Rows[i] = &godogmessages.PickleTableRow{Cells: cells}
	}
	return to
}
