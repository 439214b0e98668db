package check

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/poktbot/poktbot/pocket"
)

// An address is where a staked URL leads. It is comparable: endpoints with the same one are the same.
type address struct {
	secure bool   // over TLS
	host   string // lower case, without a dot at the end; an IPv6 address without brackets
	port   uint16
	uri    string // escaped path and query, beginning with a slash
}

// hostPort names the server, as the subject of results of its certificate.
func (a address) hostPort() string { return net.JoinHostPort(a.host, strconv.Itoa(int(a.port))) }

// url is the URL to ask, over HTTP, without user, password and fragment.
func (a address) url() string {
	scheme := "http"
	if a.secure {
		scheme = "https"
	}
	return scheme + "://" + a.hostPort() + a.uri
}

// short is the URL without what goes without saying.
func (a address) short() string {
	text := a.url()
	if a.secure && a.port == 443 || !a.secure && a.port == 80 {
		at := strings.LastIndex(strings.TrimSuffix(text, a.uri), ":")
		text = text[:at] + a.uri
	}
	return strings.TrimSuffix(text, "/")
}

// schemes are those that endpoints are staked with, and whether they stand for TLS.
var schemes = map[string]bool{"http": false, "https": true, "ws": false, "wss": true, "grpc": false, "grpcs": true}

// exposes reports whether a URL that can be read holds a user's name or password, which everybody sees on the chain.
func exposes(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && u.User != nil
}

// parseAddress reads a URL as a stranger staked it. The error says in a few words why nobody can use it.
func parseAddress(raw string) (address, error) {
	if len(raw) > 2048 {
		return address{}, errors.New("longer than 2048 bytes")
	}
	if !utf8.ValidString(raw) || cleaned(raw, 2048) != raw {
		return address{}, errors.New("it has blanks or unseen characters around or within")
	}
	u, err := url.Parse(raw)
	if err != nil {
		return address{}, errors.New("no URL")
	}
	secure, known := schemes[strings.ToLower(u.Scheme)]
	switch {
	case !known || u.Opaque != "":
		return address{}, errors.New("no URL that begins with https:// or the like")
	case u.Hostname() == "":
		return address{}, errors.New("no host in it")
	}
	a := address{secure: secure, host: canonicalHost(u.Hostname())}
	if err := checkHost(a.host); err != nil {
		return address{}, err
	}
	if a.port, err = portOf(u.Port(), secure); err != nil {
		return address{}, err
	}
	u.User, u.Fragment, u.Path = nil, "", cmp.Or(u.Path, "/")
	a.uri = u.RequestURI()
	if !strings.HasPrefix(a.uri, "/") {
		return address{}, errors.New("its path does not begin with a slash")
	}
	return a, nil
}

func portOf(text string, secure bool) (uint16, error) {
	switch {
	case text == "" && secure:
		return 443, nil
	case text == "":
		return 80, nil
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("%q is no port", cleaned(text, 20))
	}
	return uint16(n), nil
}

// checkHost checks the form of a host.
func checkHost(host string) error {
	if ip, err := netip.ParseAddr(host); err == nil {
		if ip.Zone() != "" {
			return errors.New("an address that means something on one machine only")
		}
		return nil
	}
	if len(host) > 253 {
		return errors.New("a host longer than 253 bytes")
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 {
			return errors.New("a host with an empty part, or one longer than 63 bytes")
		}
		for _, r := range label {
			switch {
			case r > 0x7f:
				return errors.New("a host that is not ASCII: it has to be written in Punycode")
			case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-', r == '_':
			default:
				return fmt.Errorf("a host with the character %q", r)
			}
		}
	}
	return nil
}

// partOf names an endpoint of a supplier in a key: what it serves and where.
func partOf(service pocket.ServiceID, e pocket.Endpoint) string {
	where := ""
	if a, err := parseAddress(e.URL); err == nil {
		where = a.short()
	} else {
		where = strconv.QuoteToASCII(strings.ToValidUTF8(e.URL, "\ufffd"))
	}
	const most = 120
	if len(where) > most { // still another name than any other's
		sum := sha256.Sum256([]byte(e.URL))
		where = strings.ToValidUTF8(where[:most-20], "") + "…" + hex.EncodeToString(sum[:6])
	}
	return cleaned(string(service), 50) + " " + cleaned(e.RPCType, 20) + " " + where
}
