//go:build !linux || !amd64 || android

package pact

import "testing"

func cenv(*testing.T, string) string { return "" }
