package check

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/monitor/monitortest"
	"github.com/poktbot/poktbot/pocket"
)

// A site is a server that is reached without a socket, so that time may be simulated: by TLS, with a certificate that changes, and over it
// HTTP/1.1.
type site struct {
	mu     sync.Mutex
	chain  tls.Certificate
	status int
	down   error
	dialed map[string]int
}

// dial is what a guard connects by.
func (s *site) dial(_ context.Context, _, address string) (net.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dialed[address]++
	if s.down != nil {
		return nil, &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", s.down)}
	}
	here, there := net.Pipe()
	go s.serve(there, s.chain, s.status)
	return here, nil
}

func (s *site) serve(conn net.Conn, chain tls.Certificate, status int) {
	defer conn.Close()
	secured := tls.Server(conn, with(chain))
	request, err := http.ReadRequest(bufio.NewReader(secured))
	if err != nil {
		return
	}
	_ = request.Body.Close()
	_, _ = fmt.Fprintf(secured, "HTTP/1.1 %d Something\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", status)
	_, _ = io.Copy(io.Discard, secured)
}

func (s *site) change(do func(*site)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do(s)
}

// From the wire to the message: what strangers reach of a supplier fires and resolves, and one fault is told as one.
func TestEndpointsAndCertificatesAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		name := []string{"relay.example"}
		root := newAuthority(t, "Root", nil, until(time.Now().AddDate(10, 0, 0)), began(time.Now().AddDate(-1, 0, 0)))
		valid := func(d time.Duration) tls.Certificate {
			return root.issue(t, name, until(time.Now().Add(d)), began(time.Now()))
		}
		s := &site{chain: valid(60 * 24 * time.Hour), status: 405, dialed: map[string]int{}}
		names := hosts("relay.example", "1.1.1.1")
		guard := guarded(t, GuardConfig{Resolver: names, Dial: s.dial})
		staked := &stakedLive{list: stakedList{serving("JSON_RPC", "https://relay.example/v1")}}
		certificates, err := NewCertificates(staked, guard, CertificatesConfig{Roots: root.pool()})
		require.NoError(t, err)
		lookups, err := NewNames(staked, NewMemory(), NamesConfig{Resolver: names})
		require.NoError(t, err)
		match, err := NewEndpointMatch(staked, []Served{{anOperator, "eth", "JSON_RPC", "https://relay.example/v1"}}, "")
		require.NoError(t, err)
		b := monitortest.Start(t,
			monitor.Every("endpoints", NewEndpoints(staked, guard, EndpointsConfig{}), 5*time.Minute),
			monitor.Every("certificates", certificates, 10*time.Minute), monitor.Every("names", lookups, 5*time.Minute), monitor.Every("match", match, 5*time.Minute),
		)
		where := " " + anOperator.String() + " eth JSON_RPC https://relay.example/v1"
		after := func(d time.Duration, change func(*site)) []string {
			s.change(change)
			b.Pass(d)
			return b.Lines()
		}
		nothing := func(*site) {}
		require.Empty(t, after(time.Hour, nothing))

		assert.Equal(t, []string{"fired critical supplier.endpoint_down" + where}, after(time.Hour, func(s *site) { s.down = syscall.ECONNREFUSED }),
			"that its certificate cannot be looked at goes without saying")
		assert.Equal(t, []string{"resolved critical supplier.endpoint_down" + where}, after(time.Hour, func(s *site) { s.down = nil }))
		assert.Equal(t, []string{"fired critical supplier.endpoint_down" + where}, after(time.Hour, func(s *site) { s.status = 502 }))
		assert.Equal(t, []string{"resolved critical supplier.endpoint_down" + where}, after(time.Hour, func(s *site) { s.status = 200 }))

		tls := " relay.example:443"
		assert.Equal(t, []string{"fired info tls.expiring" + tls}, after(time.Hour, func(s *site) { s.chain = valid(14*24*time.Hour + 12*time.Hour) }))
		assert.Equal(t, []string{"changed warning tls.expiring" + tls}, after(13*time.Hour, nothing), "before the daily reminder is due")
		assert.Equal(t, []string{"resolved warning tls.expiring" + tls}, after(time.Hour, func(s *site) { s.chain = valid(90 * 24 * time.Hour) }))
		assert.Equal(t, []string{"fired critical tls.expired" + tls}, after(time.Hour, func(s *site) { s.chain = valid(-time.Minute) }),
			"that it ends is explained by that it ended, and it is up all the same")
		assert.Equal(t, []string{"resolved critical tls.expired" + tls}, after(time.Hour, func(s *site) { s.chain = valid(90 * 24 * time.Hour) }))
		stranger := newAuthority(t, "Stranger", nil, until(time.Now().AddDate(10, 0, 0)), began(time.Now()))
		assert.Equal(t, []string{"fired critical tls.invalid" + tls}, after(time.Hour, func(s *site) {
			s.chain = stranger.issue(t, name, until(time.Now().AddDate(1, 0, 0)), began(time.Now()))
		}))
		assert.Equal(t, []string{"resolved critical tls.invalid" + tls}, after(time.Hour, func(s *site) { s.chain = valid(90 * 24 * time.Hour) }))

		names.set("relay.example", "1.1.1.2")
		assert.Equal(t, []string{"fired warning dns.changed relay.example"}, after(time.Hour, nothing))
		names.set("relay.example", "10.0.0.1")
		lines := after(time.Hour, nothing)
		assert.ElementsMatch(t, []string{"changed warning dns.changed relay.example", "fired critical supplier.endpoint_invalid" + where}, lines,
			"a name that leads into the operator's network is not followed there")
		assert.Zero(t, s.dialed["10.0.0.1:443"])
		names.set("relay.example", "1.1.1.1")
		assert.ElementsMatch(t, []string{"changed warning dns.changed relay.example", "resolved critical supplier.endpoint_invalid" + where}, after(time.Hour, nothing))

		other := serving("JSON_RPC", "https://relay.example/v2")
		staked.set(stakedList{other})
		assert.Equal(t, []string{"fired warning supplier.endpoint_mismatch " + anOperator.String() + " eth JSON_RPC"}, after(time.Hour, nothing))
		staked.set(stakedList{serving("JSON_RPC", "https://relay.example/v1")})
		assert.Equal(t, []string{"resolved warning supplier.endpoint_mismatch " + anOperator.String() + " eth JSON_RPC"}, after(time.Hour, nothing))
		b.Pass(26 * time.Hour)
		passed(t, b)
	})
}

// began makes a certificate begin a while before.
func began(now time.Time) func(*x509.Certificate) {
	return func(c *x509.Certificate) { c.NotBefore = now.AddDate(0, -1, 0) }
}

// stakedLive is a list of suppliers that a test changes.
type stakedLive struct {
	mu   sync.Mutex
	list stakedList
}

func (l *stakedLive) Staked(ctx context.Context) ([]pocket.Supplier, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.list.Staked(ctx)
}

func (l *stakedLive) set(list stakedList) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = list
}
