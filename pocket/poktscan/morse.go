package poktscan

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/poktbot/poktbot/pocket"
)

var morseQuery = load("morse")

// wireClaimable is a Morse account. Its id is its address in upper-case hexadecimal digits, or what Morse had for one.
type wireClaimable struct {
	ID          string  `json:"id"`
	Claimed     bool    `json:"claimed"`
	ClaimedAt   *number `json:"claimedAtId"`
	Destination string  `json:"shannonDestAddress"`
	Output      string  `json:"morseOutputAddress"`
	Balance     *amount `json:"unstakedBalanceAmount"`
	Supplier    *amount `json:"supplierStakeAmount"`
	Application *amount `json:"applicationStakeAmount"`
}

func (w *wireClaimable) name() string { return w.ID }

func (c *Client) claimable(w *wireClaimable) (pocket.MorseClaimable, error) {
	f := fields{names: c.names}
	m := pocket.MorseClaimable{
		Morse: morseAddress(w.ID), MorseOutput: morseAddress(w.Output), Destination: f.optionalAddress("shannonDestAddress", w.Destination),
		Balance: upokt(w.Balance), SupplierStake: upokt(w.Supplier), ApplicationStake: upokt(w.Application),
	}
	if w.ClaimedAt != nil {
		m.ClaimedAt = pocket.Height(*w.ClaimedAt)
	}
	if w.ID == "" {
		f.fail("id", errMissing)
	}
	if f.err != nil {
		return m, fmt.Errorf("account %.50q of Morse: %w", w.ID, f.err)
	}
	return m, nil
}

// morseAddress returns the zero Address for what is none: Morse had accounts with such.
func morseAddress(text string) pocket.Address {
	a, err := pocket.ParseAddress(text)
	if err != nil || a.Kind() != pocket.MorseAddress {
		return pocket.Address{}
	}
	return a
}

// MorseClaimables yields the Morse accounts that are, or were claimed by, one of addresses: of Morse, 40 hexadecimal digits, or of Shannon.
// They tell that both addresses are the same one's. All there are when none is named. An error is yielded last.
func (c *Client) MorseClaimables(ctx context.Context, addresses ...pocket.Address) iter.Seq2[pocket.MorseClaimable, error] {
	return func(yield func(pocket.MorseClaimable, error) bool) {
		filters := []map[string]any{{}}
		if len(addresses) > 0 {
			var err error
			if filters, err = morseFilters(addresses); err != nil {
				yield(pocket.MorseClaimable{}, err)
				return
			}
		}
		known := map[pocket.Address]bool{}
		for _, filter := range filters {
			for m, err := range rows(ctx, c.past(), morseQuery, map[string]any{"filter": filter}, need{now: true}, c.claimable) {
				if err == nil && !m.Morse.IsZero() && known[m.Morse] {
					continue
				}
				known[m.Morse] = true
				if !yield(m, err) || err != nil {
					return
				}
			}
		}
	}
}

func morseFilters(addresses []pocket.Address) ([]map[string]any, error) {
	var filters []map[string]any
	for part := range slices.Chunk(addresses, addressesAtOnce) {
		var morse []string
		var shannon []pocket.Address
		for _, a := range part {
			switch a.Kind() {
			case pocket.MorseAddress:
				morse = append(morse, strings.ToUpper(a.String())) // ids are matched as they are written
			case pocket.AccountAddress:
				shannon = append(shannon, a)
			default:
				return nil, fmt.Errorf("%q is no address of a Morse or Shannon account: %w", a, pocket.ErrInvalid)
			}
		}
		if len(morse) > 0 {
			filters = append(filters, map[string]any{"id": map[string]any{"in": morse}})
		}
		if len(shannon) > 0 {
			filters = append(filters, map[string]any{"shannonDestAddress": in(shannon)})
		}
	}
	return filters, nil
}

// MorseClaimable returns what a Morse account may claim on Shannon, and who has. [pocket.ErrNotFound] means that Morse had no such account
// when its state was taken over.
func (c *Client) MorseClaimable(ctx context.Context, morse pocket.Address) (pocket.MorseClaimable, error) {
	if morse.Kind() != pocket.MorseAddress {
		return pocket.MorseClaimable{}, fmt.Errorf("%q is no address of Morse, want 40 hexadecimal digits: %w", morse, pocket.ErrInvalid)
	}
	for m, err := range c.MorseClaimables(ctx, morse) {
		if err != nil {
			return pocket.MorseClaimable{}, fmt.Errorf("account %s of Morse: %w", morse, err)
		}
		return m, nil
	}
	return pocket.MorseClaimable{}, fmt.Errorf("account %s of Morse: %w", morse, pocket.ErrNotFound)
}
