package protocol

import (
	"fmt"
	"hash/fnv"
	"path/filepath"
	"strings"
)

// MessagesPattern is the pattern for [os.CreateTemp] of a file with the Cucumber
// Messages of a Go test, in the package whose folder is dir:
// "messages-PACKAGE.TEST-FOLDER-*.ndjson". FOLDER is a hash, so that files of two
// packages with one name are in the same order each time.
func MessagesPattern(dir, test string) string {
	h := fnv.New32a()
	h.Write([]byte(filepath.ToSlash(dir)))
	return fmt.Sprintf("messages-%s.%s-%08x-*.ndjson", filepath.Base(dir), strings.ReplaceAll(test, "/", "_"), h.Sum32())
}

// MessagesName is PACKAGE.TEST of a file's name.
func MessagesName(file string) string {
	name := strings.TrimPrefix(filepath.Base(file), "messages-")
	for range 2 {
		if i := strings.LastIndexByte(name, '-'); i >= 0 {
			name = name[:i]
		}
	}
	return name
}
