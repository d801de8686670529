// Command peer runs the interactions of bench/contracts with pact-go, and
// prints what each took. It needs cgo: scripts/with-pact-go builds it.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/pact-foundation/pact-go/v2/consumer"
	"github.com/pact-foundation/pact-go/v2/matchers"
)

func main() {
	testing.Init()
	n := flag.Int("interactions", 200, "interactions")
	dir := flag.String("dir", "", "where the pact file goes")
	flag.Parse()
	log.SetOutput(io.Discard) // pact-go logs each step
	test := testing.InternalTest{Name: "TestBench", F: func(t *testing.T) { bench(t, *n, *dir) }}
	testing.Main(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{test}, nil, nil)
}

func bench(t *testing.T, n int, dir string) {
	p, err := consumer.NewV4Pact(consumer.MockHTTPProviderConfig{Consumer: "bench", Provider: "cards", PactDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	var took []time.Duration
	for i := range n {
		started := time.Now()
		err := p.AddInteraction().Given("the card is valid").UponReceiving(fmt.Sprintf("card %d", i)).
			WithRequest("GET", fmt.Sprintf("/cards/%d", i), func(b *consumer.V4RequestBuilder) { b.Header("Accept", matchers.S("application/json")) }).
			WillRespondWith(200, func(b *consumer.V4ResponseBuilder) {
				b.JSONBody(matchers.Map{"status": matchers.Like("valid"), "limit": matchers.Like(500),
					"kind": matchers.Regex("debit", "debit|credit"), "uses": matchers.EachLike(matchers.Map{"at": matchers.Like("today")}, 1)})
			}).
			ExecuteTest(t, func(c consumer.MockServerConfig) error {
				return ask(&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, fmt.Sprintf("http://%s:%d", c.Host, c.Port), i)
			})
		if err != nil {
			t.Fatal(err)
		}
		took = append(took, time.Since(started))
	}
	b, err := json.Marshal(map[string]any{"Took": took})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(os.Stdout, "\nbench: %s\n", b)
}

func ask(client *http.Client, url string, i int) error {
	r, err := http.NewRequest("GET", fmt.Sprintf("%s/cards/%d", url, i), nil)
	if err != nil {
		return err
	}
	r.Header.Set("Accept", "application/json")
	got, err := client.Do(r)
	if err != nil {
		return err
	}
	defer got.Body.Close()
	var card struct{ Status string }
	if err := json.NewDecoder(got.Body).Decode(&card); err != nil || card.Status == "" {
		return fmt.Errorf("%s: %q, %v", got.Status, card.Status, err)
	}
	return nil
}
