package check

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// parsed is a chain as a server sends it.
func parsed(t testing.TB, chain tls.Certificate) []*x509.Certificate {
	t.Helper()
	var out []*x509.Certificate
	for _, raw := range chain.Certificate {
		c, err := x509.ParseCertificate(raw)
		require.NoError(t, err)
		out = append(out, c)
	}
	return out
}

func TestJudgeCertificates(t *testing.T) {
	root := newAuthority(t, "Root", nil)
	middle := newAuthority(t, "Middle", root)
	stranger := newAuthority(t, "Stranger", nil)
	strangers := newAuthority(t, "Stranger's", stranger)
	name := []string{"relay.example", "1.2.3.4"}
	hour, year := time.Hour, testNow.AddDate(1, 0, 0)
	aia := func(c *x509.Certificate) { c.IssuingCertificateURL = []string{"http://ca.example/middle.crt"} }
	shorter := newAuthority(t, "Shorter", root, until(testNow.Add(5*24*hour)))
	over := newAuthority(t, "Over", root, until(testNow.Add(-hour)))
	coming := newAuthority(t, "Coming", root, func(c *x509.Certificate) { c.NotBefore = testNow.Add(hour) })
	withRoot := middle.issue(t, name, until(year))
	withRoot.Certificate = append(withRoot.Certificate, root.cert.Raw)
	// A second certificate for the same key of Middle, by a root that ended: servers send such for old clients.
	oldRoot := newAuthority(t, "Old Root", nil, until(testNow.Add(-hour)))
	cross := &authority{key: middle.key, parent: oldRoot}
	cross.cert = sign(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "Middle", Organization: []string{"Tests"}}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		NotBefore: testNow.AddDate(-1, 0, 0), NotAfter: testNow.Add(-hour),
	}, middle.key, nil, oldRoot)
	crossed := middle.issue(t, name, until(year))
	crossed.Certificate = append(crossed.Certificate, cross.cert.Raw)
	reversed := newAuthority(t, "Middle 2", middle).issue(t, name, until(year))
	reversed.Certificate[1], reversed.Certificate[2] = reversed.Certificate[2], reversed.Certificate[1]
	self := stranger.issue(t, name)
	self.Certificate = [][]byte{stranger.cert.Raw}
	unnamed := newAuthority(t, "", nil)

	tests := []struct {
		name    string
		chain   tls.Certificate
		host    string
		expires time.Time
		expired bool
		faults  string
	}{
		{"a good one", middle.issue(t, name, until(year)), "relay.example", year, false, ""},
		{"one for an address", middle.issue(t, name, until(year)), "1.2.3.4", year, false, ""},
		{"one for another address", middle.issue(t, name, until(year)), "1.2.3.5", year, false, "it is not for this name but for relay.example, 1.2.3.4"},
		{"one with its root along", withRoot, "relay.example", year, false, ""},
		{"one whose chain is in disorder", reversed, "relay.example", year, false, ""},
		{"one with an old certificate along that it does not need", crossed, "relay.example", year, false, ""},
		{"one that ended", middle.issue(t, name, until(testNow.Add(-hour))), "relay.example", testNow.Add(-hour), true, ""},
		{"one whose issuer ends first", shorter.issue(t, name, until(year)), "relay.example", testNow.Add(5 * 24 * hour), false, ""},
		{"one whose issuer ended", over.issue(t, name, until(year)), "relay.example", testNow.Add(-hour), true, ""},
		{"one that is not yet valid", middle.issue(t, name, until(year), func(c *x509.Certificate) { c.NotBefore = testNow.Add(hour) }), "relay.example", year, false,
			"it is not valid before 2026-07-10T13:00:00Z"},
		{"one whose issuer is not yet valid", coming.issue(t, name, until(year)), "relay.example", year, false, "it is not valid before 2026-07-10T13:00:00Z"},
		{"one for another name", middle.issue(t, []string{"other.example"}, until(year)), "relay.example", year, false, "it is not for this name but for other.example"},
		{"one for no name", middle.issue(t, nil, until(year)), "relay.example", year, false, "it is not for this name but for none"},
		{"a self-signed one", self, "relay.example", testNow.AddDate(10, 0, 0), false, "it is not for this name but for none; it is self-signed"},
		{"one of nobody we know", stranger.issue(t, name, until(year)), "relay.example", year, false, "its issuer Stranger of Tests is not known"},
		{"one of nobody we know, with the chain", func() tls.Certificate {
			c := strangers.issue(t, name, until(year))
			c.Certificate = append(c.Certificate, stranger.cert.Raw)
			return c
		}(), "relay.example", year, false, "it leads to Stranger of Tests, which is not trusted"},
		{"one of somebody without a name", unnamed.issue(t, name, until(year)), "relay.example", year, false, "its issuer Tests is not known"},
		{"an incomplete chain", func() tls.Certificate {
			c := middle.issue(t, name, until(year), aia)
			c.Certificate = c.Certificate[:1]
			return c
		}(), "relay.example", year, false, "the chain is incomplete: the certificate of its issuer Middle of Tests is missing"},
		{"one that is not made for servers", middle.issue(t, name, until(year), func(c *x509.Certificate) {
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		}), "relay.example", year, false, "it is not made for servers"},
		{"all at once", stranger.issue(t, []string{"other.example"}, until(testNow.Add(-hour))), "relay.example", testNow.Add(-hour), true,
			"it is not for this name but for other.example; its issuer Stranger of Tests is not known"},
		{"one by somebody who may not issue for the name", newAuthority(t, "Limited", root, func(c *x509.Certificate) {
			c.PermittedDNSDomainsCritical, c.PermittedDNSDomains = true, []string{"other.example"}
		}).issue(t, []string{"relay.example"}, until(year)), "relay.example", year, false, "its issuer may not issue for this name"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := judgeCertificates(parsed(t, tt.chain), tt.host, root.pool(), testNow)
			assert.Equal(t, tt.expires, v.expires)
			assert.Equal(t, tt.expired, v.expired)
			assert.Equal(t, tt.faults, strings.Join(v.faults, "; "))
		})
	}
	t.Run("what ends first is told", func(t *testing.T) {
		v := judgeCertificates(parsed(t, shorter.issue(t, name)), "relay.example", root.pool(), testNow)
		assert.Equal(t, "Shorter", v.ends.Subject.CommonName)
	})
	t.Run("many names are not all told", func(t *testing.T) {
		v := judgeCertificates(parsed(t, middle.issue(t, []string{"a.b", "c.d", "e.f", "g.h", "i.j", "k.l"})), "relay.example", root.pool(), testNow)
		assert.Equal(t, []string{"it is not for this name but for a.b, c.d, e.f, g.h, i.j, …"}, v.faults)
	})
}

func FuzzCertificate(f *testing.F) {
	root := newAuthority(f, "Root", nil)
	middle := newAuthority(f, "Middle", root)
	good := middle.issue(f, []string{"relay.example"})
	f.Add(good.Certificate[0], good.Certificate[1], "relay.example")
	f.Add(root.cert.Raw, middle.cert.Raw, "1.2.3.4")
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(f, err)
	odd := sign(f, &x509.Certificate{NotAfter: time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), DNSNames: []string{"*.example"}}, key, nil, nil)
	f.Add(odd.Raw, odd.Raw, "a.example")
	pool := root.pool()
	f.Fuzz(func(t *testing.T, first, second []byte, host string) {
		var chain []*x509.Certificate
		for _, raw := range [][]byte{first, second} {
			if c, err := x509.ParseCertificate(raw); err == nil {
				chain = append(chain, c)
			}
		}
		if len(chain) == 0 {
			return
		}
		v := judgeCertificates(chain, host, pool, testNow)
		require.NotNil(t, v.ends)
		require.Equal(t, v.expired, testNow.After(v.expires))
		for _, fault := range v.faults {
			require.Equal(t, cleaned(fault, 2000), fault)
		}
	})
}
