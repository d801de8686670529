package httpsteps

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"github.com/stagegate/stagegate/features"
	"github.com/stagegate/stagegate/features/steps/internal/ready"
)

// maxBody bounds an answer, in bytes.
const maxBody = 8 << 20

// A Client is what one scenario sends and has been answered.
type Client struct {
	url    string
	http   *http.Client
	header http.Header // of every request to come
	saved  ready.Values
	last   *answer
}

// An answer is what came of a request.
type answer struct {
	method, url string
	status      int
	header      http.Header
	body        []byte
}

// New returns a client of env's target.
func New(env *features.Env) *Client { return newClient(env, env.Target.URL, env.HTTP) }

// Serve returns a client of a service in this process, which listens on loopback
// until the scenario is over.
func Serve(env *features.Env, h http.Handler) *Client {
	s := httptest.NewServer(h)
	env.Cleanup(func(context.Context) error { s.Close(); return nil })
	return newClient(env, s.URL, s.Client())
}

func newClient(env *features.Env, url string, client *http.Client) *Client {
	return &Client{url: strings.TrimSuffix(url, "/"), http: client, header: http.Header{}, saved: ready.Values{"id": env.ID}}
}

// Save keeps a value, so that steps can say {name}.
func (c *Client) Save(name, value string) error { return c.saved.Save(name, value) }

// request sends a request and returns the answer. A path of another place is an
// absolute URL.
func (c *Client) request(ctx context.Context, method, path, body string) (*answer, error) {
	at, err := c.saved.Fill(path, url.PathEscape)
	if err != nil {
		return nil, err
	}
	if !strings.Contains(at, "://") {
		at = c.url + "/" + strings.TrimPrefix(at, "/")
	}
	req, err := http.NewRequestWithContext(ctx, method, at, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header = c.header.Clone()
	if body != "" && req.Header.Get("Content-Type") == "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return nil, fmt.Errorf("read the answer of %s %s: %w", method, at, err)
	}
	if len(b) > maxBody {
		return nil, fmt.Errorf("the answer of %s %s has more than %d bytes", method, at, maxBody)
	}
	return &answer{method, at, resp.StatusCode, resp.Header, b}, nil
}

// answered is the last answer.
func (c *Client) answered() (*answer, error) {
	if c.last == nil {
		return nil, fmt.Errorf("nothing was sent yet\nhint: a step such as: When I GET \"/\"")
	}
	return c.last, nil
}

// String is the answer for people: shortened, and without its headers, which may
// hold secrets.
func (a *answer) String() string {
	const most = 1 << 10
	body := strings.ToValidUTF8(string(a.body), "\uFFFD")
	if len(body) > most {
		body = strings.ToValidUTF8(body[:most], "") + fmt.Sprintf("... (%d bytes)", len(a.body))
	}
	if body == "" {
		body = "(no body)"
	}
	return fmt.Sprintf("%s %s answered %d %s:\n%s", a.method, a.url, a.status, http.StatusText(a.status), body)
}
