package ledger

import (
	"bytes"
	"context"

	"github.com/go-json-experiment/json"

	"github.com/stagegate/stagegate/harness"
)

// seal and open are the ledger's, without a notary.
func seal(v any) ([]byte, harness.Digest, error) {
	return Ledger{}.seal(context.Background(), Object{Value: v})
}

func open(b []byte, v any) (harness.Digest, error) { return Ledger{}.open(b, &Object{Value: v}) }

// encodeRows writes rows as putList does.
func encodeRows(rows []harness.Row) ([]byte, error) {
	var b bytes.Buffer
	for _, r := range rows {
		line, err := json.Marshal(r, json.Deterministic(true))
		if err != nil {
			return nil, err
		}
		b.Write(append(line, '\n'))
	}
	return b.Bytes(), nil
}
