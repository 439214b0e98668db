package tax

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
)

func kinds(events []Event) (kinds []Kind) {
	for _, e := range events {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

func TestIncome(t *testing.T) {
	mine := []pocket.Address{wallet, older}

	t.Run("each share of a wallet above zero is an event, in whatever role", func(t *testing.T) {
		got := collect(t, Income(each(settled()), IncomeOptions{Wallets: mine}))
		require.Len(t, got, 2)
		assert.Equal(t, Event{Kind: Earned, Time: march, Wallet: wallet, Node: node, Service: "eth", Role: pocket.RoleSupplier, Amount: 1_000_001,
			Height: 852_613, Reference: got[0].Reference, Source: "shannon", Count: 1}, got[0])
		assert.Equal(t, pocket.RoleSourceOwner, got[1].Role)
		assert.Equal(t, pocket.Upokt(46_239), got[1].Amount)
	})
	t.Run("without wallets it is what the node's side got", func(t *testing.T) {
		got := collect(t, Income(each(settled()), IncomeOptions{}))
		require.Len(t, got, 2)
		assert.Equal(t, wallet, got[0].Wallet)
		assert.Equal(t, owner, got[1].Wallet)
	})
	t.Run("references are unique and do not depend on whose income is asked for, nor on the source", func(t *testing.T) {
		references := func(wallets []pocket.Address, events ...pocket.Event) (list []string) {
			for _, e := range collect(t, Income(each(events...), IncomeOptions{Wallets: wallets, Losses: true})) {
				list = append(list, e.Reference)
			}
			return list
		}
		everybody := []pocket.Address{wallet, owner, older}
		slash := pocket.Slash{At: settled().At, Supplier: node, Application: app, Service: "eth", SessionEnd: 852_580, Penalty: 1}
		unnamed, again := slash, slash
		unnamed.Application, unnamed.Index, again.Application, again.Index = pocket.Address{}, 5, pocket.Address{}, 6
		proposer := pocket.ValidatorReward{At: settled().At, Account: wallet, Reason: "a", Commission: 1}
		other := proposer
		other.Reason = "b"
		all := references(everybody, settled(), morse(), slash, unnamed, again, proposer, other)
		require.Len(t, all, 9)
		assert.Len(t, slices.Compact(slices.Sorted(slices.Values(all))), 9)
		assert.Regexp(t, `^852613-[0-9a-f]{16}$`, all[0])
		assert.Equal(t, morse().TxHash, all[3])

		assert.Equal(t, all[1:2], references([]pocket.Address{owner}, settled())[:1])
		elsewhere := settled()
		elsewhere.Index = -1 // as PoktScan tells it
		elsewhere.Shares = slices.Clone(elsewhere.Shares)
		slices.Reverse(elsewhere.Shares)
		assert.ElementsMatch(t, all[:3], references(everybody, elsewhere))
	})
	t.Run("what else a transaction of Morse paid has its hash and more", func(t *testing.T) {
		m := morse()
		m.Shares = append(m.Shares, pocket.Share{Recipient: older, Reason: pocket.ReasonMorseDelegator, Amount: 5}, pocket.Share{Recipient: old, Reason: pocket.ReasonMorseCost, Amount: 7})
		got := collect(t, Income(each(m), IncomeOptions{}))
		require.Len(t, got, 3)
		assert.Equal(t, m.TxHash, got[0].Reference)
		assert.Regexp(t, "^"+m.TxHash+"-[0-9a-f]{16}$", got[1].Reference)
		assert.NotEqual(t, got[1].Reference, got[2].Reference)
	})
	t.Run("Morse settlements have the hash of their proof", func(t *testing.T) {
		got := collect(t, Income(each(morse()), IncomeOptions{Wallets: mine}))
		require.Len(t, got, 1)
		assert.Equal(t, strings.Repeat("AB", 32), got[0].TxHash)
		assert.Equal(t, "morse", got[0].Source)
		assert.Equal(t, pocket.ServiceID("0021"), got[0].Service)
	})
	t.Run("each is worth what the price of its moment makes it, and no price is not a price of zero", func(t *testing.T) {
		got := collect(t, Income(each(lately()...), IncomeOptions{Wallets: mine, Prices: prices(t)}))
		got = slices.DeleteFunc(got, func(e Event) bool { return e.Kind == Untold })
		require.Len(t, got, 6)
		assert.Equal(t, "9.823290114", got[0].Value.Decimal.String())
		assert.Equal(t, "0.01234569125801891234", got[1].Value.Decimal.String(), "exactly")
		assert.Equal(t, "EUR", got[1].Currency)
		assert.Equal(t, "0.0124", got[3].Price.Decimal.String())
		assert.False(t, got[5].Value.Valid || got[5].Price.Valid, "three days after the last price")
		assert.Equal(t, "EUR", got[5].Currency)
	})
	t.Run("what did not tell who got what is said", func(t *testing.T) {
		s, reasons := settled(), settled()
		s.Lacks, reasons.Lacks = pocket.LacksShares|pocket.LacksAmounts, pocket.LacksReasons
		for i := range reasons.Shares {
			reasons.Shares[i].Reason = ""
		}
		assert.Equal(t, []Kind{Untold, Earned, Earned}, kinds(collect(t, Income(each(s, reasons), IncomeOptions{Wallets: mine}))),
			"a wallet's shares are known without reasons")
		assert.Equal(t, []Kind{Untold, Untold}, kinds(collect(t, Income(each(s, reasons), IncomeOptions{}))), "a node's side is not")
		got := collect(t, Income(each(reasons), IncomeOptions{Wallets: mine}))
		assert.Equal(t, pocket.RoleUnknown, got[0].Role)
	})
	t.Run("losses only when asked for, of the nodes asked for", func(t *testing.T) {
		only := func(o IncomeOptions) []Kind {
			return slices.DeleteFunc(kinds(collect(t, Income(each(lately()...), o))), func(k Kind) bool { return k == Earned || k == Untold })
		}
		assert.Empty(t, only(IncomeOptions{}))
		assert.Equal(t, []Kind{Slashed, Fee}, only(IncomeOptions{Losses: true}))
		assert.Equal(t, []Kind{Slashed}, only(IncomeOptions{Losses: true, Wallets: mine}), "the fee was paid by somebody else")
		assert.Equal(t, []Kind{Slashed, Fee}, only(IncomeOptions{Losses: true, Wallets: mine, Nodes: []pocket.Address{node}}))
		assert.Empty(t, only(IncomeOptions{Losses: true, Wallets: mine, Nodes: []pocket.Address{other}}))
	})
	t.Run("a fee and what the transaction minted have references of their own", func(t *testing.T) {
		m := morse()
		fee := pocket.Transaction{At: m.At, Fee: 10_000, FeePayer: old}
		got := collect(t, Income(each(m, fee), IncomeOptions{Losses: true}))
		assert.Equal(t, m.TxHash, got[0].Reference)
		assert.Equal(t, m.TxHash+"-fee", got[1].Reference)
	})
	t.Run("a validator's account has its commission and what its own stake got", func(t *testing.T) {
		reward := pocket.ValidatorReward{At: pocket.At{Height: 9, Index: 3, Time: march}, Account: wallet, Commission: 5, SelfDelegation: 7, Delegators: 100, PoolShare: 112}
		got := collect(t, Income(each(reward), IncomeOptions{Wallets: mine}))
		require.Len(t, got, 1)
		assert.Equal(t, pocket.Upokt(12), got[0].Amount)
		assert.Equal(t, pocket.RoleValidator, got[0].Role)
		assert.Empty(t, collect(t, Income(each(reward), IncomeOptions{})))
	})
	t.Run("the chain is known by the addresses", func(t *testing.T) {
		fee := pocket.Transaction{At: morse().At, Fee: 10_000, FeePayer: older}
		proposer := pocket.ValidatorReward{At: pocket.At{Height: 9, Index: 3, Time: march}, Account: older, Validator: older, Commission: 5}
		for _, e := range collect(t, Income(each(morse(), fee, proposer), IncomeOptions{Wallets: mine, Losses: true})) {
			assert.Equal(t, "morse", e.Source)
		}
	})
	t.Run("the source is what the caller says", func(t *testing.T) {
		got := collect(t, Income(each(settled()), IncomeOptions{Source: func(pocket.Event) string { return "poktscan" }}))
		assert.Equal(t, "poktscan", got[0].Source)
	})
	t.Run("an event without a time is an error", func(t *testing.T) {
		s := settled()
		s.Time = time.Time{}
		n, err := failing(t, Income(each(settled(), s), IncomeOptions{}))
		assert.ErrorIs(t, err, pocket.ErrMalformed)
		assert.ErrorContains(t, err, "settlement 852613#1204")
		assert.Equal(t, 2, n)
	})
	t.Run("a failing source is told, and the caller may stop", func(t *testing.T) {
		broken := errors.New("the index went away")
		events := func(yield func(pocket.Event, error) bool) {
			if yield(settled(), nil) {
				yield(nil, broken)
			}
		}
		_, err := failing(t, Income(events, IncomeOptions{}))
		assert.ErrorIs(t, err, broken)
		for range Income(events, IncomeOptions{}) {
			break
		}
	})
}
