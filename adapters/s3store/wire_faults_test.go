package s3store_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/aws"
)

var errReset = &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}

// dial is a connection that never was.
func dial(*http.Request, aws.HTTPClient) (*http.Response, error) {
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
}

// unsent is a connection that breaks before S3 has the request.
func unsent(*http.Request, aws.HTTPClient) (*http.Response, error) { return nil, errReset }

// lost is an answer that does not arrive: S3 has done it.
func lost(r *http.Request, next aws.HTTPClient) (*http.Response, error) {
	a, err := next.Do(r)
	if err != nil {
		return nil, err
	}
	io.Copy(io.Discard, a.Body)
	a.Body.Close()
	return nil, errReset
}

// hangs is an answer that takes longer than anybody waits: S3 has done it.
func hangs(r *http.Request, next aws.HTTPClient) (*http.Response, error) {
	if _, err := lost(r, next); !errors.Is(err, errReset) {
		return nil, err
	}
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// answer is an error of S3's that comes instead of the work.
func answer(status int, code string) fault {
	return func(r *http.Request, _ aws.HTTPClient) (*http.Response, error) {
		return response(r, status, s3Error(code)), nil
	}
}

// done is an error of S3's that comes after the work.
func done(status int, code string) fault {
	return func(r *http.Request, next aws.HTTPClient) (*http.Response, error) {
		if _, err := lost(r, next); !errors.Is(err, errReset) {
			return nil, err
		}
		return response(r, status, s3Error(code)), nil
	}
}

// page is somebody else's answer, as of a proxy that wants a login.
func page(status int) fault {
	return func(r *http.Request, _ aws.HTTPClient) (*http.Response, error) {
		return response(r, status, "<html><body>welcome</body></html>"), nil
	}
}

func response(r *http.Request, status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{"Content-Length": {strconv.Itoa(len(body))}},
		ContentLength: int64(len(body)), Body: io.NopCloser(strings.NewReader(body)), Request: r,
	}
}

// changedBody sends another body than r's under its headers.
func changedBody(edit func([]byte) []byte) fault {
	return func(r *http.Request, next aws.HTTPClient) (*http.Response, error) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(edit(b)))
		return next.Do(r)
	}
}

// changedAnswer hands on another body than S3's; it is as long as it says if
// honest, and else ends as a broken connection does.
func changedAnswer(honest bool, edit func([]byte) []byte) fault {
	return func(r *http.Request, next aws.HTTPClient) (*http.Response, error) {
		a, err := next.Do(r)
		if err != nil {
			return nil, err
		}
		b, err := io.ReadAll(a.Body)
		a.Body.Close()
		if err != nil {
			return nil, err
		}
		b = edit(b)
		var end io.Reader = errReader{io.ErrUnexpectedEOF}
		if honest {
			a.ContentLength = int64(len(b))
			a.Header.Set("Content-Length", strconv.Itoa(len(b)))
			end = strings.NewReader("")
		}
		a.Body = io.NopCloser(io.MultiReader(bytes.NewReader(b), end))
		return a, nil
	}
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

func half(b []byte) []byte { return b[:len(b)/2] }
func none([]byte) []byte   { return nil }

func flip(b []byte) []byte {
	if len(b) > 0 {
		b[len(b)/2] ^= 4
	}
	return b
}
