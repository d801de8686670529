package bootstrap_test

import (
	"fmt"

	"github.com/stagegate/stagegate/internal/bootstrap"
	"github.com/stagegate/stagegate/internal/gatefile"
)

func ExampleTerraform() {
	f, err := gatefile.Parse("gate.yaml", []byte(team))
	if err != nil {
		fmt.Println(err)
		return
	}
	files, err := bootstrap.Terraform(f, bootstrap.Options{Subject: "repo:acme/orders:environment:{environment}", Services: []string{"sqs", "dynamodb"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, file := range files {
		fmt.Println(file.Name)
	}
	// Output:
	// bootstrap/prod/main.tf.json
	// bootstrap/staging/main.tf.json
	// bootstrap/store/main.tf.json
}
