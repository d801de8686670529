package httpenv

import (
	"net/url"
	"testing"

	"github.com/stagegate/stagegate/harness"
)

func TestReach(t *testing.T) {
	for _, tt := range []struct {
		declared, asked string
		want            bool
	}{
		{"https://orders.example", "https://orders.example/x?y", true},
		{"https://orders.example", "https://ORDERS.Example/", true},
		{"https://orders.example", "HTTPS://orders.example:443/", true},
		{"https://orders.example:443", "https://orders.example", true},
		{"https://orders.example", "https://orders.example./", true},
		{"https://orders.example", "https://anybody:pw@orders.example/", true},
		{"http://orders.example", "http://orders.example:80", true},
		{"http://[::1]:8080", "http://[0:0:0:0:0:0:0:1]:8080/", true},
		{"http://127.0.0.1:8080", "http://127.0.0.1:8080/", true},

		{"https://orders.example", "http://orders.example", false},
		{"https://orders.example", "http://orders.example:443", false},
		{"https://orders.example", "https://orders.example:8443", false},
		{"https://orders.example", "https://orders.example@evil.example/", false},
		{"https://orders.example", "https://orders.example.evil.example/", false},
		{"https://orders.example", "https://evilorders.example/", false},
		{"https://orders.example", "https://evil.example/orders.example", false},
		{"https://orders.example", "https://evil.example#orders.example", false},
		{"https://orders.example", "//orders.example", false},
		{"https://orders.example", "https:orders.example", false},
		{"http://127.0.0.1:8080", "http://127.0.0.1:8081/", false},
		{"http://127.0.0.1:8080", "http://localhost:8080/", false},
		{"", "", false},
		{"", "/x", false},
		{"https:///x", "https:///x", false},
	} {
		p := placesOf(harness.Target{Mode: harness.Deployed, URL: tt.declared})
		u, err := url.Parse(tt.asked)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.closed == "" && p.reach(u); got != tt.want {
			t.Errorf("declared %q, asked %q: %v, want %v", tt.declared, tt.asked, got, tt.want)
		}
	}
}

// Services behind one gateway: the path says whose call it is.
func TestOwn(t *testing.T) {
	p := placesOf(harness.Target{Mode: harness.Deployed, URL: "https://api.example/orders", Dependencies: map[string]harness.Dependency{
		"payments": {URL: "https://api.example/payments/"},
		"stock":    {URL: "https://stock.example"},
		"same":     {URL: "https://api.example/orders"},
		"broken":   {URL: "://"},
	}})
	for asked, want := range map[string]bool{
		"https://api.example/orders":              true,
		"https://api.example/orders/1":            true,
		"https://api.example/version":             true,
		"https://api.example/payments":            false,
		"https://api.example/payments/1":          false,
		"https://api.example/orders/../payments/": false,
		"https://api.example/paymentsx":           true,
		"https://stock.example/orders":            false,
		"https://elsewhere.example/orders":        false,
	} {
		u, _ := url.Parse(asked)
		if got := p.own(u); got != want {
			t.Errorf("own(%s) = %v, want %v", asked, got, want)
		}
	}
}

func FuzzOrigin(f *testing.F) {
	f.Add("https://ORDERS.example:443/")
	f.Add("https://user@[::1%25eth0]:8")
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := url.Parse(raw)
		if err != nil {
			return
		}
		o := origin(u)
		if o == "" {
			return
		}
		again, err := url.Parse(o)
		if err == nil && origin(again) != o && u.Port() != "" {
			t.Errorf("origin(%q) = %q, and its origin %q", raw, o, origin(again))
		}
	})
}
