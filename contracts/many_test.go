package contracts

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/pactfile"
	"github.com/stagegate/stagegate/internal/protocol"
)

// Four processes at once, 400 interactions of one pair, one folder: all 400 are
// in the merged contract. (pact-go, with one file for all, keeps 60 to 100.)
func TestFourProcesses(t *testing.T) {
	engine(t)
	s := protocol.Session{Phase: protocol.Exec, Run: "r", Nonce: "n", Service: "orders", Stage: "st", Suite: "contracts",
		Target: harness.InProcessTarget(), Out: t.TempDir()}
	path := filepath.Join(t.TempDir(), "run.json")
	if err := protocol.WriteSession(path, s); err != nil {
		t.Fatal(err)
	}
	var all [4]*exec.Cmd
	var said [4]bytes.Buffer
	for n := range all {
		all[n] = exec.Command(os.Args[0], "-test.run=^TestChild$", "-test.count=1")
		all[n].Env = append(os.Environ(), childVariable+"=hundred", fmt.Sprintf("STAGEGATE_TEST_NUMBER=%d", n), protocol.Variable+"="+path)
		all[n].Stdout, all[n].Stderr = &said[n], &said[n]
		if err := all[n].Start(); err != nil {
			t.Fatal(err)
		}
	}
	for n, cmd := range all {
		if err := cmd.Wait(); err != nil {
			t.Errorf("process %d: %v\n%s", n, err, said[n].Bytes())
		}
	}
	answers, err := protocol.ReadDir(s.Out)
	if err != nil || len(answers) != 4 {
		t.Fatalf("got %d answers, %v", len(answers), err)
	}
	var fragments []pactfile.Fragment
	for _, a := range answers {
		for _, p := range a.Pacts {
			fragments = append(fragments, pactfile.Fragment{From: p.ID, Document: p.Document})
		}
	}
	files, err := pactfile.Merge(fragments)
	if err != nil || len(files) != 1 {
		t.Fatalf("got %d files, %v", len(files), err)
	}
	var doc struct {
		Interactions []struct{ Description string }
	}
	read(t, files["orders-payments.json"], &doc)
	seen := map[string]bool{}
	for _, i := range doc.Interactions {
		seen[i.Description] = true
	}
	if len(seen) != 400 || len(doc.Interactions) != 400 {
		t.Errorf("got %d interactions, %d different ones, want 400", len(doc.Interactions), len(seen))
	}
}

func read(t *testing.T, b []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
}
