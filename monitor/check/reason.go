package check

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
)

// A verdict is what an error of a connection means.
type verdict int

const (
	down    verdict = iota // the other side is not there
	refused                // it may not be connected to
	blind                  // it is us who cannot look
)

// errUnfinished is why something was not looked at to its end, though not by its own fault.
var errUnfinished = errors.New("the look ended before")

// reasonOf says in words of our own why there was no answer: an error's text may hold what a stranger wrote.
func reasonOf(err error) (string, verdict) {
	if r, ok := errors.AsType[*RefusedError](err); ok {
		switch {
		case r.OddPort:
			return "not looked at: " + r.Why, blind
		case r.Addr.IsValid():
			return "it leads to " + r.Addr.String() + ", " + r.Why, refused
		}
		return r.Why, refused
	}
	if errors.Is(err, errUnfinished) {
		return "not looked at: there was no time left", blind
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		if dns.IsNotFound {
			return "its name is not known to DNS", down
		}
		return "DNS does not answer", blind
	}
	if timed, ok := errors.AsType[net.Error](err); ok && timed.Timeout() || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return "no answer in time", down
	}
	for _, known := range []struct {
		err    error
		reason string
		verdict
	}{
		{syscall.ECONNREFUSED, "the connection is refused", down},
		{syscall.ECONNRESET, "the connection is reset", down},
		{syscall.EPIPE, "the connection is reset", down},
		{syscall.ECONNABORTED, "the connection is reset", down},
		{syscall.EHOSTUNREACH, "there is no way to the host", down},
		{io.EOF, "it hangs up without an answer", down},
		{io.ErrUnexpectedEOF, "it hangs up in the middle of an answer", down},
		{syscall.ENETUNREACH, "there is no way to its network from here", blind},
		{syscall.EADDRNOTAVAIL, "no free address here", blind},
		{syscall.EAFNOSUPPORT, "its kind of address is not known here", blind},
		{syscall.EMFILE, "too many open files here", blind},
		{syscall.ENFILE, "too many open files here", blind},
		{syscall.ENOBUFS, "no memory here", blind},
		{syscall.EACCES, "a firewall here forbids it", blind},
		{syscall.EPERM, "a firewall here forbids it", blind},
	} {
		if errors.Is(err, known.err) {
			return known.reason, known.verdict
		}
	}
	if alert := alertOf(err); alert != "" {
		return "TLS fails: " + alert, down
	}
	if strings.Contains(err.Error(), "tls: ") {
		return "TLS fails", down
	}
	return "no answer that can be used", down
}

// alertOf returns what the other side said as it broke off a handshake, in the words of TLS; "" when it said nothing.
func alertOf(err error) string {
	if remote, ok := errors.AsType[*net.OpError](err); ok && remote.Op == "remote error" {
		return strings.TrimPrefix(remote.Err.Error(), "tls: ")
	}
	return ""
}
