package check

import (
	"net/url"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
)

func TestParseAddress(t *testing.T) {
	for raw, want := range map[string]address{
		"https://Relay.Example":                       {true, "relay.example", 443, "/"},
		"https://relay.example.:8443/v1/?a=b#c":       {true, "relay.example", 8443, "/v1/?a=b"},
		"http://user:secret@relay.example/":           {false, "relay.example", 80, "/"},
		"wss://relay.example/ws":                      {true, "relay.example", 443, "/ws"},
		"ws://1.2.3.4:80":                             {false, "1.2.3.4", 80, "/"},
		"grpcs://[2606:4700::1111]:9090":              {true, "2606:4700::1111", 9090, "/"},
		"grpc://re_lay.example":                       {false, "re_lay.example", 80, "/"},
		"HTTPS://relay.example/%2e%2e/a%20b?x=%0d%0a": {true, "relay.example", 443, "/%2e%2e/a%20b?x=%0d%0a"},
		"https://relay.example?a":                     {true, "relay.example", 443, "/?a"},
	} {
		got, err := parseAddress(raw)
		require.NoError(t, err, raw)
		assert.Equal(t, want, got)
	}
	for raw, why := range map[string]string{
		"":                                   "no URL that begins",
		"relay.example:443":                  "no URL that begins",
		"//relay.example":                    "no URL that begins",
		"ftp://relay.example":                "no URL that begins",
		"file:///etc/passwd":                 "no URL that begins",
		"https:relay.example":                "no URL that begins",
		"https://":                           "no host",
		"https://:443":                       "no host",
		"https://relay.example:0":            "no port",
		"https://relay.example:65536":        "no port",
		"https://relay.example:https":        "no URL",
		"https://relay..example":             "empty part",
		"https://relay.example/\r\nX: y":     "blanks or unseen",
		" https://relay.example":             "blanks or unseen",
		"https://relay.example/a b":          "", // a blank that is seen, in the path
		"https://rélay.example":              "Punycode",
		"https://relay!.example":             "the character '!'",
		"https://\u202erelay.example":        "blanks or unseen",
		"https://" + strings.Repeat("a", 64): "longer than 63",
		"https://relay.example/" + strings.Repeat("a", 2048): "longer than 2048",
		"https://" + strings.Repeat("a.", 127) + "example":   "longer than 253",
		"https://relay.example\xff":                          "blanks or unseen",
		"https://[fe80::1%25eth0]/":                          "on one machine only",
	} {
		_, err := parseAddress(raw)
		if why == "" {
			assert.NoError(t, err, raw)
			continue
		}
		assert.ErrorContains(t, err, why, "%q", raw)
	}
}

func TestPartOf(t *testing.T) {
	part := func(raw string) string { return partOf("eth", pocket.Endpoint{URL: raw, RPCType: "JSON_RPC"}) }
	assert.Equal(t, "eth JSON_RPC https://relay.example", part("https://user:secret@Relay.example:443/"))
	assert.Equal(t, "eth JSON_RPC https://relay.example/v1?a", part("https://relay.example/v1?a"))
	assert.Equal(t, "eth JSON_RPC http://[2606:4700::1]:443", part("http://[2606:4700::1]:443"))
	assert.Equal(t, "eth JSON_RPC http://[2606:4700::1]", part("ws://[2606:4700::1]"))
	assert.Equal(t, `eth JSON_RPC "not\u00e9 a URL"`, part("noté a URL"))
	long, other := part("https://relay.example/"+strings.Repeat("a", 200)), part("https://relay.example/"+strings.Repeat("a", 201))
	assert.NotEqual(t, long, other, "long ones have names of their own")
	assert.Less(t, len(long), 140)
}

func FuzzEndpointURL(f *testing.F) {
	for _, raw := range []string{
		"https://relay.example:8443/v1?a=b", "http://1.2.3.4", "ws://[::1]:80/", "relay.example:443", "https://u:p@h.example/\x00", "https://a.b/%zz", "grpcs://x.y?",
		"https://relay.example/\"><script>", "http://0x7f.1/", "http://2130706433/", "https://relay.example:443@evil.example/",
	} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		part := partOf("eth", pocket.Endpoint{URL: raw, RPCType: "JSON_RPC"})
		require.Less(t, len(part), 160)
		require.False(t, strings.ContainsFunc(part, func(r rune) bool { return !unicode.IsPrint(r) }), "it shows nothing that cannot be seen: %q", part)
		a, err := parseAddress(raw)
		if err != nil {
			require.Equal(t, cleaned(err.Error(), 200), err.Error())
			return
		}
		// What is asked is where it was said to lead, and the guard sees the same host and port as the one that asks.
		u, err := url.Parse(a.url())
		require.NoError(t, err)
		require.Nil(t, u.User)
		require.Equal(t, a.host, canonicalHost(u.Hostname()))
		require.Equal(t, a.secure, u.Scheme == "https")
		again, err := parseAddress(a.url())
		require.NoError(t, err)
		require.Equal(t, a, again)
		r, err := request(t.Context(), probe{a, rest})
		require.NoError(t, err)
		require.Empty(t, r.Header.Get("Authorization"))
	})
}
