package filestore_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/adapters/filestore"
	"github.com/stagegate/stagegate/harness"
)

// The tests run themselves as children: writers that can be killed, raced and
// given a broken disk. What a child does is in its environment.
const (
	childDoes = "FILESTORE_TEST_CHILD" // put, write or race
	childDir  = "FILESTORE_TEST_DIR"
	childName = "FILESTORE_TEST_NAME"
)

// How a child that puts one value ends.
const (
	putOK     = 0
	putExists = 40
	putFailed = 41
)

func TestMain(m *testing.M) {
	s := filestore.New(os.Getenv(childDir))
	switch os.Getenv(childDoes) {
	case "put":
		os.Exit(childPut(s, os.Getenv(childName)))
	case "write":
		childWrite(s, os.Getenv(childName))
	case "race":
		childRace(s, os.Getenv(childName))
	default:
		os.Exit(m.Run())
	}
}

// command is this test binary as a child, behind the words of wrapper.
func command(t *testing.T, does, dir, name string, wrapper ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	line := append(wrapper, self)
	cmd := exec.CommandContext(t.Context(), line[0], line[1:]...)
	cmd.Env = append(os.Environ(), childDoes+"="+does, childDir+"="+dir, childName+"="+name,
		"GORACE=atexit_sleep_ms=0") // -race waits a second to end
	return cmd
}

// whole is the only right value of key: it shows where it was cut or mixed.
func whole(key string) string { return strings.Repeat(key+"\n", 1+(256<<10)/len(key)) + "end" }

func childPut(s *filestore.Store, key string) int {
	runtime.LockOSThread() // strace counts system calls by thread
	err := put(s, key, whole(key))
	switch {
	case err == nil:
		return putOK
	case errors.Is(err, harness.ErrExists):
		return putExists
	default:
		fmt.Fprintln(os.Stderr, err)
		return putFailed
	}
}

// childWrite writes keys without end, and says each one that it was told is safe.
func childWrite(s *filestore.Store, prefix string) {
	for i := 0; ; i++ {
		key := fmt.Sprintf("%s/%d/%d", prefix, i%3, i)
		if err := put(s, key, whole(key)); err != nil {
			fmt.Println("error:", err)
			return
		}
		fmt.Println(key)
	}
}

// childRace puts its name at each key that it reads.
func childRace(s *filestore.Store, name string) {
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		switch err := put(s, in.Text(), name); {
		case err == nil:
			fmt.Println("won")
		case errors.Is(err, harness.ErrExists):
			fmt.Println("exists")
		default:
			fmt.Println("error:", err)
		}
	}
}
