package shannon

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
)

func TestDecodeBlockRefusesWhatIsNotBlockResults(t *testing.T) {
	const staked = `{"type":"pocket.supplier.EventSupplierStaked","attributes":[]}`
	tests := []struct {
		name, body string
		says       string // a part of the error
	}{
		{"nothing", ``, "byte 0"},
		{"white space", "  \n\t ", "ends in the middle"},
		{"a page of HTML", "<html><body>502 Bad Gateway</body></html>", `byte 0, in the answer: want {, found "<html>`},
		{"plain text", "404 page not found\n", "want {"},
		{"a list", `[]`, "want {"},
		{"a string", `"height"`, "want {"},
		{"null", `null`, "want {"},
		{"an empty object", `{}`, "no whole block results"},
		{"an empty result", `{"jsonrpc":"2.0","id":-1,"result":{}}`, "no whole block results"},
		{"no result at all", `{"jsonrpc":"2.0","id":-1,"result":null}`, "no whole block results"},
		{"another call's result", `{"jsonrpc":"2.0","id":-1,"result":{"block":{"header":{"height":"5"}}}}`, "no whole block results"},
		{"no events of the block", `{"height":"5","txs_results":null}`, "no whole block results"},
		{"half the old lists", `{"height":"5","txs_results":null,"begin_block_events":[]}`, "no whole block results"},
		{"a second result", `{"result":{"height":"5"},"result":{}}`, "second result"},
		{"a second height", `{"height":"5","height":"5"}`, "second height"},
		{"a list twice", `{"height":"5","txs_results":null,"finalize_block_events":[],"finalize_block_events":[]}`, "comes twice"},
		{"transactions behind events", `{"height":"5","finalize_block_events":[],"txs_results":null}`, "behind finalize_block_events"},
		{"results beside a result", `{"height":"5","result":{"txs_results":null,"finalize_block_events":[]}}`, "beside the result"},
		{"a height that is no number", `{"height":"high"}`, `height is "\"high\""`},
		{"a height below one", `{"height":"0"}`, "height is"},
		{"a height too large", `{"height":"9223372036854775808"}`, "height is"},
		{"a height with a fraction", `{"height":5.5}`, "height is"},
		{"events before the height", `{"txs_results":null,"finalize_block_events":[` + staked + `],"height":"5"}`, "before the height"},
		{"events that are an object", `{"height":"5","finalize_block_events":{}}`, "want [ or null"},
		{"events that are text", `{"height":"5","finalize_block_events":"[]"}`, "want [ or null"},
		{"an event that is a list", `{"height":"5","finalize_block_events":[[]]}`, "an event in { }"},
		{"an event that is null", `{"height":"5","finalize_block_events":[null]}`, "an event in { }"},
		{"an event without a type", `{"height":"5","finalize_block_events":[{"attributes":[]}]}`, "without a type"},
		{"an event whose type is a number", `{"height":"5","finalize_block_events":[{"type":7}]}`, "without a type"},
		{"two types", `{"height":"5","finalize_block_events":[{"type":"pocket.supplier.EventSupplierStaked","type":"x"}]}`, "attributes are not"},
		{"attributes that are an object", `{"height":"5","finalize_block_events":[{"type":"pocket.supplier.EventSupplierStaked","attributes":{}}]}`, "attributes are not"},
		{"an attribute without a name", `{"height":"5","finalize_block_events":[{"type":"pocket.supplier.EventSupplierStaked","attributes":[{"value":"x"}]}]}`, "attributes are not"},
		{"an attribute with an object", `{"height":"5","finalize_block_events":[{"type":"pocket.supplier.EventSupplierStaked","attributes":[{"key":"a","value":{}}]}]}`, "attributes are not"},
		{"a transaction that is text", `{"height":"5","txs_results":["x"]}`, "txs_results[0]: want {"},
		{"a code that is text", `{"height":"5","txs_results":[{"code":"bad"}]}`, "code of a transaction"},
		{"a code below zero", `{"height":"5","txs_results":[{"code":-1}]}`, "code of a transaction"},
		{"gas that is no number", `{"height":"5","txs_results":[{"code":0},{"gas_used":"much"}]}`, "txs_results[1]: gas_used"},
		{"a log that is a list", `{"height":"5","txs_results":[{"log":[]}]}`, "log of a transaction"},
		{"two lists of events in a transaction", `{"height":"5","txs_results":[{"events":[],"events":[]}]}`, "second list"},
		{"something behind the end", `{"height":"5","txs_results":null,"finalize_block_events":[]} {}`, "want the end"},
		{"a missing comma", `{"height":"5" "txs_results":null}`, "want , or }"},
		{"a comma too many", `{"height":"5","txs_results":null,"finalize_block_events":[],}`, "field's name"},
		{"a comma too many in a list", `{"height":"5","finalize_block_events":[{"type":"x"},]}`, "an element"},
		{"a missing colon", `{"height" "5"}`, "want :"},
		{"a name without quotes", `{height:"5"}`, "name in quotes"},
		{"brackets that do not match", `{"height":"5","validator_updates":[}]}`, "want a value"},
		{"an unknown escape", `{"height":"5","app_hash":"\q"}`, "unknown escape"},
		{"a broken number", `{"height":"5","x":01}`, "want , or }"},
		{"a control character", "{\"height\":\"5\",\"x\":\"a\nb\"}", "control character"},
		{"deep nesting", `{"height":"5","x":` + strings.Repeat("[", 100_000) + `}`, "too deep"},
		{"deep nesting in an event", `{"height":"5","finalize_block_events":[{"type":"x","attributes":` + strings.Repeat(`{"a":`, 300), "too deep"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := collectEvents(strings.NewReader(test.body), pocket.Block{}, pocket.Selection{})
			require.ErrorIs(t, err, pocket.ErrMalformed)
			failure, ok := errors.AsType[*pocket.APIError](err)
			require.True(t, ok)
			assert.Equal(t, "/block_results", failure.Call)
			assert.Contains(t, err.Error(), test.says)
			assert.Contains(t, err.Error(), "byte ")
			assert.Less(t, len(err.Error()), 500, "no stranger fills the screen")
		})
	}
}

func TestDecodeBlockChecksTheBlockItIsGiven(t *testing.T) {
	body := `{"height":"5","txs_results":[{"code":0,"events":[]}],"finalize_block_events":[]}`
	t.Run("results of another height are refused", func(t *testing.T) {
		_, err := collectEvents(strings.NewReader(body), pocket.Block{Height: 6}, pocket.Selection{})
		require.ErrorIs(t, err, pocket.ErrMalformed)
		assert.ErrorContains(t, err, "height 6")
		assert.ErrorContains(t, err, "results of height 5")
	})
	t.Run("fewer transactions in the block than results", func(t *testing.T) {
		_, err := collectEvents(strings.NewReader(body), pocket.Block{Txs: [][]byte{}}, pocket.Selection{})
		require.ErrorIs(t, err, pocket.ErrMalformed)
	})
	t.Run("more transactions in the block than results", func(t *testing.T) {
		_, err := collectEvents(strings.NewReader(body), pocket.Block{Txs: [][]byte{{1}, {2}}}, pocket.Selection{})
		require.ErrorIs(t, err, pocket.ErrMalformed)
	})
	t.Run("a height behind the events is enough when it is known", func(t *testing.T) {
		late := `{"txs_results":null,"finalize_block_events":[` +
			`{"type":"pocket.service.EventRelayMiningDifficultyUpdated","attributes":[]}],"height":"5"}`
		events, err := collectEvents(strings.NewReader(late), pocket.Block{Height: 5}, pocket.Selection{})
		require.NoError(t, err)
		require.Len(t, events, 1)
		_, err = collectEvents(strings.NewReader(late), pocket.Block{Height: 4}, pocket.Selection{})
		require.ErrorIs(t, err, pocket.ErrMalformed)
	})
}

func TestDecodeBlockTellsTheNodesOwnError(t *testing.T) {
	tests := []struct {
		name, body string
		reason     error
		code       int
		lowest     pocket.Height
		latest     pocket.Height
	}{
		{
			"pruned", `{"jsonrpc":"2.0","id":-1,"error":{"code":-32603,"message":"Internal error","data":"height 2 is not available, lowest height is 67"}}`,
			pocket.ErrPruned, -32603, 67, 0,
		},
		{
			"in the future", `{"jsonrpc":"2.0","id":-1,"error":{"code":-32603,"message":"Internal error","data":"height 99999999 must be less than or equal to the current blockchain height 491"}}`,
			pocket.ErrFutureHeight, -32603, 0, 491,
		},
		{
			"not kept", `{"jsonrpc":"2.0","id":-1,"error":{"code":-32603,"message":"Internal error","data":"node is not persisting finalize block responses"}}`,
			pocket.ErrNotIndexed, -32603, 0, 0,
		},
		{"unknown words", `{"jsonrpc":"2.0","result":null,"error":{"code":-1,"message":"no"}}`, pocket.ErrUnavailable, -1, 0, 0},
		{"data that is no text", `{"error":{"code":-1,"message":"no","data":{"a":1}}}`, pocket.ErrUnavailable, -1, 0, 0},
		{"an error that cannot be read", `{"error":"no"}`, pocket.ErrMalformed, 0, 0, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			events, err := collectEvents(strings.NewReader(test.body), pocket.Block{}, pocket.Selection{})
			assert.Empty(t, events)
			require.ErrorIs(t, err, test.reason)
			failure, ok := errors.AsType[*pocket.APIError](err)
			require.True(t, ok)
			assert.Equal(t, test.code, failure.Code)
			assert.Equal(t, test.lowest, failure.Lowest)
			assert.Equal(t, test.latest, failure.Latest)
		})
	}
	t.Run("null is no error", func(t *testing.T) {
		body := `{"jsonrpc":"2.0","error":null,"result":{"height":"5","txs_results":null,"finalize_block_events":[]}}`
		_, err := collectEvents(strings.NewReader(body), pocket.Block{}, pocket.Selection{})
		require.NoError(t, err)
	})
}

// endless gives start once and then a text for ever.
type endless struct {
	start, again string
	rest         string
	given        int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.given == 0 {
		e.rest = e.start
	}
	for len(e.rest) < len(p) {
		e.rest += e.again
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	e.given += n
	return n, nil
}

func TestDecodeBlockGivesUpOnAValueWithoutEnd(t *testing.T) {
	for name, start := range map[string]string{
		"text":                `{"height":"5","app_hash":"`,
		"an attribute":        `{"height":"5","txs_results":null,"finalize_block_events":[{"type":"x","attributes":[{"key":"a","value":"`,
		"a field's name":      `{"`,
		"a transaction's log": `{"height":"5","txs_results":[{"log":"`,
	} {
		t.Run(name, func(t *testing.T) {
			source := &endless{start: start, again: strings.Repeat("a", 1<<16)}
			_, err := collectEvents(source, pocket.Block{}, pocket.Selection{})
			require.ErrorIs(t, err, pocket.ErrTooLarge)
			assert.LessOrEqual(t, source.given, 2*maxValue)
		})
	}
	t.Run("a transaction with transfers without end", func(t *testing.T) {
		source := &endless{
			start: `{"height":"5","txs_results":[{"events":[{"type":"x"}`,
			again: strings.Repeat(`,{"type":"transfer","attributes":[{"key":"recipient","value":"`+testOwner+
				`","index":true},{"key":"amount","value":"1upokt","index":true}]}`, 1000),
		}
		_, err := collectEvents(source, pocket.Block{}, pocket.Selection{})
		require.ErrorIs(t, err, pocket.ErrTooLarge)
	})
	t.Run("white space is passed over without being held", func(t *testing.T) {
		source := io.MultiReader(strings.NewReader(`{"height":"5",`), io.LimitReader(&endless{again: strings.Repeat(" ", 1<<16)}, 3*maxValue),
			strings.NewReader(`"txs_results":null,"finalize_block_events":[]}`))
		_, err := collectEvents(source, pocket.Block{}, pocket.Selection{})
		require.NoError(t, err)
	})
	t.Run("an event just small enough is read", func(t *testing.T) {
		body := `{"height":"5","txs_results":null,"finalize_block_events":[{"type":"pocket.supplier.EventSupplierStaked","attributes":[` +
			`{"key":"operator_address","value":"\"pokt1l53dkzw5aewqp78k2jeytt94zx53jnup7azyjt\"","index":true},` +
			`{"key":"x","value":"` + strings.Repeat("x", maxValue-1000) + `","index":true}]}]}`
		events, err := collectEvents(strings.NewReader(body), pocket.Block{}, pocket.Selection{})
		require.NoError(t, err)
		require.Len(t, events, 1)
	})
}

// An event that is wanted and says something that cannot be true stops everything, and the error says where.
func TestDecodeBlockRefusesAnIllegibleEvent(t *testing.T) {
	settled := map[string]string{
		"supplier_operator_address":    `"pokt1l53dkzw5aewqp78k2jeytt94zx53jnup7azyjt"`,
		"supplier_owner_address":       `"pokt1tlenzxkfh38zr34wrhqjpsuvm0g3m2wazmsdl5"`,
		"application_address":          `"pokt1vd9kcl6lvh0jndwpe470r7yxypl8e2agsnm698"`,
		"claimed_upokt":                `"10upokt"`,
		"settled_upokt":                `"10upokt"`,
		"minted_upokt":                 `"9upokt"`,
		"overservicing_loss_upokt":     `"0upokt"`,
		"deflation_loss_upokt":         `"1upokt"`,
		"mint_ratio":                   `"0.975"`,
		"proof_requirement_int":        `2`,
		"claim_proof_status_int":       `1`,
		"num_relays":                   `"80"`,
		"session_end_block_height":     `"20"`,
		"reward_distribution_detailed": `[{"recipient_address":"pokt1tlenzxkfh38zr34wrhqjpsuvm0g3m2wazmsdl5","op_reason":"R","amount":"9upokt"}]`,
	}
	read := func(name, value string, missing bool) error {
		changed := map[string]string{}
		for n, v := range settled {
			changed[n] = v
		}
		if name != "" {
			if changed[name] = value; missing {
				delete(changed, name)
			}
		}
		_, err := collectEvents(bytes.NewReader(bodyOf(t, "pocket.tokenomics.EventClaimSettled", changed)), pocket.Block{}, pocket.Selection{})
		return err
	}
	require.NoError(t, read("", "", false))
	for _, test := range []struct{ name, attribute, value string }{
		{"an operator with a typo", "supplier_operator_address", `"pokt1l53dkzw5aewqp78k2jeytt94zx53jnup7azyjx"`},
		{"no operator", "supplier_operator_address", `""`},
		{"an owner that is no address", "supplier_owner_address", `"somebody"`},
		{"an application that is null", "application_address", `null`},
		{"an empty amount", "claimed_upokt", `""`},
		{"a bare empty amount", "claimed_upokt", ``},
		{"an amount below zero", "settled_upokt", `"-1upokt"`},
		{"an amount of another coin", "settled_upokt", `"1uatom"`},
		{"an amount with a fraction", "minted_upokt", `"1.5upokt"`},
		{"an amount beyond 64 bits", "minted_upokt", `"9223372036854775808upokt"`},
		{"an amount far beyond", "deflation_loss_upokt", `"99999999999999999999999999upokt"`},
		{"an amount of another coin as an object", "claimed_upokt", `{"denom":"uatom","amount":"1"}`},
		{"an amount as a broken object", "claimed_upokt", `{"denom":"upokt"`},
		{"an amount without its end", "claimed_upokt", `"1upokt`},
		{"two amounts", "claimed_upokt", `"1upokt""2upokt"`},
		{"a number that is none", "num_relays", `"many"`},
		{"a number below zero", "num_relays", `"-1"`},
		{"a number beyond 64 bits", "num_relays", `"18446744073709551615"`},
		{"a height that is none", "session_end_block_height", `"soon"`},
		{"an unknown status", "claim_proof_status_int", `"MAYBE"`},
		{"an unknown requirement", "proof_requirement_int", `"MAYBE"`},
		{"shares that are an object", "reward_distribution_detailed", `{}`},
		{"shares cut off", "reward_distribution_detailed", `[{"recipient_address":"pokt1tlenzxkfh38zr34wrhqjpsuvm0g3m2wazmsdl5"`},
		{"shares with something behind", "reward_distribution_detailed", `[]]`},
		{"empty shares", "reward_distribution_detailed", ``},
		{"a share without an amount", "reward_distribution_detailed", `[{"recipient_address":"pokt1tlenzxkfh38zr34wrhqjpsuvm0g3m2wazmsdl5","op_reason":"R"}]`},
		{"a share without a recipient", "reward_distribution_detailed", `[{"op_reason":"R","amount":"1upokt"}]`},
		{"a share without a reason", "reward_distribution_detailed", `[{"recipient_address":"pokt1tlenzxkfh38zr34wrhqjpsuvm0g3m2wazmsdl5","amount":"1upokt"}]`},
		{"a share with a broken amount", "reward_distribution_detailed", `[{"recipient_address":"pokt1tlenzxkfh38zr34wrhqjpsuvm0g3m2wazmsdl5","op_reason":"R","amount":"x"}]`},
		{"a share for a broken address", "reward_distribution_detailed", `[{"recipient_address":"pokt1","op_reason":"R","amount":"1upokt"}]`},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := read(test.attribute, test.value, false)
			require.ErrorIs(t, err, pocket.ErrMalformed)
			assert.ErrorContains(t, err, "height 77")
			assert.ErrorContains(t, err, `event 0 "pocket.tokenomics.EventClaimSettled"`)
			assert.ErrorContains(t, err, "attribute "+test.attribute)
		})
	}
	for _, attribute := range []string{"supplier_operator_address", "application_address", "claimed_upokt"} {
		t.Run("a missing "+attribute, func(t *testing.T) {
			err := read(attribute, "", true)
			require.ErrorIs(t, err, pocket.ErrMalformed)
			assert.ErrorContains(t, err, "attribute "+attribute+": it is missing")
		})
	}
	t.Run("an amount that does not fit says so", func(t *testing.T) {
		require.ErrorIs(t, read("claimed_upokt", `"9223372036854775808upokt"`, false), pocket.ErrOverflow)
	})
	t.Run("an event that is not wanted is not looked into", func(t *testing.T) {
		body := bodyOf(t, "pocket.tokenomics.EventClaimSettled", map[string]string{"claimed_upokt": `"x"`})
		events, err := collectEvents(bytes.NewReader(body), pocket.Block{}, pocket.Selection{Kinds: []pocket.Kind{pocket.KindSlash}})
		require.NoError(t, err)
		assert.Empty(t, events)
	})
}

// bodyOf returns the results of height 77 with one event, whose attributes are given as the chain's JSON text.
func bodyOf(t testing.TB, name string, attributes map[string]string) []byte {
	t.Helper()
	type pair struct {
		Key   string `json:"key"`
		Value string `json:"value"`
		Index bool   `json:"index"`
	}
	var list []pair
	for _, key := range sortedKeys(attributes) {
		list = append(list, pair{key, attributes[key], true})
	}
	list = append(list, pair{"mode", "EndBlock", true})
	body, err := json.Marshal(struct {
		Height string `json:"height"`
		Txs    []any  `json:"txs_results"`
		Events []any  `json:"finalize_block_events"`
	}{"77", nil, []any{struct {
		Type       string `json:"type"`
		Attributes []pair `json:"attributes"`
	}{name, list}}})
	require.NoError(t, err)
	return body
}
