package guard

// ReadMethod reports whether an HTTP method reads: GET, HEAD and OPTIONS, in
// upper case as the protocol has them. The empty method is Go's GET.
func ReadMethod(method string) bool {
	switch method {
	case "", "GET", "HEAD", "OPTIONS":
		return true
	default:
		return false
	}
}
