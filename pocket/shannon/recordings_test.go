package shannon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/internal/golden"
	"github.com/poktbot/poktbot/internal/rest"
	"github.com/poktbot/poktbot/pocket"
)

// TestRecordings puts every recorded answer before the client, which either decodes it or gives the right typed error. What it makes of
// each is in testdata/recordings.golden; a recording that nothing exercises fails.
func TestRecordings(t *testing.T) {
	var out strings.Builder
	for _, r := range recordings(t) {
		got, err := exercise(t, r)
		fmt.Fprintf(&out, "%s\n", r.Name)
		if err != nil {
			fmt.Fprintf(&out, "\terror %s\n", describeError(err))
			continue
		}
		fmt.Fprintf(&out, "\t%s\n", digest(t, got))
	}
	golden.Check(t, out.String(), "testdata/recordings.golden")
}

func describeError(err error) string {
	text := err.Error()
	if e, ok := errors.AsType[*pocket.APIError](err); ok {
		text += fmt.Sprintf(" [%v", e.Reason)
		if e.Lowest != 0 {
			text += fmt.Sprintf(" lowest %d", e.Lowest)
		}
		if e.Latest != 0 {
			text += fmt.Sprintf(" latest %d", e.Latest)
		}
		text += "]"
	}
	return text
}

// digest shows a result as JSON, cut where it is long.
func digest(t *testing.T, v any) string {
	raw, err := json.Marshal(v)
	require.NoError(t, err)
	text := string(raw)
	if len(text) > 1500 {
		text = fmt.Sprintf("%s… (%d bytes)", text[:1500], len(text))
	}
	return text
}

func all[T any](list iter.Seq2[T, error]) ([]T, error) {
	items := []T{}
	for item, err := range list {
		if err != nil {
			return items, err
		}
		items = append(items, item)
	}
	return items, nil
}

// exercise asks the recorded question through the client's own method for it, or, for what the client never asks, decodes the bare answer.
func exercise(t *testing.T, r recording) (any, error) {
	t.Helper()
	ctx := t.Context()
	c := clientOf(t, constant(r), constant(r))
	u, err := url.Parse(r.Path)
	require.NoError(t, err)
	for name, value := range r.RequestHeaders {
		require.Equal(t, "x-cosmos-block-height", name)
		h, err := strconv.ParseInt(value, 10, 64)
		require.NoError(t, err)
		c = c.At(pocket.Height(h))
	}
	switch {
	case r.Method == "WS":
		s := &socket{nodes: c.nodes, wake: make(chan struct{}, 1)}
		heard := []string{}
		for _, frame := range r.frames() {
			before := s.latest()
			if err := s.hear(frame); err != nil {
				heard = append(heard, err.Error())
			} else if s.latest() != before {
				heard = append(heard, fmt.Sprint(s.latest()))
			}
		}
		return heard, nil
	case r.Method == "POST" && r.Server == "rpc":
		var raw json.RawMessage
		err := c.rpc.Do(ctx, rest.Call{Method: "POST", Path: u.Path, Body: []byte(r.RequestBody), Repeatable: true, Read: func(a *rest.Answer) error {
			return readRPC(a, &raw)
		}})
		return len(raw), err
	case r.Server == "rpc":
		return exerciseRPC(ctx, c, u)
	default:
		return exerciseREST(ctx, c, u, r)
	}
}

func exerciseRPC(ctx context.Context, c *Client, u *url.URL) (any, error) {
	q := u.Query()
	h, heightErr := strconv.ParseInt(q.Get("height"), 10, 64)
	valid := heightErr == nil && h > 0 || q.Get("height") == ""
	switch {
	case u.Path == "/status":
		return c.Status(ctx)
	case u.Path == "/net_info":
		return c.Peers(ctx)
	case u.Path == "/abci_info":
		return c.AppVersion(ctx)
	case u.Path == "/block" && valid:
		return c.Block(ctx, pocket.Height(h))
	case u.Path == "/block_results" && valid:
		count := map[pocket.Kind]int{}
		for event, err := range c.Events(ctx, pocket.Block{Height: max(1, pocket.Height(h))}, pocket.Selection{}) {
			if err != nil {
				return nil, err
			}
			count[event.Kind()]++
		}
		return count, nil
	case u.Path == "/blockchain" && q.Has("minHeight"):
		from, _ := strconv.ParseInt(q.Get("minHeight"), 10, 64)
		to, _ := strconv.ParseInt(q.Get("maxHeight"), 10, 64)
		run, err := c.headers(ctx, pocket.Height(from), pocket.Height(to), "")
		heights := []pocket.Height{}
		for _, b := range run.blocks {
			heights = append(heights, b.Height)
		}
		return heights, err
	case u.Path == "/tx" && txDigits.MatchString(q.Get("hash")):
		var tx pocket.Transaction
		_, err := askRPC(ctx, c.nodes, "/tx", nil, func(a *rest.Answer, w *wireTx) (err error) {
			tx, err = w.transaction()
			return err
		})
		return tx, err
	case u.Path == "/tx_search":
		txs := []pocket.Transaction{}
		_, err := askRPC(ctx, c.nodes, u.Path, nil, func(a *rest.Answer, w *wireFoundTxs) error {
			for _, found := range w.Txs {
				tx, err := found.transaction()
				if err != nil {
					return err
				}
				txs = append(txs, tx)
			}
			return nil
		})
		return txs, err
	case u.Path == "/block_search":
		found := []string{}
		_, err := askRPC(ctx, c.nodes, u.Path, nil, func(a *rest.Answer, w *wireFoundBlocks) error {
			for _, block := range w.Blocks {
				b, err := block.block(c.nodes, a)
				if err != nil {
					return err
				}
				found = append(found, fmt.Sprintf("%d with %d txs", b.Height, len(b.Txs)))
			}
			found = append(found, fmt.Sprintf("total %d", w.Total))
			return nil
		})
		return found, err
	default:
		raw, err := askRPC[json.RawMessage](ctx, c.nodes, u.Path, nil, nil)
		return len(raw), err
	}
}

var restRoutes = []struct {
	path *regexp.Regexp
	ask  func(ctx context.Context, c *Client, m []string, q url.Values) (any, error)
}{
	{regexp.MustCompile(`^/pokt-network/poktroll/supplier/supplier/(\w+)$`), func(ctx context.Context, c *Client, m []string, _ url.Values) (any, error) {
		return one(ctx, c, m[1], c.Supplier)
	}},
	{regexp.MustCompile(`^/pokt-network/poktroll/supplier/supplier$`), func(ctx context.Context, c *Client, _ []string, q url.Values) (any, error) {
		p, err := askState(ctx, c, "/", q, supplierPage)
		brief := []string{}
		for _, s := range p.items {
			brief = append(brief, fmt.Sprintf("%s %s %s %d services, %d changes", s.Operator, s.Owner, s.Stake, len(s.Services), len(s.History)))
		}
		return append(brief, "next "+p.next), err
	}},
	{regexp.MustCompile(`^/pokt-network/poktroll/application/application/(\w+)$`), func(ctx context.Context, c *Client, m []string, _ url.Values) (any, error) {
		return one(ctx, c, m[1], c.Application)
	}},
	{regexp.MustCompile(`^/pokt-network/poktroll/application/application$`), func(ctx context.Context, c *Client, _ []string, _ url.Values) (any, error) {
		return all(c.Applications(ctx, pocket.Address{}))
	}},
	{regexp.MustCompile(`^/pokt-network/poktroll/gateway/gateway/(\w+)$`), func(ctx context.Context, c *Client, m []string, _ url.Values) (any, error) {
		return one(ctx, c, m[1], c.Gateway)
	}},
	{regexp.MustCompile(`^/pokt-network/poktroll/gateway/gateway$`), func(ctx context.Context, c *Client, _ []string, _ url.Values) (any, error) {
		return all(c.Gateways(ctx))
	}},
	{regexp.MustCompile(`^/pokt-network/poktroll/service/service/(\w+)$`), func(ctx context.Context, c *Client, m []string, _ url.Values) (any, error) {
		return c.Service(ctx, pocket.ServiceID(m[1]))
	}},
	{regexp.MustCompile(`^/pokt-network/poktroll/service/service$`), func(ctx context.Context, c *Client, _ []string, _ url.Values) (any, error) {
		return all(c.Services(ctx))
	}},
	{regexp.MustCompile(`^/pokt-network/poktroll/service/relay_mining_difficulty/(\w+)(/at_height/40)?$`), func(ctx context.Context, c *Client, m []string, _ url.Values) (any, error) {
		return c.Difficulty(ctx, pocket.ServiceID(m[1]))
	}},
	{regexp.MustCompile(`^/pokt-network/poktroll/service/relay_mining_difficulty$`), func(ctx context.Context, c *Client, _ []string, _ url.Values) (any, error) {
		return all(c.Difficulties(ctx))
	}},
	{regexp.MustCompile(`^/pokt-network/poktroll/proof/claim/(\w+)/(\w+)$`), func(ctx context.Context, c *Client, m []string, _ url.Values) (any, error) {
		return one(ctx, c, m[2], func(ctx context.Context, a pocket.Address) (pocket.Claim, error) { return c.ClaimOf(ctx, m[1], a) })
	}},
	{regexp.MustCompile(`^/pokt-network/poktroll/proof/claim$`), func(ctx context.Context, c *Client, _ []string, q url.Values) (any, error) {
		p, err := askState(ctx, c, "/", q, claimPage)
		return append([]any{"next " + p.next}, p.items), err
	}},
	{regexp.MustCompile(`^/pokt-network/poktroll/session/get_session$`), func(ctx context.Context, c *Client, _ []string, q url.Values) (any, error) {
		h, _ := strconv.ParseInt(q.Get("block_height"), 10, 64)
		return c.Session(ctx, pocket.MustParseAddress(q.Get("application_address")), pocket.ServiceID(q.Get("service_id")), pocket.Height(h))
	}},
	{regexp.MustCompile(`^/pokt-network/poktroll/shared/params(/\d+)?$`), func(ctx context.Context, c *Client, _ []string, _ url.Values) (any, error) {
		return c.SharedParams(ctx, 0)
	}},
	{regexp.MustCompile(`^/pokt-network/poktroll/tokenomics/params$`), func(ctx context.Context, c *Client, _ []string, _ url.Values) (any, error) {
		return moduleParams(ctx, c, "/", wireTokenomics.params)
	}},
	{regexp.MustCompile(`^/pokt-network/poktroll/(supplier|gateway)/params$`), func(ctx context.Context, c *Client, _ []string, _ url.Values) (any, error) {
		stake, fee, err := c.stakeParams(ctx, "/")
		return []pocket.Upokt{stake, fee}, err
	}},
	{regexp.MustCompile(`^/cosmos/bank/v1beta1/balances/(\w+)/by_denom$`), func(ctx context.Context, c *Client, m []string, _ url.Values) (any, error) {
		return one(ctx, c, m[1], c.Balance)
	}},
	{regexp.MustCompile(`^/cosmos/auth/v1beta1/accounts/(\w+)$`), func(ctx context.Context, c *Client, m []string, _ url.Values) (any, error) {
		return one(ctx, c, m[1], c.Account)
	}},
	{regexp.MustCompile(`^/cosmos/auth/v1beta1/module_accounts/supplier$`), func(ctx context.Context, c *Client, _ []string, _ url.Values) (any, error) {
		return c.Account(ctx, pocket.MustParseAddress("pokt1j40dzzmn6cn9kxku7a5tjnud6hv37vesr5ccaa"))
	}},
	{regexp.MustCompile(`^/cosmos/staking/v1beta1/validators/(\w+)$`), func(ctx context.Context, c *Client, m []string, _ url.Values) (any, error) {
		return one(ctx, c, m[1], c.Validator)
	}},
	{regexp.MustCompile(`^/cosmos/staking/v1beta1/validators$`), func(ctx context.Context, c *Client, _ []string, _ url.Values) (any, error) {
		return all(c.Validators(ctx, true))
	}},
	{regexp.MustCompile(`^/cosmos/slashing/v1beta1/signing_infos$`), func(ctx context.Context, c *Client, _ []string, _ url.Values) (any, error) {
		return all(c.SigningInfos(ctx))
	}},
	{regexp.MustCompile(`^/cosmos/slashing/v1beta1/params$`), func(ctx context.Context, c *Client, _ []string, _ url.Values) (any, error) {
		return c.SigningParams(ctx)
	}},
	{regexp.MustCompile(`^/cosmos/upgrade/v1beta1/current_plan$`), func(ctx context.Context, c *Client, _ []string, _ url.Values) (any, error) {
		return c.Upgrade(ctx)
	}},
	{regexp.MustCompile(`^/cosmos/base/tendermint/v1beta1/node_info$`), func(ctx context.Context, c *Client, _ []string, _ url.Values) (any, error) {
		err := c.admitREST(ctx, c.rest.Do)
		return "chain " + c.chain, err
	}},
}

// one asks for what an address names. A malformed address never gets as far as the node; then the bare answer is decoded.
func one[T any](ctx context.Context, c *Client, address string, ask func(context.Context, pocket.Address) (T, error)) (any, error) {
	a, err := pocket.ParseAddress(address)
	if err != nil {
		return bare(ctx, c)
	}
	return ask(ctx, a)
}

func bare(ctx context.Context, c *Client) (any, error) {
	return askState(ctx, c, "/", nil, func(raw json.RawMessage) (string, error) { return fmt.Sprintf("%d bytes", len(raw)), nil })
}

func exerciseREST(ctx context.Context, c *Client, u *url.URL, r recording) (any, error) {
	for _, route := range restRoutes {
		if m := route.path.FindStringSubmatch(u.Path); m != nil && r.Method == http.MethodGet {
			return route.ask(ctx, c, m, u.Query())
		}
	}
	return bare(ctx, c)
}

func TestRecordedQuestions(t *testing.T) {
	t.Run("what the client asks is what was recorded, to the letter", func(t *testing.T) {
		all := firstNode(t)
		rpc, rest := newReplay("rpc", all...), newReplay("rest", all...)
		c := clientOf(t, rpc, rest)
		ctx := t.Context()
		owner := pocket.MustParseAddress("pokt1tlenzxkfh38zr34wrhqjpsuvm0g3m2wazmsdl5")
		operator := pocket.MustParseAddress("pokt1cctzyqv68ss06lmqnhyf07yggxwsv4329rcuu5")
		application := pocket.MustParseAddress("pokt1ey096jd9ake99v0r3q87lkx7s6k3h0q825qzm9")
		session := "1b85d4aa95061701edac030e0c5cf96551df408cd8082feb94fc5d26c7cc469d"

		status, err := c.Status(ctx)
		require.NoError(t, err)
		assert.Equal(t, pocket.Height(491), status.Latest)
		assert.Equal(t, "pocket-local", status.ChainID)
		assert.True(t, status.TxIndex)
		block, err := c.Block(ctx, 28)
		require.NoError(t, err)
		assert.Equal(t, "68CFE2C559C5EA5465FFE2D0BAEAE5D90F917864F9111D5DF0A8A60F345483C8", block.Hash)
		settled := 0
		for event, err := range c.Events(ctx, block, pocket.Selection{Kinds: []pocket.Kind{pocket.KindSettlement}}) {
			require.NoError(t, err)
			assert.Equal(t, block.Time, event.Where().Time)
			settled++
		}
		assert.Equal(t, 8, settled)
		heights := pocket.Height(40)
		for header, err := range c.Headers(ctx, 41, 60) {
			require.NoError(t, err)
			heights++
			assert.Equal(t, heights, header.Height)
		}
		assert.Equal(t, pocket.Height(60), heights)

		balance, err := c.Balance(ctx, owner)
		require.NoError(t, err)
		assert.Equal(t, pocket.Upokt(762442997538), balance)
		then, err := c.At(30).Balance(ctx, owner)
		require.NoError(t, err)
		assert.NotEqual(t, balance, then)
		_, err = c.At(99999999).Balance(ctx, pocket.MustParseAddress("pokt1tlenzxkfh38zr34wrhqjpsuvm0g3m2wazmsdl5"))
		assert.Error(t, err)

		supplier, err := c.Supplier(ctx, operator)
		require.NoError(t, err)
		assert.Equal(t, []pocket.RevShare{
			{Address: operator, Percent: 10}, {Address: owner, Percent: 60},
			{Address: pocket.MustParseAddress("pokt1vxx0vnzz6w4j0f0vuf4x3rz38krm7r5fku8x8p"), Percent: 30},
		}, supplier.Services[0].RevShares)
		past, err := c.SupplierAt(ctx, pocket.MustParseAddress("pokt1qymsj23nu6jgs7jadw9ehs00mk5eu7yres85zd"), 20)
		require.NoError(t, err)
		assert.Equal(t, pocket.Upokt(60_000_000_000), past.Stake)
		claim, err := c.ClaimOf(ctx, session, operator)
		require.NoError(t, err)
		assert.EqualValues(t, 84000, claim.ComputeUnits)
		assert.EqualValues(t, 12, claim.Relays)
		now, err := c.Session(ctx, application, "eth", 0)
		require.NoError(t, err)
		assert.Equal(t, pocket.Session{Number: 50, Start: 491, End: 500}, now.Session)
		at15, err := c.SharedParams(ctx, 15)
		require.NoError(t, err)
		assert.EqualValues(t, 10, at15.BlocksPerSession)
		params, err := c.Params(ctx)
		require.NoError(t, err)
		assert.Equal(t, "0.975", params.Tokenomics.MintRatio.String())
		assert.Equal(t, "0.25", params.Proof.RequestProbability.String())
		assert.Equal(t, pocket.Upokt(59_500_000_000), params.SupplierMinStake)
		assert.True(t, params.MorseClaimsOpen)
		account, err := c.Account(ctx, owner)
		require.NoError(t, err)
		assert.EqualValues(t, 8, account.Number)
		for _, asked := range rpc.asked {
			assert.NotContains(t, asked, "+", "spaces are %20")
		}
	})
}
