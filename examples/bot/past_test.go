package bot

import (
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/morse/morsetest"
	"github.com/poktbot/poktbot/pocket/pockettest"
	"github.com/poktbot/poktbot/pocket/poktscan/poktscantest"
	"github.com/poktbot/poktbot/rewards"
)

// parts answers a command to the end and returns its texts, tables laid out, and files as they are.
func parts(t *testing.T, b *Bot, command string) string {
	t.Helper()
	var said strings.Builder
	for part, err := range b.Answer(t.Context(), Request{Text: command, From: "local:test"}) {
		require.NoError(t, err, command)
		switch p := part.(type) {
		case Text:
			said.WriteString(p.Title + "\n" + strings.Join(p.Lines, "\n") + "\n")
		case Table:
			text, err := p.Text(t.Context(), 0)
			require.NoError(t, err)
			said.WriteString(text)
		case File:
			body, err := io.ReadAll(p.Body)
			require.NoError(t, err)
			said.Write(body)
		}
	}
	return said.String()
}

func TestThePastOnMorseIsReadAndReportedLikeThatOfShannon(t *testing.T) {
	chain := morsetest.Replay(false)
	node := morsetest.NewNode(chain, morsetest.NodeConfig{})
	defer node.Close()
	paid := map[pocket.Address]pocket.Upokt{} // to the nodes' sides: all that was minted but for the fee pool, which is nobody's
	claims := map[pocket.Address]int64{}
	for _, s := range chain.Settled {
		who := s.Claim.Node
		claims[who]++
		for _, m := range s.Mints[:max(len(s.Mints)-1, 0)] { // the fee pool is paid last
			paid[who] += pocket.Upokt(m.Amount)
		}
	}
	require.NotEmpty(t, paid)
	config := DefaultConfig()
	config.Database = NewSecret(filepath.Join(t.TempDir(), "bot.db"))
	config.Alerts.Enabled = false
	config.Morse.RPC = []Secret{NewSecret(node.URL)}
	for who := range claims {
		config.Nodes = append(config.Nodes, who)
	}
	b, err := New(t.Context(), config)
	require.NoError(t, err)
	defer func() { require.NoError(t, b.Close()) }()
	require.NoError(t, b.CatchUp(t.Context(), func(Progress) {}))

	rows, err := b.index.Sums(t.Context(), rewards.Query{By: []rewards.Dimension{rewards.BySupplier}})
	require.NoError(t, err)
	got := map[pocket.Address]pocket.Upokt{}
	for _, row := range rows {
		if row.Settlements > 0 {
			got[row.Supplier] = row.Gross
			assert.Equal(t, claims[row.Supplier], row.Settlements, row.Supplier)
		}
	}
	for who, want := range paid {
		assert.Equal(t, want, got[who], who)
	}
	ledger := parts(t, b, "/report ledger all")
	assert.Contains(t, ledger, chain.Settled[0].TxHash, "each line names its transaction")
	assert.Contains(t, parts(t, b, "/nodes"), "Watched: ")
	assert.Contains(t, parts(t, b, "/info"), "Morse")
	assert.Contains(t, parts(t, b, "/stats all"), "gross, from ")
}

func TestPoktScanTellsThePastThatTheFullNodeHasDropped(t *testing.T) {
	chain := pockettest.NewChain(pockettest.Config{Seed: 7, Blocks: 400, Suppliers: 5, Params: pockettest.SmallParams()})
	full, err := pockettest.Listen(chain)
	require.NoError(t, err)
	defer full.Close()
	full.Fail(pockettest.Fault{Kind: pockettest.Prune, Below: 300})
	indexer := poktscantest.New()
	defer indexer.Close()
	indexer.SetChain(pockettest.ChainID)
	truth := map[pocket.Address]pocket.Upokt{}
	for h := pocket.Height(1); h <= chain.Head(); h++ {
		block, err := chain.Block(h)
		require.NoError(t, err)
		indexer.AddBlocks(block)
	}
	for event, err := range chain.Truth(1, chain.Head()) {
		require.NoError(t, err)
		indexer.AddEvents(event)
		if s, ok := event.(pocket.Settlement); ok {
			truth[s.Supplier] += s.SupplierSide()
		}
	}
	indexer.SetTip(chain.Head() - 20) // it lags: the chain tells the rest
	indexer.SetTarget(chain.Head())
	config := DefaultConfig()
	config.Database = NewSecret(filepath.Join(t.TempDir(), "bot.db"))
	config.Alerts.Enabled = false
	config.Chain = Chain{RPC: []Secret{NewSecret(full.RPC)}, REST: []Secret{NewSecret(full.REST)}, ID: pockettest.ChainID}
	config.PoktScan.URL = []Secret{NewSecret(indexer.URL)}
	config.Nodes = chain.Operators()
	b, err := New(t.Context(), config, WithClock(func() time.Time { return chain.TimeOf(chain.Head()) }))
	require.NoError(t, err)
	defer func() { require.NoError(t, b.Close()) }()
	require.NoError(t, b.CatchUp(t.Context(), func(Progress) {}))
	rows, err := b.index.Sums(t.Context(), rewards.Query{By: []rewards.Dimension{rewards.BySupplier}})
	require.NoError(t, err)
	got := map[pocket.Address]pocket.Upokt{}
	for _, row := range rows {
		got[row.Supplier] = row.Gross
	}
	assert.Equal(t, truth, got)
	assert.Contains(t, parts(t, b, "/info"), "PoktScan")
}

func TestSourcesOfThePastThatMakeNoSenseAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"poktscan: {url: https://data.example/graphql}\nmorse: {rpc: http://127.0.0.1:8081}":            "name one in chain.rpc",
		"morse: {database: x.db}\nchain: {rpc: http://a:1, rest: http://a:2}":                           "morse.rpc: missing",
		"morse: {rpc: http://127.0.0.1:8081}\ndatabase: postgres://u:hunter2@h/d":                       "schema of its own",
		"chain: {rpc: http://a:1, rest: http://a:2}\nnodes: [0123456789abcdef0123456789abcdef01234567]": "morse.rpc names no node",
		"morse: {rpc: http://127.0.0.1:8081}\nnodes: [" + operatorA + "]":                               "chain.rpc names no node",
		"morse: {rpc: not a url}": "morse.rpc",
		"chain: {rpc: http://a:1, rest: http://a:2}\npoktscan: {url: 'http://key@'}": "poktscan.url",
	} {
		c, err := read(t, text)
		require.NoError(t, err)
		err = c.Validate()
		require.ErrorContains(t, err, want, text)
		assert.NotContains(t, err.Error(), "hunter2")
	}
}
