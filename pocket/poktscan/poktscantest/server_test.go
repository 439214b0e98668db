package poktscantest

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
)

var (
	begin     = time.Date(2026, 11, 18, 0, 0, 0, 0, time.UTC)
	supplier  = pocket.MustParseAddress("pokt1p8evmws220ta5mvghcca5ag0nngdme5803x323")
	owner     = pocket.MustParseAddress("pokt1wec60pyqad3qvqhwq4qlev9c6ccu0sza7nnq5s")
	recipient = pocket.MustParseAddress("pokt1uflysdxch4xgpr0k62uplm0nwcxun3wjhpta52")
)

// filled returns a server with 3000 blocks and a settlement in each of the last 1440, a day's.
func filled(t *testing.T) *Server {
	t.Helper()
	s := New()
	t.Cleanup(s.Close)
	s.AddRange(1, 3_000, begin, time.Minute)
	for h := pocket.Height(1_561); h <= 3_000; h++ {
		s.AddEvents(pocket.Settlement{
			At: pocket.At{Height: h}, Supplier: supplier, Owner: owner, Application: owner, Service: "eth", SessionEnd: h - 10,
			Claimed: 10, Settled: 10, Minted: 9, Deflated: 1, MintRatio: "0.975",
			Shares: []pocket.Share{{Recipient: recipient, Reason: pocket.ReasonSupplier, Amount: 7}, {Recipient: owner, Reason: pocket.ReasonSupplier, Amount: 2}},
		})
	}
	return s
}

// post puts a question and returns the status and the body.
func post(t *testing.T, s *Server, query string, variables map[string]any) (int, string) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	require.NoError(t, err)
	answer, err := http.Post(s.URL, "application/json", strings.NewReader(string(body)))
	require.NoError(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	assert.True(t, answer.Header.Get("Content-Type") != "application/json" && json.Valid(text) || answer.StatusCode != 200, string(text))
	return answer.StatusCode, string(text)
}

func TestPagesAreCutDownWithoutAWord(t *testing.T) {
	s := filled(t)
	s.SetLimit(2)
	status, body := post(t, s, `{ eventClaimSettleds(first: 5000, orderBy: ID_ASC) { totalCount pageInfo { hasNextPage } nodes { blockId } } }`, nil)
	assert.Equal(t, 200, status)
	assert.Equal(t, `{"data":{"eventClaimSettleds":{"totalCount":1440,"pageInfo":{"hasNextPage":true},"nodes":[{"blockId":"1561"},{"blockId":"1562"}]}}}`, body)
	recorded := Recorded("limit-clamped")
	assert.Contains(t, recorded.Response, `"pageInfo":{"hasNextPage":true},"nodes":[{"blockId":`)
}

func TestCursorsLeadThroughAllRowsOnce(t *testing.T) {
	s := filled(t)
	s.SetLimit(100)
	seen, after := map[string]bool{}, any(nil)
	for range 15 {
		_, body := post(t, s, `query($after: Cursor) { list: modToAcctTransfers(after: $after, orderBy: [BLOCK_ID_DESC, ID_ASC], filter: {recipientId: {in: ["`+recipient.String()+`"]}})
			{ pageInfo { hasNextPage endCursor } nodes { id amount } } }`, map[string]any{"after": after})
		var answer struct {
			Data struct {
				List struct {
					PageInfo struct {
						HasNextPage bool
						EndCursor   string
					}
					Nodes []struct{ ID string }
				}
			}
		}
		require.NoError(t, json.Unmarshal([]byte(body), &answer))
		for _, n := range answer.Data.List.Nodes {
			assert.False(t, seen[n.ID])
			seen[n.ID] = true
		}
		after = answer.Data.List.PageInfo.EndCursor
		if !answer.Data.List.PageInfo.HasNextPage {
			break
		}
	}
	assert.Len(t, seen, 1440)
	status, body := post(t, s, `{ suppliers(first: 1, after: "not-a-cursor") { nodes { id } } }`, nil)
	assert.Equal(t, 200, status)
	assert.Contains(t, body, "Invalid cursor, please enter a cursor from a previous request, or null.")
	assert.Contains(t, body, `"data":{"suppliers":null}`)
}

func TestSumsHaveTheFaultsOfTheRealOnes(t *testing.T) {
	s := filled(t)
	total := func(start, end string) string {
		_, body := post(t, s, `query($a: [String!]!, $s: Datetime, $e: Datetime) { t: getRewardsByAddressesAndTime(addresses: $a, startDate: $s, endDate: $e) }`,
			map[string]any{"a": []pocket.Address{recipient}, "s": start, "e": end})
		return body
	}
	assert.Equal(t, `{"data":{"t":"7"}}`, total("2026-11-19T02:00:00Z", "2026-11-19T02:00:00Z"), "both ends are in it")
	assert.Equal(t, total("2026-11-19T03:00:00", "2026-11-19T04:00:00"), total("2026-11-19T03:00:00-05:00", "2026-11-19T04:00:00-05:00"), "zones are dropped")
	assert.Equal(t, `{"data":{"t":"0"}}`, total("2026-11-19T04:00:00Z", "2026-11-19T03:00:00Z"))
	series := func(who pocket.Address, interval string) string {
		_, body := post(t, s, `query($a: [String!]!, $i: String) { s: getRewardsByAddressesAndTimeGroupByAddressAndDate(addresses: $a,
			startDate: "2026-11-18T00:00:00Z", endDate: "2026-11-21T00:00:00Z", truncInterval: $i) }`, map[string]any{"a": []pocket.Address{who}, "i": interval})
		return body
	}
	assert.Equal(t, `{"data":{"s":null}}`, series(supplier, "day"), "nothing is null")
	assert.Contains(t, series(recipient, "day"), `"total_amount":`)
	body := series(recipient, "fortnight")
	assert.Contains(t, body, `unit \"fortnight\" not recognized for type timestamp without time zone`)
	assert.Contains(t, body, `"22023"`)
	recorded := Recorded("error-bad-trunc-interval").Response
	assert.Contains(t, recorded, `unit \"fortnight\" not recognized for type timestamp without time zone`)
	assert.Contains(t, recorded, `"22023"`)
}

func TestRefusalsAreWordedAsTheRealOnes(t *testing.T) {
	s := filled(t)
	for name, question := range map[string]string{
		"error-unknown-function": `query Bad { getRewardsByNobody(addresses: ["pokt1x"]) }`,
		"error-syntax":           `query Bad { suppliers(first: 1) { nodes { id } `,
	} {
		status, body := post(t, s, question, nil)
		recorded := Recorded(name)
		assert.Equal(t, recorded.Status, status, name)
		var got, want struct {
			Errors []struct {
				Message    string
				Extensions struct{ Code string }
			}
			Data any
		}
		require.NoError(t, json.Unmarshal([]byte(body), &got))
		require.NoError(t, json.Unmarshal([]byte(recorded.Response), &want))
		assert.Equal(t, want.Errors[0].Extensions.Code, got.Errors[0].Extensions.Code, name)
		assert.True(t, strings.HasPrefix(want.Errors[0].Message, got.Errors[0].Message[:12]), "%s: %s, want %s", name, got.Errors[0].Message, want.Errors[0].Message)
		assert.Nil(t, got.Data)
	}
	s.SetSecretive(true)
	status, body := post(t, s, `{ __type(name: "Query") { fields { name } } }`, nil)
	assert.Equal(t, 400, status)
	assert.Contains(t, body, "introspection is not allowed")

	answer, err := http.Post(s.URL, "text/plain", strings.NewReader(`{"query":"{ x }"}`))
	require.NoError(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	assert.Equal(t, Recorded("error-wrong-content-type").Response, string(text))
}

func TestOneFieldThatFailsLeavesTheOthers(t *testing.T) {
	s := filled(t)
	s.SetMostRows(100)
	status, body := post(t, s, `{ _metadata { lastProcessedHeight } eventClaimSettleds(first: 1) { nodes { id } } block(id: "5") { id hash } }`, nil)
	assert.Equal(t, 200, status)
	assert.Contains(t, body, `"message":"canceling statement due to statement timeout"`)
	assert.Contains(t, body, `"data":{"_metadata":{"lastProcessedHeight":3000},"eventClaimSettleds":null,"block":{"id":"5","hash":"`)
}

func TestTheIndexersTipHidesWhatComesAfter(t *testing.T) {
	s := filled(t)
	s.SetTip(2_000)
	s.SetTarget(3_000)
	_, body := post(t, s, `{ _metadata { lastProcessedHeight targetHeight indexerHealthy } blocks(first: 1, orderBy: ID_DESC) { nodes { id } } block(id: "2001") { id }
		eventClaimSettleds(first: 1) { totalCount } }`, nil)
	assert.Equal(t, `{"data":{"_metadata":{"lastProcessedHeight":2000,"targetHeight":3000,"indexerHealthy":true},"blocks":{"nodes":[{"id":"2000"}]},"block":null,`+
		`"eventClaimSettleds":{"totalCount":440}}}`, body)
	s.SetSilent(true)
	_, body = post(t, s, `{ _metadata { chain lastProcessedHeight } }`, nil)
	assert.Equal(t, `{"data":{"_metadata":{"chain":null,"lastProcessedHeight":null}}}`, body)
}

func TestRecordedQuestionsAreAnsweredAsTheyWere(t *testing.T) {
	s := NewRecorded()
	t.Cleanup(s.Close)
	answered := 0
	for _, r := range Recordings() {
		query, variables := r.Query()
		if query == "" || r.Derived || r.RequestContentType != "" || strings.Contains(r.Name, "--") || strings.HasPrefix(r.Name, "limit-") || r.Method != "" {
			continue // not put by POST, or another server's answer to the same
		}
		status, body := post(t, s, query, variables)
		if assert.Equal(t, r.Status, status, r.Name) && body == r.Response {
			answered++
		}
	}
	assert.Greater(t, answered, 100)
}

func FuzzParse(f *testing.F) {
	for _, r := range Recordings() {
		if query, _ := r.Query(); query != "" {
			f.Add(query)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		root, err := parse(text)
		assert.True(t, (root == nil) == (err != nil))
	})
}
