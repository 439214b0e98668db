package poktscan

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/poktbot/poktbot/pocket"
)

var unstakedQuery = load("unstaked")

// A StakeMessage is a message by which somebody staked, restaked or unstaked a supplier. Only those that succeeded are kept.
type StakeMessage struct {
	pocket.At
	Unstake  bool
	Signer   pocket.Address
	Supplier pocket.Address
	Owner    pocket.Address // zero with Unstake
	Stake    pocket.Upokt   // 0 with Unstake
}

func (c *Client) stakeMessage(unstake bool) func(*wireStake) (StakeMessage, error) {
	return func(w *wireStake) (StakeMessage, error) {
		f := fields{names: c.names}
		m := StakeMessage{
			At: w.at(&f), Unstake: unstake, Signer: f.optionalAddress("signerId", w.Signer), Supplier: f.address("supplierId", w.Supplier),
		}
		m.TxHash = w.Tx
		if !unstake {
			m.Owner, m.Stake = f.optionalAddress("ownerId", w.Owner), f.needAmount("stakeAmount", w.Stake)
		}
		if f.err != nil {
			return m, fmt.Errorf("message %.80q: %w", w.ID, f.err)
		}
		return m, nil
	}
}

// StakeMessages yields the messages that staked suppliers, and after them those that unstaked them, each oldest first, in blocks from one height
// to another, both inclusive. A to of 0 is the newest. An error is yielded last.
func (c *Client) StakeMessages(ctx context.Context, suppliers []pocket.Address, from, to pocket.Height) iter.Seq2[StakeMessage, error] {
	return func(yield func(StakeMessage, error) bool) {
		if err := needAll(suppliers, "suppliers"); err != nil {
			yield(StakeMessage{}, err)
			return
		}
		for _, list := range []struct {
			query   query
			unstake bool
		}{{stakedQuery, false}, {unstakedQuery, true}} {
			for part := range slices.Chunk(suppliers, addressesAtOnce) {
				filter := map[string]any{"supplierId": in(part), "blockId": heightRange(from, to)}
				for m, err := range rows(ctx, c.past(), list.query, map[string]any{"filter": filter}, need{upTo: to}, c.stakeMessage(list.unstake)) {
					if !yield(m, err) || err != nil {
						return
					}
				}
			}
		}
	}
}
