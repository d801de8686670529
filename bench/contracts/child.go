package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/pact-foundation/pact-go/v2/matchers"

	"github.com/stagegate/stagegate/contracts"
)

// A report is what a child prints for its parent, after mark.
type report struct {
	Took []time.Duration // of each interaction, in order
	RSS  []int           // KiB: after a sixth of the interactions, and at the end
}

const mark = "bench:"

// runChild runs n interactions in this process. The session in the environment
// says in which mode they run.
func runChild(runner string, n int, url string, stdout io.Writer) error {
	var r report
	if runner == "direct" {
		for i := range n {
			started := time.Now()
			if err := ask(http.DefaultClient, url, i); err != nil {
				return err
			}
			r.Took = append(r.Took, time.Since(started))
		}
		return r.print(stdout)
	}
	withContracts(n, &r, stdout)
	return fmt.Errorf("package testing returned") // it ends the process
}

func (r report) print(w io.Writer) error {
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "\n%s %s\n", mark, b)
	return err
}

// withContracts runs n interactions as go test would, and ends the process.
func withContracts(n int, r *report, stdout io.Writer) {
	test := testing.InternalTest{Name: "TestBench", F: func(t *testing.T) {
		c := contracts.For(t, "bench", "cards")
		for i := range n {
			started := time.Now()
			c.Test(fmt.Sprintf("card %d", i), interaction(i), func(t *testing.T, ep contracts.Endpoint) {
				if err := ask(&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, ep.URL, i); err != nil {
					t.Error(err)
				}
			})
			r.Took = append(r.Took, time.Since(started))
			if i == n/6 || i == n-1 {
				r.RSS = append(r.RSS, resident(t))
			}
		}
		if err := r.print(stdout); err != nil {
			t.Error(err)
		}
	}}
	testing.Main(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{test}, nil, nil)
}

func interaction(i int) contracts.Interaction {
	return contracts.Interaction{
		Given:   []contracts.State{{Name: "the card is valid"}},
		Safe:    true,
		Request: contracts.Request{Method: "GET", Path: contracts.Literal(fmt.Sprintf("/cards/%d", i)), Headers: matchers.Map{"Accept": matchers.S("application/json")}},
		Response: contracts.Response{Status: 200, Body: contracts.JSON(matchers.Map{"status": matchers.Like("valid"), "limit": matchers.Like(500),
			"kind": matchers.Regex("debit", "debit|credit"), "uses": matchers.EachLike(matchers.Map{"at": matchers.Like("today")}, 1)})},
	}
}

// answer is what the dependency says of every card.
const answer = `{"status":"blocked","limit":7,"kind":"credit","uses":[{"at":"noon"},{"at":"now"}]}`

// ask is the adapter.
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

// resident is the memory of this process, in KiB, without what the Go runtime
// keeps for later.
func resident(t *testing.T) int {
	debug.FreeOSMemory()
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Log("memory is not known here: ", err)
		return 0
	}
	kb := 0
	_, line, _ := strings.Cut(string(b), "VmRSS:")
	if _, err := fmt.Sscan(line, &kb); err != nil {
		t.Error(err)
	}
	return kb
}
