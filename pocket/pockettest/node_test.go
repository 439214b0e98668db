package pockettest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
)

// try asks without following up on errors.
func try(t testing.TB, url string) (string, *http.Response, error) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DisableCompression: true}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	response, err := client.Do(request)
	if err != nil {
		return "", nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return string(body), response, err
}

func smallNode(t testing.TB) *Node {
	t.Helper()
	node := NewNode(NewChain(Config{Seed: 8, Params: SmallParams(), Blocks: 120, Rates: Calm()}))
	t.Cleanup(node.Close)
	return node
}

func TestFaults(t *testing.T) {
	t.Run("a node that is down resets connections, and comes back", func(t *testing.T) {
		node := smallNode(t)
		heal := node.Fail(Fault{Kind: Down})
		for range 3 {
			_, _, err := try(t, node.RPC+"/status")
			require.Error(t, err)
			_, _, err = try(t, node.REST+"/cosmos/base/tendermint/v1beta1/syncing")
			require.Error(t, err)
		}
		heal()
		_, response, err := try(t, node.RPC+"/status")
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, response.StatusCode)
	})
	t.Run("a fault strikes as often as it says, and the path it says", func(t *testing.T) {
		node := smallNode(t)
		node.Fail(Fault{Kind: Status, Status: 429, RetryAfter: 7 * time.Second, Body: "slow down", Path: "/block_results", Times: 2})
		_, response, err := try(t, node.RPC+"/status")
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, response.StatusCode)
		for range 2 {
			body, response, err := try(t, node.RPC+"/block_results?height=5")
			require.NoError(t, err)
			assert.Equal(t, 429, response.StatusCode)
			assert.Equal(t, "7", response.Header.Get("Retry-After"))
			assert.Equal(t, "slow down", body)
		}
		_, response, err = try(t, node.RPC+"/block_results?height=5")
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, response.StatusCode)
	})
	t.Run("calls by JSON-RPC are struck by their method", func(t *testing.T) {
		node := smallNode(t)
		node.Fail(Fault{Kind: Status, Path: "/block", Times: 1})
		response, err := http.Post(node.RPC, "application/json", strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"block","params":{}}`))
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		assert.Equal(t, http.StatusServiceUnavailable, response.StatusCode)
	})
	t.Run("broken bodies", func(t *testing.T) {
		node := smallNode(t)
		node.Fail(Fault{Kind: Truncate, Bytes: 1000, Times: 1})
		body, _, err := try(t, node.RPC+"/block_results?height=28")
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		assert.Len(t, body, 1000)

		node.Fail(Fault{Kind: HTML, Times: 1})
		body, response, err := try(t, node.RPC+"/status")
		require.NoError(t, err)
		assert.Equal(t, "text/html", response.Header.Get("Content-Type"))
		assert.Contains(t, body, "<html>")

		node.Fail(Fault{Kind: Garbage, Times: 1})
		body, _, err = try(t, node.RPC+"/status")
		require.NoError(t, err)
		assert.False(t, json.Valid([]byte(body)))

		node.Fail(Fault{Kind: GzipBomb, Bytes: 50 << 20, Times: 1})
		body, response, err = try(t, node.RPC+"/status")
		require.NoError(t, err)
		assert.Equal(t, "gzip", response.Header.Get("Content-Encoding"))
		assert.Less(t, len(body), 1<<20)

		node.Fail(Fault{Kind: Endless, Times: 1})
		request, err := http.Get(node.RPC + "/block_results")
		require.NoError(t, err)
		n, err := io.CopyN(io.Discard, request.Body, 5<<20)
		require.NoError(t, err)
		assert.EqualValues(t, 5<<20, n)
		require.NoError(t, request.Body.Close())
	})
	t.Run("a slow answer comes, unless the node is closed first", func(t *testing.T) {
		node := smallNode(t)
		node.Fail(Fault{Kind: Slow, Delay: 30 * time.Millisecond, Times: 1})
		began := time.Now()
		_, _, err := try(t, node.RPC+"/health")
		require.NoError(t, err)
		assert.GreaterOrEqual(t, time.Since(began), 30*time.Millisecond)
		node.Fail(Fault{Kind: Slow, Delay: time.Hour})
		failed := make(chan error)
		go func() {
			_, _, err := try(t, node.RPC+"/health")
			failed <- err
		}()
		require.Eventually(t, func() bool { return node.Count("/health") == 2 }, 10*time.Second, time.Millisecond)
		node.Close()
		assert.Error(t, <-failed)
	})
	t.Run("what a node knows", func(t *testing.T) {
		node := smallNode(t)
		defer node.Fail(Fault{Kind: WrongChain, ChainID: "pocket-other"})()
		defer node.Fail(Fault{Kind: Lag, Blocks: 20})()
		defer node.Fail(Fault{Kind: Prune, Below: 50})()
		status, _, err := try(t, node.RPC+"/status")
		require.NoError(t, err)
		assert.Contains(t, status, `"network":"pocket-other"`)
		assert.Contains(t, status, `"latest_block_height":"100"`)
		assert.Contains(t, status, `"earliest_block_height":"50"`)
		for _, path := range []string{"/block?height=60", "/header?height=60", "/blockchain?minHeight=60&maxHeight=60"} {
			body, _, err := try(t, node.RPC+path)
			require.NoError(t, err)
			assert.Contains(t, body, `"chain_id":"pocket-other"`)
			assert.NotContains(t, body, ChainID)
		}
		body, _, err := try(t, node.RPC+"/block?height=101")
		require.NoError(t, err)
		assert.Contains(t, body, "height 101 must be less than or equal to the current blockchain height 100")
		node.Heal()
		status, _, err = try(t, node.RPC+"/status")
		require.NoError(t, err)
		assert.Contains(t, status, `"latest_block_height":"120"`)
		assert.Contains(t, status, `"earliest_block_height":"1"`)
	})
}

func TestRequestsAreCounted(t *testing.T) {
	node := smallNode(t)
	_, _, err := try(t, node.RPC+"/block_results?height=28")
	require.NoError(t, err)
	_, _ = get(t, node.REST+"/pokt-network/poktroll/supplier/params", "x-cosmos-block-height", "7")
	batch := `[{"jsonrpc":"2.0","id":1,"method":"block","params":{"height":"2"}},{"jsonrpc":"2.0","id":2,"method":"health"}]`
	response, err := http.Post(node.RPC, "application/json", strings.NewReader(batch))
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Eventually(t, func() bool { // a request is finished a moment after its answer has arrived
		for _, r := range node.Requests() {
			if r.Status == 0 {
				return false
			}
		}
		return true
	}, 10*time.Second, time.Millisecond)
	all := node.Requests()
	require.Len(t, all, 4)
	assert.Equal(t, Request{Server: "rpc", Method: "GET", Path: "/block_results", Query: "height=28", Status: 200, Bytes: all[0].Bytes}, all[0])
	assert.Greater(t, all[0].Bytes, int64(3000))
	assert.Equal(t, pocket.Height(7), all[1].Height)
	assert.Equal(t, "rest", all[1].Server)
	assert.Equal(t, []string{"/block", "/health"}, []string{all[2].Path, all[3].Path})
	assert.Equal(t, 1, node.Count("/block_results"))
	node.ResetRequests()
	assert.Empty(t, node.Requests())
}

func TestSupplierPages(t *testing.T) {
	node := NewNode(NewChain(Config{Seed: 8, Params: SmallParams(), Blocks: 120, Suppliers: 25, Owners: 5, Rates: Calm()}))
	defer node.Close()
	type answer struct {
		Supplier []struct {
			Operator string `json:"operator_address"`
			Owner    string `json:"owner_address"`
		} `json:"supplier"`
		Pagination struct {
			Next  *string `json:"next_key"`
			Total string  `json:"total"`
		} `json:"pagination"`
	}
	ask := func(query url.Values) answer {
		body, response := get(t, node.REST+"/pokt-network/poktroll/supplier/supplier?"+query.Encode())
		require.Equal(t, 200, response.StatusCode, body)
		assert.Equal(t, "120", response.Header.Get("Grpc-Metadata-X-Cosmos-Block-Height"))
		var a answer
		require.NoError(t, json.Unmarshal([]byte(body), &a))
		return a
	}
	walk := func(query url.Values) (found []string, pages, empty int) {
		for {
			a := ask(query)
			pages++
			if len(a.Supplier) == 0 {
				empty++
			}
			for _, s := range a.Supplier {
				found = append(found, s.Operator)
			}
			if a.Pagination.Next == nil {
				return found, pages, empty
			}
			query.Set("pagination.key", *a.Pagination.Next)
		}
	}
	t.Run("all of them, once, by operator", func(t *testing.T) {
		found, pages, _ := walk(url.Values{"pagination.limit": {"4"}})
		assert.Len(t, found, 25)
		assert.Equal(t, 7, pages)
		assert.IsIncreasing(t, found)
	})
	t.Run("the limit counts before the filter, so pages may be empty", func(t *testing.T) {
		owner := node.Chain().Owners()[2].String()
		found, pages, empty := walk(url.Values{"pagination.limit": {"2"}, "owner_address": {owner}})
		assert.Len(t, found, 5)
		assert.Equal(t, 13, pages)
		assert.NotZero(t, empty)
	})
	t.Run("the total is told when nothing or the total is asked for", func(t *testing.T) {
		assert.Equal(t, "25", ask(nil).Pagination.Total)
		assert.Equal(t, "0", ask(url.Values{"pagination.limit": {"3"}}).Pagination.Total)
		assert.Equal(t, "25", ask(url.Values{"pagination.limit": {"3"}, "pagination.count_total": {"true"}}).Pagination.Total)
	})
	t.Run("by service", func(t *testing.T) {
		found, _, _ := walk(url.Values{"pagination.limit": {"3"}, "service_id": {"eth"}})
		w, _ := node.Chain().now()
		v := (&state{w: w, r: &http.Request{}}).w.services
		for i, s := range v {
			if s.ID == "eth" {
				assert.Len(t, found, len(w.servedBy[i]))
			}
		}
	})
	t.Run("backwards", func(t *testing.T) {
		found, _, _ := walk(url.Values{"pagination.limit": {"4"}, "pagination.reverse": {"true"}})
		assert.Len(t, found, 25)
		assert.IsDecreasing(t, found)
	})
}

func TestStateOfThePast(t *testing.T) {
	chain := NewChain(Config{Seed: 8, Params: SmallParams(), Blocks: 300, Rates: Calm(), Incidents: []Incident{
		{Kind: Expire, Height: 100, Supplier: account(8, "operator", 1)},
	}})
	node := NewNode(chain)
	defer node.Close()
	path := node.REST + "/pokt-network/poktroll/supplier/supplier/" + chain.Operators()[1].String()
	slash := happened[pocket.Slash](t, chain, 1, 300)[0]
	before, _ := get(t, path, "x-cosmos-block-height", heightText(slash.Height-1))
	after, response := get(t, path, "x-cosmos-block-height", heightText(slash.Height))
	assert.Contains(t, before, heightText(pocket.Height(slash.StakeAfter+slash.Penalty)))
	assert.Contains(t, after, heightText(pocket.Height(slash.StakeAfter)))
	assert.Equal(t, heightText(slash.Height), response.Header.Get("Grpc-Metadata-X-Cosmos-Block-Height"))
}
