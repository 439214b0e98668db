package morse

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/morse/morsetest"
)

// says is a transport that always says the same.
type says struct {
	status            int
	contentType, body string
}

func (s says) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.status >= 300 && s.status < 400 { // where it leads is not the matter here
		s.status = http.StatusNotFound
	}
	header := http.Header{}
	if s.contentType != "" {
		header.Set("Content-Type", s.contentType)
	}
	return &http.Response{StatusCode: s.status, Header: header, Body: io.NopCloser(strings.NewReader(s.body)), Request: r, ContentLength: -1}, nil
}

func told(t testing.TB, s says) *Client {
	t.Helper()
	c, err := New([]string{"http://node.test"}, WithTransport(s), WithRetries(0), WithTendermint("http://node.test"))
	require.NoError(t, err)
	return c
}

// decoders read an answer of each path as the client does.
var decoders = map[string]func(t *testing.T, c *Client) error{
	"/v1":                   asking[string],
	"/v1/query/height":      func(t *testing.T, c *Client) error { _, err := c.Height(t.Context()); return err },
	"/v1/query/block":       func(t *testing.T, c *Client) error { _, err := c.Block(t.Context(), 0); return err },
	"/v1/query/tx":          txAsking,
	"/v1/query/blocktxs":    txsAsking,
	"/v1/query/allblocktxs": txsAsking,
	"/v1/query/accounttxs":  txsAsking,
	"/v1/query/node":        asking[wireNode],
	"/v1/query/nodes":       stateAsking(wireNode.node),
	"/v1/query/app":         asking[wireApp],
	"/v1/query/apps":        stateAsking(wireApp.app),
	"/v1/query/balance": func(t *testing.T, c *Client) error {
		_, err := c.Balance(t.Context(), ModuleAddress(DAO), 0)
		return err
	},
	"/v1/query/account":      asking[*wireAccount],
	"/v1/query/accounts":     stateAsking(wireAccount.account),
	"/v1/query/nodeclaims":   stateAsking(wireClaim.claim),
	"/v1/query/nodeclaim":    asking[struct{ Value wireClaim }],
	"/v1/query/signinginfo":  stateAsking(wireSigningInfo.info),
	"/v1/query/nodeparams":   func(t *testing.T, c *Client) error { _, err := c.NodeParams(t.Context(), 0); return err },
	"/v1/query/pocketparams": asking[wirePocketParams],
	"/v1/query/appparams":    asking[wireAppParams],
	"/v1/query/allparams":    func(t *testing.T, c *Client) error { _, err := c.AllParams(t.Context(), 0); return err },
	"/v1/query/param":        asking[map[string]string],
	"/v1/query/supply":       asking[wireSupply],
	"/v1/query/upgrade":      asking[wireUpgrade],
	"/v1/query/supportedchains": func(t *testing.T, c *Client) error {
		_, err := c.SupportedChains(t.Context(), 0)
		return err
	},
	"/v1/query/acl":      func(t *testing.T, c *Client) error { _, err := c.ACL(t.Context(), 0); return err },
	"/v1/query/daoowner": func(t *testing.T, c *Client) error { _, err := c.DAOOwner(t.Context()); return err },
	"/v1/query/state": func(t *testing.T, c *Client) error {
		return c.State(t.Context(), 0, func([]string, json.RawMessage) error { return nil })
	},
	"/v1/query/unconfirmedtx":  asking[*wireTx],
	"/v1/query/unconfirmedtxs": asking[txPage],
	"/v1/client/dispatch":      asking[wireDispatch],
	"/v1/client/relay":         asking[json.RawMessage], // not asked for by this package
	"/v1/client/rawtx":         asking[json.RawMessage],
}

func asking[W any](t *testing.T, c *Client) error {
	_, err := ask[W](t.Context(), c, "/any", nil, nil)
	return err
}

func stateAsking[W, T any](convert func(W) (T, error)) func(*testing.T, *Client) error {
	return func(t *testing.T, c *Client) error {
		w, err := ask[statePage[W]](t.Context(), c, "/any", nil, nil)
		if err != nil {
			return err
		}
		_, err = convertAll(w.Result, convert)
		return err
	}
}

func txAsking(t *testing.T, c *Client) error {
	w, err := ask[wireTx](t.Context(), c, "/any", nil, nil)
	if err != nil {
		return err
	}
	tx, err := w.tx()
	if err == nil {
		assert.NotNil(t, tx.Message)
	}
	return err
}

func txsAsking(t *testing.T, c *Client) error {
	w, err := ask[txPage](t.Context(), c, "/any", nil, nil)
	if err != nil {
		return err
	}
	txs, err := convertAll(w.Txs, wireTx.tx)
	for _, tx := range txs {
		assert.NotNil(t, tx.Message, tx.Hash)
		assert.NotEmpty(t, tx.Kind)
	}
	return err
}

// failures are what recorded errors mean.
var failures = map[string]error{
	"version-post": pocket.ErrInvalid, "version-trailing-slash": pocket.ErrMalformed, "health-404": pocket.ErrMalformed, "root-404": pocket.ErrMalformed,
	"height-get-405": pocket.ErrInvalid, "node-get-405": pocket.ErrInvalid, "allparams-camelcase": pocket.ErrMalformed,
	"block-future": pocket.ErrFutureHeight, "block-negative": pocket.ErrInvalid, "block-malformed-json": pocket.ErrInvalid,
	"block-string-height": pocket.ErrInvalid, "allblocktxs-future": pocket.ErrFutureHeight, "tx-0x-hash": pocket.ErrInvalid,
	"tx-unknown": pocket.ErrNotFound, "tx-malformed-hash": pocket.ErrInvalid, "tx-empty-hash": pocket.ErrInvalid,
	"accounttxs-malformed": pocket.ErrInvalid, "accounttxs-malformed-json": pocket.ErrInvalid, "node-u1": pocket.ErrNotFound,
	"node-nc-before-stake": pocket.ErrNotFound, "node-unknown": pocket.ErrNotFound, "node-malformed": pocket.ErrInvalid,
	"node-short-address": pocket.ErrInvalid, "node-empty-address": pocket.ErrNotFound, "node-future": pocket.ErrFutureHeight,
	"node-malformed-json": pocket.ErrInvalid, "nodes-future": pocket.ErrFutureHeight, "nodes-string-status": pocket.ErrInvalid,
	"balance-malformed": pocket.ErrInvalid, "balance-future": pocket.ErrFutureHeight, "balance-negative": pocket.ErrPruned,
	"account-malformed": pocket.ErrInvalid, "nodeclaims-malformed": pocket.ErrInvalid, "nodeclaim-not-found": pocket.ErrNotFound,
	"nodeclaim-bad-type": pocket.ErrInvalid, "nodeclaim-past-height": pocket.ErrNotFound, "allparams-future": pocket.ErrFutureHeight,
	"supply-future": pocket.ErrFutureHeight, "signinginfo-malformed": pocket.ErrInvalid, "app-unknown": pocket.ErrNotFound,
	"dispatch-unknown-chain": pocket.ErrNotFound, "private-nodes-no-token": pocket.ErrInvalid, "private-chains-no-token": pocket.ErrInvalid,
	"rawtx-malformed": pocket.ErrInvalid, "relay-replayed": pocket.ErrMalformed, "relay-empty": pocket.ErrMalformed,
}

func TestEveryRecordedBodyIsReadOrItsErrorNamed(t *testing.T) {
	for _, r := range morsetest.Recordings() {
		if r.Server == "tendermint" || r.Method == http.MethodOptions {
			continue
		}
		t.Run(r.Name, func(t *testing.T) {
			c := told(t, says{r.Status, r.ContentType, r.Body})
			decode, ok := decoders[r.Path]
			if !ok {
				decode = asking[json.RawMessage]
			}
			err := decode(t, c)
			want, fails := failures[r.Name]
			if !fails {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, want)
			var e *pocket.APIError
			require.ErrorAs(t, err, &e)
			assert.Equal(t, "node.test", e.Host)
			if want == pocket.ErrFutureHeight {
				assert.EqualValues(t, 207, e.Latest)
			}
		})
	}
}

func TestRecordedBodiesOfTendermintAreRead(t *testing.T) {
	for _, r := range morsetest.Recordings() {
		if r.Server != "tendermint" {
			continue
		}
		t.Run(r.Name, func(t *testing.T) {
			c := told(t, says{r.Status, r.ContentType, r.Body})
			read := func() error {
				_, err := askTendermint[json.RawMessage](t.Context(), c, "/any", nil, nil)
				return err
			}
			switch path, _, _ := strings.Cut(r.Path, "?"); path {
			case "/status":
				_, err := c.tendermintStatus(t.Context())
				require.NoError(t, err)
			case "/block_results":
				_, err := askTendermint[wireResults](t.Context(), c, "/any", nil, nil)
				require.NoError(t, err)
			case "/tx":
				w, err := askTendermint[struct {
					Result wireOutcome `json:"tx_result"`
				}](t.Context(), c, "/any", nil, nil)
				require.NoError(t, err)
				assert.NotEmpty(t, w.Result.Events)
			default:
				if r.Name == "tm-genesis-error-block" {
					var e *pocket.APIError
					require.ErrorAs(t, read(), &e)
					assert.ErrorIs(t, e, pocket.ErrFutureHeight)
					assert.EqualValues(t, 207, e.Latest)
					return
				}
				require.NoError(t, read())
			}
		})
	}
}

func TestWordsThatWereNotRecordedAreUnderstood(t *testing.T) {
	for words, want := range map[string]error{
		"error loading store: KVStoreKey{0x24091cc11ed0, main}, in LoadLazyVersion: version does not exist": pocket.ErrPruned,
		"unable to get version 5 heights before 900 are pruned":                                             pocket.ErrPruned,
		"wanted to load target 5 but only found up to 207":                                                  pocket.ErrPruned,
		"something new": pocket.ErrUnavailable,
	} {
		assert.ErrorIs(t, classify(words).Reason, want, words)
	}
	assert.EqualValues(t, 900, classify("heights before 900 are pruned").Lowest)
	c := told(t, says{http.StatusServiceUnavailable, "text/plain; charset=utf-8", "Server Timeout Handling Request"})
	_, err := c.Height(t.Context())
	require.ErrorIs(t, err, pocket.ErrUnavailable)
	assert.Contains(t, err.Error(), "Server Timeout Handling Request")
	_, err = told(t, says{http.StatusBadGateway, "text/html", "<html><title>502 Bad Gateway</title></html>"}).Height(t.Context())
	require.ErrorIs(t, err, pocket.ErrUnavailable)
	_, err = told(t, says{http.StatusTooManyRequests, "text/plain", "slow down"}).Height(t.Context())
	require.ErrorIs(t, err, pocket.ErrRateLimited)
	_, err = told(t, says{http.StatusNotFound, "application/json", `{"message":"no such route"}`}).Node(t.Context(), ModuleAddress(DAO), 0)
	require.ErrorIs(t, err, pocket.ErrMalformed, "a proxy's 404 does not unstake anybody")
	for _, body := range []string{"", "null", "[]", "{}", `{"height":0}`, `{"height":"x"}`, `{"height":1.5}`} {
		_, err := told(t, says{http.StatusOK, "application/json", body}).Height(t.Context())
		assert.ErrorIs(t, err, pocket.ErrMalformed, body)
	}
}

func TestNumbersComeInEveryShape(t *testing.T) {
	for text, want := range map[string]int64{
		`5`: 5, `"5"`: 5, `-8409099307551757000`: -8409099307551757000, `1e3`: 1000, `null`: 0, `""`: 0, `"1.8e18"`: 1_800_000_000_000_000_000,
	} {
		var n number
		require.NoError(t, json.Unmarshal([]byte(text), &n), text)
		assert.EqualValues(t, want, n, text)
	}
	for _, text := range []string{`1.5`, `14522354438501983000`, `"x"`, `true`, `1e400`, `"` + strings.Repeat("9", 100) + `"`} {
		var n number
		assert.Error(t, json.Unmarshal([]byte(text), &n), text)
	}
}

func TestArgumentsAreCheckedBeforeANodeIsAsked(t *testing.T) {
	c, err := New([]string{"http://node.test"}, WithTransport(says{status: 500}))
	require.NoError(t, err)
	shannon, err := pocket.AccountFromBytes(make([]byte, 20))
	require.NoError(t, err)
	ctx, dao := t.Context(), ModuleAddress(DAO)
	for what, call := range map[string]func() error{
		"a height below 0":      func() error { _, err := c.Node(ctx, dao, -1); return err },
		"another chain":         func() error { _, err := c.Node(ctx, shannon, 0); return err },
		"nobody":                func() error { _, err := c.Balance(ctx, pocket.Address{}, 0); return err },
		"no hash":               func() error { _, err := c.Tx(ctx, "zz"); return err },
		"no key":                func() error { _, err := c.Dispatch(ctx, "zz", "0001", 0); return err },
		"no Tendermint":         func() error { _, err := c.BlockResults(ctx, 5); return err },
		"a block below 1":       func() error { _, err := c.Block(ctx, -1); return err },
		"parameters of nothing": func() error { _, err := c.SharedParams(ctx, 0); return err },
		"a list below 0": func() error {
			for _, err := range c.Nodes(ctx, NodeQuery{Height: -1}) {
				return err
			}
			return nil
		},
		"transactions of block 0": func() error {
			for _, err := range c.BlockTxs(ctx, 0) {
				return err
			}
			return nil
		},
		"heads before 0": func() error {
			for _, err := range c.Heads(ctx, -1) {
				return err
			}
			return nil
		},
		"a search the wrong way round": func() error {
			for _, err := range c.Search(ctx, dao, 9, 5) {
				return err
			}
			return nil
		},
	} {
		assert.ErrorIs(t, call(), pocket.ErrInvalid, what)
	}
	for _, opt := range []Option{WithPageSize(0), WithPageSize(10_001), WithPollInterval(0), WithTimeout(0), WithTendermint("nonsense")} {
		_, err := New([]string{"http://node.test"}, opt)
		assert.ErrorIs(t, err, pocket.ErrInvalid)
	}
	_, err = New(nil)
	assert.ErrorIs(t, err, pocket.ErrInvalid)

}
