package shannon

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
)

var (
	anOwner    = pocket.MustParseAddress("pokt1tlenzxkfh38zr34wrhqjpsuvm0g3m2wazmsdl5")
	anOperator = pocket.MustParseAddress("pokt1cctzyqv68ss06lmqnhyf07yggxwsv4329rcuu5")
	aWallet    = pocket.MustParseAddress("pokt1vxx0vnzz6w4j0f0vuf4x3rz38krm7r5fku8x8p")
)

// recordedQuery returns the text of the search that was recorded, and that it is what the GET parameter holds.
func recordedQuery(t *testing.T, name string) string {
	u, err := url.Parse(recordingOf(t, name).Path)
	require.NoError(t, err)
	return u.Query().Get("query")
}

func TestQueries(t *testing.T) {
	// The left side was sent to a real node and found what it should.
	for _, test := range []struct {
		recorded string
		query    interface{ text() (string, error) }
	}{
		{"rpc_block_search_quoted_equal", BlockQuery{Kind: pocket.KindSettlement, Supplier: anOperator}},
		{"rpc_block_search_reward_recipient", BlockQuery{Kind: pocket.KindSettlement, Recipient: aWallet}},
		{"rpc_block_search_slashed", BlockQuery{Kind: pocket.KindSlash}},
		{"rpc_block_search_exists", BlockQuery{Kind: pocket.KindUnbondingEnd}},
		{"rpc_block_search_unbonding_supplier", BlockQuery{
			Kind: pocket.KindUnbondingEnd, Supplier: pocket.MustParseAddress("pokt1nmjqcwsz3theatv4xm5v9khq440lwvjnharcdp")}},
		{"rpc_block_search_transfer_recipient", BlockQuery{Recipient: aWallet}},
		{"rpc_tx_search_claims", TxQuery{Kind: pocket.KindClaimCreation, Supplier: anOperator}},
		{"rpc_tx_search_recipient", TxQuery{Recipient: anOwner}},
		{"rpc_tx_search_sender", TxQuery{Signer: anOwner, Action: "/cosmos.bank.v1beta1.MsgSend"}},
		{"rpc_tx_search_authz_exec", TxQuery{Action: "/cosmos.authz.v1beta1.MsgExec"}},
		{"rpc_tx_search_transfer_sender", TxQuery{Sender: anOwner, Recipient: aWallet}},
	} {
		t.Run(test.recorded+" is asked as recorded", func(t *testing.T) {
			query, err := test.query.text()
			require.NoError(t, err)
			sent, err := url.QueryUnescape(strings.TrimPrefix(encodeParams([]rpcParam{text("query", query)}), "query="))
			require.NoError(t, err)
			want := recordedQuery(t, test.recorded)
			if strings.HasPrefix(test.recorded, "rpc_tx_search_transfer") {
				assert.ElementsMatch(t, strings.Split(strings.Trim(want, `"`), " AND "), strings.Split(strings.Trim(sent, `"`), " AND "))
				return
			}
			assert.Equal(t, want, sent)
		})
	}
	t.Run("heights go with conditions", func(t *testing.T) {
		query, err := BlockQuery{Kind: pocket.KindSlash, Supplier: anOperator, Service: "eth", From: 21, To: 60}.text()
		require.NoError(t, err)
		assert.Equal(t, `block.height>20 AND block.height<=60 AND pocket.tokenomics.EventSupplierSlashed.supplier_operator_address='"`+
			anOperator.String()+`"' AND pocket.tokenomics.EventSupplierSlashed.service_id='"eth"'`, query)
	})
	for name, query := range map[string]interface{ text() (string, error) }{
		"nothing to ask":                          BlockQuery{},
		"claims, which are transactions":          BlockQuery{Kind: pocket.KindClaimCreation},
		"no kind of event":                        BlockQuery{Kind: "x' OR 'y"},
		"a slash with a recipient":                BlockQuery{Kind: pocket.KindSlash, Recipient: aWallet},
		"any event of a supplier":                 BlockQuery{Supplier: anOperator},
		"heights the wrong way round":             BlockQuery{Kind: pocket.KindSlash, From: 9, To: 8},
		"negative heights":                        BlockQuery{Kind: pocket.KindSlash, From: -1},
		"a service that ends the text":            BlockQuery{Kind: pocket.KindSettlement, Service: `eth' OR tx.height>0 OR 'a'='a`},
		"no transactions":                         TxQuery{},
		"transfers and messages in one":           TxQuery{Sender: anOwner, Action: "/a"},
		"a supplier without a kind":               TxQuery{Supplier: anOperator},
		"an action that ends the text":            TxQuery{Action: `/a' OR 'b`},
		"settlements, which are no transactions":  TxQuery{Kind: pocket.KindSettlement},
		"stakes for a service, which is not told": TxQuery{Kind: pocket.KindSupplierStake, Service: "eth"},
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			_, err := query.text()
			assert.ErrorIs(t, err, pocket.ErrInvalid)
		})
	}
}

// wellFormed is the grammar of all queries that this package may send.
var wellFormed = func() *regexp.Regexp {
	key, value := `[a-zA-Z0-9._]+`, `[a-zA-Z0-9._/-]+`
	condition := `(` + key + `='"` + value + `"'|` + key + `='` + value + `'|` + key + ` CONTAINS '` + value + `'|` + key + ` EXISTS|(block|tx)\.height(>|<=)\d+)`
	return regexp.MustCompile(`^` + condition + `( AND ` + condition + `)*$`)
}()

// FuzzQueries checks that no text of a stranger leaves its quotes.
func FuzzQueries(f *testing.F) {
	f.Add("settlement", "eth", "/cosmos.bank.v1beta1.MsgSend", anOperator.String(), int64(1), int64(9))
	f.Add("slash", `e'"\`, `/a' AND b='c`, "x", int64(-1), int64(0))
	f.Add("", "", "", "", int64(0), int64(0))
	f.Fuzz(func(t *testing.T, kind, service, action, address string, from, to int64) {
		a, _ := pocket.ParseAddress(address)
		for _, q := range []interface{ text() (string, error) }{
			BlockQuery{Kind: pocket.Kind(kind), Service: pocket.ServiceID(service), Supplier: a, From: pocket.Height(from), To: pocket.Height(to)},
			BlockQuery{Kind: pocket.Kind(kind), Recipient: a, Owner: a, Application: a},
			TxQuery{Kind: pocket.Kind(kind), Service: pocket.ServiceID(service), Supplier: a, Application: a, From: pocket.Height(from)},
			TxQuery{Signer: a, Action: action, To: pocket.Height(to)},
			TxQuery{Sender: a, Recipient: a},
		} {
			query, err := q.text()
			if err != nil {
				require.ErrorIs(t, err, pocket.ErrInvalid)
				continue
			}
			require.Regexp(t, wellFormed, query)
			sent, err := url.ParseQuery(encodeParams([]rpcParam{text("query", query), text("order_by", "asc")}))
			require.NoError(t, err)
			require.Len(t, sent, 2)
			var got string // the node reads the parameter as a JSON string
			require.NoError(t, json.Unmarshal([]byte(sent.Get("query")), &got))
			require.Equal(t, query, got)
		}
	})
}
