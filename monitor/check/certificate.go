package check

import (
	"bytes"
	"cmp"
	"crypto/x509"
	"errors"
	"slices"
	"strings"
	"time"
)

// A certVerdict is what is to be said of the certificates that a server shows.
type certVerdict struct {
	expires time.Time // when the first of those it needs ends
	ends    *x509.Certificate
	expired bool
	faults  []string // what else is wrong, in words of our own and cleaned ones of the certificates
}

// judgeCertificates finds everything that is wrong with a chain as a server sent it, its own certificate first. It verifies by itself,
// after a handshake that did not, so that not only the first fault is found. chain holds at least one certificate.
func judgeCertificates(chain []*x509.Certificate, host string, roots *x509.CertPool, now time.Time) certVerdict {
	leaf, v := chain[0], certVerdict{}
	if err := leaf.VerifyHostname(host); err != nil {
		v.fault("it is not for this name but for " + namesOf(leaf))
	}
	chains, err := verifyAtSomeTime(chain, roots, now)
	if err == nil {
		v.expires, v.ends = lastEnd(chains)
	} else {
		v.expires, v.ends = leaf.NotAfter, leaf // which of the others it needs is not known
		v.fault(chainFault(chain, err))
	}
	v.expired = now.After(v.expires)
	if begins := latestBegin(chain, chains); now.Before(begins) {
		v.fault("it is not valid before " + begins.UTC().Format(time.RFC3339))
	}
	if err == nil && !forServers(chain, roots, v.expires) {
		v.fault("it is not made for servers")
	}
	return v
}

func (v *certVerdict) fault(text string) { v.faults = append(v.faults, text) }

func verify(chain []*x509.Certificate, roots *x509.CertPool, at time.Time, usage x509.ExtKeyUsage) ([][]*x509.Certificate, error) {
	rest := x509.NewCertPool()
	for _, c := range chain[1:] {
		rest.AddCert(c)
	}
	return chain[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: rest, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{usage}})
}

// verifyAtSomeTime builds the chains up to a root that are valid now; when there are none, those that were or will be at another time, so
// that a fault of time does not hide the others.
func verifyAtSomeTime(chain []*x509.Certificate, roots *x509.CertPool, now time.Time) ([][]*x509.Certificate, error) {
	chains, first := verify(chain, roots, now, x509.ExtKeyUsageAny)
	if first == nil {
		return chains, nil
	}
	for _, c := range chain {
		var at time.Time
		switch {
		case now.After(c.NotAfter):
			at = c.NotAfter.Add(-time.Second)
		case now.Before(c.NotBefore):
			at = c.NotBefore.Add(time.Second)
		default:
			continue
		}
		chains, err := verify(chain, roots, at, x509.ExtKeyUsageAny)
		if err == nil {
			return chains, nil
		}
		if onlyTime(first) {
			first = err
		}
	}
	return nil, first
}

func onlyTime(err error) bool {
	invalid, ok := errors.AsType[x509.CertificateInvalidError](err)
	return ok && invalid.Reason == x509.Expired
}

func forServers(chain []*x509.Certificate, roots *x509.CertPool, expires time.Time) bool {
	_, err := verify(chain, roots, expires.Add(-time.Second), x509.ExtKeyUsageServerAuth)
	invalid, ok := errors.AsType[x509.CertificateInvalidError](err)
	return !ok || invalid.Reason != x509.IncompatibleUsage
}

// firstEnd returns the certificate that ends first.
func firstEnd(chain []*x509.Certificate) (time.Time, *x509.Certificate) {
	first := slices.MinFunc(chain, func(a, b *x509.Certificate) int { return a.NotAfter.Compare(b.NotAfter) })
	return first.NotAfter, first
}

// lastEnd returns when the last of several chains is not whole any more, and the certificate that ends then: servers send old
// certificates along that only old clients need.
func lastEnd(chains [][]*x509.Certificate) (end time.Time, ends *x509.Certificate) {
	for _, chain := range chains {
		if at, c := firstEnd(chain); ends == nil || at.After(end) {
			end, ends = at, c
		}
	}
	return end, ends
}

// latestBegin returns when the first of the verified chains is whole, or the leaf when there are none.
func latestBegin(sent []*x509.Certificate, chains [][]*x509.Certificate) time.Time {
	begin := sent[0].NotBefore
	for i, chain := range chains {
		last := slices.MaxFunc(chain, func(a, b *x509.Certificate) int { return a.NotBefore.Compare(b.NotBefore) }).NotBefore
		if i == 0 || last.Before(begin) {
			begin = last
		}
	}
	return begin
}

// chainFault says why no chain leads to a root.
func chainFault(chain []*x509.Certificate, err error) string {
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		switch invalid.Reason {
		case x509.NotAuthorizedToSign:
			return "it is signed by a certificate that may not sign"
		case x509.TooManyIntermediates:
			return "its chain is too long"
		case x509.CANotAuthorizedForThisName, x509.NameConstraintsWithoutSANs, x509.UnconstrainedName, x509.TooManyConstraints:
			return "its issuer may not issue for this name"
		}
	}
	if _, unhandled := errors.AsType[x509.UnhandledCriticalExtension](err); unhandled {
		return "it holds a condition that is not known"
	}
	last, seen := chain[0], map[*x509.Certificate]bool{}
	for !selfSigned(last) && !seen[last] {
		seen[last] = true
		if weak(last) {
			return "it is signed by a method that is broken, " + last.SignatureAlgorithm.String()
		}
		issuer := issuerAmong(chain, last)
		if issuer == nil {
			if len(last.IssuingCertificateURL) > 0 {
				return "the chain is incomplete: the certificate of its issuer " + nameOf(last.Issuer.CommonName, last.Issuer.Organization) + " is missing"
			}
			return "its issuer " + nameOf(last.Issuer.CommonName, last.Issuer.Organization) + " is not known"
		}
		last = issuer
	}
	if last == chain[0] {
		return "it is self-signed"
	}
	return "it leads to " + nameOf(last.Subject.CommonName, last.Subject.Organization) + ", which is not trusted"
}

func selfSigned(c *x509.Certificate) bool {
	return bytes.Equal(c.RawSubject, c.RawIssuer) && c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil
}

// weak reports whether nobody takes a signature of that method any more.
func weak(c *x509.Certificate) bool {
	switch c.SignatureAlgorithm {
	case x509.MD2WithRSA, x509.MD5WithRSA, x509.SHA1WithRSA, x509.DSAWithSHA1, x509.ECDSAWithSHA1:
		return true
	}
	return false
}

func issuerAmong(chain []*x509.Certificate, c *x509.Certificate) *x509.Certificate {
	for _, candidate := range chain {
		if candidate != c && bytes.Equal(candidate.RawSubject, c.RawIssuer) && c.CheckSignatureFrom(candidate) == nil {
			return candidate
		}
	}
	return nil
}

// nameOf is how a certificate's subject or issuer is called.
func nameOf(common string, organization []string) string {
	name, of := cleaned(common, 80), ""
	if len(organization) > 0 {
		of = cleaned(organization[0], 80)
	}
	switch {
	case name == "" && of == "":
		return "(unnamed)"
	case name == "" || of == "" || name == of:
		return cmp.Or(name, of)
	}
	return name + " of " + of
}

// namesOf are the names that a certificate is for, as far as there is room.
func namesOf(c *x509.Certificate) string {
	var names []string
	for _, name := range c.DNSNames {
		names = append(names, cmp.Or(cleaned(name, 100), "(unnamed)"))
	}
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	const most = 5
	if len(names) > most {
		names = append(names[:most], "…")
	}
	return cmp.Or(strings.Join(names, ", "), "none")
}
