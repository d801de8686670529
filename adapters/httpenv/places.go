package httpenv

import (
	"net/netip"
	"net/url"
	"path"
	"strings"

	"github.com/stagegate/stagegate/harness"
)

// places are where a client may go. If closed is set it says why that is nowhere.
type places struct {
	name         string
	closed, hint string
	all          []place
}

// A place is a declared URL: its origin says what may be reached, its path
// whose call it is where services share a host.
type place struct {
	origin string
	path   string
	own    bool
}

func placesOf(t harness.Target) places {
	p := places{name: t.Name}
	if p.name == "" {
		p.name = "the target"
	}
	switch {
	case t.InProcess():
		p.closed = "this run is in process, which has no host"
		p.hint = "in process: use the in-process adapter where env.Target.InProcess() is true"
		return p
	case t.Mode != harness.Deployed:
		p.closed = "there is no target"
		p.hint = "run the suite by gate with a stage that has a target"
		return p
	}
	if !p.add(t.URL, true) {
		p.closed = p.name + " has no usable url"
		p.hint = "set url of " + p.name + " in gate.yaml: http or https, and a host"
		return p
	}
	for _, d := range t.Dependencies {
		p.add(d.URL, false) // one that is not usable stays out of reach
	}
	return p
}

func (p *places) add(raw string, own bool) bool {
	u, err := url.Parse(raw)
	if err != nil || origin(u) == "" {
		return false
	}
	p.all = append(p.all, place{origin: origin(u), path: clean(u), own: own})
	return true
}

// reach reports whether u's origin is one of the places'.
func (p places) reach(u *url.URL) bool {
	o := origin(u)
	for _, at := range p.all {
		if o != "" && at.origin == o {
			return true
		}
	}
	return false
}

// reachHost reports whether host, in the place of u's, names the same origin.
func (p places) reachHost(u *url.URL, host string) bool {
	other := *u
	other.Host = host
	return origin(&other) == origin(u)
}

// own reports whether a request to u is a call to the target itself: where a
// dependency shares its origin, the longest declared path decides, and what is
// under none of them is the target's.
func (p places) own(u *url.URL) bool {
	own, longest := false, -1
	for _, at := range p.all {
		length := len(at.path)
		switch {
		case at.origin != origin(u):
			continue
		case under(at.path, clean(u)):
		case at.own:
			length = 0
		default:
			continue
		}
		if length > longest || length == longest && at.own {
			own, longest = at.own, length
		}
	}
	return own
}

func under(dir, name string) bool {
	return name == dir || strings.HasPrefix(name, strings.TrimSuffix(dir, "/")+"/")
}

func clean(u *url.URL) string { return path.Clean("/" + u.Path) }

// origin is scheme, host and port of u in one spelling: lower case, the default
// port written out, addresses in their short form, without the root's dot. It
// is empty where u is not an absolute http or https URL.
func origin(u *url.URL) string {
	scheme, port := strings.ToLower(u.Scheme), u.Port()
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if host == "" || u.Opaque != "" {
		return ""
	}
	if a, err := netip.ParseAddr(host); err == nil {
		host = a.String()
	}
	switch {
	case scheme != "http" && scheme != "https":
		return ""
	case port == "" && scheme == "http":
		port = "80"
	case port == "":
		port = "443"
	}
	return scheme + "://" + host + ":" + port
}
