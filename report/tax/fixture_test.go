package tax

import (
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

var (
	node   = account(1)
	owner  = account(2)
	app    = account(3)
	wallet = account(4)
	other  = account(5)
	old    = pocket.MustParseAddress("0123456789abcdef0123456789abcdef01234567")
	older  = pocket.MustParseAddress("89abcdef0123456789abcdef0123456789abcdef")
)

const sourceOwner pocket.Reason = "TLM_RELAY_BURN_EQUALS_MINT_SOURCE_OWNER_REWARD_DISTRIBUTION"

func account(n byte) pocket.Address {
	raw := make([]byte, 20)
	raw[0], raw[19] = n, n
	a, err := pocket.AccountFromBytes(raw)
	if err != nil {
		panic(err)
	}
	return a
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	require.NoError(t, err)
	return z
}

func euros(t testing.TB, points ...rewards.Price) *rewards.Prices {
	t.Helper()
	p, err := rewards.NewPrices("EUR", points, 12*time.Hour)
	require.NoError(t, err)
	return p
}

func price(t time.Time, value string) rewards.Price {
	return rewards.Price{Time: t, Value: decimal.RequireFromString(value)}
}

var march = time.Date(2026, 3, 28, 23, 30, 0, 0, time.UTC)

// settled is a settlement as v0.1.35 tells it: an hour before the clocks of Madrid go forward.
func settled() pocket.Settlement {
	return pocket.Settlement{
		At:       pocket.At{Height: 852_613, Time: march, Index: 1204},
		Supplier: node, Owner: owner, Application: app, Service: "eth", SessionEnd: 852_580,
		Claimed: 1_897_000, Settled: 1_897_000, Minted: 1_849_575,
		Shares: []pocket.Share{
			{Recipient: wallet, Reason: pocket.ReasonSupplier, Amount: 1_000_001},
			{Recipient: owner, Reason: pocket.ReasonSupplier, Amount: 461_163},
			{Recipient: wallet, Reason: sourceOwner, Amount: 46_239},
			{Recipient: wallet, Reason: pocket.ReasonSupplier, Amount: 0},
		},
	}
}

// morse is a settlement of the first chain: a proof's transaction mints it.
func morse() pocket.Settlement {
	return pocket.Settlement{
		At:       pocket.At{Height: 60_000, Time: time.Date(2022, 5, 1, 10, 0, 0, 0, time.UTC), Index: 0, TxHash: strings.Repeat("AB", 32)},
		Supplier: old, Service: "0021", SessionEnd: 59_996, Claimed: 12_093_180, Settled: 12_093_180, Minted: 12_093_180,
		Shares: []pocket.Share{{Recipient: older, Reason: pocket.ReasonMorseRelays, Amount: 12_093_180}},
	}
}

// lately are events of a few days, oldest first, the third without a price.
func lately() []pocket.Event {
	expired := pocket.Slash{At: pocket.At{Height: 852_613, Time: march, Index: 1300}, Supplier: node, Service: "eth", Penalty: pocket.POKT(320)}
	next := settled()
	next.Height, next.Time, next.Index, next.Service = 852_673, march.Add(2*time.Hour), 7, `=HYPERLINK("http://evil","a,b")`
	next.Shares = []pocket.Share{{Recipient: wallet, Reason: pocket.ReasonSupplier, Amount: 1}}
	untold := settled()
	untold.Index, untold.Shares, untold.Lacks = 1205, nil, pocket.LacksShares
	late := settled()
	late.Height, late.Time = 855_000, march.AddDate(0, 0, 4)
	claim := pocket.Transaction{
		At:  pocket.At{Height: 852_700, Time: march.Add(3 * time.Hour), Index: -1, TxHash: strings.Repeat("CD", 32)},
		Fee: 1_500, FeePayer: node, Messages: []string{"/pocket.proof.MsgCreateClaim", "/pocket.proof.MsgCreateClaim", "/pocket.proof.MsgSubmitProof"},
	}
	return []pocket.Event{morse(), settled(), untold, expired, pocket.SupplierStake{Supplier: node}, next, claim, late}
}

func prices(t testing.TB) *rewards.Prices {
	return euros(t, price(time.Date(2022, 5, 1, 9, 0, 0, 0, time.UTC), "0.8123"), price(march, "0.01234567891234"), price(march.Add(2*time.Hour), "0.0124"))
}

func each(list ...pocket.Event) iter.Seq2[pocket.Event, error] {
	return func(yield func(pocket.Event, error) bool) {
		for _, e := range list {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func collect(t testing.TB, income iter.Seq2[Event, error]) []Event {
	t.Helper()
	var all []Event
	for e, err := range income {
		require.NoError(t, err)
		all = append(all, e)
	}
	return all
}

func failing(t testing.TB, income iter.Seq2[Event, error]) (events int, err error) {
	t.Helper()
	for _, e := range income {
		require.NoError(t, err, "an error comes last")
		if err = e; err == nil {
			events++
		}
	}
	return events, err
}

func sent(list []Event) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		for _, e := range list {
			if !yield(e, nil) {
				return
			}
		}
	}
}
