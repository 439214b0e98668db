package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// ErrRefused is the reason when a [Guard] does not connect to where it was sent: test with errors.Is, and see [RefusedError].
var ErrRefused = errors.New("refused to connect")

// A RefusedError says where a [Guard] does not connect to, and why not.
type RefusedError struct {
	Host string
	Port uint16
	Addr netip.Addr // the zero Addr when the name or the port itself was refused
	Why  string     // such as "a private address"
	// OddPort: only the port is odd. Others may well reach it, and [GuardConfig.Ports] lets it through.
	OddPort bool
}

// Error says what was refused and why.
func (e *RefusedError) Error() string {
	where := net.JoinHostPort(cleaned(e.Host, 100), strconv.Itoa(int(e.Port)))
	if e.Addr.IsValid() {
		return fmt.Sprintf("refused to connect to %s: it leads to %s, %s", where, e.Addr, e.Why)
	}
	return fmt.Sprintf("refused to connect to %s: %s", where, e.Why)
}

// Is reports whether target is [ErrRefused].
func (e *RefusedError) Is(target error) bool { return target == ErrRefused }

// A Resolver finds the addresses of a host: *[net.Resolver] is one. network is "ip", and the host ends with a dot: it is a whole name.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// A GuardConfig says what a [Guard] lets through. Its zero value lets through the public internet and nothing else.
type GuardConfig struct {
	// Networks may be reached although they are not public, such as that of the operator's own endpoints.
	Networks []netip.Prefix
	// Hosts may lead to addresses that are not public: names, or ".internal.example" for all names below one. Addresses of cloud metadata
	// services are refused even so.
	Hosts []string
	// Ports may be reached besides 80, 443 and those from 1024 on at which no well-known service listens that takes harm from a
	// stranger's request, such as databases.
	Ports []uint16
	// Attempt is how long one address of a host may take to connect; 0 is 5 seconds.
	Attempt  time.Duration
	Resolver Resolver // nil is the system's
	// Dial opens connections; nil is a plain dialer. It gets addresses only, never names.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// A Guard opens connections to hosts that strangers name, but not to where they must not lead. It looks a name up once and connects to the
// very address that it has checked, so that an answer of DNS that changes in between leads nowhere. It is safe for concurrent use.
//
// Refused are private, loopback, link-local, shared (RFC 6598), multicast, reserved and documentation addresses, also when they are
// wrapped in an IPv6 address (mapped, NAT64, 6to4, Teredo, ISATAP), addresses of cloud metadata services, names without a dot, and odd ports.
type Guard struct {
	config GuardConfig
	trust  bool // the operator himself names where to connect to
}

// NewGuard returns a guard. It opens no connection.
func NewGuard(c GuardConfig) (*Guard, error) {
	for _, p := range c.Networks {
		if !p.IsValid() {
			return nil, fmt.Errorf("guard: an invalid network: %w", pocket.ErrInvalid)
		}
	}
	hosts := make([]string, len(c.Hosts))
	for i, h := range c.Hosts {
		if hosts[i] = canonicalHost(h); strings.Trim(hosts[i], ".") == "" || strings.ContainsAny(h, "/:*@ ") {
			return nil, fmt.Errorf("guard: host %q: want a name such as relay.example, or .example for all below it: %w", h, pocket.ErrInvalid)
		}
	}
	c.Hosts, c.Networks, c.Ports = hosts, slices.Clone(c.Networks), slices.Clone(c.Ports)
	c.Attempt = cmp.Or(c.Attempt, 5*time.Second)
	if c.Resolver == nil {
		c.Resolver = net.DefaultResolver
	}
	if c.Dial == nil {
		// Once more at the socket itself: whatever happens in between, nothing is connected to that was not checked.
		c.Dial = (&net.Dialer{ControlContext: checkSocket, KeepAlive: -1}).DialContext
	}
	return &Guard{config: c}, nil
}

// canonicalHost is a host's name as it is compared.
func canonicalHost(host string) string { return strings.ToLower(strings.TrimSuffix(host, ".")) }

// Resolve returns the addresses of host that may be connected to, those of IPv4 first. When it has some but may be reached at none, the
// error is a [*RefusedError].
func (g *Guard) Resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	return g.resolve(ctx, host, 0)
}

func (g *Guard) resolve(ctx context.Context, host string, port uint16) ([]netip.Addr, error) {
	found, err := g.lookup(ctx, host, port)
	if err != nil {
		return nil, err
	}
	var refused error
	var let []netip.Addr
	for _, a := range found {
		if why := g.refuses(host, a); why != "" {
			refused = cmp.Or[error](refused, &RefusedError{Host: host, Port: port, Addr: a, Why: why})
			continue
		}
		if a = a.Unmap(); !slices.Contains(let, a) {
			let = append(let, a)
		}
	}
	if len(let) == 0 {
		return nil, cmp.Or[error](refused, &net.DNSError{Err: "no addresses", Name: cleaned(host, 100), IsNotFound: true})
	}
	slices.SortStableFunc(let, func(a, b netip.Addr) int { return cmp.Compare(a.BitLen(), b.BitLen()) })
	return let, nil
}

// lookup returns all addresses of a host, which may be one itself.
func (g *Guard) lookup(ctx context.Context, host string, port uint16) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, nil
	}
	name := canonicalHost(host)
	if g.trust {
		return g.config.Resolver.LookupNetIP(ctx, "ip", host)
	}
	if !strings.Contains(name, ".") && !g.allowsHost(name) {
		// The system would look for it in the operator's own domain.
		return nil, &RefusedError{Host: host, Port: port, Why: "a name without a dot is no public one"}
	}
	return g.config.Resolver.LookupNetIP(ctx, "ip", name+".")
}

func (g *Guard) allowsHost(name string) bool {
	return slices.ContainsFunc(g.config.Hosts, func(allowed string) bool {
		return name == allowed || strings.HasPrefix(allowed, ".") && strings.HasSuffix(name, allowed)
	})
}

// refuses says why an address of a host may not be connected to, "" when it may.
func (g *Guard) refuses(host string, a netip.Addr) string {
	if metadata(a) {
		return "the address of a cloud's metadata service"
	}
	why := notPublic(a)
	if why == "" || g.trust || g.allowsHost(canonicalHost(host)) && a.Zone() == "" {
		return ""
	}
	if a.Zone() == "" && slices.ContainsFunc(g.config.Networks, func(p netip.Prefix) bool { return p.Contains(a.Unmap()) }) {
		return ""
	}
	return why
}

// DialContext connects to address, "host:port", over TCP. Of several addresses of the host it takes the first that answers.
func (g *Guard) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	number, err := strconv.ParseUint(service, 10, 16)
	port := uint16(number)
	if err != nil || port == 0 {
		return nil, &RefusedError{Host: host, Why: fmt.Sprintf("%q is no port", cleaned(service, 20))}
	}
	if why := g.refusesPort(port); why != "" {
		return nil, &RefusedError{Host: host, Port: port, Why: why, OddPort: true}
	}
	found, err := g.resolve(ctx, host, port)
	if err != nil {
		return nil, err
	}
	const tries = 4 // a host with many addresses is not tried for ever
	var first error
	for _, a := range found[:min(tries, len(found))] {
		conn, err := g.connect(ctx, netip.AddrPortFrom(a, port))
		if err == nil {
			return conn, nil
		}
		first = cmp.Or(first, err)
		if ctx.Err() != nil {
			break
		}
	}
	return nil, first
}

type allowed struct{}

func (g *Guard) connect(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, allowed{}, to), g.config.Attempt)
	defer cancel()
	return g.config.Dial(ctx, "tcp", to.String())
}

// checkSocket looks at where a socket is about to connect to.
func checkSocket(ctx context.Context, _, address string, _ syscall.RawConn) error {
	if to, err := netip.ParseAddrPort(address); err != nil || to != ctx.Value(allowed{}) {
		return fmt.Errorf("%s is not the address that was checked: %w", address, ErrRefused)
	}
	return nil
}

func (g *Guard) refusesPort(port uint16) string {
	if g.trust || slices.Contains(g.config.Ports, port) || port == 80 || port == 443 {
		return ""
	}
	if port < 1024 {
		return "ports below 1024 other than 80 and 443 belong to other services"
	}
	if name, known := harmed[port]; known {
		return "the port is that of " + name
	}
	return ""
}
