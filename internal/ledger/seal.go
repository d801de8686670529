package ledger

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"

	"github.com/stagegate/stagegate/harness"
)

// seal encodes v as one line with the digest of the rest, then v as JSON.
func seal(v any) ([]byte, harness.Digest, error) {
	b, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		return nil, "", err
	}
	b = append(b, '\n')
	d := harness.DigestOf(b)
	return append([]byte(string(d)+"\n"), b...), d, nil
}

// open is the inverse of seal. A wrong digest, an unknown or a duplicate
// member, and bytes after the value are errors.
func open(b []byte, v any) (harness.Digest, error) {
	line, rest, ok := bytes.Cut(b, []byte("\n"))
	if !ok {
		return "", errors.New("was cut short")
	}
	d := harness.Digest(line)
	if !d.Valid() {
		return "", errors.New("does not begin with a digest")
	}
	if harness.DigestOf(rest) != d {
		return "", errors.New("was changed: its digest does not match")
	}
	if err := json.Unmarshal(rest, v, json.RejectUnknownMembers(true)); err != nil {
		return "", fmt.Errorf("cannot be read: %w", err)
	}
	return d, nil
}

// encodeRows writes rows as one JSON object a line.
func encodeRows(rows []harness.Row) ([]byte, error) {
	var b bytes.Buffer
	for _, r := range rows {
		line, err := json.Marshal(r, json.Deterministic(true))
		if err != nil {
			return nil, err
		}
		b.Write(line)
		b.WriteByte('\n')
	}
	return b.Bytes(), nil
}

// decodeRows is the inverse of encodeRows.
func decodeRows(b []byte) ([]harness.Row, error) {
	var rows []harness.Row
	for n := 1; len(b) > 0; n++ {
		line, rest, ok := bytes.Cut(b, []byte("\n"))
		if !ok {
			return nil, fmt.Errorf("row %d was cut short", n)
		}
		var r harness.Row
		if err := json.Unmarshal(line, &r, json.RejectUnknownMembers(true)); err != nil {
			return nil, fmt.Errorf("row %d: %w", n, err)
		}
		rows, b = append(rows, r), rest
	}
	return rows, nil
}
