package shannon

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
)

var addressPattern = regexp.MustCompile(`pokt(valoper|valcons)?1[02-9ac-hj-np-z]{38,58}`)

func addressesIn(text string) []pocket.Address {
	var found []pocket.Address
	for _, word := range addressPattern.FindAllString(text, -1) {
		if address, err := pocket.ParseAddress(word); err == nil {
			found = append(found, address)
		}
	}
	return found
}

func sortedAddresses(set map[pocket.Address]bool) []pocket.Address {
	var list []pocket.Address
	for address := range set {
		list = append(list, address)
	}
	slices.SortFunc(list, pocket.Address.Compare)
	return list
}

// mustAccount returns the address of twenty bytes.
func mustAccount(t testing.TB, twenty string) string {
	t.Helper()
	address, err := pocket.AccountFromBytes([]byte(twenty))
	require.NoError(t, err)
	return address.String()
}

func hexOf(c byte) string { return fmt.Sprintf("%02x", c) }

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
