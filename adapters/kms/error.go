package kms

import (
	"errors"
	"fmt"

	"github.com/aws/smithy-go"
)

// An Error says what KMS was asked for, and what a person can do.
type Error struct {
	Doing string
	Key   string // as it was asked for
	Err   error
	Hint  string
}

// Error is one line, and the hint on a second.
func (e *Error) Error() string {
	s := fmt.Sprintf("%s with KMS key %s: %v", e.Doing, e.Key, e.Err)
	if e.Hint != "" {
		s += "\nhint: " + e.Hint
	}
	return s
}

// Unwrap is the reason.
func (e *Error) Unwrap() error { return e.Err }

// hint tells what to do about what KMS answered, where that is known.
func hint(err error, action string) string {
	var answer smithy.APIError
	if !errors.As(err, &answer) {
		return "KMS did not answer: look at the credentials, the region, the endpoint and the network"
	}
	switch answer.ErrorCode() {
	case "NotFoundException":
		return "there is no such key in this account and region; an alias is written alias/NAME, another account's key as its ARN"
	case "AccessDeniedException":
		return "the role needs " + action + " on this key, in its own policy or in the key's"
	case "DisabledException", "KMSInvalidStateException":
		return "the key is disabled or is going to be deleted: enable it, or sign with the next one and name that in the trust file"
	case "InvalidKeyUsageException", "UnsupportedOperationException":
		return create
	case "ExpiredTokenException", "UnrecognizedClientException", "InvalidClientTokenId":
		return "the credentials are expired or unknown: sign in again"
	default:
		return ""
	}
}
