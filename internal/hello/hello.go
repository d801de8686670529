package hello

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

//go:embed all:testdata/hello
var repository embed.FS

// Write puts the repository into dir. Files that are there already stay, so
// that a test brings those that it wants to be different. Then each "$NAME" of
// values in gate.yaml is replaced, and $PLACE by the folder place in dir.
func Write(dir string, values map[string]string) error {
	top, err := fs.Sub(repository, "testdata/hello")
	if err != nil {
		return err
	}
	err = fs.WalkDir(top, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(top, name)
		if err != nil {
			return err
		}
		return create(filepath.Join(dir, filepath.FromSlash(name)), b)
	})
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "gate.yaml")
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, "place"), 0o777); err != nil {
		return err
	}
	text := string(b)
	for name, value := range values {
		text = strings.ReplaceAll(text, "$"+name, value)
	}
	text = strings.ReplaceAll(text, "$PLACE", filepath.Join(dir, "place"))
	return os.WriteFile(file, []byte(text), 0o666)
}

// create writes a file that is not there yet.
func create(file string, b []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Close())
}

// Handler serves every place of the repository in dir, and the weather service
// on which it depends.
func Handler(dir string) http.Handler {
	place := func(name string) (string, error) {
		b, err := os.ReadFile(filepath.Join(dir, "place", filepath.Base(name)))
		return strings.TrimSpace(string(b)), err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{target}/version", func(w http.ResponseWriter, r *http.Request) {
		commit, err := place(r.PathValue("target") + ".commit")
		if err != nil {
			http.Error(w, "nothing is deployed", http.StatusNotFound)
			return
		}
		fmt.Fprintf(w, `{"commit": %q}`, commit)
	})
	mux.HandleFunc("GET /{target}/greeting", func(w http.ResponseWriter, r *http.Request) {
		word, err := place(r.PathValue("target") + ".greeting")
		if err != nil {
			http.Error(w, "nothing is deployed", http.StatusNotFound)
			return
		}
		fmt.Fprintf(w, "%s, %s!", word, r.FormValue("name"))
	})
	mux.HandleFunc("GET /weather/forecasts/{city}", func(w http.ResponseWriter, r *http.Request) {
		says, err := place("weather")
		if err != nil {
			says = `{"celsius": 21}`
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, says)
	})
	return mux
}
