package check

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
)

// CertificatesConfig says how [Certificates] look. Its zero value takes the defaults that the fields name.
type CertificatesConfig struct {
	Servers []string         // "host:port": the operator's own choice, so that they may be in private networks
	Timeout time.Duration    // for one server; 0 is 10 seconds
	AtOnce  int              // servers at the same time; 0 is 128
	Roots   *x509.CertPool   // whom to trust; nil is whom the system trusts
	Clock   func() time.Time // nil is time.Now
	Chain   string           // the chain's id, for labels
}

// Certificates looks at the certificates of the servers that suppliers staked, and of any others. Each is asked for its certificate once,
// by a TLS handshake with its name (SNI) in which nothing is sent.
//
// Results, of each server, whose subject is host:port: [monitor.TLSExpiring], whose reading is the days left, fractional and negative
// when they are over, until the first certificate of its chain ends that it needs; [monitor.TLSExpired], which explains the first; and
// [monitor.TLSInvalid]: a wrong name, an unknown issuer, a self-signed certificate, an incomplete chain and more, all that is wrong at
// once. Facts: host, days, expires, issuer, ends (what ends first, when it is not the server's own), faults. A server that cannot be
// reached is unknown, and explained by its endpoints that are down.
type Certificates struct {
	stakes  StakeList
	guard   *Guard // for what strangers chose
	trusted *Guard // for what the operator chose
	servers []server
	config  CertificatesConfig
}

// A server is one whose certificate is looked at.
type server struct {
	host    string
	port    uint16
	trusted bool
	labels  Labels
	explain []monitor.Key // what explains that it cannot be reached
}

func (s server) hostPort() string { return net.JoinHostPort(s.host, strconv.Itoa(int(s.port))) }

// NewCertificates returns a check of the certificates of the endpoints of stakes, which may be nil for none, and of c.Servers.
func NewCertificates(stakes StakeList, guard *Guard, c CertificatesConfig) (*Certificates, error) {
	c.Timeout, c.AtOnce, c.Clock = cmp.Or(c.Timeout, 10*time.Second), cmp.Or(c.AtOnce, 128), clockOr(c.Clock)
	if c.Roots == nil {
		roots, err := x509.SystemCertPool()
		if err != nil || roots.Equal(x509.NewCertPool()) {
			return nil, fmt.Errorf("certificates: this machine trusts nobody: install its package of root certificates (ca-certificates): %w", pocket.ErrInvalid)
		}
		c.Roots = roots
	}
	check := &Certificates{stakes: stakes, guard: guard, trusted: guard.trusting(), config: c}
	for _, text := range c.Servers {
		host, port, err := splitServer(text)
		if err != nil {
			return nil, err
		}
		check.servers = append(check.servers, server{host: host, port: port, trusted: true, labels: Labels{Chain: c.Chain, Host: host}})
	}
	return check, nil
}

// splitServer reads "host:port" as the operator wrote it.
func splitServer(text string) (string, uint16, error) {
	host, service, err := net.SplitHostPort(text)
	if err != nil {
		return "", 0, fmt.Errorf("server %q: want host:port: %w", cleaned(text, 200), pocket.ErrInvalid)
	}
	port, err := portOf(cmp.Or(service, "0"), true)
	if err == nil {
		err = checkHost(canonicalHost(host))
	}
	if err != nil {
		return "", 0, fmt.Errorf("server %q: %w: %w", cleaned(text, 200), err, pocket.ErrInvalid)
	}
	return canonicalHost(host), port, nil
}

// all returns the servers, each once.
func (c *Certificates) all(ctx context.Context) ([]server, error) {
	list, place := []server{}, map[string]int{}
	for _, s := range c.servers {
		if _, known := place[s.hostPort()]; !known {
			place[s.hostPort()] = len(list)
			list = append(list, s)
		}
	}
	if c.stakes == nil {
		return list, nil
	}
	suppliers, err := c.stakes.Staked(ctx)
	if err != nil {
		return nil, err
	}
	for _, one := range endpointsOf(suppliers) {
		if one.invalid != nil || !one.address.secure {
			continue
		}
		of := Labels{Chain: c.config.Chain, Owner: one.supplier.Owner, Operator: one.supplier.Operator, Host: one.address.host}
		at, known := place[one.address.hostPort()]
		if !known {
			at = len(list)
			place[one.address.hostPort()] = at
			list = append(list, server{host: one.address.host, port: one.address.port, labels: of})
		}
		s := &list[at]
		s.labels = s.labels.shared(one.supplier)
		if len(s.explain) < 2*enoughCauses {
			invalid := one.downKey()
			invalid.Name = monitor.SupplierEndpointInvalid
			s.explain = append(s.explain, one.downKey(), invalid)
		}
	}
	return list, nil
}

// Look implements [monitor.Check]. What the deadline of ctx leaves no time for is unknown.
func (c *Certificates) Look(ctx context.Context) ([]monitor.Result, error) {
	servers, err := c.all(ctx)
	if err != nil {
		return nil, err
	}
	results := make([][]monitor.Result, len(servers))
	parallel(ctx, len(servers), c.config.AtOnce, func(i int) {
		got, err := c.show(ctx, servers[i])
		results[i] = c.judge(servers[i], got, err)
	})
	if stopped(ctx) {
		return nil, context.Cause(ctx)
	}
	flat := make([]monitor.Result, 0, 3*len(servers))
	for i, three := range results {
		if three == nil {
			three = c.judge(servers[i], shown{}, errUnfinished)
		}
		flat = append(flat, three...)
	}
	return flat, nil
}

// shown is what a server showed of itself.
type shown struct {
	chain   []*x509.Certificate
	version uint16 // of TLS
}

// show lets a server show its certificates.
func (c *Certificates) show(look context.Context, s server) (shown, error) {
	ctx, cancel := context.WithTimeout(look, c.config.Timeout)
	defer cancel()
	got, err := c.handshake(ctx, s)
	if err != nil && look.Err() != nil {
		return shown{}, errUnfinished // it was not given its own time
	}
	return got, err
}

func (c *Certificates) handshake(ctx context.Context, s server) (shown, error) {
	guard := c.guard
	if s.trusted {
		guard = c.trusted
	}
	conn, err := guard.DialContext(ctx, "tcp", s.hostPort())
	if err != nil {
		return shown{}, err
	}
	defer conn.Close()
	var got shown
	secured := tls.Client(conn, &tls.Config{
		ServerName: s.host, MinVersion: tls.VersionTLS10,
		// Nothing is sent over it. What it shows is verified afterwards, by judgeCertificates, so that all faults are found at once.
		InsecureSkipVerify: true,
		VerifyConnection: func(state tls.ConnectionState) error {
			got = shown{state.PeerCertificates, state.Version} // from here, since a server that wants one of ours ends the handshake after
			return nil
		},
	})
	if err := secured.HandshakeContext(ctx); err != nil && (alertOf(err) == "" || len(got.chain) == 0) {
		return shown{}, timely(ctx, err)
	}
	return got, nil
}

// judge says what the certificates of a server mean, or that it did not show any.
func (c *Certificates) judge(s server, got shown, err error) []monitor.Result {
	results := make([]monitor.Result, 3)
	for i, name := range []monitor.Name{monitor.TLSExpiring, monitor.TLSExpired, monitor.TLSInvalid} {
		results[i] = monitor.Result{Key: monitor.Key{Name: name, Subject: s.hostPort()}, Health: monitor.Healthy, Labels: s.labels.Map()}
	}
	expiring, expired, invalid := &results[0], &results[1], &results[2]
	if err != nil {
		reason, _ := reasonOf(err)
		if fault := unreadable(err); fault != "" {
			invalid.Health, invalid.Causes = monitor.Failing, s.explain
			invalid.Facts = monitor.Facts{monitor.Text("host", s.host), monitor.Text("faults", fault)}
			reason = fault
			results = results[:2]
		}
		for i := range results {
			results[i].Health, results[i].Causes = monitor.Unknown, s.explain
			results[i].Err = fmt.Errorf("certificate of %s: %s", s.hostPort(), reason)
		}
		return results[:3]
	}
	now := c.config.Clock()
	v := judgeCertificates(got.chain, s.host, c.config.Roots, now)
	if got.version < tls.VersionTLS12 {
		v.fault("it speaks " + tls.VersionName(got.version) + " only, which clients refuse")
	}
	days := monitor.DaysUntil(v.expires, now)
	facts := monitor.Facts{
		monitor.Text("host", s.host), monitor.Decimal("days", days), monitor.Instant("expires", v.expires),
		monitor.Text("issuer", nameOf(got.chain[0].Issuer.CommonName, got.chain[0].Issuer.Organization)),
	}
	if v.ends != got.chain[0] {
		facts = append(facts, monitor.Text("ends", nameOf(v.ends.Subject.CommonName, v.ends.Subject.Organization)))
	}
	expiring.Reading, expiring.Facts = decimal.NewNullDecimal(days), facts
	if v.expired {
		expired.Health, expired.Facts = monitor.Failing, facts
		expiring.Causes = []monitor.Key{expired.Key}
	}
	if len(v.faults) > 0 {
		invalid.Health = monitor.Failing
		invalid.Facts = append(facts[:len(facts):len(facts)], monitor.Text("faults", strings.Join(v.faults, "; ")))
	}
	return results
}

// unreadable says what is wrong with a server that answers, but with no certificate that can be looked at.
func unreadable(err error) string {
	if _, noTLS := errors.AsType[tls.RecordHeaderError](err); noTLS {
		return "it does not speak TLS"
	}
	if text := err.Error(); strings.Contains(text, "failed to parse certificate") || strings.Contains(text, "x509: ") {
		return "it shows a certificate that cannot be read"
	}
	return ""
}

// trusting returns a guard for what the operator himself names: all but the metadata of clouds.
func (g *Guard) trusting() *Guard { return &Guard{config: g.config, trust: true} }
