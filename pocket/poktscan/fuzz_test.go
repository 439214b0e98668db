package poktscan

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/poktscan/poktscantest"
	"github.com/poktbot/poktbot/rewards"
)

// answering is a transport that always answers the same.
type answering struct {
	status int
	body   string
}

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: a.status, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
		Body: io.NopCloser(strings.NewReader(a.body)), ContentLength: int64(len(a.body)),
	}, nil
}

// FuzzAnswers lets every call read what a stranger answers: it may fail, in a way that has a reason, but neither panic nor go on for ever.
func FuzzAnswers(f *testing.F) {
	for _, r := range poktscantest.Recordings() {
		f.Add(r.Status, r.Response)
	}
	head := `{"data":{"_metadata":{"chain":"pocket","lastProcessedHeight":900,"targetHeight":900},"tip":{"nodes":[{"id":"900","timestamp":"2026-11-19T00:00:00"}]},`
	for _, rest := range []string{
		`"list":{"pageInfo":{"hasNextPage":true,"endCursor":"x"},"nodes":[{"id":"5-EndBlock-1","blockId":"5","block":{"timestamp":"2025-06-01T00:00:00"}}]}}}`,
		`"list":{"pageInfo":{},"nodes":[{"id":"pokt1p8evmws220ta5mvghcca5ag0nngdme5803x323","stakeAmount":"1e5","stakeStatus":"Unstaking"}]}}}`,
		`"total":{"range":{"covered_from":"2026-11-13T00:00:00+00:00","covered_to":null},"data":"12.000"}}}`,
		`"series":[{"date_truncated":"2026-11-13","address":"","total_amount":5}],"rows":null,"services":[{}],"paid":{"groupedAggregates":[{"keys":["a"]}]}}}`,
	} {
		f.Add(200, head+rest)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 599 || status/100 == 3 {
			return
		}
		c := clientOf(t, []string{"https://data.example"}, WithTransport(answering{status, body}), WithRetries(0), WithKinds(Kinds()...))
		ctx, who := t.Context(), []pocket.Address{supplier1}
		sums := RewardsQuery{Span: week, Recipients: who}
		first := func(seq func(func(any, error) bool)) (err error) {
			n := 0
			for _, err = range seq {
				if n++; err != nil || n > 100 {
					break
				}
			}
			return err
		}
		for name, call := range map[string]func() error{
			"status":    func() error { _, err := c.Status(ctx); return err },
			"block":     func() error { _, err := c.Block(ctx, 5); return err },
			"supplier":  func() error { _, err := c.Supplier(ctx, supplier1); return err },
			"suppliers": func() error { return first(widen(c.Suppliers(ctx, SupplierFilter{}))) },
			"balance":   func() error { _, err := c.At(3).Balance(ctx, supplier1); return err },
			"params":    func() error { _, err := c.Params(ctx); return err },
			"services":  func() error { return first(widen(c.Difficulties(ctx))) },
			"morse":     func() error { return first(widen(c.MorseClaimables(ctx))) },
			"txs":       func() error { return first(widen(c.TransactionsOf(ctx, supplier1, 1, 0))) },
			"transfers": func() error { return first(widen(c.Transfers(ctx, supplier1, 1, 0))) },
			"stakes":    func() error { return first(widen(c.StakeMessages(ctx, who, 1, 0))) },
			"told":      func() error { return first(widen(c.Told(ctx, who, 1, 5))) },
			"everybody": func() error { return first(widen(c.Told(ctx, nil, 1, 5))) },
			"stays":     func() error { _, err := c.Stays(ctx, who); return err },
			"rewards":   func() error { _, err := c.Rewards(ctx, sums); return err },
			"by date":   func() error { _, err := c.RewardsByDate(ctx, sums, rewards.Day, nil); return err },
			"service":   func() error { _, err := c.RewardsByService(ctx, sums); return err },
			"claims":    func() error { _, err := c.ClaimTotals(ctx, who, week); return err },
			"proofs":    func() error { _, err := c.ClaimsAndProofs(ctx, who, week, rewards.Week, nil); return err },
			"rollups":   func() error { _, err := c.Rollups(ctx, who, week); return err },
			"incomes":   func() error { _, err := c.Incomes(ctx, CatalogQuery{Span: week, Recipients: who}); return err },
		} {
			if err := call(); err != nil {
				assert.NotContains(t, err.Error(), "\n", name)
				assert.Less(t, len(err.Error()), 4_000, name)
			}
		}
	})
}

func widen[T any](seq func(func(T, error) bool)) func(func(any, error) bool) {
	return func(yield func(any, error) bool) {
		seq(func(item T, err error) bool { return yield(item, err) })
	}
}

// FuzzQuick holds the quick way to read pages to encoding/json: what it accepts is what that makes of it.
func FuzzQuick(f *testing.F) {
	for _, r := range poktscantest.Recordings() {
		for _, name := range []string{"eventClaimSettleds", "modToAcctTransfers"} {
			f.Add(strings.Replace(r.Response, `"`+name+`"`, `"list"`, 1))
		}
	}
	s := makeWorld(5, 200, 2, byAddress, today).serve(f)
	c, err := New([]string{s.URL})
	require.NoError(f, err)
	for _, q := range []query{settledQuery, sharesQuery} {
		var data json.RawMessage
		variables := map[string]any{"filter": map[string]any{}, "first": 3, "operations": true}
		require.NoError(f, c.Query(f.Context(), q.text, variables, &data))
		f.Add(`{"data":` + string(data) + `}`)
	}
	f.Fuzz(func(t *testing.T, body string) {
		compare[wireSettled](t, body)
		compare[wireShare](t, body)
	})
}

func compare[N any](t *testing.T, body string) {
	t.Helper()
	var quick list[N]
	if !quick.quick([]byte(body)) {
		return
	}
	var slow wireAnswer[list[N]]
	require.NoError(t, json.Unmarshal([]byte(body), &slow))
	require.NotNil(t, slow.Data)
	assert.Equal(t, *slow.Data, quick)
}

func TestPagesOfSettlementsAreReadTheQuickWay(t *testing.T) {
	s := makeWorld(5, 2_000, 4, byAddress, today).serve(t)
	for _, q := range []query{settledQuery, sharesQuery} {
		var data json.RawMessage
		c := clientOf(t, []string{s.URL})
		variables := map[string]any{"filter": map[string]any{}, "first": 1000, "operations": true}
		require.NoError(t, c.Query(t.Context(), q.text, variables, &data))
		body := []byte(`{"data":` + string(data) + `}`)
		if q.operation == "Settled" {
			assert.True(t, new(list[wireSettled]).quick(body))
		} else {
			assert.True(t, new(list[wireShare]).quick(body))
		}
		assert.False(t, new(list[wireWork]).quick(body), "other rows are not that many")
	}
	for _, body := range []string{"", "{}", `{"data":null}`, `{"data":{"list":{}}} x`, `{"errors":[],"data":{"list":{"nodes":[]}}}`} {
		assert.False(t, new(list[wireShare]).quick([]byte(body)), body)
	}
}

// FuzzNumber compares the quick way to read a number with the careful one.
func FuzzNumber(f *testing.F) {
	for _, seed := range []string{`"1013950"`, `1013950`, `"60000.000000"`, `"387594n"`, `null`, `"-3"`, `1e3`, `"1e40"`, `"0.5"`, `""`, `"9223372036854775807"`, `"9223372036854775808"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var n number
		if json.Unmarshal([]byte(text), &n) != nil {
			return
		}
		var a amount
		err := json.Unmarshal([]byte(text), &a)
		assert.Equal(t, n < 0, err != nil)
		if string(text) == "null" {
			return
		}
		again, err := wholeNumber(strings.Trim(strings.TrimSpace(text), `"`))
		require.NoError(t, err)
		assert.Equal(t, again, int64(n))
	})
}
