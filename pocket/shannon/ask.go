package shannon

import (
	"fmt"
	"regexp"

	"github.com/poktbot/poktbot/pocket"
)

// needs checks that an address names what a call is about, before a node is bothered: nodes answer a wrong kind in several odd ways.
func needs(a pocket.Address, kind pocket.AddressKind, what string) error {
	if a.Kind() != kind {
		return fmt.Errorf("%q is no address of %s, want that of a %v: %w", a, what, kind, pocket.ErrInvalid)
	}
	return nil
}

var serviceID = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,42}$`)

// checkService checks a service's name by the protocol's own rule, so that it may stand in a path or a query.
func checkService(id pocket.ServiceID) error {
	if !serviceID.MatchString(string(id)) {
		return fmt.Errorf("service %.60q: want 1 to 42 letters, digits, - or _: %w", string(id), pocket.ErrInvalid)
	}
	return nil
}

var sessionID = regexp.MustCompile(`^[0-9a-f]{64}$`)

// of says in an error what it is about.
func of[T any](err error, what string, which T) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %v: %w", what, which, err)
}
