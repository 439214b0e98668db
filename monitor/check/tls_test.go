package check

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
)

// handshaking serves TLS handshakes and nothing else, on a port of 127.0.0.1.
func handshaking(t testing.TB, config *tls.Config) (hostPort string) {
	t.Helper()
	return accepting(t, func(c net.Conn) {
		s := tls.Server(c, config)
		_ = s.Handshake()
		_, _ = io.Copy(io.Discard, s)
	})
}

func with(chain tls.Certificate) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{chain}}
}

// certificates looks at the certificates of servers, in the middle of 2026.
func certificates(t testing.TB, roots *authority, list StakeList, timeout time.Duration, servers ...string) map[monitor.Key]monitor.Result {
	t.Helper()
	names := hosts("relay.example", "127.0.0.1", "other.example", "127.0.0.1", "private.example", "10.0.0.1", "broken.example", "fails")
	guard := guarded(t, GuardConfig{Networks: nets("127.0.0.0/8"), Resolver: names})
	c, err := NewCertificates(list, guard, CertificatesConfig{
		Servers: servers, Roots: roots.pool(), Timeout: timeout, Clock: func() time.Time { return testNow }, Chain: "pocket",
	})
	require.NoError(t, err)
	results, err := c.Look(t.Context())
	require.NoError(t, err)
	by := map[monitor.Key]monitor.Result{}
	for _, r := range results {
		require.NotContains(t, by, r.Key)
		by[r.Key] = r
	}
	return by
}

// atPort is a host at the port of another address.
func atPort(host, hostPort string) string {
	_, port, _ := net.SplitHostPort(hostPort)
	return net.JoinHostPort(host, port)
}

func TestCertificates(t *testing.T) {
	root := newAuthority(t, "Root", nil)
	middle := newAuthority(t, "Middle", root)
	name := []string{"relay.example"}
	day := 24 * time.Hour
	tests := []struct {
		name    string
		server  func(testing.TB) string // its address
		host    string                  // "" is relay.example
		days    string                  // "" when it is not known
		expired bool
		faults  string
		unknown string // why
	}{
		{name: "a good certificate", server: func(t testing.TB) string {
			return handshaking(t, with(middle.issue(t, name, until(testNow.Add(90*day+12*time.Hour)))))
		}, days: "90.5"},
		{name: "a certificate that ends soon", server: func(t testing.TB) string {
			return handshaking(t, with(middle.issue(t, name, until(testNow.Add(6*time.Hour)))))
		}, days: "0.25"},
		{name: "a certificate that ended", server: func(t testing.TB) string {
			return handshaking(t, with(middle.issue(t, name, until(testNow.Add(-36*time.Hour)))))
		},
			days: "-1.5", expired: true},
		{name: "a wrong name", host: "other.example", server: func(t testing.TB) string { return handshaking(t, with(middle.issue(t, name, until(testNow.Add(day))))) },
			days: "1", faults: "it is not for this name but for relay.example"},
		{name: "a self-signed certificate", server: func(t testing.TB) string {
			self := newAuthority(t, "self", nil, until(testNow.Add(day)), func(c *x509.Certificate) { c.DNSNames = name })
			return handshaking(t, with(tls.Certificate{Certificate: [][]byte{self.cert.Raw}, PrivateKey: self.key}))
		}, days: "1", faults: "it is self-signed"},
		{name: "an incomplete chain", server: func(t testing.TB) string {
			c := middle.issue(t, name, until(testNow.Add(day)), func(c *x509.Certificate) { c.IssuingCertificateURL = []string{"http://ca.example/"} })
			c.Certificate = c.Certificate[:1]
			return handshaking(t, with(c))
		}, days: "1", faults: "the chain is incomplete: the certificate of its issuer Middle of Tests is missing"},
		{name: "an issuer that nobody knows", server: func(t testing.TB) string {
			return handshaking(t, with(newAuthority(t, "Stranger", nil).issue(t, name, until(testNow.Add(day)))))
		}, days: "1", faults: "its issuer Stranger of Tests is not known"},
		{name: "everything at once", host: "other.example", server: func(t testing.TB) string {
			return handshaking(t, with(newAuthority(t, "Stranger", nil).issue(t, name, until(testNow.Add(-day)))))
		}, days: "-1", expired: true, faults: "it is not for this name but for relay.example; its issuer Stranger of Tests is not known"},
		{name: "a server with several names shows the one that it is asked for", server: func(t testing.TB) string {
			good, other := middle.issue(t, name, until(testNow.Add(2*day))), middle.issue(t, []string{"default.example"})
			return handshaking(t, &tls.Config{GetCertificate: func(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
				if h.ServerName == "relay.example" {
					return &good, nil
				}
				return &other, nil
			}})
		}, days: "2"},
		{name: "a certificate for an address", host: "127.0.0.1", server: func(t testing.TB) string {
			return handshaking(t, with(middle.issue(t, []string{"127.0.0.1"}, until(testNow.Add(day)))))
		}, days: "1"},
		{name: "an old version of TLS", server: func(t testing.TB) string {
			config := with(middle.issue(t, name, until(testNow.Add(day))))
			config.MinVersion, config.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
			return handshaking(t, config)
		}, days: "1", faults: "it speaks TLS 1.1 only, which clients refuse"},
		{name: "a server that wants a certificate of ours", server: func(t testing.TB) string {
			config := with(middle.issue(t, name, until(testNow.Add(day))))
			config.ClientAuth, config.MaxVersion = tls.RequireAnyClientCert, tls.VersionTLS12
			return handshaking(t, config)
		}, days: "1"},
		{name: "a server that hangs in the handshake", server: func(t testing.TB) string {
			return accepting(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
		}, unknown: "no answer in time"},
		{name: "a server that drips its handshake", server: func(t testing.TB) string {
			return accepting(t, func(c net.Conn) {
				hello(c)
				_, _ = c.Write([]byte{22, 3, 3, 0})
				_, _ = io.Copy(io.Discard, c)
			})
		}, unknown: "no answer in time"},
		{name: "a reset in the middle of the handshake", server: func(t testing.TB) string {
			return accepting(t, func(c net.Conn) {
				hello(c)
				_ = c.(*net.TCPConn).SetLinger(0)
			})
		}, unknown: "the connection is reset"},
		{name: "a server that breaks off", server: func(t testing.TB) string {
			return handshaking(t, &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, fmt.Errorf("none") }})
		}, unknown: "TLS fails: internal error"},
		{name: "no TLS at all", server: func(t testing.TB) string {
			return accepting(t, func(c net.Conn) {
				hello(c)
				_, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n")
			})
		}, faults: "it does not speak TLS", unknown: "it does not speak TLS"},
		{name: "a certificate that is none", server: func(t testing.TB) string {
			bad := middle.issue(t, name)
			bad.Certificate = [][]byte{append([]byte(nil), bad.Certificate[0]...)}
			bad.Certificate[0][5] ^= 0xff
			return handshaking(t, with(bad))
		}, faults: "it shows a certificate that cannot be read", unknown: "it shows a certificate that cannot be read"},
		{name: "nobody there", server: func(t testing.TB) string {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			defer l.Close()
			return l.Addr().String()
		}, unknown: "the connection is refused"},
		{name: "DNS that does not answer", host: "broken.example", server: func(testing.TB) string { return "broken.example:443" }, unknown: "DNS does not answer"},
		{name: "a private address that a stranger chose", host: "private.example", server: func(testing.TB) string { return "private.example:443" },
			unknown: "it leads to 10.0.0.1, a private address"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			timeout := time.Minute
			if strings.Contains(tt.unknown, "in time") {
				timeout = 200 * time.Millisecond
			}
			if tt.host == "" {
				tt.host = "relay.example"
			}
			where := atPort(tt.host, tt.server(t))
			staked := serving("JSON_RPC", "https://"+where+"/v1")
			by := certificates(t, root, stakedList{staked}, timeout)
			require.Len(t, by, 3)
			expiring, expired, invalid := by[monitor.Key{Name: monitor.TLSExpiring, Subject: where}], by[monitor.Key{Name: monitor.TLSExpired, Subject: where}],
				by[monitor.Key{Name: monitor.TLSInvalid, Subject: where}]
			down := monitor.Key{Name: monitor.SupplierEndpointDown, Subject: anOperator.String(), Part: "eth JSON_RPC https://" + where + "/v1"}
			if tt.unknown != "" {
				down.Part = strings.Replace(down.Part, ":443/", "/", 1)
				for _, r := range []monitor.Result{expiring, expired} {
					assert.Equal(t, monitor.Unknown, r.Health)
					assert.ErrorContains(t, r.Err, tt.unknown)
					assert.Contains(t, r.Causes, down, "an endpoint that is down explains it")
				}
			} else {
				assert.Equal(t, tt.days, expiring.Reading.Decimal.String())
				assert.Equal(t, tt.expired, expired.Health == monitor.Failing)
				assert.Equal(t, tt.expired, len(expiring.Causes) == 1 && expiring.Causes[0] == expired.Key, "that it ended explains that it ends")
				assert.Equal(t, monitor.Healthy, expiring.Health)
				assert.Equal(t, tt.days, fact(expiring, "days"))
				assert.NotEmpty(t, fact(expiring, "issuer"))
				assert.NotContains(t, expired.Causes, down)
			}
			switch {
			case tt.faults != "":
				assert.Equal(t, monitor.Failing, invalid.Health)
				assert.Equal(t, tt.faults, fact(invalid, "faults"))
			case tt.unknown != "":
				assert.Equal(t, monitor.Unknown, invalid.Health)
			default:
				assert.Equal(t, monitor.Healthy, invalid.Health, "%v", invalid)
			}
			assert.Equal(t, tt.host, invalid.Labels["host"])
			assert.Equal(t, anOperator.String(), invalid.Labels["operator"])
		})
	}
}

func TestWhoseCertificates(t *testing.T) {
	root := newAuthority(t, "Root", nil)
	where := handshaking(t, with(root.issue(t, []string{"relay.example", "10.9.8.7"})))
	relay := atPort("relay.example", where)
	t.Run("a server of several suppliers is looked at once, and is nobody's in particular", func(t *testing.T) {
		second := serving("REST", "https://"+relay, "http://"+relay, "nonsense")
		second.Operator = another
		by := certificates(t, root, stakedList{serving("JSON_RPC", "https://"+relay, "wss://"+relay+"/ws"), second}, 0)
		assert.Len(t, by, 3)
		r := by[monitor.Key{Name: monitor.TLSInvalid, Subject: relay}]
		assert.Equal(t, map[string]string{"chain": "pocket", "host": "relay.example", "owner": anOwner.String()}, r.Labels)
	})
	t.Run("a server that the operator named may be private", func(t *testing.T) {
		by := certificates(t, root, nil, 0, relay, relay)
		assert.Len(t, by, 3)
		strict := guarded(t, GuardConfig{Resolver: everywhere("127.0.0.1")})
		c, err := NewCertificates(stakedList{serving("JSON_RPC", "https://"+where)}, strict, CertificatesConfig{Servers: []string{relay}, Roots: root.pool()})
		require.NoError(t, err)
		results, err := c.Look(t.Context())
		require.NoError(t, err)
		health := map[string]monitor.Health{}
		for _, r := range results {
			health[r.Subject] = r.Health
		}
		assert.Equal(t, map[string]monitor.Health{relay: monitor.Healthy, where: monitor.Unknown}, health, "but one that a stranger chose may not")
		_, err = strict.trusting().DialContext(t.Context(), "tcp", "169.254.169.254:80")
		assert.ErrorIs(t, err, ErrRefused)
	})
	t.Run("servers that are none are refused from the beginning", func(t *testing.T) {
		for _, bad := range []string{"", "relay.example", "relay.example:", "relay.example:0", "relay.example:x", "https://relay.example:443", "a b:443", ":443"} {
			_, err := NewCertificates(nil, local(t), CertificatesConfig{Servers: []string{bad}, Roots: root.pool()})
			assert.ErrorIs(t, err, pocket.ErrInvalid, bad)
		}
	})
	t.Run("what the look leaves no time for is unknown", func(t *testing.T) {
		silent := accepting(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
		other := accepting(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
		c, err := NewCertificates(nil, local(t), CertificatesConfig{Roots: root.pool(), Servers: []string{silent, other}, Timeout: time.Hour, AtOnce: 1})
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		results, err := c.Look(ctx)
		require.NoError(t, err)
		require.Len(t, results, 6)
		for _, r := range results {
			assert.Equal(t, monitor.Unknown, r.Health)
			assert.ErrorContains(t, r.Err, "no time left")
		}
	})
	t.Run("no list of endpoints and an end of the look are no results", func(t *testing.T) {
		c, err := NewCertificates(brokenList{}, local(t), CertificatesConfig{Roots: root.pool()})
		require.NoError(t, err)
		_, err = c.Look(t.Context())
		assert.ErrorIs(t, err, pocket.ErrUnavailable)
		c, err = NewCertificates(nil, local(t), CertificatesConfig{Roots: root.pool(), Servers: []string{relay}})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = c.Look(ctx)
		assert.ErrorIs(t, err, context.Canceled)
	})
	t.Run("a machine that trusts nobody is told so", func(t *testing.T) {
		t.Setenv("SSL_CERT_FILE", "/nowhere")
		t.Setenv("SSL_CERT_DIR", "/nowhere")
		_, err := NewCertificates(nil, local(t), CertificatesConfig{})
		if err != nil { // the pool of the system is read once in a process, and other systems keep it elsewhere
			assert.ErrorIs(t, err, pocket.ErrInvalid)
		}
	})
}

// The bands of the rules judge the reading: what a certificate's days mean is not the check's to say.
func TestDaysLeftAreAReading(t *testing.T) {
	root := newAuthority(t, "Root", nil)
	where := atPort("relay.example", handshaking(t, with(root.issue(t, []string{"relay.example"}, until(testNow.Add(13*24*time.Hour))))))
	r := certificates(t, root, nil, 0, where)[monitor.Key{Name: monitor.TLSExpiring, Subject: where}]
	require.True(t, r.Reading.Valid)
	assert.True(t, decimal.NewFromInt(13).Equal(r.Reading.Decimal))
}
