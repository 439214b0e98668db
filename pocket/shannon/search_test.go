package shannon

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
)

func isReason(err, reason error) bool { return errors.Is(err, reason) }

// An index is a fake node's search index over made-up blocks and transactions.
type index struct {
	blocks []int               // heights that match any block search, ascending
	kept   int                 // the first height not pruned
	txs    map[string][][2]int // height and position by the condition that finds them, ascending
	large  int                 // answers with more blocks than this are too large; 0 is no limit
	asked  []string
}

func madeUp(h int) string { return fmt.Sprintf("%064X", h) }

func (x *index) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x.asked = append(x.asked, r.URL.RequestURI())
	q := r.URL.Query()
	page, _ := strconv.Atoi(q.Get("page"))
	size, _ := strconv.Atoi(q.Get("per_page"))
	result := map[string]any{}
	switch r.URL.Path {
	case "/status":
		result["node_info"] = map[string]any{"network": "test"}
		result["sync_info"] = map[string]any{"latest_block_height": "1000", "earliest_block_height": strconv.Itoa(x.kept)}
	case "/blockchain":
		h, _ := strconv.Atoi(q.Get("minHeight"))
		if h < x.kept {
			fmt.Fprintf(w, `{"error":{"code":-32603,"message":"Internal error","data":"min height %d can't be greater than max height %d"}}`, x.kept, h)
			return
		}
		result["last_height"] = "1000"
		result["block_metas"] = []any{map[string]any{"block_id": map[string]any{"hash": madeUp(h)}, "header": header(h)}}
	case "/block_search":
		found := []any{}
		for _, h := range x.blocks[min((page-1)*size, len(x.blocks)):min(page*size, len(x.blocks))] {
			if h >= x.kept {
				found = append(found, map[string]any{"block_id": map[string]any{"hash": madeUp(h)}, "block": map[string]any{"header": header(h)}})
			}
		}
		if x.large > 0 && len(found) > x.large {
			fmt.Fprint(w, strings.Repeat(" ", 1<<16))
			return
		}
		result["blocks"], result["total_count"] = found, strconv.Itoa(len(x.blocks))
	case "/tx_search":
		var list [][2]int
		for condition, txs := range x.txs {
			if strings.Contains(q.Get("query"), condition) {
				list = slices.Clone(txs)
			}
		}
		if q.Get("order_by") == `"desc"` {
			slices.Reverse(list)
		}
		found := []any{}
		for _, at := range list[min((page-1)*size, len(list)):min(page*size, len(list))] {
			raw := fmt.Appendf(nil, "tx %d", at)
			found = append(found, map[string]any{
				"hash": fmt.Sprintf("%X", sha256.Sum256(raw)), "height": strconv.Itoa(at[0]), "index": at[1],
				"tx": base64.StdEncoding.EncodeToString(raw), "tx_result": map[string]any{"code": 0, "gas_wanted": "1", "gas_used": "1", "events": []any{}},
			})
		}
		result["txs"], result["total_count"] = found, strconv.Itoa(len(list))
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"jsonrpc": "2.0", "id": -1, "result": result})
}

func header(h int) map[string]any {
	return map[string]any{"chain_id": "test", "height": strconv.Itoa(h), "time": fmt.Sprintf("2026-01-01T00:%02d:00Z", h%60)}
}

func TestSearchBlocks(t *testing.T) {
	slashes := BlockQuery{Kind: pocket.KindSlash}
	heights := func(blocks []pocket.Block) []int {
		list := []int{}
		for _, b := range blocks {
			list = append(list, int(b.Height))
		}
		return list
	}
	many := []int{}
	for h := 3; h < 100; h += 4 {
		many = append(many, h)
	}
	t.Run("all pages come, oldest first", func(t *testing.T) {
		for _, n := range []int{0, 1, 4, 5, 6, 10, len(many)} {
			x := &index{blocks: many[:n], kept: 1}
			blocks, err := all(clientOf(t, x, x).SearchBlocks(t.Context(), slashes))
			require.NoError(t, err)
			assert.Equal(t, many[:n], heights(blocks))
			assert.Len(t, x.asked, max(1, (n+blocksAtOnce-1)/blocksAtOnce), "no page too far")
			assert.Contains(t, x.asked[0], "order_by=%22asc%22")
		}
	})
	t.Run("blocks that were pruned are no silent gap", func(t *testing.T) {
		x := &index{blocks: many, kept: 40}
		blocks, err := all(clientOf(t, x, x).SearchBlocks(t.Context(), slashes))
		require.ErrorIs(t, err, pocket.ErrPruned)
		e, _ := errors.AsType[*pocket.APIError](err)
		assert.Equal(t, pocket.Height(40), e.Lowest)
		assert.Empty(t, blocks)
		r := recordingOf(t, "rpc_pruned_block_search")
		_, err = all(clientOf(t, constant(r), constant(r)).SearchBlocks(t.Context(), slashes))
		assert.ErrorIs(t, err, pocket.ErrPruned, "as recorded")
	})
	t.Run("where five blocks are too much they come one by one", func(t *testing.T) {
		x := &index{blocks: many, kept: 1, large: 1}
		blocks, err := all(clientOf(t, x, x, WithMaxBody(1<<14)).SearchBlocks(t.Context(), slashes))
		require.NoError(t, err)
		assert.Equal(t, many, heights(blocks))
	})
	t.Run("a node without an index says so", func(t *testing.T) {
		r := recordingOf(t, "rpc_err_block_search_noindex")
		_, err := all(clientOf(t, constant(r), constant(r)).SearchBlocks(t.Context(), slashes))
		assert.ErrorIs(t, err, pocket.ErrNotIndexed)
	})
	t.Run("blocks that were not asked for are malformed", func(t *testing.T) {
		x := &index{blocks: many, kept: 1}
		q := slashes
		q.From = 50
		_, err := all(clientOf(t, x, x).SearchBlocks(t.Context(), q))
		assert.ErrorIs(t, err, pocket.ErrMalformed)
	})
}

func TestSearchTransactions(t *testing.T) {
	places := func(txs []pocket.Transaction) [][2]int {
		list := [][2]int{}
		for _, tx := range txs {
			list = append(list, [2]int{int(tx.Height), tx.Position})
		}
		return list
	}
	many := [][2]int{}
	for i := range 250 {
		many = append(many, [2]int{10 + i/3, i % 3})
	}
	t.Run("all pages come in either order, with their blocks' times", func(t *testing.T) {
		for _, newest := range []bool{false, true} {
			x := &index{kept: 1, txs: map[string][][2]int{"transfer.sender": many}}
			txs, err := all(clientOf(t, x, x).SearchTransactions(t.Context(), TxQuery{Sender: anOwner, Newest: newest}))
			require.NoError(t, err)
			want := slices.Clone(many)
			if newest {
				slices.Reverse(want)
			}
			assert.Equal(t, want, places(txs))
			assert.Equal(t, int(txs[0].Height)%60, txs[0].Time.Minute())
			assert.Equal(t, -1, txs[0].Index)
		}
	})
	t.Run("transactions of pruned blocks have no time", func(t *testing.T) {
		x := &index{kept: 50, txs: map[string][][2]int{"transfer.sender": many}}
		txs, err := all(clientOf(t, x, x).SearchTransactions(t.Context(), TxQuery{Sender: anOwner}))
		require.NoError(t, err)
		assert.True(t, txs[0].Time.IsZero())
		assert.False(t, txs[len(txs)-1].Time.IsZero())
	})
	t.Run("what concerns an address comes once, in order", func(t *testing.T) {
		x := &index{kept: 1, txs: map[string][][2]int{
			"transfer.sender":    {{3, 0}, {3, 1}, {7, 0}},
			"transfer.recipient": {{1, 0}, {3, 1}, {9, 4}},
			"message.sender":     {{3, 1}, {7, 0}, {8, 2}},
		}}
		txs, err := all(clientOf(t, x, x).TransactionsOf(t.Context(), anOwner, 0, 0))
		require.NoError(t, err)
		assert.Equal(t, [][2]int{{1, 0}, {3, 0}, {3, 1}, {7, 0}, {8, 2}, {9, 4}}, places(txs))
		assert.Contains(t, x.asked[1], "tx.height%3C%3D1000", "all searches have one end")
	})
	t.Run("an error of one search ends all", func(t *testing.T) {
		r := recordingOf(t, "rpc_err_tx_search_noindex")
		c := clientOf(t, constant(r), constant(r))
		_, err := all(c.TransactionsOf(t.Context(), anOwner, 0, 5))
		assert.ErrorIs(t, err, pocket.ErrNotIndexed)
	})
	t.Run("a recorded transaction is found by its hash, however that is written", func(t *testing.T) {
		c := clientOf(t, newReplay("rpc", append(firstNode(t), oneHeader(t, 10))...), nil)
		for _, hash := range []string{
			"FE89410E61550EB4A32F58B5AD7BF72B7C3CDBF5272DF54E73A44F2F158CA500", "0xfe89410e61550eb4a32f58b5ad7bf72b7c3cdbf5272df54e73a44f2f158ca500 ",
		} {
			tx, err := c.Transaction(t.Context(), hash)
			require.NoError(t, err)
			assert.Equal(t, `payout 0 ✓ "quoted"`, tx.Memo)
			assert.Equal(t, pocket.Upokt(105), tx.Fee)
			assert.Equal(t, pocket.Height(10), tx.Height)
			assert.False(t, tx.Time.IsZero())
			assert.Contains(t, tx.Transfers, pocket.Transfer{From: anOwner, To: aWallet, Amount: 1_250_000})
		}
		_, err := c.Transaction(t.Context(), strings.Repeat("AB", 32))
		assert.ErrorIs(t, err, pocket.ErrNotFound)
		r := recordingOf(t, "rpc_tx_msgsend_memo")
		_, err = clientOf(t, constant(edited(r, `"hash":"FE`, `"hash":"FF`)), nil).Transaction(t.Context(), "FF"+r.Path[len(r.Path)-62:])
		assert.ErrorIs(t, err, pocket.ErrMalformed, "the hash is that of the bytes")
	})
}

// oneHeader is the answer to a question for one header, which was not recorded by itself.
func oneHeader(t *testing.T, h int) recording {
	body, err := json.Marshal(map[string]any{"result": map[string]any{"last_height": "491", "block_metas": []any{
		map[string]any{"block_id": map[string]any{"hash": madeUp(h)}, "header": map[string]any{"chain_id": "pocket-local", "height": strconv.Itoa(h), "time": "2026-11-22T08:32:25Z"}},
	}}})
	require.NoError(t, err)
	return recording{Server: "rpc", Method: "GET", Path: fmt.Sprintf("/blockchain?minHeight=%d&maxHeight=%d", h, h), Status: 200, Body: string(body)}
}
