package poktscan

import (
	"encoding/json"
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket/poktscan/poktscantest"
)

var queryToken = regexp.MustCompile(`\$?\w+|"[^"]*"|[^\s,\w]`)

// paths returns the fields that a query asks for, each with its parents: "suppliers.nodes.id". Aliases and arguments are left out.
func paths(text string) []string {
	tokens := queryToken.FindAllString(text, -1)
	var found, stack []string
	depth, last := 0, ""
	for i := 0; i < len(tokens); i++ {
		switch token := tokens[i]; {
		case token == "(":
			depth++
		case token == ")":
			depth--
		case depth > 0:
		case token == "@":
			i++ // a directive's name
		case token == "{":
			stack = append(stack, last)
		case token == "}":
			stack = stack[:len(stack)-1]
		case len(stack) == 0 || token == ":":
		case i+1 < len(tokens) && tokens[i+1] == ":":
		default:
			last = token
			found = append(found, strings.Join(append(stack[1:len(stack):len(stack)], token), "."))
		}
	}
	return found
}

func TestPathsOfAQuery(t *testing.T) {
	assert.Equal(t, []string{"a", "b", "b.c", "b.d", "e"}, paths(`query Q($x: [String!]!) { a(y: {z: [1]}) alias: b { c @skip(if: $x) d } e }`))
}

// The service's schema, as far as recordings tell it.
func recordedSchema(t *testing.T) (functions, settled, known map[string]bool) {
	t.Helper()
	type names struct {
		Fields []struct {
			Name string `json:"name"`
		} `json:"fields"`
	}
	list := func(n names) map[string]bool {
		set := map[string]bool{}
		for _, f := range n.Fields {
			set[f.Name] = true
		}
		return set
	}
	var all struct {
		Data struct {
			Schema struct {
				Query names `json:"queryType"`
			} `json:"__schema"`
		} `json:"data"`
	}
	require.NoError(t, json.Unmarshal([]byte(poktscantest.Recorded("schema-query-fields").Response), &all))
	var one struct {
		Data struct {
			Type names `json:"__type"`
		} `json:"data"`
	}
	require.NoError(t, json.Unmarshal([]byte(poktscantest.Recorded("schema-settled-type").Response), &one))
	known = map[string]bool{}
	for _, r := range poktscantest.Recordings() {
		text, _ := r.Query()
		if r.Derived || r.Status != 200 || strings.Contains(r.Response, `"errors":`) {
			continue
		}
		for _, path := range paths(text) {
			known[path] = true
		}
	}
	return list(all.Data.Schema.Query), list(one.Data.Type), known
}

func TestEveryFieldThatWeAskForExists(t *testing.T) {
	functions, settled, known := recordedSchema(t)
	newer := map[string]bool{"getIncomeJson": true, "getSupplierEarningsJson": true, "getSupplierPenaltiesJson": true}
	elsewhere := map[string]bool{
		"eventProofValidityCheckeds.nodes.supplierId":    true, // recorded questions filter by these columns
		"msgSubmitProofs.nodes.supplierId":               true,
		"eventProofValidityCheckeds.nodes.applicationId": true, // in the indexer's schema.graphql
	}
	files, err := fs.Glob(queryFiles, "queries/*.graphql")
	require.NoError(t, err)
	require.Greater(t, len(files), 40)
	operations := map[string]bool{}
	for _, file := range files {
		q := load(strings.TrimSuffix(strings.TrimPrefix(file, "queries/"), ".graphql"))
		assert.NotEmpty(t, q.operation, file)
		assert.False(t, operations[q.operation], "operation %s twice", q.operation)
		operations[q.operation] = true
		for _, path := range paths(q.text) {
			root, rest, nested := strings.Cut(path, ".")
			switch {
			case root == "__type" || newer[root]:
			case !nested:
				assert.True(t, functions[root], "%s: the schema has no %s", file, root)
			case root == "eventClaimSettleds" && strings.HasPrefix(rest, "nodes.") && settled[strings.Split(rest, ".")[1]]:
			case rest == "nodes.block" && known[root+".nodes.blockId"]: // a row with the id of a block has the block
			case strings.HasPrefix(rest, "nodes.block.") && known["blocks.nodes."+strings.TrimPrefix(rest, "nodes.block.")]:
			case known[path], elsewhere[path]:
			case root == "suppliers" && known["supplier."+strings.TrimPrefix(rest, "nodes.")]: // a row of the list has the fields of one
			case strings.HasPrefix(rest, "block.") && known["block."+strings.TrimPrefix(rest, "block.")]:
			case root == "_metadata" && known["_metadata."+rest]:
			// One row has the fields of a row of the list, and what a list has in one question it has in every.
			case known[root+"s."+"nodes."+rest], strings.HasPrefix(rest, "pageInfo"), strings.HasPrefix(rest, "groupedAggregates"):
			default:
				assert.Fail(t, "no recording shows "+path, file)
			}
		}
	}
}

func TestNamesThatWeSendExist(t *testing.T) {
	functions, _, _ := recordedSchema(t)
	for _, name := range []string{totalFunction, ofSuppliersFunction, byDateFunction, suppliersDateFunction, byServiceFunction} {
		assert.True(t, functions[name], name)
	}
	enums := poktscantest.Recorded("schema-enums").Response
	for _, word := range []string{
		staked, unstaking, unstaked, belowMinimum, "PENDING_VALIDATION", "VALIDATED", "INVALID", "NOT_REQUIRED", "PROBABILISTIC", "THRESHOLD", "Success", "Error",
		"UNSPECIFIED", "TLM_RELAY_BURN_EQUALS_MINT_TOKENOMICS_MINT",
	} {
		assert.Contains(t, enums, `"`+word+`"`)
	}
}

func TestReasonsAreTheChainsWords(t *testing.T) {
	var enums struct {
		Data struct {
			Reasons struct {
				Values []struct {
					Name string `json:"name"`
				} `json:"enumValues"`
			} `json:"opReason"`
		} `json:"data"`
	}
	require.NoError(t, json.Unmarshal([]byte(poktscantest.Recorded("schema-enums").Response), &enums))
	short := 0
	for _, value := range enums.Data.Reasons.Values {
		reason := string(reasonFrom(value.Name))
		assert.NotContains(t, reason+"!", "_RD!")
		if reason != value.Name && value.Name != "UNSPECIFIED" {
			short++
		}
	}
	assert.Equal(t, 6, short, "those that were too long for the service")
	assert.Equal(t, "TLM_RELAY_BURN_EQUALS_MINT_SUPPLIER_SHAREHOLDER_REWARD_DISTRIBUTION", string(reasonFrom("TLM_RELAY_BURN_EQUALS_MINT_SUPPLIER_SHAREHOLDER_RD")))
}

func TestTheFakeAnswersRecordedQuestionsAsTheyWereAnswered(t *testing.T) {
	s := poktscantest.NewRecorded()
	t.Cleanup(s.Close)
	c := clientOf(t, []string{s.URL})
	r := poktscantest.Recorded("rewards-total")
	text, variables := r.Query()
	var got, want map[string]any
	require.NoError(t, c.Query(t.Context(), text, variables, &got))
	require.NoError(t, json.Unmarshal([]byte(r.Response), &struct{ Data *map[string]any }{&want}))
	assert.Equal(t, want, got)
}
