package features

import "testing"

func TestWithoutFrames(t *testing.T) {
	text := "\n\tError Trace:\t/home/u/shop/shop_test.go:21\n\t            \t\t\t\t/usr/local/go/src/reflect/value.go:586\n" +
		"\t            \t\t\t\t/go/pkg/mod/github.com/cucumber/godog@v0.15.1/suite.go:291\n\t            \t\t\t\t/go/pkg/mod/github.com/stagegate/stagegate@v0.1.0/features/watch.go:87\n" +
		"\t            \t\t\t\t/usr/local/go/src/runtime/asm_amd64.s:1771\n\tError:      \tNot equal\n"
	want := "Error Trace:\t/home/u/shop/shop_test.go:21\n\tError:      \tNot equal"
	if got := withoutFrames(text); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := withoutFrames("have 1, want 2"); got != "have 1, want 2" {
		t.Errorf("got %q", got)
	}
	stack := "goroutine 7 [select]:\nshop.hang()\n\t/home/u/shop.go:3\nreflect.Value.call(...)\n\t/x.go:1\n"
	if got := string(users([]byte(stack))); got != "goroutine 7 [select]:\nshop.hang()\n\t/home/u/shop.go:3" {
		t.Errorf("got %q", got)
	}
}
