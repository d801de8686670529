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

// Allow is what would allow a call that may change a live target.
func Allow(target string) string {
	return "tests of a live target only read: leave this scenario out of its suite, or, if it has to change something there and cleans up after itself, tag it @mutates and name it in targets." + target + ".mutates"
}
