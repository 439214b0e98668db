package check

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha1"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// A probe is one question to one server. Endpoints with the same probe are asked once.
type probe struct {
	address
	kind string // the RPC type, as far as it makes a difference
}

// An answer is what a probe found.
type answer struct {
	status   int    // of HTTP; 0 when there was none
	nonsense string // what is wrong with the answer, "" when nothing is
	err      error  // why there was no answer
}

// The kinds of probes. All others are asked as REST is.
const (
	jsonRPC   = "JSON_RPC"
	rest      = "REST"
	webSocket = "WEBSOCKET"
	grpc      = "GRPC"
)

func kindOf(rpcType string) string {
	switch rpcType {
	case jsonRPC, webSocket, grpc:
		return rpcType
	}
	return rest
}

// A prober asks endpoints whether they are there. It takes no certificate for good or bad: that is another check's, and an endpoint with a
// bad one is one fault, not two.
type prober struct {
	guard   *Guard
	timeout time.Duration
	client  *http.Client // HTTP/1.1 or 2, as the server likes
	upgrade *http.Client // HTTP/1.1 only
	tls     *tls.Config
}

func newProber(guard *Guard, timeout time.Duration) *prober {
	// The certificate is not what is looked at here, and an old version of TLS is an answer.
	p := &prober{guard: guard, timeout: timeout, tls: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10}}
	p.client, p.upgrade = p.httpClient(true), p.httpClient(false)
	return p
}

func (p *prober) httpClient(two bool) *http.Client {
	protocols := &http.Protocols{}
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(two)
	return &http.Client{
		Transport: &http.Transport{
			DialContext: p.guard.DialContext, TLSClientConfig: p.tls.Clone(), Protocols: protocols,
			DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: 32 << 10,
		},
		CheckRedirect: stayOnHost,
	}
}

// stayOnHost follows redirects within a host, which the guard checks anew, and shows all others as they are.
func stayOnHost(next *http.Request, before []*http.Request) error {
	from, to := before[len(before)-1].URL, next.URL
	samePort := portText(to) == portText(from) || to.Scheme == "https" && portText(to) == "443" && portText(from) == "80"
	sameScheme := to.Scheme == from.Scheme || from.Scheme == "http" && to.Scheme == "https"
	if len(before) > 3 || canonicalHost(to.Hostname()) != canonicalHost(from.Hostname()) || !samePort || !sameScheme {
		return http.ErrUseLastResponse
	}
	next.URL.User = nil
	next.Header.Del("Referer")
	return nil
}

func portText(u *url.URL) string {
	if u.Scheme == "https" {
		return cmp.Or(u.Port(), "443")
	}
	return cmp.Or(u.Port(), "80")
}

// ask asks an endpoint. It returns by the timeout, whatever the other side does.
func (p *prober) ask(look context.Context, q probe) answer {
	ctx, cancel := context.WithTimeout(look, p.timeout)
	defer cancel()
	a := p.askBy(ctx, q)
	if look.Err() != nil && a.err != nil {
		return answer{err: errUnfinished} // it was not given its own time
	}
	return a
}

func (p *prober) askBy(ctx context.Context, q probe) answer {
	switch q.kind {
	case webSocket:
		return p.askWebSocket(ctx, q)
	case grpc:
		if a, spoken := p.askHTTP2(ctx, q); spoken {
			return a
		}
	}
	return p.askHTTP(ctx, q)
}

// request makes a request with as little in it as can be.
func request(ctx context.Context, q probe) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, q.url(), nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", "poktbot")
	return r, nil
}

func (p *prober) askHTTP(ctx context.Context, q probe) answer {
	r, err := request(ctx, q)
	if err != nil {
		return answer{err: err}
	}
	reply, err := p.client.Do(r)
	if err != nil {
		return unanswered(err)
	}
	defer reply.Body.Close()
	a := answer{status: reply.StatusCode}
	switch {
	case reply.StatusCode >= 300 && reply.StatusCode < 400 && reply.Header.Get("Location") != "":
		a.nonsense = "it answers with a redirect"
	case q.kind == jsonRPC && reply.StatusCode == http.StatusOK && isPage(reply.Header):
		a.nonsense = "it answers a web page"
	case !q.secure && reply.StatusCode == http.StatusBadRequest && wantsTLS(reply.Body):
		a.nonsense = "it speaks TLS, but is staked without"
	}
	return a
}

// isPage reports whether an answer is for a browser.
func isPage(h http.Header) bool {
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && kind == "text/html"
}

// wantsTLS reports whether the beginning of a body is what servers of TLS say to those who do not speak it.
func wantsTLS(body io.Reader) bool {
	begin, _ := io.ReadAll(io.LimitReader(body, 1024))
	begin = bytes.ToLower(begin)
	return bytes.Contains(begin, []byte("http request to an https server")) || bytes.Contains(begin, []byte("http request was sent to https port"))
}

func (p *prober) askWebSocket(ctx context.Context, q probe) answer {
	r, err := request(ctx, q)
	if err != nil {
		return answer{err: err}
	}
	var nonce [16]byte
	_, _ = rand.Read(nonce[:]) // never fails
	key := base64.StdEncoding.EncodeToString(nonce[:])
	for name, value := range map[string]string{
		"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": key,
	} {
		r.Header.Set(name, value)
	}
	reply, err := p.upgrade.Do(r)
	if err != nil {
		return unanswered(err)
	}
	defer reply.Body.Close()
	a := answer{status: reply.StatusCode}
	switch {
	case reply.StatusCode == http.StatusSwitchingProtocols:
		digest := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) // RFC 6455
		if reply.Header.Get("Sec-WebSocket-Accept") != base64.StdEncoding.EncodeToString(digest[:]) {
			a.nonsense = "it agrees to a websocket without having read the request"
		}
	case reply.StatusCode >= 300 && reply.StatusCode < 400 && reply.Header.Get("Location") != "":
		a.nonsense = "it answers with a redirect"
	}
	return a
}

// askHTTP2 begins HTTP/2, which gRPC runs over, and waits for the server's settings. spoken is false when the server speaks another
// protocol: a RelayMiner takes relays of gRPC services by HTTP/1.1, too.
func (p *prober) askHTTP2(ctx context.Context, q probe) (a answer, spoken bool) {
	conn, err := p.guard.DialContext(ctx, "tcp", q.hostPort())
	if err != nil {
		return unanswered(err), true
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Now()) })
	defer stop()
	if q.secure {
		config := p.tls.Clone()
		config.ServerName, config.NextProtos = q.host, []string{"h2", "http/1.1"}
		secured := tls.Client(conn, config)
		if err := secured.HandshakeContext(ctx); err != nil {
			return unanswered(timely(ctx, err)), true
		}
		if secured.ConnectionState().NegotiatedProtocol != "h2" {
			return answer{}, false
		}
		conn = secured
	}
	const preface, settings = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\x00\x00\x00\x04\x00\x00\x00\x00\x00"
	if _, err := io.WriteString(conn, preface+settings); err != nil {
		return unanswered(timely(ctx, err)), true
	}
	var head [9]byte
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		if !q.secure && ctx.Err() == nil {
			return answer{}, false // whoever does not know the preface hangs up
		}
		return unanswered(timely(ctx, err)), true
	}
	if strings.HasPrefix(string(head[:]), "HTTP/1.") {
		return answer{}, false
	}
	const settingsFrame = 4
	if size := int(head[0])<<16 | int(head[1])<<8 | int(head[2]); head[3] != settingsFrame || size > 1<<14 || size%6 != 0 {
		return answer{nonsense: "it agrees to HTTP/2 and does not speak it"}, true
	}
	return answer{status: http.StatusOK}, true
}

// timely says that time ran out where a connection only says that it was interrupted.
func timely(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// unanswered is the answer of an endpoint that did not give one, or none that HTTP allows.
func unanswered(err error) answer {
	a := answer{err: err}
	_, noTLS := errors.AsType[tls.RecordHeaderError](err)
	switch text := err.Error(); {
	case noTLS, strings.Contains(text, "server gave HTTP response to HTTPS client"):
		a.nonsense = "it is staked with TLS, but does not speak it"
	case strings.Contains(text, "malformed HTTP"), strings.Contains(text, "malformed MIME header"):
		a.nonsense = "its answer is no HTTP"
	case strings.Contains(text, "server response headers exceeded"):
		a.nonsense = "its answer has endless headers"
	}
	return a
}
