package poktscan

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/poktscan/poktscantest"
)

func TestEveryRecordedErrorHasItsType(t *testing.T) {
	want := map[string]error{
		"error-bad-cursor": pocket.ErrInvalid, "error-bad-datetime-value": pocket.ErrInvalid, "error-bad-enum": pocket.ErrInvalid,
		"error-bad-trunc-interval": pocket.ErrInvalid, "error-bigfloat-value": pocket.ErrInvalid, "error-datetime-as-string-variable": pocket.ErrInvalid,
		"error-empty-body": pocket.ErrInvalid, "error-first-and-last": pocket.ErrInvalid, "error-malformed-json": pocket.ErrInvalid,
		"error-missing-variable": pocket.ErrInvalid, "error-mutation": pocket.ErrInvalid, "error-negative-first": pocket.ErrInvalid,
		"error-no-operation-name-of-two": pocket.ErrInvalid, "error-no-query": pocket.ErrInvalid, "error-partial-data": pocket.ErrInvalid,
		"error-query-timeout": pocket.ErrUnavailable, "error-syntax": pocket.ErrInvalid, "error-unknown-argument": pocket.ErrInvalid,
		"error-unknown-field": pocket.ErrInvalid, "error-unknown-function": pocket.ErrInvalid, "error-unknown-operation-name": pocket.ErrInvalid,
		"error-variable-type": pocket.ErrInvalid, "error-wrong-content-type": pocket.ErrInvalid,
		"limit-alias-exceeded": pocket.ErrInvalid, "limit-batch-exceeded": pocket.ErrInvalid, "limit-depth-exceeded": pocket.ErrInvalid,
		"limit-no-playground-get-html": pocket.ErrInvalid, "schema-has-function": pocket.ErrInvalid, "schema-query-fields": pocket.ErrInvalid,
		"catalog-error-bucket": pocket.ErrInvalid, "catalog-error-ids": pocket.ErrInvalid,
	}
	s, c := server(t)
	seen := 0
	for _, r := range poktscantest.Recordings() {
		name, production, _ := strings.Cut(r.Name, "--")
		isError := strings.HasPrefix(name, "error-") || r.Status != 200 || strings.Contains(r.Response, `"errors":`)
		if !isError {
			continue
		}
		seen++
		t.Run(r.Name, func(t *testing.T) {
			require.Contains(t, want, name)
			s.SetReply("Any", poktscantest.Reply{Status: r.Status, ContentType: r.ContentType, Body: r.Response})
			before := len(s.Requests())
			var data map[string]any
			err := c.Query(t.Context(), "query Any { _metadata { chain } }", nil, &data)
			require.ErrorIs(t, err, want[name])
			assert.Len(t, s.Requests(), before+1, "asking again would not help")

			var api *pocket.APIError
			require.ErrorAs(t, err, &api)
			assert.Equal(t, r.Status, api.Status)
			assert.Equal(t, " Any", api.Call)
			assert.Less(t, len(err.Error()), 700)
			for _, inside := range []string{"stacktrace", "node_modules", "routine", ".js:", "SQL expression", "PL/pgSQL", "postgres.c"} {
				assert.NotContains(t, fmt.Sprintf("%v %+v", err, errors.Unwrap(err)), inside, production)
			}
		})
	}
	assert.Greater(t, seen, 35)
}

func TestARefusalTellsWhatIsWrong(t *testing.T) {
	s, c := server(t)
	ask := func(name string) (map[string]any, *QueryError) {
		r := poktscantest.Recorded(name)
		s.SetReply("Any", poktscantest.Reply{Status: r.Status, ContentType: r.ContentType, Body: r.Response})
		var data map[string]any
		err := c.Query(t.Context(), "query Any { _metadata { chain } }", nil, &data)
		var q *QueryError
		require.ErrorAs(t, err, &q)
		return data, q
	}
	data, q := ask("error-partial-data")
	assert.Equal(t, []Problem{{
		Message: `unit "fortnight" not recognized for type timestamp without time zone`, Code: "INTERNAL_SERVER_ERROR", SQLState: "22023", Field: "series",
	}}, q.Problems)
	assert.NotNil(t, data["_metadata"], "the rest of the data is good")
	assert.Nil(t, data["series"])

	data, q = ask("error-query-timeout")
	assert.ErrorIs(t, q, ErrStatementTimeout)
	assert.Equal(t, map[string]any{"lastProcessedHeight": 1014000.0}, data["_metadata"])

	_, q = ask("error-unknown-function")
	assert.ErrorIs(t, q, ErrNoSuchField)
	assert.Equal(t, "getRewardsByNobody", q.Problems[0].missing())
	_, q = ask("error-unknown-field")
	assert.NotErrorIs(t, q, ErrNoSuchField, "of another type than Query")
}

func TestPassingFaultsAreTriedAgain(t *testing.T) {
	passing := map[string]poktscantest.Fault{
		"a rate limit":           poktscantest.RateLimited,
		"a bad gateway":          poktscantest.BadGateway,
		"half an answer":         poktscantest.Half,
		"an error of the inside": poktscantest.Broken,
		"too many connections": {Body: `{"errors":[{"message":"sorry, too many clients already","path":["x"],"extensions":{"code":"INTERNAL_SERVER_ERROR",` +
			`"exception":{"code":"53300"}}}],"data":{"x":null}}`},
	}
	for name, fault := range passing {
		t.Run(name, func(t *testing.T) {
			s, c := server(t)
			s.AddRange(1, 10, begin, time.Minute)
			s.Fail(fault)
			err := c.Check(t.Context())
			if name == "half an answer" { // with one service there is nobody else to ask
				assert.ErrorIs(t, err, pocket.ErrMalformed)
				return
			}
			require.NoError(t, err)
			assert.Len(t, s.Requests(), 2)
		})
	}
	lasting := map[string]struct {
		fault poktscantest.Fault
		want  error
	}{
		"a rate limit":    {poktscantest.RateLimited, pocket.ErrRateLimited},
		"a bad gateway":   {poktscantest.BadGateway, pocket.ErrUnavailable},
		"a web page":      {poktscantest.Page, pocket.ErrMalformed},
		"nothing at all":  {poktscantest.Fault{Body: ""}, pocket.ErrMalformed},
		"no data":         {poktscantest.Fault{Body: `{"data":null}`}, pocket.ErrMalformed},
		"another thing":   {poktscantest.Fault{Body: `[1,2]`}, pocket.ErrMalformed},
		"no metadata":     {poktscantest.Fault{Body: `{"data":{"tip":{"nodes":[]}}}`}, pocket.ErrMalformed},
		"a locked door":   {poktscantest.Fault{Status: 401, Body: `{"message":"who are you"}`}, pocket.ErrUnavailable},
		"a long question": {poktscantest.Fault{Status: 413, Body: `{"statusCode":413,"message":"request entity too large"}`}, pocket.ErrInvalid},
	}
	for name, tt := range lasting {
		t.Run(name+" that lasts", func(t *testing.T) {
			s, c := server(t)
			s.SetReply("Status", tt.fault)
			assert.ErrorIs(t, c.Check(t.Context()), tt.want)
		})
	}
}

func TestAWaitThatTheServiceAsksForIsTold(t *testing.T) {
	s, c := server(t)
	limited := poktscantest.RateLimited
	limited.Header = map[string][]string{"Retry-After": {"3600"}}
	s.SetReply("Status", limited)
	err := c.Check(t.Context())
	var api *pocket.APIError
	require.ErrorAs(t, err, &api)
	assert.ErrorIs(t, err, pocket.ErrRateLimited)
	assert.Greater(t, api.RetryAfter, 50*time.Minute)
}
