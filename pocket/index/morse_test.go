package index_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
)

func TestASettlementOfMorseKeepsItsTransaction(t *testing.T) {
	node := pocket.MustParseAddress("033ea9ad832a1941124871c18cb5c4ce0a2af5ab")
	out := pocket.MustParseAddress("b65302b76a910d775e1f37dfba6fd8ba4294cc55")
	block := pocket.Block{
		Height: 69, Time: time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC), ChainID: "mainnet",
		Hash: "29A62FA61646CABDA1944B9C5915667AACAFE3ADD31FF45BD609ABCC123E377F",
	}
	paid := pocket.Settlement{
		At:       pocket.At{Height: 69, Time: block.Time, Index: 13, TxHash: "1FEC3F7FF4D023E31E705F070EAAF36990F15A6C5FDA416981F5DD4FB67F46A7"},
		Supplier: node, Owner: out, Application: pocket.MustParseAddress("4bf65a448672d50af9e63f2dd47e316de5e16391"),
		Service: "0021", SessionEnd: 56, Relays: 9, EstimatedRelays: 9, Claimed: 6000, Settled: 6000, Minted: 6000,
		Shares: []pocket.Share{
			{Recipient: out, Reason: pocket.ReasonMorseRelays, Amount: 5340},
			{Recipient: pocket.MustParseAddress("f1829676db577682e944fc3493d451b67ff3e29f"), Reason: pocket.ReasonMorseFees, Amount: 660},
		},
	}
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x := open()
		_, err := x.Put(t.Context(), "morse", block, []pocket.Event{paid})
		require.NoError(t, err)
		got := collect(t, x.Settlements(t.Context(), pocket.SettlementQuery{Filter: pocket.Filter{Recipients: []pocket.Address{out}}}))
		assert.Equal(t, []pocket.Settlement{paid}, got)
		gross := got[0].SupplierSide()
		assert.Equal(t, pocket.Upokt(5340), gross)
	})
}
