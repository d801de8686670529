package httpenv_test

import (
	"errors"
	"fmt"

	"github.com/stagegate/stagegate/adapters/httpenv"
	"github.com/stagegate/stagegate/harness"
)

func ExampleNew() {
	prod := harness.Target{Name: "prod", Mode: harness.Deployed, Live: true, URL: "https://orders.example"}
	client := httpenv.New(prod, func(c harness.Call) { fmt.Println("called", c.Host) })

	_, err := client.Post("https://orders.example/orders", "application/json", nil)
	var refused *httpenv.RefusedError
	if errors.As(err, &refused) {
		fmt.Println(refused.Why)
	}
	// Output: prod is live, and POST may change something there
}
