package features_test

import (
	"fmt"
	"time"

	"github.com/cucumber/godog"
	messages "github.com/cucumber/messages/go/v21"

	"github.com/stagegate/stagegate/features"
)

func ExampleRows() {
	type order struct {
		SKU    string
		Pieces int
		Within time.Duration `gherkin:"delivered within"`
	}
	// When I order:
	//   | sku | pieces | delivered within |
	//   | tea | 3      | 36h              |
	//   | cup | 1      | 1h30m            |
	step := func(table *godog.Table) error {
		orders, err := features.Rows[order](table)
		if err != nil {
			return err
		}
		for _, o := range orders {
			fmt.Println(o.Pieces, o.SKU, o.Within)
		}
		return nil
	}
	fmt.Println(step(table([]string{"sku", "pieces", "delivered within"}, []string{"tea", "3", "36h"}, []string{"cup", "1", "1h30m"})))
	fmt.Println(step(table([]string{"sku", "peices", "delivered within"}, []string{"tea", "3", "soon"})))
	// Output:
	// 3 tea 36h0m0s
	// 1 cup 1h30m0s
	// <nil>
	// table: column "peices": features_test.order has no such field: did you mean Pieces?; it has SKU, Pieces, delivered within
	// column "Pieces" is missing: features_test.order has a field for it (a pointer, or `gherkin:"Pieces,optional"`, may be without)
	// row 1, column "delivered within": "soon" is not a time.Duration such as 1m30s
}

func ExampleInstance() {
	type customer struct {
		FirstName string
		Age       uint
		Email     *string // may be missing or empty
	}
	// Given the customer:
	//   | first name | Ada |
	//   | age        | 36  |
	c, err := features.Instance[customer](table([]string{"first name", "Ada"}, []string{"age", "36"}))
	fmt.Println(c.FirstName, c.Age, c.Email == nil, err)
	// Output: Ada 36 true <nil>
}

// table is what a step gets.
func table(rows ...[]string) *godog.Table {
	t := &godog.Table{}
	for _, texts := range rows {
		row := &messages.PickleTableRow{}
		for _, text := range texts {
			row.Cells = append(row.Cells, &messages.PickleTableCell{Value: text})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
