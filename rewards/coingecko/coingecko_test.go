package coingecko_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
	"github.com/poktbot/poktbot/rewards/coingecko"
	"github.com/poktbot/poktbot/rewards/coingecko/coingeckotest"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func atNoon() time.Time { return noon }

// client returns a client of a fake, at noon.
func client(t testing.TB, fake *coingeckotest.Fake, opts ...coingecko.Option) *coingecko.Client {
	t.Helper()
	fake.Now = atNoon
	c, err := coingecko.New(append([]coingecko.Option{
		coingecko.WithTransport(fake), coingecko.WithClock(atNoon), coingecko.WithPauses(0, 0), coingecko.WithCallsPerMinute(1000),
	}, opts...)...)
	require.NoError(t, err)
	return c
}

func ask(source rewards.PriceSource, currency string, span pocket.Span) (prices []rewards.Price, err error) {
	for p, err := range source.Prices(context.Background(), currency, span) {
		if err != nil {
			return prices, err
		}
		prices = append(prices, p)
	}
	return prices, nil
}

// asked returns the spans of the charts that a fake was asked for.
func asked(t *testing.T, fake *coingeckotest.Fake) (spans []pocket.Span) {
	for _, call := range fake.Calls() {
		from, err := strconv.ParseInt(call.Query().Get("from"), 10, 64)
		require.NoError(t, err)
		to, err := strconv.ParseInt(call.Query().Get("to"), 10, 64)
		require.NoError(t, err)
		spans = append(spans, pocket.Span{From: time.Unix(from, 0).UTC(), To: time.Unix(to, 0).UTC()})
	}
	return spans
}

func TestPricesOfEachHourWhateverTheLengthOfTheSpan(t *testing.T) {
	for _, span := range []pocket.Span{
		{From: noon.Add(-time.Hour), To: noon}, {From: noon.Add(-3 * time.Hour), To: noon.Add(-time.Hour)}, {From: noon.AddDate(0, 0, -30), To: noon},
		{From: noon.AddDate(0, 0, -90), To: noon}, {From: noon.AddDate(0, 0, -300), To: noon.AddDate(0, 0, -5)},
		{From: noon.Add(2*time.Hour - 365*24*time.Hour), To: noon.Add(5*time.Hour - 365*24*time.Hour)},
	} {
		t.Run(span.To.Sub(span.From).String(), func(t *testing.T) {
			fake := &coingeckotest.Fake{}
			prices, err := ask(client(t, fake), "eur", span)
			require.NoError(t, err)
			hours := int(span.To.Sub(span.From) / time.Hour)
			require.InDelta(t, hours, len(prices), 1)
			for i, p := range prices {
				assert.True(t, span.Contains(p.Time))
				want, _ := coingeckotest.PriceAt("EUR", p.Time)
				require.True(t, want.Equal(p.Value))
				if i > 0 {
					require.InDelta(t, time.Hour, p.Time.Sub(prices[i-1].Time), float64(5*time.Minute))
				}
			}
			for _, span := range asked(t, fake) {
				assert.LessOrEqual(t, span.To.Sub(span.From), 90*24*time.Hour)
				assert.Greater(t, span.To.Sub(span.From), 48*time.Hour)
			}
		})
	}
	t.Run("a loop may end before all parts were asked for", func(t *testing.T) {
		fake := &coingeckotest.Fake{}
		for range client(t, fake).Prices(t.Context(), "eur", pocket.Span{From: noon.AddDate(0, 0, -300), To: noon}) {
			break
		}
		assert.Len(t, fake.Calls(), 1)
	})
	t.Run("nothing is known of the future, and nothing asked", func(t *testing.T) {
		fake := &coingeckotest.Fake{}
		prices, err := ask(client(t, fake), "eur", pocket.Span{From: noon, To: noon.AddDate(0, 0, 1)})
		require.NoError(t, err)
		assert.Empty(t, prices)
		assert.Empty(t, fake.Calls())
	})
	t.Run("or of each day, by one call", func(t *testing.T) {
		fake := &coingeckotest.Fake{}
		prices, err := ask(client(t, fake, coingecko.WithDaily()), "eur", pocket.Span{From: noon.AddDate(0, 0, -300), To: noon})
		require.NoError(t, err)
		assert.Len(t, prices, 300)
		assert.Equal(t, 0, prices[7].Time.Hour())
		assert.Len(t, fake.Calls(), 1)
	})
}

func TestTheFreePlanReachesAYearBack(t *testing.T) {
	span := pocket.Span{From: noon.AddDate(-3, 0, 0), To: noon}
	limit := noon.Add(time.Hour - 365*24*time.Hour)
	fake := &coingeckotest.Fake{}
	prices, err := ask(client(t, fake), "eur", span)
	require.ErrorIs(t, err, coingecko.ErrHistory)
	missing, ok := errors.AsType[*rewards.MissingPrices](err)
	require.True(t, ok)
	require.Len(t, missing.Gaps, 1)
	assert.Equal(t, pocket.Span{From: span.From, To: limit}, missing.Gaps[0].Span)
	assert.Equal(t, "no prices from 2023-11-22T12:00:00Z until 2025-11-22T13:00:00Z: the plan does not reach so far back: give older prices in a file, "+
		"or use a key of a paid plan", err.Error())
	assert.InDelta(t, 365*24, len(prices), 3)
	assert.Len(t, fake.Calls(), 5)

	t.Run("loaded, it is a table with a notice", func(t *testing.T) {
		table, err := rewards.LoadPrices(t.Context(), client(t, &coingeckotest.Fake{}), "eur", span)
		require.NoError(t, err)
		assert.Len(t, table.Missing(), 1)
		_, known := table.At(noon.AddDate(-2, 0, 0))
		assert.False(t, known)
		_, known = table.At(noon)
		assert.True(t, known)
	})
	t.Run("a span before it is missing whole", func(t *testing.T) {
		fake := &coingeckotest.Fake{}
		old := pocket.Span{From: span.From, To: span.From.AddDate(0, 1, 0)}
		prices, err := ask(client(t, fake), "eur", old)
		missing, _ := errors.AsType[*rewards.MissingPrices](err)
		require.Len(t, missing.Gaps, 1)
		assert.Equal(t, old, missing.Gaps[0].Span)
		assert.Empty(t, prices)
		assert.Empty(t, fake.Calls())
	})
	t.Run("a paid plan reaches back to the beginning, also of an open span", func(t *testing.T) {
		fake := &coingeckotest.Fake{Pro: true, ProKey: "paid"}
		prices, err := ask(client(t, fake, coingecko.WithProKey("paid")), "eur", pocket.Span{})
		require.NoError(t, err)
		assert.Equal(t, 2020, prices[0].Time.Year())
		assert.Equal(t, "pro-api.coingecko.com", fake.Calls()[0].Host)
	})
	t.Run("what the plan turns out not to reach is missing, too", func(t *testing.T) {
		fake := &coingeckotest.Fake{}
		prices, err := ask(client(t, fake, coingecko.WithHistory(0)), "eur", pocket.Span{From: noon.AddDate(0, 0, -500), To: noon})
		missing, ok := errors.AsType[*rewards.MissingPrices](err)
		require.True(t, ok)
		require.Len(t, missing.Gaps, 2)
		assert.NotEmpty(t, prices)
		api, ok := errors.AsType[*pocket.APIError](err)
		require.True(t, ok)
		assert.Equal(t, 10012, api.Code)
		assert.ErrorIs(t, err, coingecko.ErrHistory)
	})
}

func TestTheKeyGoesIntoAHeaderAndNowhereElse(t *testing.T) {
	const key = "CG-verysecret"
	var log bytes.Buffer
	fake := &coingeckotest.Fake{DemoKey: key, KeyNeeded: true}
	fake.Fail(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprintf(w, `{"status":{"error_code":500,"error_message":"broken for %s"}}`, r.Header.Get("x-cg-demo-api-key"))
	})
	c := client(t, fake, coingecko.WithDemoKey(key), coingecko.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	_, err := ask(c, "eur", pocket.Span{From: noon.Add(-time.Hour), To: noon})
	require.NoError(t, err)
	assert.Contains(t, log.String(), "broken for REDACTED")
	for _, text := range []string{fake.Calls()[0].String(), log.String(), fmt.Sprintf("%v %+v %#v", c, c, c)} {
		assert.NotContains(t, text, "verysecret")
	}
}

func TestEveryRefusalSaysWhatToDo(t *testing.T) {
	span := pocket.Span{From: noon.Add(-time.Hour), To: noon}
	for _, test := range []struct {
		name   string
		fake   *coingeckotest.Fake
		option coingecko.Option
		want   error
		reason error
		code   int
	}{
		{"no key where one is needed", &coingeckotest.Fake{KeyNeeded: true}, coingecko.WithDemoKey(""), coingecko.ErrKey, pocket.ErrUnavailable, 10002},
		{"a wrong key", &coingeckotest.Fake{DemoKey: "right"}, coingecko.WithDemoKey("wrong"), coingecko.ErrKey, pocket.ErrUnavailable, 10002},
		{"a paid key at the public root", &coingeckotest.Fake{}, coingecko.WithProKey("paid"), coingecko.ErrRoot, pocket.ErrInvalid, 10010},
		{"a free key at the root of paid plans", &coingeckotest.Fake{Pro: true}, coingecko.WithDemoKey("free"), coingecko.ErrRoot, pocket.ErrInvalid, 10011},
		{"another coin", &coingeckotest.Fake{}, coingecko.WithCoin("no-such-coin"), coingecko.ErrCoin, pocket.ErrNotFound, 0},
		{"a call that the plan lacks", &coingeckotest.Fake{}, coingecko.WithURL("https://proxy.example/other"), coingecko.ErrPlan, pocket.ErrUnavailable, 10005},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := ask(client(t, test.fake, test.option), "eur", span)
			require.ErrorIs(t, err, test.want)
			require.ErrorIs(t, err, test.reason)
			api, ok := errors.AsType[*pocket.APIError](err)
			require.True(t, ok)
			assert.Equal(t, test.code, api.Code)
			assert.Contains(t, err.Error(), test.want.Error())
			assert.Len(t, test.fake.Calls(), 1, "asking again would not help")
		})
	}
	t.Run("an unknown currency", func(t *testing.T) {
		c := client(t, &coingeckotest.Fake{})
		_, err := ask(c, "xyz", span)
		require.ErrorIs(t, err, rewards.ErrCurrency)
		_, err = c.Latest(t.Context(), "xyz")
		require.ErrorIs(t, err, rewards.ErrCurrency)
		assert.Contains(t, err.Error(), "XYZ")
	})
	for name, answer := range map[string]string{
		"another page":         `<html><head><title>Just a moment...</title></head></html>`,
		"nothing":              ``,
		"no prices":            `{}`,
		"prices of another":    `{"prices":{"eur":1}}`,
		"a time alone":         `{"prices":[[1795348800000]]}`,
		"a time that is none":  `{"prices":[["x",1]]}`,
		"half a millisecond":   `{"prices":[[1795348800000.5,1]]}`,
		"a price that is none": `{"prices":[[1795348800000,"1,5"]]}`,
		"less than nothing":    `{"prices":[[1795348800000,-1]]}`,
		"more than the world":  `{"prices":[[1795348800000,1e400]]}`,
	} {
		t.Run("an answer with "+name, func(t *testing.T) {
			fake := &coingeckotest.Fake{}
			fake.Fail(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, answer) })
			_, err := ask(client(t, fake, coingecko.WithRetries(0)), "eur", span)
			require.ErrorIs(t, err, pocket.ErrMalformed)
		})
	}
	t.Run("a moment without a price is left out", func(t *testing.T) {
		fake := &coingeckotest.Fake{}
		fake.Fail(func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"prices":[[%d,0.052],[%d,null],[%d,0],[%d,5.1e-2]]}`,
				noon.Add(-10*time.Minute).UnixMilli(), noon.Add(-9*time.Minute).UnixMilli(), noon.Add(-8*time.Minute).UnixMilli(), noon.Add(-20*time.Minute).UnixMilli())
		})
		prices, err := ask(client(t, fake), "eur", span)
		require.NoError(t, err)
		require.Len(t, prices, 2)
		assert.Equal(t, "0.051", prices[0].Value.String())
		assert.Equal(t, "0.052", prices[1].Value.String())
	})
	t.Run("a firewall, which is not asked twice", func(t *testing.T) {
		fake := &coingeckotest.Fake{}
		fake.Fail(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, "<html><title>Access denied | error code 1020</title></html>")
		})
		_, err := ask(client(t, fake), "eur", span)
		require.ErrorIs(t, err, pocket.ErrUnavailable)
		assert.Contains(t, err.Error(), "error code 1020")
	})
	t.Run("words without a code", func(t *testing.T) {
		fake := &coingeckotest.Fake{}
		fake.Fail(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusUnprocessableEntity)
			fmt.Fprint(w, `{"error":"invalid date range"}`)
		})
		_, err := ask(client(t, fake), "eur", span)
		require.ErrorIs(t, err, pocket.ErrMalformed)
		assert.Contains(t, err.Error(), "invalid date range")
	})
}

func TestTooManyCalls(t *testing.T) {
	span := pocket.Span{From: noon.AddDate(0, 0, -300), To: noon} // four calls
	clocked := func(t *testing.T, fake *coingeckotest.Fake, opts ...coingecko.Option) *coingecko.Client {
		start := time.Now()
		now := func() time.Time { return noon.Add(time.Since(start)) }
		fake.Now = now
		c, err := coingecko.New(append([]coingecko.Option{coingecko.WithTransport(fake), coingecko.WithClock(now)}, opts...)...)
		require.NoError(t, err)
		return c
	}
	t.Run("are not made: the next waits until there is room", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			fake := &coingeckotest.Fake{CallsPerMinute: 2}
			began := time.Now()
			_, err := ask(clocked(t, fake, coingecko.WithCallsPerMinute(2)), "eur", span)
			require.NoError(t, err)
			assert.Len(t, fake.Calls(), 4, "none was refused")
			assert.Equal(t, time.Minute, time.Since(began))
		})
	})
	t.Run("are repeated when it says so", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			fake := &coingeckotest.Fake{CallsPerMinute: 2, RetryAfter: 60}
			began := time.Now()
			prices, err := ask(clocked(t, fake, coingecko.WithCallsPerMinute(1000)), "eur", span)
			require.NoError(t, err)
			assert.Len(t, fake.Calls(), 5, "one was refused")
			assert.NotEmpty(t, prices)
			assert.GreaterOrEqual(t, time.Since(began), time.Minute)
		})
	})
	t.Run("or reported when the wait is too long", func(t *testing.T) {
		fake := &coingeckotest.Fake{}
		fake.Fail(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(http.StatusTooManyRequests)
			fmt.Fprint(w, `{"status":{"error_code":429,"error_message":"You've exceeded the Rate Limit."}}`)
		})
		_, err := ask(client(t, fake), "eur", span)
		require.ErrorIs(t, err, pocket.ErrRateLimited)
		api, _ := errors.AsType[*pocket.APIError](err)
		assert.Equal(t, time.Hour, api.RetryAfter)
		assert.Contains(t, err.Error(), "a key of one's own helps")
	})
	t.Run("waiting ends with the caller's patience", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := clocked(t, &coingeckotest.Fake{}, coingecko.WithCallsPerMinute(1))
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			_, err := c.Latest(ctx, "eur")
			require.NoError(t, err)
			other := make(chan error)
			go func() {
				_, err := c.Latest(ctx, "eur")
				other <- err
			}()
			synctest.Wait()
			_, err = c.Currencies(ctx)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.ErrorIs(t, <-other, context.DeadlineExceeded)
		})
	})
}

func TestWhatPassesIsTriedAgain(t *testing.T) {
	fake := &coingeckotest.Fake{}
	for range 3 {
		fake.Fail(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	}
	price, err := client(t, fake).Latest(t.Context(), "EUR")
	require.NoError(t, err)
	want, _ := coingeckotest.PriceAt("EUR", noon)
	assert.True(t, want.Equal(price.Value))
	assert.Equal(t, noon, price.Time)
	assert.Len(t, fake.Calls(), 4)
}

func TestLatestIsAPriceOrAnError(t *testing.T) {
	for answer, want := range map[string]error{
		`{}`: coingecko.ErrCoin,
		`{"pocket-network":{"last_updated_at":1}}`:                    rewards.ErrCurrency,
		`{"pocket-network":{"eur":0.05}}`:                             pocket.ErrMalformed,
		`{"pocket-network":{"eur":0,"last_updated_at":1795348800}}`:   pocket.ErrMalformed,
		`{"pocket-network":{"eur":"x","last_updated_at":1795348800}}`: pocket.ErrMalformed,
		`[]`: pocket.ErrMalformed,
	} {
		fake := &coingeckotest.Fake{}
		fake.Fail(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, answer) })
		_, err := client(t, fake, coingecko.WithRetries(0)).Latest(t.Context(), "eur")
		require.ErrorIs(t, err, want, answer)
	}
	_, err := client(t, &coingeckotest.Fake{}).Latest(t.Context(), "")
	require.ErrorIs(t, err, pocket.ErrInvalid)
}

func TestCurrencies(t *testing.T) {
	codes, err := client(t, &coingeckotest.Fake{}).Currencies(t.Context())
	require.NoError(t, err)
	assert.Equal(t, coingeckotest.Currencies(), codes)
	for _, answer := range []string{`["e/r"]`, `{}`} {
		fake := &coingeckotest.Fake{}
		fake.Fail(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, answer) })
		_, err = client(t, fake, coingecko.WithRetries(0)).Currencies(t.Context())
		require.ErrorIs(t, err, pocket.ErrMalformed)
	}
}

func TestNewChecksItsArguments(t *testing.T) {
	for name, option := range map[string]coingecko.Option{
		"a coin that is a path": coingecko.WithCoin("../x"), "a key with a line end": coingecko.WithDemoKey("abc\n"),
		"calls below 0": coingecko.WithCallsPerMinute(-1), "a history below 0": coingecko.WithHistory(-1), "a URL that is none": coingecko.WithURL("ftp://x"),
		"retries below 0": coingecko.WithRetries(-1), "no time at all": coingecko.WithTimeout(0),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := coingecko.New(option)
			require.ErrorIs(t, err, pocket.ErrInvalid)
			assert.NotContains(t, err.Error(), "abc")
		})
	}
	c, err := coingecko.New(coingecko.WithProKey(""), coingecko.WithMaxRetryAfter(time.Second))
	require.NoError(t, err)
	c.Close()
	for _, question := range []struct {
		currency string
		span     pocket.Span
	}{{"€", pocket.Span{}}, {"eur", pocket.Span{From: noon, To: noon.Add(-1)}}} {
		_, err := ask(c, question.currency, question.span)
		require.ErrorIs(t, err, pocket.ErrInvalid)
	}
}

func TestOverARealNetwork(t *testing.T) {
	fake := &coingeckotest.Fake{Now: atNoon}
	server := httptest.NewServer(fake)
	defer server.Close()
	c, err := coingecko.New(coingecko.WithURL(server.URL+"/api/v3"), coingecko.WithClock(atNoon))
	require.NoError(t, err)
	defer c.Close()
	prices, err := ask(c, "usd", pocket.Span{From: noon.Add(-24 * time.Hour), To: noon})
	require.NoError(t, err)
	assert.InDelta(t, 24, len(prices), 1)
}

func TestSimulatedPricesAreThoseOfTheFake(t *testing.T) {
	simulated := coingeckotest.Simulated{Now: atNoon}
	prices, err := ask(simulated, "eur", pocket.Span{From: noon.Add(-25*time.Hour - 1), To: noon.AddDate(1, 0, 0)})
	require.NoError(t, err)
	require.Len(t, prices, 25)
	again, err := ask(client(t, &coingeckotest.Fake{}), "eur", pocket.Span{From: noon.Add(-25 * time.Hour), To: noon})
	require.NoError(t, err)
	table, err := rewards.NewPrices("EUR", again, 10*time.Minute)
	require.NoError(t, err)
	for _, p := range prices {
		other, known := table.At(p.Time)
		require.True(t, known)
		assert.True(t, p.Value.Equal(other.Value))
		require.NoError(t, p.Check())
	}
	year, err := ask(simulated, "btc", pocket.Span{})
	require.NoError(t, err)
	assert.Len(t, year, 365*24)
	for range simulated.Prices(t.Context(), "eur", pocket.Span{}) {
		break
	}
	_, err = ask(simulated, "xyz", pocket.Span{})
	require.ErrorIs(t, err, rewards.ErrCurrency)
	latest, err := ask(coingeckotest.Simulated{}, "usd", pocket.Span{From: time.Now().Add(-time.Hour)})
	require.NoError(t, err)
	assert.Len(t, latest, 1)
}

func TestTheFakeIsHonestAboutSpans(t *testing.T) {
	fake := &coingeckotest.Fake{Now: atNoon}
	get := func(from, to time.Time) string {
		recorder := httptest.NewRecorder()
		fake.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, fmt.Sprintf("/coins/pocket-network/market_chart/range?vs_currency=eur&from=%d&to=%d", from.Unix(), to.Unix()), nil))
		return recorder.Body.String()
	}
	assert.Equal(t, 6*12+2, strings.Count(get(noon.Add(-6*time.Hour), noon), "[")-2, "five minutes when it is today's")
	assert.Equal(t, 101, strings.Count(get(noon.Add(-100*24*time.Hour), noon), "[")-2, "days when it is more than ninety")
	assert.Contains(t, get(noon, noon.Add(-time.Hour)), "invalid date range")
}

func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		`{"prices":[[1795348800000,0.052],[1795348800000,null],[1795348800000,5.1e-2]]}`, `{"status":{"error_code":10002,"error_message":"API Key Missing"}}`,
		`{"error":{"status":{"error_code":10012,"error_message":"x"}}}`, `{"error_code":10010,"status":{"error_message":"x"}}`, `{"error":"coin not found"}`,
		`{"pocket-network":{"eur":0.05,"last_updated_at":1795348800}}`, `["eur"]`, `<html>`, `{"prices":[[1e999,1]]}`, `{"prices":[[1,1e-999999999]]}`,
	} {
		f.Add(seed, http.StatusOK)
		f.Add(seed, http.StatusUnauthorized)
	}
	f.Fuzz(func(t *testing.T, body string, status int) {
		if status < 200 || status > 599 {
			return
		}
		fake := &coingeckotest.Fake{}
		for range 3 {
			fake.Fail(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(status)
				fmt.Fprint(w, body)
			})
		}
		c := client(t, fake, coingecko.WithRetries(0), coingecko.WithDemoKey("CG-verysecret"))
		span := pocket.Span{From: noon.AddDate(0, 0, -60), To: noon}
		prices, err := ask(c, "eur", span)
		for _, p := range prices {
			require.NoError(t, p.Check())
			require.True(t, span.Contains(p.Time))
		}
		latest, err2 := c.Latest(t.Context(), "eur")
		require.Equal(t, err2 == nil, latest.Check() == nil)
		_, err3 := c.Currencies(t.Context())
		for _, err := range []error{err, err2, err3} {
			if err != nil {
				require.NotContains(t, err.Error(), "\n")
			}
		}
	})
}
