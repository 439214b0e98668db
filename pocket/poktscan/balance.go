package poktscan

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/poktbot/poktbot/pocket"
)

var balancesQuery = load("balances")

// A Balance is what an address holds in the bank: no stake and no rewards to come.
type Balance struct {
	Address pocket.Address
	Amount  pocket.Upokt
	Since   pocket.Height // when it last changed
}

type wireBalance struct {
	ID      string  `json:"id"`
	Account string  `json:"accountId"`
	Amount  *amount `json:"amount"`
	Since   number  `json:"lastUpdatedBlockId"`
}

func (w *wireBalance) name() string { return w.ID }

// Balances yields what addresses hold, as of now or of the client's height. One that never held anything has none. An error is yielded last.
func (c *Client) Balances(ctx context.Context, addresses ...pocket.Address) iter.Seq2[Balance, error] {
	return func(yield func(Balance, error) bool) {
		if err := needAll(addresses, "accounts"); err != nil {
			yield(Balance{}, err)
			return
		}
		for part := range slices.Chunk(addresses, addressesAtOnce) {
			filter := map[string]any{"accountId": in(part), "denom": map[string]any{"equalTo": "upokt"}}
			for b, err := range rows(ctx, c, balancesQuery, map[string]any{"filter": filter}, c.state(), c.balance) {
				if !yield(b, err) || err != nil {
					return
				}
			}
		}
	}
}

func (c *Client) balance(w *wireBalance) (Balance, error) {
	f := fields{names: c.names}
	b := Balance{f.address("accountId", w.Account), f.needAmount("amount", w.Amount), pocket.Height(w.Since)}
	return b, f.err
}

// Balance returns what an address holds. An address that never held anything has 0: the service has no row of it.
func (c *Client) Balance(ctx context.Context, address pocket.Address) (pocket.Upokt, error) {
	for b, err := range c.Balances(ctx, address) {
		if err != nil {
			return 0, fmt.Errorf("balance of %s: %w", address, err)
		}
		if b.Address == address {
			return b.Amount, nil
		}
	}
	return 0, nil
}
