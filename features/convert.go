package features

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"

	"github.com/cucumber/godog"
	godogmessages "github.com/cucumber/messages/go/v21"
	messages "github.com/cucumber/messages/go/v34"
)

// convert makes a value of type t of what an expression captured, as godog does.
func convert(text string, t reflect.Type) (reflect.Value, error) {
	v := reflect.New(t).Elem()
	switch k := t.Kind(); {
	case t == bytesType:
		v.SetBytes([]byte(text))
	case k == reflect.String:
		v.SetString(text)
	case k == reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return v, fmt.Errorf("%q is not a bool", text)
		}
		v.SetBool(b)
	case k <= reflect.Int64:
		n, err := strconv.ParseInt(text, 10, t.Bits())
		if err != nil {
			return v, fmt.Errorf("%q is not an %v: %w", text, t, errors.Unwrap(err))
		}
		v.SetInt(n)
	case k <= reflect.Uint64:
		n, err := strconv.ParseUint(text, 10, t.Bits())
		if err != nil {
			return v, fmt.Errorf("%q is not a %v: %w", text, t, errors.Unwrap(err))
		}
		v.SetUint(n)
	default:
		f, err := strconv.ParseFloat(text, t.Bits())
		if err != nil {
			return v, fmt.Errorf("%q is not a %v: %w", text, t, errors.Unwrap(err))
		}
		v.SetFloat(f)
	}
	return v, nil
}

// extra is the step's table or doc string as a value of type t.
func (s *step) extra(t reflect.Type) reflect.Value {
	switch t {
	case tableType:
		return reflect.ValueOf(table(s.argument.DataTable))
	case docType:
		doc := s.argument.DocString
		return reflect.ValueOf(&godog.DocString{MediaType: doc.MediaType, Content: doc.Content})
	case bytesType:
		return reflect.ValueOf([]byte(s.argument.DocString.Content))
	default:
		return reflect.ValueOf(s.argument.DocString.Content)
	}
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
