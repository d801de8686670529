package pact

import (
	"fmt"
	"strings"
	"unsafe"
)

// An Engine is the loaded library. It is safe for concurrent use. Only symbols
// that the engine's header does not call deprecated are bound.
type Engine struct {
	version      func() string
	stringDelete func(unsafe.Pointer)
	loggerInit   func()
	loggerAttach func(sink string, level int32) int32
	loggerApply  func() int32

	newPact        func(consumer, provider string) uint16
	freePact       func(pact uint16) uint32
	specification  func(pact uint16, version int32) bool
	newInteraction func(pact uint16, description string) uint32
	given          func(interaction uint32, state string) bool
	givenParams    func(interaction uint32, state, params string) int32
	request        func(interaction uint32, method, path string) bool
	header         func(interaction uint32, part int32, name string, index uint64, value string) bool
	query          func(interaction uint32, name string, index uint64, value string) bool
	body           func(interaction uint32, part int32, contentType, body string) bool
	binaryBody     func(interaction uint32, part int32, contentType string, body *byte, size uint64) bool
	binaryFile     func(interaction uint32, part int32, contentType string, body *byte, size uint64) bool
	rules          func(interaction uint32, part int32, rules string) bool
	generators     func(interaction uint32, part int32, generators string) bool
	comment        func(interaction uint32, text string) bool
	pending        func(interaction uint32, pending bool) bool
	status         func(interaction uint32, status uint16) bool
	writeFile      func(pact uint16, dir string, overwrite bool) int32

	serve      func(pact uint16, addr string, port uint16, transport, config string) int32
	mismatches func(port int32) string
	cleanup    func(port int32) bool

	verifierNew      func(name, version string) unsafe.Pointer
	verifierProvider func(v unsafe.Pointer, name, scheme, host string, port uint16, path string)
	verifierFile     func(v unsafe.Pointer, file string)
	verifierOptions  func(v unsafe.Pointer, disableSSL uint8, timeoutMS uint64) int32
	verifierColour   func(v unsafe.Pointer, on uint8) int32
	verifierExecute  func(v unsafe.Pointer) int32
	verifierJSON     func(v unsafe.Pointer) unsafe.Pointer
	verifierShutdown func(v unsafe.Pointer)
}

func (e *Engine) symbols() map[string]any {
	return map[string]any{
		"pactffi_version":            &e.version,
		"pactffi_string_delete":      &e.stringDelete,
		"pactffi_logger_init":        &e.loggerInit,
		"pactffi_logger_attach_sink": &e.loggerAttach,
		"pactffi_logger_apply":       &e.loggerApply,

		"pactffi_new_pact":                &e.newPact,
		"pactffi_free_pact_handle":        &e.freePact,
		"pactffi_with_specification":      &e.specification,
		"pactffi_new_interaction":         &e.newInteraction,
		"pactffi_given":                   &e.given,
		"pactffi_given_with_params":       &e.givenParams,
		"pactffi_with_request":            &e.request,
		"pactffi_with_header_v2":          &e.header,
		"pactffi_with_query_parameter_v2": &e.query,
		"pactffi_with_body":               &e.body,
		"pactffi_with_binary_body":        &e.binaryBody,
		"pactffi_with_binary_file":        &e.binaryFile,
		"pactffi_with_matching_rules":     &e.rules,
		"pactffi_with_generators":         &e.generators,
		"pactffi_add_text_comment":        &e.comment,
		"pactffi_set_pending":             &e.pending,
		"pactffi_response_status":         &e.status,
		"pactffi_pact_handle_write_file":  &e.writeFile,

		"pactffi_create_mock_server_for_transport": &e.serve,
		"pactffi_mock_server_mismatches":           &e.mismatches,
		"pactffi_cleanup_mock_server":              &e.cleanup,

		"pactffi_verifier_new_for_application":      &e.verifierNew,
		"pactffi_verifier_set_provider_info":        &e.verifierProvider,
		"pactffi_verifier_add_file_source":          &e.verifierFile,
		"pactffi_verifier_set_verification_options": &e.verifierOptions,
		"pactffi_verifier_set_coloured_output":      &e.verifierColour,
		"pactffi_verifier_execute":                  &e.verifierExecute,
		"pactffi_verifier_json":                     &e.verifierJSON,
		"pactffi_verifier_shutdown":                 &e.verifierShutdown,
	}
}

// take copies a string that the engine allocated, and frees it.
func (e *Engine) take(p unsafe.Pointer) []byte {
	if p == nil {
		return nil
	}
	defer e.stringDelete(p)
	n := 0
	for *(*byte)(unsafe.Add(p, n)) != 0 {
		n++
	}
	return append([]byte(nil), unsafe.Slice((*byte)(p), n)...)
}

// noNUL refuses what C would cut short without a word.
func noNUL(texts ...string) error {
	for _, s := range texts {
		if strings.ContainsRune(s, 0) {
			return fmt.Errorf("%q contains a NUL character", s)
		}
	}
	return nil
}
