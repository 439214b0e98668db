package check

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
)

// names is a resolver that gives each host one answer after the other, and the last for ever.
type names struct {
	mu    sync.Mutex
	hosts map[string][][]string
	asked map[string]int
}

// hosts returns a resolver of hosts with one address each.
func hosts(pairs ...string) *names {
	n := &names{hosts: map[string][][]string{}, asked: map[string]int{}}
	for i := 0; i < len(pairs); i += 2 {
		n.hosts[pairs[i]] = append(n.hosts[pairs[i]], []string{pairs[i+1]})
	}
	return n
}

func (n *names) set(host string, addrs ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hosts[host] = [][]string{addrs}
}

func (n *names) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	name := canonicalHost(host)
	n.asked[name]++
	answers := n.hosts[name]
	if len(answers) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	if len(answers) > 1 {
		n.hosts[name] = answers[1:]
	}
	var out []netip.Addr
	for _, text := range answers[0] {
		if text == "fails" {
			return nil, &net.DNSError{Err: "server misbehaving", Name: name, IsTemporary: true}
		}
		out = append(out, netip.MustParseAddr(text))
	}
	return out, nil
}

func guarded(t testing.TB, c GuardConfig) *Guard {
	t.Helper()
	g, err := NewGuard(c)
	require.NoError(t, err)
	return g
}

// unreachable is a dialer that connects to nothing.
func unreachable(context.Context, string, string) (net.Conn, error) {
	return nil, errors.New("nothing may be dialed")
}

func TestGuardRefuses(t *testing.T) {
	for why, addrs := range map[string][]string{
		"a private address":              {"10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fdff::1", "fec0::1"},
		"this machine":                   {"127.0.0.1", "127.255.255.254", "::1"},
		"an unspecified address":         {"0.0.0.0", "0.1.2.3", "::"},
		"a link-local address":           {"169.254.1.1", "fe80::1"},
		"shared by a provider":           {"100.64.0.1", "100.127.255.255"},
		"multicast":                      {"224.0.0.1", "239.255.255.255", "ff02::1"},
		"a reserved address":             {"240.0.0.1", "255.255.255.255", "192.0.0.1", "198.18.0.1", "4000::1", "64:ff9b:1::1", "100::1", "2001:10::1"},
		"documentation":                  {"192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1"},
		"metadata":                       {"169.254.169.254", "fd00:ec2::254", "168.63.129.16", "100.100.100.200", "169.254.170.2", "::ffff:169.254.169.254", "2002:a9fe:a9fe::1", "64:ff9b::169.254.169.254"},
		"wraps 10.0.0.1":                 {"2002:a00:1::1", "64:ff9b::10.0.0.1", "::10.0.0.1", "2001:470::5efe:10.0.0.1", "2001:470::200:5efe:a00:1"},
		"wraps 127.0.0.1":                {"2002:7f00:1::", "64:ff9b::7f00:1"},
		"Teredo":                         {"2001:0:4136:e378:8000:63bf:3fff:fdd2"},
		"no address that others":         {"fe80::1%eth0"},
		"refused to connect to [::ffff:": {"::ffff:127.0.0.1", "::ffff:10.1.2.3", "::ffff:169.254.1.1"},
	} {
		for _, addr := range addrs {
			g := guarded(t, GuardConfig{Dial: unreachable, Resolver: hosts("relay.example", addr)})
			_, err := g.DialContext(t.Context(), "tcp", net.JoinHostPort(addr, "443"))
			require.ErrorIs(t, err, ErrRefused, addr)
			assert.ErrorContains(t, err, why)
			if netip.MustParseAddr(addr).Zone() == "" {
				_, err = g.DialContext(t.Context(), "tcp", "relay.example:443")
				require.ErrorIs(t, err, ErrRefused, "relay.example is %s", addr)
				_, err = g.Resolve(t.Context(), "relay.example")
				require.ErrorIs(t, err, ErrRefused)
			}
		}
	}
	t.Run("but not the public internet, wrapped or not", func(t *testing.T) {
		for _, addr := range []string{"1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "64:ff9b::1.1.1.1", "2002:101:101::1", "::ffff:1.1.1.1"} {
			assert.Empty(t, notPublic(netip.MustParseAddr(addr)), addr)
			assert.False(t, metadata(netip.MustParseAddr(addr)), addr)
		}
	})
	t.Run("odd ports, which others may well reach", func(t *testing.T) {
		g := guarded(t, GuardConfig{Dial: unreachable})
		for _, port := range []string{"22", "25", "53", "1023", "6379", "5432", "2375", "11211"} {
			_, err := g.DialContext(t.Context(), "tcp", "1.1.1.1:"+port)
			refused, ok := errors.AsType[*RefusedError](err)
			require.True(t, ok, "%v", err)
			assert.True(t, refused.OddPort)
		}
		for _, port := range []string{"0", "65536", "x", "-1", ""} {
			_, err := g.DialContext(t.Context(), "tcp", "1.1.1.1:"+port)
			require.ErrorIs(t, err, ErrRefused, port)
		}
		g = guarded(t, GuardConfig{Dial: unreachable, Ports: []uint16{22}})
		_, err := g.DialContext(t.Context(), "tcp", "1.1.1.1:22")
		assert.EqualError(t, err, "nothing may be dialed")
	})
	t.Run("names without a dot, which the operator's own domain would complete", func(t *testing.T) {
		names := hosts("intranet", "1.1.1.1")
		g := guarded(t, GuardConfig{Dial: unreachable, Resolver: names})
		for _, host := range []string{"intranet", "localhost", "intranet."} {
			_, err := g.DialContext(t.Context(), "tcp", host+":443")
			require.ErrorIs(t, err, ErrRefused, host)
		}
		assert.Zero(t, names.asked["intranet"])
	})
}

func TestGuardAllows(t *testing.T) {
	names := hosts("relay.internal.example", "10.1.2.3", "meta.internal.example", "169.254.169.254", "other.example", "10.1.2.3")
	g := guarded(t, GuardConfig{
		Networks: []netip.Prefix{netip.MustParsePrefix("192.168.7.0/24"), netip.MustParsePrefix("169.254.0.0/16")}, Hosts: []string{".Internal.example.", "solo"},
		Dial: unreachable, Resolver: names,
	})
	for address, refused := range map[string]bool{
		"192.168.7.9:443": false, "192.168.8.9:443": true, "relay.internal.example:443": false, "RELAY.INTERNAL.EXAMPLE.:443": false,
		"other.example:443": true, "meta.internal.example:443": true, "169.254.169.254:80": true, "169.254.1.1:80": false, "[::ffff:192.168.7.9]:443": false,
	} {
		_, err := g.DialContext(t.Context(), "tcp", address)
		assert.Equal(t, refused, errors.Is(err, ErrRefused), "%s: %v", address, err)
	}
	for _, bad := range []GuardConfig{
		{Hosts: []string{""}}, {Hosts: []string{"https://relay.example"}}, {Hosts: []string{"."}}, {Hosts: []string{"*.example"}}, {Networks: []netip.Prefix{{}}},
	} {
		_, err := NewGuard(bad)
		assert.ErrorIs(t, err, pocket.ErrInvalid)
	}
}

// listening returns a server that says its own address to who connects.
func listening(t *testing.T, address string) (port string) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, conn.LocalAddr().String())
			_ = conn.Close()
		}
	}()
	_, port, err = net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	return port
}

func TestGuardConnectsToWhatItChecked(t *testing.T) {
	t.Run("an answer of DNS that changes after the check leads nowhere", func(t *testing.T) {
		port := listening(t, "127.0.0.1:0")
		public := listening(t, "127.0.0.2:"+port)
		require.Equal(t, port, public)
		names := hosts("rebind.example", "127.0.0.2", "rebind.example", "127.0.0.1")
		g := guarded(t, GuardConfig{Networks: nets("127.0.0.2/32"), Resolver: names})
		conn, err := g.DialContext(t.Context(), "tcp", "rebind.example:"+port)
		require.NoError(t, err)
		defer conn.Close()
		said, err := io.ReadAll(conn)
		require.NoError(t, err)
		assert.Equal(t, "127.0.0.2:"+port, string(said))
		assert.Equal(t, 1, names.asked["rebind.example"], "it was looked up once")
		_, err = g.DialContext(t.Context(), "tcp", "rebind.example:"+port)
		assert.ErrorIs(t, err, ErrRefused, "the next time the new answer is checked, too")
	})
	t.Run("of a mixed answer only what may be reached is dialed", func(t *testing.T) {
		port := listening(t, "127.0.0.2:0")
		names := hosts()
		names.set("mixed.example", "10.0.0.1", "::1", "127.0.0.2", "169.254.169.254")
		g := guarded(t, GuardConfig{Networks: nets("127.0.0.2/32"), Resolver: names})
		conn, err := g.DialContext(t.Context(), "tcp", "mixed.example:"+port)
		require.NoError(t, err)
		assert.Equal(t, "127.0.0.2:"+port, conn.RemoteAddr().String())
		require.NoError(t, conn.Close())
	})
	t.Run("the next address is tried when one does not answer, up to four", func(t *testing.T) {
		var dialed []string
		names := hosts()
		names.set("many.example", "2606:4700::1", "1.1.1.1", "1.1.1.2", "1.1.1.3", "1.1.1.4", "1.1.1.5")
		g := guarded(t, GuardConfig{Resolver: names, Dial: func(_ context.Context, network, address string) (net.Conn, error) {
			dialed = append(dialed, network+" "+address)
			return nil, errors.New("no")
		}})
		_, err := g.DialContext(t.Context(), "tcp", "many.example:443")
		require.Error(t, err)
		assert.Equal(t, []string{"tcp 1.1.1.1:443", "tcp 1.1.1.2:443", "tcp 1.1.1.3:443", "tcp 1.1.1.4:443"}, dialed)
	})
	t.Run("an address that hangs does not take all the time", func(t *testing.T) {
		var dialed int
		names := hosts()
		names.set("slow.example", "1.1.1.1", "1.1.1.2")
		g := guarded(t, GuardConfig{Resolver: names, Attempt: time.Millisecond, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			dialed++
			<-ctx.Done()
			return nil, ctx.Err()
		}})
		_, err := g.DialContext(t.Context(), "tcp", "slow.example:443")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, 2, dialed)
	})
	t.Run("the socket itself is checked as well", func(t *testing.T) {
		ctx := context.WithValue(t.Context(), allowed{}, netip.MustParseAddrPort("127.0.0.2:443"))
		assert.NoError(t, checkSocket(ctx, "tcp4", "127.0.0.2:443", nil))
		for _, other := range []string{"127.0.0.1:443", "127.0.0.2:444", "nonsense"} {
			assert.ErrorIs(t, checkSocket(ctx, "tcp4", other, nil), ErrRefused)
		}
		assert.ErrorIs(t, checkSocket(t.Context(), "tcp4", "127.0.0.2:443", nil), ErrRefused)
	})
}

func TestCleaned(t *testing.T) {
	for raw, want := range map[string]string{
		"plain": "plain", "  two\r\n\twords  ": "two words", "a\x00b\x1b[31mc": "a b [31mc", "\u202eevil\u202c": "evil", "z\u200bero": "zero",
		"bad\xff": "bad\ufffd", "a very long text that goes on": "a very long text tha…", "": "", "\n": "",
	} {
		assert.Equal(t, want, cleaned(raw, 20), "%q", raw)
	}
}

func FuzzGuardAddress(f *testing.F) {
	for _, s := range []string{"10.0.0.1", "::1", "2002:a00:1::1", "1.1.1.1", "64:ff9b::7f00:1", "fe80::1%0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := netip.ParseAddr(text)
		if err != nil {
			return
		}
		if notPublic(a) != "" {
			return
		}
		// Whatever is let through, the standard library's own idea of what is not public is kept.
		u := a.Unmap()
		require.True(t, u.IsGlobalUnicast() && !u.IsPrivate() && !u.IsLoopback() && !u.IsLinkLocalUnicast() && !u.IsMulticast() && !u.IsUnspecified(), text)
		if inner, wrapped := embedded(u); u.Is6() && wrapped {
			require.Empty(t, notPublic(inner), text)
		}
	})
}
