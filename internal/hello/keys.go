package hello

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/stagegate/stagegate/adapters/attest"
)

// Keys makes a key that signs and a trust file that names it for every place
// of the repository, in the folder keys of dir, which git ignores.
func Keys(dir string) (key, trust string, err error) {
	dir = filepath.Join(dir, "keys")
	key, trust = filepath.Join(dir, "ci"), filepath.Join(dir, "trust.yaml")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", "", err
	}
	k, err := attest.Generate()
	if err != nil {
		return "", "", err
	}
	public, err := attest.EncodePublic(k.Public())
	if err != nil {
		return "", "", err
	}
	if err := k.Save(key); err != nil {
		return "", "", err
	}
	if err := os.WriteFile(key+".pub", public, 0o666); err != nil {
		return "", "", err
	}
	text := "signers: {ci: {key: ci.pub}}\nplaces:\n"
	for _, place := range []string{"commit", "staging", "prod"} {
		text += fmt.Sprintf("  %s: {signers: [ci], emulated: true}\n", place)
	}
	return key, trust, os.WriteFile(trust, []byte(text), 0o666)
}
