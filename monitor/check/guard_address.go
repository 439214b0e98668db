package check

import "net/netip"

// nets parses prefixes, in order.
func nets(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, text := range list {
		out[i] = netip.MustParsePrefix(text)
	}
	return out
}

// The special addresses, by the registries of IANA for IPv4 and IPv6.
var (
	special4 = []struct {
		nets []netip.Prefix
		why  string
	}{
		{nets("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"), "a private address"},
		{nets("127.0.0.0/8"), "this machine"},
		{nets("0.0.0.0/8"), "an unspecified address"},
		{nets("169.254.0.0/16"), "a link-local address"},
		{nets("100.64.0.0/10"), "an address shared by a provider's customers"},
		{nets("224.0.0.0/4"), "a multicast address"},
		{nets("192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4"), "a reserved address"},
		{nets("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"), "an address of documentation"},
	}
	special6 = []struct {
		nets []netip.Prefix
		why  string
	}{
		{nets("fc00::/7", "fec0::/10"), "a private address"},
		{nets("::1/128"), "this machine"},
		{nets("::/128"), "an unspecified address"},
		{nets("fe80::/10"), "a link-local address"},
		{nets("ff00::/8"), "a multicast address"},
		{nets("2001::/32"), "a Teredo address, which hides another"},
		{nets("2001:db8::/32", "3fff::/20"), "an address of documentation"},
		{nets("2001:2::/48", "2001:10::/28", "2001:20::/28", "64:ff9b:1::/48"), "a reserved address"},
	}
	global6 = netip.MustParsePrefix("2000::/3")
	nat64   = netip.MustParsePrefix("64:ff9b::/96")
	sixTo4  = netip.MustParsePrefix("2002::/16")
	mapped4 = netip.MustParsePrefix("::/96") // IPv4-compatible, long deprecated

	// Where clouds tell machines their secrets. Some are public addresses, and some lie in networks that may be allowed.
	metadataAddrs = []netip.Addr{
		netip.MustParseAddr("169.254.169.254"), netip.MustParseAddr("fd00:ec2::254"), // Amazon, Google, Azure, DigitalOcean and most others
		netip.MustParseAddr("169.254.170.2"), netip.MustParseAddr("169.254.170.23"), netip.MustParseAddr("fd00:ec2::23"), // Amazon's containers
		netip.MustParseAddr("168.63.129.16"), netip.MustParseAddr("100.100.100.200"), // Azure's wire server, Alibaba
		netip.MustParseAddr("192.0.0.192"), netip.MustParseAddr("fd20:ce::254"), // Oracle, Google over IPv6
	}
)

// notPublic says why an address is not one of the public internet, "" when it is.
func notPublic(a netip.Addr) string {
	if !a.IsValid() || a.Zone() != "" {
		return "no address that others can reach"
	}
	a = a.Unmap()
	if a.Is4() {
		for _, s := range special4 {
			for _, n := range s.nets {
				if n.Contains(a) {
					return s.why
				}
			}
		}
		return ""
	}
	for _, s := range special6 {
		for _, n := range s.nets {
			if n.Contains(a) {
				return s.why
			}
		}
	}
	if inner, wrapped := embedded(a); wrapped {
		if why := notPublic(inner); why != "" {
			return "it wraps " + inner.String() + ", " + why
		}
		return ""
	}
	if !global6.Contains(a) {
		return "a reserved address"
	}
	return ""
}

// embedded returns the IPv4 address that an IPv6 address leads to.
func embedded(a netip.Addr) (netip.Addr, bool) {
	raw := a.As16()
	switch {
	case nat64.Contains(a), mapped4.Contains(a), isatap(raw):
		return netip.AddrFrom4([4]byte(raw[12:16])), true
	case sixTo4.Contains(a):
		return netip.AddrFrom4([4]byte(raw[2:6])), true
	}
	return netip.Addr{}, false
}

// isatap reports whether an address ends as those of RFC 5214 do.
func isatap(raw [16]byte) bool {
	return raw[8]&^0x02 == 0 && raw[9] == 0 && raw[10] == 0x5e && raw[11] == 0xfe
}

// metadata reports whether an address is that of a cloud's metadata service, wrapped or not.
func metadata(a netip.Addr) bool {
	a = a.WithZone("").Unmap()
	for _, m := range metadataAddrs {
		if a == m {
			return true
		}
	}
	if a.Is6() {
		if inner, wrapped := embedded(a); wrapped {
			return metadata(inner)
		}
	}
	return false
}

// harmed are services that listen from port 1024 on, are nobody's relay endpoint, and may take harm from an odd request.
var harmed = map[uint16]string{
	1080: "SOCKS", 1433: "SQL Server", 1521: "Oracle", 1720: "H.323", 1723: "PPTP", 2049: "NFS", 2375: "Docker", 2376: "Docker", 2377: "Docker",
	2379: "etcd", 2380: "etcd", 3128: "a proxy", 3268: "LDAP", 3269: "LDAP", 3306: "MySQL", 3389: "remote desktop", 4045: "NFS locks",
	4190: "Sieve", 4369: "Erlang", 5060: "SIP", 5061: "SIP", 5432: "PostgreSQL", 5672: "AMQP", 5900: "VNC", 5984: "CouchDB", 5985: "WinRM",
	5986: "WinRM", 6000: "X11", 6379: "Redis", 6380: "Redis", 6566: "SANE", 6665: "IRC", 6666: "IRC", 6667: "IRC", 6668: "IRC", 6669: "IRC",
	6697: "IRC", 9042: "Cassandra", 9200: "Elasticsearch", 9300: "Elasticsearch", 10250: "Kubernetes", 10255: "Kubernetes", 11211: "memcached",
	15672: "RabbitMQ", 25672: "RabbitMQ", 27017: "MongoDB", 27018: "MongoDB", 27019: "MongoDB", 61616: "ActiveMQ",
}
