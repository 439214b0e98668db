package check

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// testNow is when the tests of this package happen, as far as they do not use the clock of the machine.
var testNow = time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC)

var serials atomic.Int64

// An authority signs certificates. It may be signed by another.
type authority struct {
	cert   *x509.Certificate
	key    crypto.Signer
	parent *authority
}

// newAuthority returns an authority that signed itself, or that parent signed.
func newAuthority(t testing.TB, name string, parent *authority, change ...func(*x509.Certificate)) *authority {
	t.Helper()
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: name, Organization: []string{"Tests"}}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: testNow.AddDate(-1, 0, 0), NotAfter: testNow.AddDate(10, 0, 0),
	}
	for _, c := range change {
		c(template)
	}
	a := &authority{key: newKey(t), parent: parent}
	a.cert = sign(t, template, a.key, a, parent)
	return a
}

func newKey(t testing.TB) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return key
}

// sign returns template, signed by parent or by itself.
func sign(t testing.TB, template *x509.Certificate, key crypto.Signer, self, parent *authority) *x509.Certificate {
	t.Helper()
	template.SerialNumber = big.NewInt(serials.Add(1))
	by, signer := template, key
	if parent != nil {
		by, signer = parent.cert, parent.key
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, by, key.Public(), signer)
	require.NoError(t, err)
	cert, err := x509.ParseCertificate(raw)
	require.NoError(t, err)
	return cert
}

// issue returns a certificate for names and addresses, valid from a year ago for another ten, with the chain up to the root, but
// without that.
func (a *authority) issue(t testing.TB, names []string, change ...func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "leaf"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, KeyUsage: x509.KeyUsageDigitalSignature,
		NotBefore: testNow.AddDate(-1, 0, 0), NotAfter: testNow.AddDate(10, 0, 0),
	}
	for _, name := range names {
		if ip, err := netip.ParseAddr(name); err == nil {
			template.IPAddresses = append(template.IPAddresses, net.IP(ip.AsSlice()))
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	for _, c := range change {
		c(template)
	}
	key := newKey(t)
	leaf := sign(t, template, key, nil, a)
	chain := tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key, Leaf: leaf}
	for at := a; at != nil && at.parent != nil; at = at.parent {
		chain.Certificate = append(chain.Certificate, at.cert.Raw)
	}
	return chain
}

// pool returns a pool with the authority in it.
func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// until makes a certificate end.
func until(end time.Time) func(*x509.Certificate) {
	return func(c *x509.Certificate) { c.NotAfter = end }
}

func quietLog() *log.Logger { return log.New(io.Discard, "", 0) } // handshakes fail on purpose
