// Package generated makes settlements for tests and benchmarks: as many as wanted, the same on every machine.
package generated

import (
	"iter"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// Settlements yields n settlements of 100 suppliers, about 10 a day each, the same every time, from noon UTC of 3 June 2025 on. Their
// Shares are overwritten by the next one's: copy them to keep them.
func Settlements(n int) iter.Seq2[pocket.Event, error] {
	addresses := make([]pocket.Address, 300)
	for i := range addresses {
		raw := make([]byte, 20)
		raw[0], raw[1], raw[19] = byte(i), byte(i>>8), 7
		addresses[i], _ = pocket.AccountFromBytes(raw)
	}
	services := []pocket.ServiceID{"eth", "base", "poly", "arb-one", "op", "solana", "xrplevm", "bsc"}
	start := time.Date(2025, 6, 3, 12, 0, 0, 0, time.UTC)
	return func(yield func(pocket.Event, error) bool) {
		var shares [4]pocket.Share
		for i := range n {
			block := i / 100
			claimed := pocket.Upokt(1_000_000 + (i*7919)%5_000_000)
			minted := claimed * 975 / 1000
			s := pocket.Settlement{
				At:       pocket.At{Height: pocket.Height(100_000 + 60*block), Time: start.Add(time.Duration(block) * 154 * time.Minute), Index: i % 100 * 3},
				Supplier: addresses[i%100], Owner: addresses[100], Application: addresses[101+i%150], Service: services[i%len(services)],
				SessionEnd: pocket.Height(100_000 + 60*block - 33), Relays: int64(1000 + i%50_000),
				Claimed: claimed, Settled: claimed, Minted: minted, Deflated: claimed - minted,
			}
			side := minted * 79 / 100
			shares = [4]pocket.Share{
				{Recipient: addresses[100], Reason: pocket.ReasonSupplier, Amount: side / 10},
				{Recipient: addresses[200], Reason: pocket.ReasonSupplier, Amount: side - side/10},
				{Recipient: addresses[201], Reason: "TLM_RELAY_BURN_EQUALS_MINT_SOURCE_OWNER_REWARD_DISTRIBUTION", Amount: minted * 25 / 1000},
				{Recipient: addresses[202], Reason: "TLM_RELAY_BURN_EQUALS_MINT_DAO_REWARD_DISTRIBUTION", Amount: minted * 45 / 1000},
			}
			s.Shares = shares[:]
			if !yield(s, nil) {
				return
			}
		}
	}
}
