package pockettest

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
)

func TestRecordedNode(t *testing.T) {
	node, err := NewRecorded(Recordings())
	require.NoError(t, err)
	defer node.Close()
	var index []reply
	text, err := fs.ReadFile(Recordings(), "index.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &index))

	t.Run("every answer comes back as it was recorded", func(t *testing.T) {
		seen := 0
		for _, r := range index {
			if r.Server != "rpc" && r.Server != "rest" || r.Method == "WS" || r.Name == "blocks" {
				continue
			}
			require.NoError(t, node.Replay(r.Name))
			base := node.RPC
			if r.Server == "rest" {
				base = node.REST
			}
			request, err := http.NewRequestWithContext(t.Context(), r.Method, base+r.Path, strings.NewReader(r.Body))
			require.NoError(t, err)
			for key, value := range r.Headers {
				request.Header.Set(key, value)
			}
			response, err := http.DefaultTransport.RoundTrip(request)
			require.NoError(t, err)
			body, err := io.ReadAll(response.Body)
			require.NoError(t, errors.Join(err, response.Body.Close()))
			want, err := fs.ReadFile(Recordings(), r.File)
			require.NoError(t, err)
			assert.Equal(t, r.Status, response.StatusCode, r.Name)
			assert.Equal(t, string(want), string(body), r.Name)
			seen++
		}
		assert.Greater(t, seen, 200)
		node.replies.pinned = map[string]int{}
	})
	t.Run("its blocks are those that were recorded, up to a head that moves", func(t *testing.T) {
		blocks := RecordedBlocks()
		for _, b := range []pocket.Height{1, 28, 460} {
			body, _ := get(t, node.RPC+"/block?height="+heightText(b))
			var envelope struct{ Result json.RawMessage }
			require.NoError(t, json.Unmarshal([]byte(body), &envelope))
			assert.Equal(t, string(blocks[b-1].Block), string(envelope.Result))
			body, _ = get(t, node.RPC+"/block_results?height="+heightText(b))
			require.NoError(t, json.Unmarshal([]byte(body), &envelope))
			assert.Equal(t, string(blocks[b-1].Results), string(envelope.Result))
		}
		node.SetHead(100)
		defer node.SetHead(460)
		body, response := get(t, node.RPC+"/block_results?height=101")
		assert.Equal(t, 500, response.StatusCode)
		assert.Contains(t, body, "current blockchain height 100")
		body, _ = get(t, node.RPC+"/status")
		assert.Contains(t, body, `"latest_block_height":"100"`)
		assert.Equal(t, shape(t, recordedBody(t, "rpc_status")), shape(t, []byte(body)))
	})
	t.Run("a list of headers is the recorded one but for the head", func(t *testing.T) {
		for _, name := range []string{"rpc_blockchain_range", "rpc_blockchain_max20"} {
			path := map[string]string{"rpc_blockchain_range": "minHeight=10&maxHeight=60", "rpc_blockchain_max20": "minHeight=41&maxHeight=60"}[name]
			body, _ := get(t, node.RPC+"/blockchain?"+path)
			want := strings.Replace(string(recordedBody(t, name)), `"last_height":"491"`, `"last_height":"460"`, 1)
			assert.Equal(t, blockSizes(want), blockSizes(body))
		}
	})
	t.Run("an unknown recording is an error", func(t *testing.T) {
		assert.ErrorIs(t, node.Replay("rpc_nosuch"), pocket.ErrNotFound)
		assert.ErrorIs(t, smallNode(t).Replay("rpc_status"), pocket.ErrNotFound)
	})
}

// blockSizes blots out block sizes, which a recording of blocks does not hold: the node tells about what they were.
func blockSizes(text string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, `"block_size":"`)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		_, text, _ = strings.Cut(after, `"`)
	}
}

func TestSearchesFindWhatWasFound(t *testing.T) {
	if testing.Short() {
		t.Skip("it does much, one thing after the other")
	}
	node, err := NewRecorded(Recordings())
	require.NoError(t, err)
	defer node.Close()
	var index []reply
	text, err := fs.ReadFile(Recordings(), "index.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &index))
	type found struct {
		Result struct {
			Blocks []json.RawMessage `json:"blocks"`
			Txs    []json.RawMessage `json:"txs"`
			Total  string            `json:"total_count"`
		} `json:"result"`
	}
	seen := 0
	for _, r := range index {
		search := strings.HasPrefix(r.Name, "rpc_block_search") || strings.HasPrefix(r.Name, "rpc_tx_search") || strings.HasPrefix(r.Name, "rpc_tx_")
		if !search || r.Method != http.MethodGet || r.Status != 200 || r.Name == "rpc_tx_prove" {
			continue
		}
		seen++
		t.Run(r.Name, func(t *testing.T) {
			body, response := get(t, node.RPC+r.Path)
			require.Equal(t, 200, response.StatusCode, body)
			want := recordedBody(t, r.Name)
			if !strings.Contains(r.Name, "search") {
				assert.Equal(t, string(want), body)
				return
			}
			var was, is found
			require.NoError(t, json.Unmarshal(want, &was))
			require.NoError(t, json.Unmarshal([]byte(body), &is))
			if !strings.Contains(r.Path, "asc") && len(was.Result.Blocks)+len(was.Result.Txs) > 0 && !strings.Contains(r.Path, "height%3D11") {
				t.Skip("the newest hits are beyond the recorded blocks")
			}
			assert.Equal(t, was.Result.Blocks, is.Result.Blocks)
			assert.Equal(t, was.Result.Txs, is.Result.Txs)
			assert.Equal(t, len(was.Result.Total) == 1 && was.Result.Total == "0", is.Result.Total == "0")
		})
	}
	assert.Greater(t, seen, 25)
	total := func(query string) string {
		body, _ := get(t, node.RPC+"/block_search?per_page=1&query="+url.QueryEscape(`"`+query+`"`))
		var is found
		require.NoError(t, json.Unmarshal([]byte(body), &is))
		return is.Result.Total
	}
	t.Run("the counts are the chain's", func(t *testing.T) {
		assert.Equal(t, "44", total("pocket.tokenomics.EventClaimSettled.supplier_operator_address EXISTS"))
		assert.Equal(t, "11", total("pocket.tokenomics.EventSupplierSlashed.supplier_operator_address EXISTS"))
		assert.Equal(t, "1", total(`pocket.tokenomics.EventClaimSettled.session_end_block_height='\"20\"'`))
		assert.Equal(t, "0", total(`pocket.tokenomics.EventClaimSettled.session_end_block_height=20`))
		assert.Equal(t, "40", total("block.height>20 AND block.height<=60"))
	})
	t.Run("at most 100 on a page", func(t *testing.T) {
		body, _ := get(t, node.RPC+"/block_search?per_page=1000&query="+url.QueryEscape(`"block.height>1"`))
		var is found
		require.NoError(t, json.Unmarshal([]byte(body), &is))
		assert.Len(t, is.Result.Blocks, 100)
		assert.Equal(t, "459", is.Result.Total)
		assert.Contains(t, string(is.Result.Blocks[0]), `"height":"460"`, "the newest first")
	})
}
