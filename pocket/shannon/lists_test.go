package shannon

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
)

// pages serves the bodies by pagination.key: the first without one, the others as named by the one before.
func pages(bodies map[string]string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, bodies[r.URL.Query().Get("pagination.key")])
	})
}

func TestPaging(t *testing.T) {
	t.Run("a page without suppliers is not the end, and none comes twice", func(t *testing.T) {
		empty, second := recordingOf(t, "rest_suppliers_by_owner_empty_page"), recordingOf(t, "rest_suppliers_by_owner_next_page")
		last := recordingOf(t, "rest_suppliers_by_owner_and_service")
		key := func(r recording) string {
			var w wireSuppliers
			require.NoError(t, json.Unmarshal([]byte(r.Body), &w))
			return w.Pagination.NextKey
		}
		c := clientOf(t, nil, pages(map[string]string{"": empty.Body, key(empty): second.Body, key(second): last.Body}))
		owner := pocket.MustParseAddress("pokt1e2uqm2995thdu77wlxj8fj09tuqztelv2xk4ce")
		suppliers, err := all(c.Suppliers(t.Context(), SupplierFilter{Owner: owner}))
		require.NoError(t, err)
		require.Len(t, suppliers, 3)
		for _, s := range suppliers {
			assert.Equal(t, owner, s.Owner)
		}
	})
	t.Run("pages that go round in a circle are malformed", func(t *testing.T) {
		c := clientOf(t, nil, pages(map[string]string{
			"": `{"service":[],"pagination":{"next_key":"a"}}`, "a": `{"service":[],"pagination":{"next_key":"b"}}`, "b": `{"service":[],"pagination":{"next_key":"a"}}`,
		}))
		_, err := all(c.Services(t.Context()))
		assert.ErrorIs(t, err, pocket.ErrMalformed)
	})
	t.Run("a loop that stops asks for no more", func(t *testing.T) {
		asked := 0
		c := clientOf(t, nil, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			asked++
			fmt.Fprintf(w, `{"service":[{"id":"s%d"}],"pagination":{"next_key":"k%d"}}`, asked, asked)
		}))
		n := 0
		for service, err := range c.Services(t.Context()) {
			require.NoError(t, err)
			assert.Equal(t, pocket.ServiceID(fmt.Sprintf("s%d", n+1)), service.ID)
			if n++; n == 3 {
				break
			}
		}
		assert.Equal(t, 3, asked)
	})
	t.Run("arrays are read under either name", func(t *testing.T) {
		hash := "//////////////////////////////////////////8="
		for _, name := range []string{"relayMiningDifficulty", "relay_mining_difficulty"} {
			c := clientOf(t, nil, pages(map[string]string{"": `{"` + name + `":[{"service_id":"eth","block_height":7,"num_relays_ema":"23","target_hash":"` + hash + `"}]}`}))
			list, err := all(c.Difficulties(t.Context()))
			require.NoError(t, err)
			require.Len(t, list, 1)
			assert.Equal(t, pocket.Height(7), list[0].Height)
		}
	})
}

func TestSpellings(t *testing.T) {
	t.Run("numbers are read as text or bare", func(t *testing.T) {
		for raw, want := range map[string]number{`"5"`: 5, `5`: 5, `5.0`: 5, `"-3"`: -3, `null`: 0, `""`: 0, `"9223372036854775807"`: 1<<63 - 1} {
			var n number
			require.NoError(t, json.Unmarshal([]byte(raw), &n), raw)
			assert.Equal(t, want, n, raw)
		}
		for _, raw := range []string{`"9223372036854775808"`, `5.5`, `"x"`, `true`, `[]`, `1e3`} {
			var n number
			assert.Error(t, json.Unmarshal([]byte(raw), &n), raw)
		}
	})
	t.Run("coins are read as objects or text", func(t *testing.T) {
		for raw, want := range map[string]coin{`{"denom":"upokt","amount":"7"}`: 7, `"7upokt"`: 7, `"7"`: 7, `7`: 7, `null`: 0} {
			var c coin
			require.NoError(t, json.Unmarshal([]byte(raw), &c), raw)
			assert.Equal(t, want, c, raw)
		}
		for _, raw := range []string{`{"denom":"pokt","amount":"7"}`, `{}`, `{"denom":"upokt"}`, `"7pokt"`, `""`, `"-7upokt"`, `7.5`, `[]`} {
			var c coin
			assert.Error(t, json.Unmarshal([]byte(raw), &c), raw)
		}
	})
	t.Run("the services' history of early versions is read", func(t *testing.T) {
		var w wireSupplier
		require.NoError(t, json.Unmarshal([]byte(`{"operator_address":"`+anOperator.String()+`","stake":{"denom":"upokt","amount":"1"},
			"service_config_history":[{"services":[{"service_id":"eth"},{"service_id":"base"}],"effective_block_height":"11"}]}`), &w))
		s, err := w.supplier()
		require.NoError(t, err)
		require.Len(t, s.History, 2)
		assert.Equal(t, pocket.Height(11), s.History[1].Activation)
	})
	t.Run("params of early versions lack some and default them", func(t *testing.T) {
		c := clientOf(t, nil, constant(recording{Status: 200, Body: `{"params":{"num_blocks_per_session":60}}`}))
		p, err := c.SharedParams(t.Context(), 5)
		require.NoError(t, err)
		assert.EqualValues(t, 60, p.BlocksPerSession)
		assert.EqualValues(t, 1, p.ComputeUnitCost)
		c = clientOf(t, nil, constant(recording{Status: 200, Body: `{"params":{}}`}))
		_, err = c.SharedParams(t.Context(), 5)
		assert.ErrorIs(t, err, pocket.ErrMalformed)
	})
	t.Run("a root hash that is too short tells no sums", func(t *testing.T) {
		units, relays, err := rootSums(make([]byte, 32))
		require.NoError(t, err)
		assert.Zero(t, units+relays)
		_, _, err = rootSums([]byte(strings.Repeat("\xff", 48)))
		assert.Error(t, err)
	})
}

func FuzzDecodeSupplier(f *testing.F) {
	all, err := loadRecordings()
	require.NoError(f, err)
	for _, r := range all {
		if strings.HasPrefix(r.Name, "rest_supplier") && len(r.Body) < 4000 {
			f.Add([]byte(r.Body))
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var w wireSuppliers
		if json.Unmarshal(body, &w) == nil {
			if p, err := supplierPage(w); err == nil {
				for _, s := range p.items {
					require.False(t, s.Operator.IsZero())
					require.GreaterOrEqual(t, s.Stake, pocket.Upokt(0))
				}
			}
		}
	})
}

// FuzzAnswers gives any body to every question of the REST API and some of the RPC: each ends without a panic, and an error has a reason.
func FuzzAnswers(f *testing.F) {
	list, err := loadRecordings()
	require.NoError(f, err)
	for _, r := range list {
		if len(r.Body) < 3000 {
			f.Add(r.Body, r.Status)
		}
	}
	f.Fuzz(func(t *testing.T, body string, status int) {
		if status < 200 || status > 599 {
			status = 200
		}
		answer := constant(recording{Status: status, ContentType: "application/json", Body: body})
		c := clientOf(t, answer, answer)
		ctx := t.Context()
		check := func(err error) {
			if err != nil {
				found := false
				for _, reason := range []error{
					pocket.ErrNotFound, pocket.ErrPruned, pocket.ErrFutureHeight, pocket.ErrRateLimited, pocket.ErrUnavailable,
					pocket.ErrMalformed, pocket.ErrTooLarge, pocket.ErrWrongChain, pocket.ErrNotIndexed, pocket.ErrInvalid,
				} {
					found = found || isReason(err, reason)
				}
				require.True(t, found, "%v", err)
			}
		}
		_, err := c.Status(ctx)
		check(err)
		_, err = c.Block(ctx, 28)
		check(err)
		_, err = c.headers(ctx, 41, 60, "")
		check(err)
		_, err = c.Transaction(ctx, strings.Repeat("AB", 32))
		check(err)
		_, err = c.Supplier(ctx, anOperator)
		check(err)
		_, err = c.Account(ctx, anOwner)
		check(err)
		_, err = c.SharedParams(ctx, 0)
		check(err)
		for _, err := range c.Claims(ctx, ClaimFilter{}) {
			check(err)
		}
		for _, err := range c.SigningInfos(ctx) {
			check(err)
		}
		_, err = c.Session(ctx, anOwner, "eth", 0)
		check(err)
		_ = (&socket{nodes: c.nodes, wake: make(chan struct{}, 1)}).hear([]byte(body))
	})
}
