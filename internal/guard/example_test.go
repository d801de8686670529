package guard_test

import (
	"fmt"

	"github.com/stagegate/stagegate/internal/guard"
)

func ExampleReadOnly() {
	fmt.Println(guard.ReadOnly("DynamoDB", "Query"))
	fmt.Println(guard.ReadOnly("SQS", "ReceiveMessage")) // hides messages
	fmt.Println(guard.ReadOnly("SQS", "DoSomethingNew"))
	// Output:
	// true
	// false
	// false
}
