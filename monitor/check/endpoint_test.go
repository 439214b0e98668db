package check

import (
	"bufio"
	"context"
	"crypto/sha1"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
)

var (
	anOperator = pocket.MustParseAddress("pokt1cctzyqv68ss06lmqnhyf07yggxwsv4329rcuu5")
	another    = pocket.MustParseAddress("pokt1qymsj23nu6jgs7jadw9ehs00mk5eu7yres85zd")
	anOwner    = pocket.MustParseAddress("pokt1tlenzxkfh38zr34wrhqjpsuvm0g3m2wazmsdl5")
)

// stakedList is a list of suppliers that does not change.
type stakedList []pocket.Supplier

func (l stakedList) Staked(context.Context) ([]pocket.Supplier, error) { return l, nil }

// serving returns a supplier that staked URLs of one kind.
func serving(kind string, urls ...string) pocket.Supplier {
	s := pocket.Supplier{Operator: anOperator, Owner: anOwner, Services: []pocket.ServiceConfig{{Service: "eth"}}}
	for _, u := range urls {
		s.Services[0].Endpoints = append(s.Services[0].Endpoints, pocket.Endpoint{URL: u, RPCType: kind})
	}
	return s
}

// byName finds the result of a name about the only endpoint.
func byName(t testing.TB, results []monitor.Result, name monitor.Name) monitor.Result {
	t.Helper()
	var found []monitor.Result
	for _, r := range results {
		if r.Name == name {
			found = append(found, r)
		}
	}
	require.Len(t, found, 1, "%v", results)
	return found[0]
}

func fact(r monitor.Result, name string) string {
	f, _ := r.Facts.Get(name)
	return f.Value
}

// look looks at one endpoint.
func look(t testing.TB, e *Endpoints) (isDown, invalid monitor.Result) {
	t.Helper()
	results, err := e.Look(t.Context())
	require.NoError(t, err)
	return byName(t, results, monitor.SupplierEndpointDown), byName(t, results, monitor.SupplierEndpointInvalid)
}

// local is a guard that lets through this machine, where every name of example leads.
func local(t testing.TB) *Guard {
	return guarded(t, GuardConfig{Networks: nets("127.0.0.0/8"), Resolver: everywhere("127.0.0.1")})
}

// everywhere is where every name leads.
type everywhere string

func (e everywhere) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr(string(e))}, nil
}

// named is a server's URL with a name for a host.
func named(url string) string { return strings.Replace(url, "127.0.0.1", "relay.example", 1) }

// over returns an HTTPS server with a certificate that nobody trusts.
func over(t testing.TB, handler http.Handler, change ...func(*httptest.Server)) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(handler)
	s.Config.ErrorLog = quietLog()
	for _, c := range change {
		c(s)
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func says(status int, headers ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
	})
}

// accepting gives each connection to do.
func accepting(t testing.TB, do func(net.Conn)) (hostPort string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var open sync.Map
	t.Cleanup(func() {
		_ = l.Close()
		open.Range(func(conn, _ any) bool { _ = conn.(net.Conn).Close(); return true })
	})
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			open.Store(conn, nil)
			go func() {
				defer conn.Close()
				do(conn)
			}()
		}
	}()
	return l.Addr().String()
}

// hello reads a request's head, or a client's hello.
func hello(conn net.Conn) { _, _ = conn.Read(make([]byte, 4096)) }

func TestEndpoints(t *testing.T) {
	plain := func(handler http.Handler) func(testing.TB) string {
		return func(t testing.TB) string {
			s := httptest.NewServer(handler)
			t.Cleanup(s.Close)
			return named(s.URL)
		}
	}
	secure := func(handler http.Handler, change ...func(*httptest.Server)) func(testing.TB) string {
		return func(t testing.TB) string { return named(over(t, handler, change...).URL) }
	}
	raw := func(scheme string, do func(net.Conn)) func(testing.TB) string {
		return func(t testing.TB) string { return scheme + "://" + accepting(t, do) }
	}
	two := func(s *httptest.Server) { s.EnableHTTP2 = true }
	onlyTwo := func(s *httptest.Server) { s.EnableHTTP2 = true; s.TLS = &tls.Config{NextProtos: []string{"h2"}} }
	tests := []struct {
		name    string
		kind    string
		server  func(testing.TB) string
		down    string // why; "" is up, "?" is unknown
		invalid string
	}{
		{"what answers is up, whatever its certificate", "JSON_RPC", secure(says(200)), "", ""},
		{"what does not want our request is up", "JSON_RPC", secure(says(405)), "", ""},
		{"what does not know the path is up", "REST", secure(says(404)), "", ""},
		{"what answers by HTTP/2 only is up", "JSON_RPC", secure(says(200), onlyTwo), "", ""},
		{"a server's error is down", "JSON_RPC", secure(says(500)), "it answers with HTTP status 500", ""},
		{"a proxy without its server is down", "COMET_BFT", secure(says(502), two), "it answers with HTTP status 502", ""},
		{"without TLS is worth a warning", "JSON_RPC", plain(says(200)), "", "without TLS: everybody on the way reads and changes what is served"},
		{"a warning does not hide that it is down", "JSON_RPC", plain(says(503)), "it answers with HTTP status 503", "without TLS: everybody on the way reads and changes what is served"},
		{"a web page is no JSON-RPC", "JSON_RPC", secure(says(200, "Content-Type", "text/html; charset=utf-8")), "", "it answers a web page"},
		{"but may be CometBFT's", "COMET_BFT", secure(says(200, "Content-Type", "text/html")), "", ""},
		{"TLS where there is none", "JSON_RPC", func(t testing.TB) string {
			return strings.Replace(plain(says(200))(t), "http:", "https:", 1)
		}, "it is staked with TLS, but does not speak it", "it is staked with TLS, but does not speak it"},
		{"no TLS where there is some", "JSON_RPC", func(t testing.TB) string {
			return strings.Replace(secure(says(200))(t), "https:", "http:", 1)
		}, "", "it speaks TLS, but is staked without"},
		{"what is no HTTP is nonsense", "JSON_RPC", raw("http", func(c net.Conn) {
			hello(c)
			_, _ = io.WriteString(c, "220 mail.example ESMTP\r\n\r\n")
		}), "its answer is no HTTP", "its answer is no HTTP"},
		{"a connection that is refused", "JSON_RPC", func(t testing.TB) string {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			defer l.Close()
			return "https://" + l.Addr().String()
		}, "the connection is refused", ""},
		{"a connection that is reset in the middle of the handshake", "JSON_RPC", raw("https", func(c net.Conn) {
			hello(c)
			_ = c.(*net.TCPConn).SetLinger(0)
		}), "the connection is reset", ""},
		{"a server that hangs up", "REST", raw("https", hello), "it hangs up without an answer", ""},
		{"a server that never answers", "JSON_RPC", raw("https", func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }), "no answer in time", ""},
		{"headers that never end", "JSON_RPC", raw("http", func(c net.Conn) {
			hello(c)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nA: b\r\nC: d")
			_, _ = io.Copy(io.Discard, c)
		}), "no answer in time", "without TLS: everybody on the way reads and changes what is served"},
		{"headers beyond all measure", "JSON_RPC", raw("http", func(c net.Conn) {
			hello(c)
			_, err := io.WriteString(c, "HTTP/1.1 200 OK\r\n")
			for line := "A: " + strings.Repeat("b", 4000) + "\r\n"; err == nil; {
				_, err = io.WriteString(c, line)
			}
		}), "its answer has endless headers", "its answer has endless headers"},
		{"a name that is not known", "JSON_RPC", func(testing.TB) string { return "https://nobody.test" }, "its name is not known to DNS", ""},
		{"DNS that does not answer is our own blindness", "JSON_RPC", func(testing.TB) string { return "https://broken.test" }, "?DNS does not answer", ""},
		{"a port that is not looked at", "JSON_RPC", func(testing.TB) string { return "https://127.0.0.1:6379" }, "?not looked at: the port is that of Redis", ""},
		{"an address within the operator's network", "JSON_RPC", func(testing.TB) string { return "https://private.test" },
			"?it leads to 10.0.0.7, a private address", "it leads to 10.0.0.7, a private address"},
		{"the metadata of a cloud", "JSON_RPC", func(testing.TB) string { return "http://169.254.169.254/latest/meta-data/" },
			"?it leads to 169.254.169.254, the address of a cloud's metadata service", "it leads to 169.254.169.254, the address of a cloud's metadata service"},
		{"what is no URL", "JSON_RPC", func(testing.TB) string { return "relay.example:443" }, "?no URL that begins with https:// or the like", "no URL that begins with https:// or the like"},
		{"a redirect elsewhere", "JSON_RPC", secure(says(302, "Location", "https://other.example/")), "", "it answers with a redirect"},
		{"a redirect to itself for ever", "JSON_RPC", secure(says(302, "Location", "/")), "", "it answers with a redirect"},

		{"a websocket that is agreed to", "WEBSOCKET", secure(http.HandlerFunc(agree)), "", ""},
		{"a websocket that is refused", "WEBSOCKET", secure(says(400), two), "", ""},
		{"a websocket over a broken proxy", "WEBSOCKET", secure(says(502)), "it answers with HTTP status 502", ""},
		{"a websocket that is none", "WEBSOCKET", secure(says(101, "Upgrade", "websocket", "Connection", "Upgrade", "Sec-WebSocket-Accept", "x")),
			"", "it agrees to a websocket without having read the request"},
		{"a websocket elsewhere", "WEBSOCKET", secure(says(307, "Location", "https://other.example/")), "", "it answers with a redirect"},

		{"gRPC over TLS", "GRPC", secure(says(415), onlyTwo), "", ""},
		{"gRPC by HTTP/1.1, as a RelayMiner takes it", "GRPC", secure(says(200)), "", ""},
		{"gRPC by HTTP/1.1 with an error", "GRPC", secure(says(503)), "it answers with HTTP status 503", ""},
		{"gRPC without TLS", "GRPC", func(t testing.TB) string { return named(clear2(t)) }, "", "without TLS: everybody on the way reads and changes what is served"},
		{"gRPC without TLS by HTTP/1.1", "GRPC", plain(says(200)), "", "without TLS: everybody on the way reads and changes what is served"},
		{"gRPC that is reset in the middle of the handshake", "GRPC", raw("https", func(c net.Conn) {
			hello(c)
			_ = c.(*net.TCPConn).SetLinger(0)
		}), "the connection is reset", ""},
		{"gRPC that never answers", "GRPC", raw("http", func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }), "no answer in time", "without TLS: everybody on the way reads and changes what is served"},
		{"gRPC that is something else", "GRPC", raw("http", func(c net.Conn) {
			hello(c)
			_, _ = io.WriteString(c, "this is no frame at all")
		}), "it agrees to HTTP/2 and does not speak it", "it agrees to HTTP/2 and does not speak it"},
	}
	names := hosts("nobody.test", "fails", "relay.example", "127.0.0.1", "private.test", "10.0.0.7", "broken.test", "fails", "other.example", "127.0.0.1")
	delete(names.hosts, "nobody.test")
	guard := guarded(t, GuardConfig{Networks: nets("127.0.0.0/8"), Resolver: names})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			timeout := time.Minute
			if strings.Contains(tt.down, "in time") {
				timeout = 200 * time.Millisecond
			}
			url := tt.server(t)
			isDown, invalid := look(t, NewEndpoints(stakedList{serving(tt.kind, url)}, guard, EndpointsConfig{Timeout: timeout, Chain: "pocket"}))
			switch reason, unknown := strings.CutPrefix(tt.down, "?"); {
			case tt.down == "":
				assert.Equal(t, monitor.Healthy, isDown.Health, "%v", isDown)
			case unknown:
				assert.Equal(t, monitor.Unknown, isDown.Health)
				assert.ErrorContains(t, isDown.Err, reason)
			default:
				assert.Equal(t, monitor.Failing, isDown.Health)
				assert.Equal(t, reason, fact(isDown, "reason"))
			}
			assert.Equal(t, tt.invalid != "", invalid.Health == monitor.Failing)
			assert.Equal(t, tt.invalid, fact(invalid, "reason"))
			warning := strings.HasPrefix(tt.invalid, "without TLS")
			assert.Equal(t, warning, invalid.Severity == monitor.Warning)
			assert.Equal(t, tt.invalid != "" && !warning, len(isDown.Causes) == 1, "what explains it is told: %v", isDown.Causes)
			assert.Equal(t, anOperator.String(), isDown.Subject)
			assert.Equal(t, isDown.Part, invalid.Part)
			assert.True(t, strings.HasPrefix(isDown.Part, "eth "+tt.kind+" "), isDown.Part)
			assert.Equal(t, "eth", isDown.Labels["service"])
			assert.Equal(t, "pocket", isDown.Labels["chain"])
		})
	}
}

// agree agrees to a websocket as a server does.
func agree(w http.ResponseWriter, r *http.Request) {
	digest := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	w.Header().Set("Upgrade", "websocket")
	w.Header().Set("Connection", "Upgrade")
	w.Header().Set("Sec-WebSocket-Accept", base64.StdEncoding.EncodeToString(digest[:]))
	w.WriteHeader(http.StatusSwitchingProtocols)
}

// clear2 is the URL of a server that speaks HTTP/2 without TLS.
func clear2(t testing.TB) string {
	s := httptest.NewUnstartedServer(says(415))
	s.Config.Protocols = &http.Protocols{}
	s.Config.Protocols.SetUnencryptedHTTP2(true)
	s.Start()
	t.Cleanup(s.Close)
	return s.URL
}

func TestEndpointsAskLittle(t *testing.T) {
	t.Run("nothing is sent but what must be, and no password", func(t *testing.T) {
		var got string
		address := accepting(t, func(c net.Conn) {
			r := bufio.NewReader(c)
			for line := ""; line != "\r\n"; {
				line, _ = r.ReadString('\n')
				got += line
			}
			_, _ = io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n")
		})
		isDown, invalid := look(t, NewEndpoints(stakedList{serving("JSON_RPC", "http://user:secret@"+address+"/v1?key=1#part")}, local(t), EndpointsConfig{}))
		assert.Equal(t, monitor.Healthy, isDown.Health)
		assert.Equal(t, "it shows a user's name or password to everybody", fact(invalid, "reason"))
		assert.Equal(t, monitor.Warning, invalid.Severity)
		assert.Equal(t, "GET /v1?key=1 HTTP/1.1\r\nHost: "+address+"\r\nUser-Agent: poktbot\r\nConnection: close\r\n\r\n", got)
		assert.NotContains(t, isDown.Part, "secret")
	})
	t.Run("redirects are followed on the same host only, and each is checked", func(t *testing.T) {
		var elsewhere atomic.Int32
		other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
		t.Cleanup(other.Close)
		for _, location := range []string{
			other.URL, "http://169.254.169.254/latest/meta-data/", "http://localhost:" + strings.Split(other.URL, ":")[2] + "/",
			strings.Replace(other.URL, "127.0.0.1", "relay.example", 1), "//127.0.0.1:1/", "gopher://relay.example/",
		} {
			s := over(t, says(307, "Location", location))
			_, invalid := look(t, NewEndpoints(stakedList{serving("JSON_RPC", named(s.URL))}, local(t), EndpointsConfig{}))
			if location != "gopher://relay.example/" {
				assert.Equal(t, "it answers with a redirect", fact(invalid, "reason"), location)
			}
		}
		assert.Zero(t, elsewhere.Load())

		s := over(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			assert.Empty(t, r.Header.Get("Referer"))
			assert.Empty(t, r.Header.Get("Authorization"))
			if r.URL.Path == "/" {
				http.Redirect(w, r, "https://user:secret@"+r.Host+"/v1", http.StatusFound)
				return
			}
			w.WriteHeader(503)
		}))
		isDown, invalid := look(t, NewEndpoints(stakedList{serving("JSON_RPC", named(s.URL))}, local(t), EndpointsConfig{}))
		assert.Equal(t, "503", fact(isDown, "status"))
		assert.Equal(t, monitor.Healthy, invalid.Health)
	})
	t.Run("a redirect on the same host whose name leads elsewhere by then is refused", func(t *testing.T) {
		s := over(t, says(302, "Location", "/inside"), func(s *httptest.Server) {
			l, err := net.Listen("tcp", "127.0.0.2:0")
			require.NoError(t, err)
			s.Listener = l
		})
		names := hosts("rebind.example", "127.0.0.2", "rebind.example", "127.0.0.1")
		guard := guarded(t, GuardConfig{Networks: nets("127.0.0.2/32"), Resolver: names})
		url := strings.Replace(s.URL, "127.0.0.2", "rebind.example", 1)
		isDown, invalid := look(t, NewEndpoints(stakedList{serving("JSON_RPC", url)}, guard, EndpointsConfig{}))
		assert.Equal(t, "it leads to 127.0.0.1, this machine", fact(invalid, "reason"))
		assert.Equal(t, monitor.Unknown, isDown.Health)
	})
	t.Run("bodies are not read, be they huge or endless", func(t *testing.T) {
		var sent atomic.Int64
		done := make(chan struct{})
		s := over(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			defer close(done)
			for piece := make([]byte, 64<<10); ; {
				n, err := w.Write(piece)
				sent.Add(int64(n))
				if err != nil {
					return
				}
			}
		}))
		isDown, _ := look(t, NewEndpoints(stakedList{serving("JSON_RPC", named(s.URL))}, local(t), EndpointsConfig{}))
		assert.Equal(t, monitor.Healthy, isDown.Health)
		<-done
		assert.Less(t, sent.Load(), int64(64<<20), "what the system buffers, and no more")
	})
	t.Run("a URL that many staked is asked once", func(t *testing.T) {
		var asked atomic.Int32
		s := over(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
		suppliers := stakedList{serving("JSON_RPC", named(s.URL), named(s.URL)), serving("REST", named(s.URL)), serving("JSON_RPC", strings.ToUpper(named(s.URL))+"/")}
		suppliers[1].Operator, suppliers[2].Operator = another, another
		results, err := NewEndpoints(suppliers, local(t), EndpointsConfig{}).Look(t.Context())
		require.NoError(t, err)
		assert.Len(t, results, 6, "down and invalid of three endpoints")
		assert.EqualValues(t, 2, asked.Load(), "once as JSON-RPC and once as REST")
		keys := map[monitor.Key]bool{}
		for _, r := range results {
			assert.False(t, keys[r.Key], "%v twice", r.Key)
			keys[r.Key] = true
		}
	})
	t.Run("what the look leaves no time for is unknown, not down", func(t *testing.T) {
		silent := "https://" + accepting(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
		for _, kind := range []string{"JSON_RPC", "WEBSOCKET", "GRPC"} {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			results, err := NewEndpoints(stakedList{serving(kind, silent, silent+"/2", silent+"/3")}, local(t), EndpointsConfig{Timeout: time.Hour, AtOnce: 2}).Look(ctx)
			cancel()
			require.NoError(t, err)
			require.Len(t, results, 6)
			for _, r := range results {
				if r.Name == monitor.SupplierEndpointDown {
					assert.Equal(t, monitor.Unknown, r.Health)
					assert.ErrorContains(t, r.Err, "no time left")
				}
			}
		}
	})
	t.Run("an end of the look is no result", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		s := over(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { cancel() }))
		_, err := NewEndpoints(stakedList{serving("JSON_RPC", named(s.URL))}, local(t), EndpointsConfig{}).Look(ctx)
		assert.ErrorIs(t, err, context.Canceled)
	})
	t.Run("no list of endpoints is no result", func(t *testing.T) {
		_, err := NewEndpoints(brokenList{}, local(t), EndpointsConfig{}).Look(t.Context())
		assert.ErrorIs(t, err, pocket.ErrUnavailable)
	})
}

type brokenList struct{}

func (brokenList) Staked(context.Context) ([]pocket.Supplier, error) {
	return nil, fmt.Errorf("no: %w", pocket.ErrUnavailable)
}

func TestReasons(t *testing.T) {
	reason, v := reasonOf(errors.New("x\x00 what a stranger wrote"))
	assert.Equal(t, "no answer that can be used", reason)
	assert.Equal(t, down, v)
	for _, ours := range []error{syscall.EMFILE, syscall.ENETUNREACH, syscall.EPERM} {
		_, v = reasonOf(&net.OpError{Op: "dial", Err: os.NewSyscallError("socket", ours)})
		assert.Equal(t, blind, v)
	}
}
