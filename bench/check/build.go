package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// build builds gate, and a program that imports what gate imports and does
// nothing. That one is only in memory: its place in the module is never made.
func build(ctx context.Context, dir string) (gate, nothing string, err error) {
	root, err := goTool(ctx, "list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return "", "", err
	}
	imports, err := goTool(ctx, "list", "-f", `{{join .Imports "\n"}}`, module+"/cmd/gate")
	if err != nil {
		return "", "", err
	}
	text := "package main\n\nimport (\n"
	for path := range strings.FieldsSeq(imports) {
		text += fmt.Sprintf("\t_ %q\n", path)
	}
	text += ")\n\nfunc main() {}\n"
	source, overlay := filepath.Join(dir, "nothing.go"), filepath.Join(dir, "overlay.json")
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(root, "bench", "check", "nothing", "main.go"): source}})
	if err != nil {
		return "", "", err
	}
	if err := os.WriteFile(source, []byte(text), 0o600); err != nil {
		return "", "", err
	}
	if err := os.WriteFile(overlay, replace, 0o600); err != nil {
		return "", "", err
	}
	gate, nothing = filepath.Join(dir, "gate"), filepath.Join(dir, "nothing")
	if _, err := goTool(ctx, "build", "-trimpath", "-o", gate, module+"/cmd/gate"); err != nil {
		return "", "", err
	}
	_, err = goTool(ctx, "build", "-trimpath", "-overlay", overlay, "-o", nothing, module+"/bench/check/nothing")
	return gate, nothing, err
}

const module = "github.com/stagegate/stagegate"

// goTool runs the go command, for a binary as make build makes it.
func goTool(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	var problems strings.Builder
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go %s: %w\n%s", args[0], err, problems.String())
	}
	return strings.TrimSpace(string(out)), nil
}
