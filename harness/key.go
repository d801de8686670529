package harness

import (
	"fmt"
	"strings"
)

// Bounds of keys: what every store can name.
const (
	maxKey     = 900
	maxElement = 200
)

// CheckKey says what is wrong with a key of a [Store], or nil. Elements are
// neither empty nor "." nor "..", and at most 200 bytes long; a key has at most 900.
func CheckKey(key string) error {
	if len(key) > maxKey {
		return fmt.Errorf("key %.40q...: %d bytes, at most %d", key, len(key), maxKey)
	}
	for e := range strings.SplitSeq(key, "/") {
		switch {
		case e == "" || e == "." || e == "..":
			return fmt.Errorf("key %q: element %q is not allowed", key, e)
		case len(e) > maxElement:
			return fmt.Errorf("key %.40q...: an element of %d bytes, at most %d", key, len(e), maxElement)
		}
	}
	if i := strings.IndexFunc(key, func(r rune) bool { return !inKey(r) }); i >= 0 {
		return fmt.Errorf("key %q: only letters, digits, \".\", \"_\", \"-\", \"=\" and \"/\" are allowed", key)
	}
	return nil
}

func inKey(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-=/", r)
}
