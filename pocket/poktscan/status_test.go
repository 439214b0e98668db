package poktscan

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/poktscan/poktscantest"
)

func TestStatusTellsHowFarTheIndexerIs(t *testing.T) {
	s, c := server(t)
	recorded(t, s, "Status", "indexer-status")
	status, err := c.Status(t.Context())
	require.NoError(t, err)
	assert.Equal(t, Status{
		AsOf: AsOf{
			Height: 1014000, Time: time.Date(2026, 11, 19, 23, 59, 0, 123e6, time.UTC), Chain: 1014002,
			Updated: time.UnixMilli(1795132744334).UTC(), Healthy: true, HealthTold: true,
		},
		ChainID: "pocket", Start: 1, Verified: 1014000,
		Tip: pocket.Block{
			Height: 1014000, Time: time.Date(2026, 11, 19, 23, 59, 0, 123e6, time.UTC), ChainID: "pocket",
			Hash: "5E9CBC42BD97725ECCE53403B9AE5BAA656B40025C953FCBE3FB945C6FC4646E",
		},
		Indexer: "4.5.1", Service: "2.25.0",
	}, status)
	behind, known := status.Behind()
	assert.True(t, known)
	assert.EqualValues(t, 2, behind)
	assert.Equal(t, "as of block 1014000 of 2026-11-19T23:59:00Z, 2 behind the chain", status.AsOf.String())
	require.NoError(t, c.Check(t.Context()))
	assert.Equal(t, "pocket", c.ChainID())

	tip, err := c.Tip(t.Context())
	require.NoError(t, err)
	assert.Equal(t, status.Tip, tip)
}

func TestAnIndexerThatLagsSaysSo(t *testing.T) {
	s, c := server(t)
	recorded(t, s, "Status", "indexer-status-behind")
	err := c.Check(t.Context())
	var lag *LagError
	require.ErrorAs(t, err, &lag)
	assert.ErrorIs(t, err, pocket.ErrUnavailable)
	assert.ErrorContains(t, err, "as of block 1014000 of 2026-11-19T23:59:00Z, 875 behind the chain: ask a node")
	assert.False(t, lag.AsOf.Healthy)

	recorded(t, s, "Status", "indexer-status-keys-missing")
	err = c.Check(t.Context())
	require.ErrorAs(t, err, &lag)
	assert.ErrorContains(t, err, "does not say how far it is")
	_, err = c.Tip(t.Context())
	assert.ErrorIs(t, err, pocket.ErrUnavailable)
}

func TestTheLagDecidesAndNotWhatTheIndexerSaysOfItsHealth(t *testing.T) {
	s, c := server(t)
	s.AddRange(1, 1_000, begin, time.Minute)
	s.AddBalance(friend, 7, 3)
	s.SetHealthy(false)
	require.NoError(t, c.Check(t.Context()), "it was seen unhealthy for days without a block missing")

	s.SetTarget(1_005)
	amount, err := c.Balance(t.Context(), friend)
	require.NoError(t, err)
	assert.Equal(t, pocket.Upokt(7), amount)

	s.SetTarget(1_006)
	_, err = c.Balance(t.Context(), friend)
	var lag *LagError
	require.ErrorAs(t, err, &lag)
	assert.ErrorIs(t, err, pocket.ErrUnavailable)
	assert.Equal(t, pocket.Height(1_000), lag.AsOf.Height)

	amount, err = c.At(lag.AsOf.Height).Balance(t.Context(), friend)
	require.NoError(t, err, "what was true then may be read")
	assert.Equal(t, pocket.Upokt(7), amount)
	patient := clientOf(t, []string{s.URL}, WithLag(-1))
	_, err = patient.Balance(t.Context(), friend)
	require.NoError(t, err)
}

func TestAnotherServiceIsAskedWhenOneLags(t *testing.T) {
	late, fresh := poktscantest.New(), poktscantest.New()
	t.Cleanup(late.Close)
	t.Cleanup(fresh.Close)
	for _, s := range []*poktscantest.Server{late, fresh} {
		s.AddRange(1, 100, begin, time.Minute)
		s.AddBalance(friend, 7, 3)
	}
	late.SetTarget(200)
	c := clientOf(t, []string{late.URL, fresh.URL})
	_, err := c.Balance(t.Context(), friend)
	require.NoError(t, err)
	assert.Len(t, fresh.Requests(), 1)
}

func TestAChainTellsTheIndexerItsLag(t *testing.T) {
	s, _ := server(t)
	s.AddRange(1, 100, begin, time.Minute)
	tip, asked := pocket.Height(150), 0
	var failing error
	c := clientOf(t, []string{s.URL}, WithTipOf(func(context.Context) (pocket.Height, error) {
		asked++
		return tip, failing
	}))
	asOf, err := c.AsOf(t.Context())
	require.NoError(t, err)
	behind, known := asOf.Behind()
	assert.True(t, known)
	assert.EqualValues(t, 50, behind, "the indexer itself takes its own tip for the chain's")
	assert.Error(t, c.Check(t.Context()))
	assert.Equal(t, 1, asked, "a tip is good for a while")

	failing = errors.New("no node")
	lonely := clientOf(t, []string{s.URL}, WithTipOf(func(context.Context) (pocket.Height, error) { return 0, failing }))
	assert.NoError(t, lonely.Check(t.Context()), "a node that fails takes nothing down with it")
}

func TestAnOldTipIsStale(t *testing.T) {
	s, _ := server(t)
	s.AddRange(1, 100, begin, time.Minute)
	for _, tt := range []struct {
		age   time.Duration
		stale bool
	}{{time.Minute, false}, {5 * time.Minute, false}, {6 * time.Minute, true}} {
		c := clientOf(t, []string{s.URL}, WithClock(func() time.Time { return timeAt(100).Add(tt.age) }))
		asOf, err := c.AsOf(t.Context())
		require.NoError(t, err)
		assert.Equal(t, tt.stale, asOf.Stale, tt.age)
	}
}

func TestAServiceOfAnotherChainIsNotAskedAgain(t *testing.T) {
	beta, main := poktscantest.New(), poktscantest.New()
	t.Cleanup(beta.Close)
	t.Cleanup(main.Close)
	beta.SetChain("pocket-lego-testnet")
	for _, s := range []*poktscantest.Server{beta, main} {
		s.AddRange(1, 10, begin, time.Minute)
	}
	alone := clientOf(t, []string{beta.URL}, WithChainID("pocket"))
	assert.ErrorIs(t, alone.Check(t.Context()), pocket.ErrWrongChain)

	both := clientOf(t, []string{beta.URL, main.URL}, WithChainID("pocket"))
	for range 3 {
		require.NoError(t, both.Check(t.Context()))
	}
	assert.Len(t, beta.Requests(), 2)

	first := clientOf(t, []string{main.URL, beta.URL}) // the first answer decides
	require.NoError(t, first.Check(t.Context()))
	main.Fail(poktscantest.BadGateway, poktscantest.BadGateway, poktscantest.BadGateway, poktscantest.BadGateway)
	assert.Error(t, first.Check(t.Context()))
}

func TestBlocksAreFoundByHeightAndTime(t *testing.T) {
	s, c := server(t)
	s.AddRange(1, 100, begin, time.Minute)
	b, err := c.Block(t.Context(), 17)
	require.NoError(t, err)
	b.Proposer = ""
	assert.Equal(t, blockAt(17), b)
	b, err = c.BlockFrom(t.Context(), timeAt(17))
	require.NoError(t, err)
	assert.Equal(t, pocket.Height(17), b.Height)
	b, err = c.BlockFrom(t.Context(), timeAt(17).Add(time.Nanosecond).In(time.FixedZone("east", 3600)))
	require.NoError(t, err)
	assert.Equal(t, pocket.Height(18), b.Height)
	b, err = c.LatestBlock(t.Context())
	require.NoError(t, err)
	assert.Equal(t, pocket.Height(100), b.Height)

	_, err = c.BlockFrom(t.Context(), timeAt(101))
	assert.ErrorIs(t, err, pocket.ErrFutureHeight)
	_, err = c.Block(t.Context(), 101)
	var api *pocket.APIError
	require.ErrorAs(t, err, &api)
	assert.ErrorIs(t, err, pocket.ErrFutureHeight)
	assert.Equal(t, pocket.Height(100), api.Latest)
	_, err = c.Block(t.Context(), 0)
	assert.ErrorIs(t, err, pocket.ErrInvalid)
}

func TestRecordedBlocksAreRead(t *testing.T) {
	s, c := server(t)
	recorded(t, s, "LatestBlock", "latest-block")
	b, err := c.LatestBlock(t.Context())
	require.NoError(t, err)
	assert.Equal(t, pocket.Height(1014000), b.Height)
	assert.Equal(t, "27B10ED8D22CE9F8279B93FABE1370500C535CA1", b.Proposer)

	recorded(t, s, "Block", "block-by-height")
	b, err = c.Block(t.Context(), 1000030)
	require.NoError(t, err)
	assert.Equal(t, pocket.Block{
		Height: 1000030, Hash: "93BC5D0C536A6D66A689705E0B409728076F586431B43CEF4EA1BECED82F3520",
		Time: time.Date(2026, 11, 10, 7, 9, 0, 123e6, time.UTC), ChainID: "pocket",
	}, b)
	recorded(t, s, "Block", "block-by-height-unknown")
	_, err = c.Block(t.Context(), 99999999)
	assert.ErrorIs(t, err, pocket.ErrFutureHeight)

	recorded(t, s, "BlockFrom", "block-at-or-after-time")
	b, err = c.BlockFrom(t.Context(), time.Date(2026, 11, 13, 0, 0, 0, 0, time.UTC))
	require.NoError(t, err)
	assert.Equal(t, pocket.Height(1003921), b.Height)
	last := s.Requests()[len(s.Requests())-1]
	assert.Equal(t, "2026-11-13T00:00:00.000Z", last.Variables["time"])
}

func TestWhatIsSent(t *testing.T) {
	s, _ := server(t)
	s.AddRange(1, 10, begin, time.Minute)
	const key = "do-not-show-me-anywhere"
	c := clientOf(t, []string{s.URL}, WithKey(key))
	require.NoError(t, c.Check(t.Context()))
	head := s.Requests()[0].Header
	assert.Equal(t, key, head.Get("Authorization"), "bare")
	assert.Equal(t, "application/json", head.Get("Content-Type"))
	assert.Contains(t, head.Get("User-Agent"), "poktbot")

	named := clientOf(t, []string{s.URL}, WithKeyHeader("x-api-key", key), WithUserAgent("mine"))
	require.NoError(t, named.Check(t.Context()))
	head = s.Requests()[1].Header
	assert.Equal(t, []string{key, "", "mine"}, []string{head.Get("X-Api-Key"), head.Get("Authorization"), head.Get("User-Agent")})

	s.SetReply("Status", poktscantest.Reply{Status: http.StatusForbidden, Body: `{"errors":[{"message":"bad key ` + key + `"}]}`})
	err := c.Check(t.Context())
	require.Error(t, err)
	assert.NotContains(t, err.Error(), key)
	assert.Contains(t, err.Error(), "REDACTED")
}

func TestNewRefusesWhatMakesNoSense(t *testing.T) {
	for name, opts := range map[string][]Option{
		"no rows":           {WithPageSize(0)},
		"nothing in flight": {WithPagesInFlight(0)},
		"broken key":        {WithKey("a\nb")},
		"broken header":     {WithKeyHeader("x y", "k")},
		"no retries":        {WithRetries(-1)},
		"no time":           {WithTimeout(0)},
	} {
		_, err := New([]string{"https://data.example"}, opts...)
		assert.ErrorIs(t, err, pocket.ErrInvalid, name)
	}
	_, err := New(nil)
	assert.ErrorIs(t, err, pocket.ErrInvalid)
	_, err = New([]string{"data.example"})
	assert.ErrorIs(t, err, pocket.ErrInvalid)
}

func TestQuestionsKeepTheRate(t *testing.T) {
	s, _ := server(t)
	s.AddRange(1, 10, begin, time.Minute)
	c := clientOf(t, []string{s.URL}, WithRate(0.001)) // one, and the next after a quarter of an hour
	require.NoError(t, c.Check(t.Context()))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	assert.Error(t, c.Check(ctx))
	assert.Len(t, s.Requests(), 1)
}
