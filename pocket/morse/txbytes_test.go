package morse

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/morse/morsetest"
)

// recordedTxs returns every recorded transaction once.
func recordedTxs(t testing.TB) map[string]wireTx {
	t.Helper()
	txs := map[string]wireTx{}
	for _, r := range morsetest.Recordings() {
		if r.Status != 200 || r.Server != "rpc" {
			continue
		}
		switch r.Path {
		case "/v1/query/tx":
			var w wireTx
			require.NoError(t, json.Unmarshal([]byte(r.Body), &w))
			txs[w.Hash] = w
		case "/v1/query/blocktxs", "/v1/query/accounttxs":
			var w txPage
			require.NoError(t, json.Unmarshal([]byte(r.Body), &w))
			for _, tx := range w.Txs {
				txs[tx.Hash] = tx
			}
		}
	}
	require.Greater(t, len(txs), 100)
	return txs
}

func TestBytesSayWhatTheNodeSays(t *testing.T) {
	known, undecoded := map[string]int{}, 0
	for hash, w := range recordedTxs(t) {
		signed, err := decodeTx(w.Raw)
		require.NoError(t, err, hash)
		assert.Equal(t, w.Result.Signer, signed.signer, hash)
		assert.Contains(t, signed.mentions, signed.signer, hash)
		if w.Std.Message == nil {
			undecoded++
			assert.NotNil(t, signed.message, hash)
			continue
		}
		assert.Equal(t, w.Std.Fee.upokt(), signed.fee, hash)
		assert.Equal(t, w.Std.Memo, signed.memo, hash)
		want, err := w.Std.Message.typed()
		require.NoError(t, err)
		tx := Tx{Signer: w.Result.Signer, Recipient: w.Result.Recipient, Message: want}
		for _, a := range tx.addresses() {
			if !a.IsZero() {
				assert.Contains(t, signed.mentions, a, "%s names %s", hash, a)
			}
		}
		if signed.message == nil {
			continue
		}
		known[w.Std.Message.Type]++
		assert.Equal(t, w.Std.Message.Type, signed.typ)
		assert.Equal(t, want, signed.message, hash)
	}
	for _, typ := range []string{
		"pos/Send", "pos/MsgStake", "pos/8.0MsgStake", "pos/MsgBeginUnstake", "pos/8.0MsgBeginUnstake", "pos/8.0MsgUnjail", "pocketcore/claim",
		"pocketcore/proof", "gov/msg_change_param",
	} {
		assert.Positive(t, known[typ], typ)
	}
	assert.GreaterOrEqual(t, undecoded, 3)
}

func TestAminoBytesAreRead(t *testing.T) {
	node, app := morsetest.KeyOf("node"), morsetest.KeyOf("app")
	chain := morsetest.NewChain(morsetest.Config{Accounts: map[pocket.Address]int64{node.Address(): 1_000_000}})
	chain.Step([]morsetest.Tx{
		{Signer: node, Opaque: true, Message: morsetest.Claim{Node: node.Address(), App: app, Chain: "0021", Session: 5, Relays: 77}},
		{Signer: node, Opaque: true, Message: morsetest.Proof{Servicer: node, App: app, Chain: "0021", Session: 5}},
		{Signer: node, Opaque: true, Memo: "a memo", Message: morsetest.Send{From: node.Address(), To: app.Address(), Amount: 5}},
		{Signer: node, Opaque: true, Message: morsetest.Stake{Key: node, Chains: []string{"0001"}, Value: 15_000_000_000, URL: "https://x.example:443"}},
	})
	server := morsetest.NewNode(chain, morsetest.NodeConfig{})
	t.Cleanup(server.Close)
	c, err := New([]string{server.URL})
	require.NoError(t, err)
	block, err := c.Block(t.Context(), 1)
	require.NoError(t, err)
	key := ClaimKey{Node: node.Address(), AppKey: app.String(), Chain: "0021", SessionHeight: 5, Evidence: Relays}
	want := []Message{
		ClaimWork{Claim{ClaimKey: key, App: app.Address(), Relays: 77}},
		ProveWork{AppKey: key.AppKey, Chain: key.Chain, SessionHeight: 5, Evidence: Relays},
		Send{From: node.Address(), To: app.Address(), Amount: 5},
		Stake{Node: node.Address(), PublicKey: node.String(), Chains: []pocket.ServiceID{"0001"}, Value: pocket.POKT(15_000), URL: "https://x.example:443"},
	}
	for i, raw := range block.Txs {
		signed, err := decodeTx(raw)
		require.NoError(t, err)
		assert.Equal(t, want[i], signed.message)
		assert.Equal(t, node.Address(), signed.signer)
		assert.Equal(t, pocket.Upokt(10_000), signed.fee)
		assert.Contains(t, signed.mentions, node.Address())
	}
	for i, raw := range block.Txs { // the node shows none of it but the outcome
		sum, err := decodeTx(raw)
		require.NoError(t, err)
		for tx, err := range c.BlockTxs(t.Context(), 1) {
			require.NoError(t, err)
			if tx.Position == i {
				assert.Equal(t, sum.message, tx.Message)
				assert.Equal(t, sum.memo, tx.Memo)
			}
		}
	}
}

func TestBytesThatAreNoTransaction(t *testing.T) {
	for _, raw := range []string{"", "\x00", "\x05ab", "\x02\x0a\x05", strings.Repeat("\xff", 20), "\x04\x0a\x02\x0a\x07"} {
		_, err := decodeTx([]byte(raw))
		assert.ErrorIs(t, err, errBytes, "%q", raw)
	}
}

func TestClaimsAreRememberedOnlyForSure(t *testing.T) {
	var b claimBook
	b.init()
	key := ClaimKey{Node: addressOf([]byte("n")), Chain: "0021", SessionHeight: 1, Evidence: Relays}
	made := func(h pocket.Height, relays int64) madeClaim {
		return madeClaim{Claim: Claim{ClaimKey: key, Relays: relays}, height: h}
	}
	_, ok := b.before(key, 10)
	assert.False(t, ok)
	b.learn(6, []madeClaim{made(6, 5)})
	_, ok = b.before(key, 9)
	assert.False(t, ok, "blocks 7 and 8 are not known yet")
	b.learn(8, []madeClaim{made(8, 7)})
	b.learn(8, []madeClaim{made(8, 7)})
	m, ok := b.before(key, 9)
	assert.True(t, ok)
	assert.EqualValues(t, 7, m.Relays)
	_, ok = b.before(key, 8)
	assert.False(t, ok, "block 7 is not known yet")
	b.learn(7, nil)
	m, ok = b.before(key, 8)
	assert.True(t, ok)
	assert.EqualValues(t, 5, m.Relays)
	_, ok = b.before(key, 10)
	assert.False(t, ok)
}
