// Command server is what the tests start: it answers, and logs what it is asked.
package main

import (
	"fmt"
	"net/http"
	"os"
	"time"
)

func main() {
	time.Sleep(300 * time.Millisecond) // not ready at once
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Println("asked for", r.URL.Path)
		fmt.Fprint(w, os.Getenv("WHO"))
	})
	fmt.Println("ready to answer")
	fmt.Println(http.ListenAndServe(":8080", nil))
}
