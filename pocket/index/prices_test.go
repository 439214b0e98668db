package index_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
	"github.com/poktbot/poktbot/rewards"
)

// A teller is a source of prices of each hour, until its now. It remembers what it was asked.
type teller struct {
	mu    sync.Mutex
	now   time.Time
	rate  int64     // prices are rate.hour, so that it shows which telling they are of
	since time.Time // of what lies before it says that it does not reach so far
	lag   time.Duration
	err   error
	wait  chan struct{} // if set, it answers when that is closed
	asked []pocket.Span
}

var errPlan = errors.New("the plan does not reach so far")

func (s *teller) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *teller) set(change func(*teller)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

// spans returns what it was asked since it was last looked at.
func (s *teller) spans() []pocket.Span {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := s.asked
	s.asked = nil
	return asked
}

func (s *teller) Prices(ctx context.Context, currency string, span pocket.Span) iter.Seq2[rewards.Price, error] {
	s.mu.Lock()
	s.asked = append(s.asked, span)
	now, rate, since, lag, failure, wait := s.now, s.rate, s.since, s.lag, s.err, s.wait
	s.mu.Unlock()
	return func(yield func(rewards.Price, error) bool) {
		if wait != nil {
			select {
			case <-wait:
			case <-ctx.Done():
				failure = ctx.Err()
			}
		}
		if currency == "XYZ" {
			failure = rewards.ErrCurrency
		}
		if failure != nil {
			yield(rewards.Price{}, failure)
			return
		}
		from := span.From
		if from.Before(since) {
			from = since
		}
		for t := from.Truncate(time.Hour); t.Before(span.To) && t.Before(now.Add(-lag)); t = t.Add(time.Hour) {
			if !t.Before(from) && !yield(rewards.Price{Time: t, Value: worthThen(rate, t)}, nil) {
				return
			}
		}
		if span.From.Before(since) {
			to := since
			if span.To.Before(to) {
				to = span.To
			}
			yield(rewards.Price{}, &rewards.MissingPrices{Gaps: []rewards.Gap{{Span: pocket.Span{From: span.From, To: to}, Err: errPlan}}})
		}
	}
}

func worthThen(rate int64, t time.Time) decimal.Decimal {
	return decimal.New(rate*10_000_000+t.Unix()/3600, -7)
}

// A priced is an index with a cache of a teller's prices.
type priced struct {
	*index.PriceCache
	x      *index.Index
	source *teller
}

var priceNow = time.Date(2026, 11, 22, 15, 30, 0, 0, time.UTC)

func ago(days int) time.Time { return time.Date(2026, 11, 22-days, 0, 0, 0, 0, time.UTC) }

func newPriced(open func() *index.Index, opts ...index.PriceOption) priced {
	source := &teller{now: priceNow, rate: 1}
	x := open()
	return priced{x.CachedPrices(source, "teller", append([]index.PriceOption{index.PriceClock(source.clock)}, opts...)...), x, source}
}

// ask returns the prices in a span, and the error they end with.
func (p priced) ask(span pocket.Span) (prices []rewards.Price, err error) {
	for price, err := range p.Prices(context.Background(), "eur", span) {
		if err != nil {
			return prices, err
		}
		prices = append(prices, price)
	}
	return prices, nil
}

// requireHours checks that prices are those of each hour in a span, as told at a rate.
func requireHours(t *testing.T, prices []rewards.Price, rate int64, span pocket.Span) {
	t.Helper()
	i := 0
	for at := span.From; at.Before(span.To); at = at.Add(time.Hour) {
		require.Less(t, i, len(prices), "there is none of %s", at)
		require.Equal(t, at, prices[i].Time)
		require.Equal(t, worthThen(rate, at).String(), prices[i].Value.String(), at)
		i++
	}
	require.Len(t, prices, i)
}

func TestPricesOfDaysThatAreOverAreKeptForGood(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		p := newPriced(open)
		span := pocket.Span{From: ago(9).Add(7 * time.Hour), To: priceNow}
		prices, err := p.ask(span)
		require.NoError(t, err)
		requireHours(t, prices, 1, pocket.Span{From: span.From, To: ago(0).Add(16 * time.Hour)})
		assert.Equal(t, []pocket.Span{{From: ago(9), To: priceNow}}, p.source.spans(), "whole days until now")

		p.source.set(func(s *teller) { s.rate = 2 })
		prices, err = p.ask(span)
		require.NoError(t, err)
		requireHours(t, prices, 1, pocket.Span{From: span.From, To: ago(0).Add(16 * time.Hour)})
		assert.Empty(t, p.source.spans(), "today's are ten minutes old at most")

		p.source.set(func(s *teller) { s.now = s.now.Add(time.Hour) })
		span.To = p.source.clock()
		prices, err = p.ask(span)
		require.NoError(t, err)
		assert.Equal(t, []pocket.Span{{From: ago(0), To: span.To}}, p.source.spans(), "today only")
		requireHours(t, prices[:8*24+17], 1, pocket.Span{From: span.From, To: ago(0)})
		requireHours(t, prices[8*24+17:], 2, pocket.Span{From: ago(0), To: ago(0).Add(17 * time.Hour)})

		other := p.x.CachedPrices(p.source, "teller", index.PriceClock(p.source.clock))
		again, err := priced{other, p.x, p.source}.ask(span)
		require.NoError(t, err)
		assert.Equal(t, prices, again)
		assert.Empty(t, p.source.spans(), "what one has learned the other knows, today's too")

		_, err = p.ask(pocket.Span{From: ago(100), To: ago(95)})
		require.NoError(t, err)
		assert.Equal(t, []pocket.Span{{From: ago(100), To: ago(95)}}, p.source.spans())
		p.source.set(func(s *teller) { s.rate = 3 })
		prices, err = p.ask(pocket.Span{From: ago(100), To: ago(0)})
		require.NoError(t, err)
		assert.Equal(t, []pocket.Span{{From: ago(89), To: ago(9)}, {From: ago(95), To: ago(89)}}, p.source.spans(), "the newest first, in parts")
		requireHours(t, prices[:5*24], 2, pocket.Span{From: ago(100), To: ago(95)})
		requireHours(t, prices[5*24:86*24+24*5], 3, pocket.Span{From: ago(95), To: ago(9)})
	})
}

func TestTodayBecomesFinalAnHourAfterMidnight(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		p := newPriced(open)
		_, err := p.ask(pocket.Span{From: ago(2), To: priceNow})
		require.NoError(t, err)
		p.source.spans()
		for _, test := range []struct {
			name string
			now  time.Time
			want []pocket.Span
		}{
			{"half past midnight yesterday is asked for again", ago(-1).Add(30 * time.Minute), []pocket.Span{{From: ago(0), To: ago(-1).Add(30 * time.Minute)}}},
			{"ten past one for the last time", ago(-1).Add(70 * time.Minute), []pocket.Span{
				{From: ago(-1), To: ago(-1).Add(70 * time.Minute)}, {From: ago(0), To: ago(-1)},
			}},
			{"after that only the new day", ago(-1).Add(3 * time.Hour), []pocket.Span{{From: ago(-1), To: ago(-1).Add(3 * time.Hour)}}},
		} {
			p.source.set(func(s *teller) { s.now, s.rate = test.now, s.rate+1 })
			_, err := p.ask(pocket.Span{From: ago(-1), To: test.now})
			require.NoError(t, err)
			prices, err := p.ask(pocket.Span{From: ago(2), To: test.now})
			require.NoError(t, err)
			require.NotEmpty(t, prices)
			assert.Equal(t, test.want, p.source.spans(), test.name)
		}
		prices, err := p.ask(pocket.Span{From: ago(2), To: ago(-1)})
		require.NoError(t, err)
		requireHours(t, prices[:48], 1, pocket.Span{From: ago(2), To: ago(0)})
		requireHours(t, prices[48:], 3, pocket.Span{From: ago(0), To: ago(-1)})
	})
}

func TestASourceThatIsOfflineLeavesWhatIsKnown(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		p := newPriced(open)
		_, err := p.ask(pocket.Span{From: ago(3), To: priceNow})
		require.NoError(t, err)
		p.source.spans()
		p.source.set(func(s *teller) { s.now, s.err = priceNow.AddDate(0, 0, 2), pocket.ErrUnavailable })
		span := pocket.Span{From: ago(5), To: p.source.clock()}
		prices, err := p.ask(span)
		require.ErrorIs(t, err, pocket.ErrUnavailable)
		missing, ok := errors.AsType[*rewards.MissingPrices](err)
		require.True(t, ok, "it is a notice")
		requireHours(t, prices, 1, pocket.Span{From: ago(3), To: ago(0).Add(16 * time.Hour)})
		var gaps []pocket.Span
		for _, gap := range missing.Gaps {
			gaps = append(gaps, gap.Span)
		}
		assert.Equal(t, []pocket.Span{{From: ago(5), To: ago(3)}, {From: ago(0), To: span.To}}, gaps)
		assert.Len(t, p.source.spans(), 1, "after the first failure the rest is not asked for")

		again, err := p.ask(span)
		require.ErrorIs(t, err, pocket.ErrUnavailable)
		assert.Equal(t, prices, again)
		assert.Empty(t, p.source.spans(), "nor anything within a minute")

		p.source.set(func(s *teller) { s.now, s.err = s.now.Add(61*time.Second), nil })
		prices, err = p.ask(span)
		require.NoError(t, err)
		requireHours(t, prices[:48], 1, pocket.Span{From: ago(5), To: ago(3)})
		assert.Len(t, prices, 7*24+16)
	})
	t.Run("one that asks for a longer rest gets it", func(t *testing.T) {
		p := newPriced(func() *index.Index { return opened(t, stores[0].place(t)) })
		p.source.set(func(s *teller) { s.err = &pocket.APIError{Reason: pocket.ErrRateLimited, RetryAfter: 20 * time.Minute} })
		for minutes, calls := range []int{1, 0, 0} {
			p.source.set(func(s *teller) { s.now = priceNow.Add(time.Duration(minutes) * 9 * time.Minute) })
			_, err := p.ask(pocket.Span{From: ago(0), To: priceNow})
			require.ErrorIs(t, err, pocket.ErrRateLimited)
			assert.Len(t, p.source.spans(), calls)
		}
		p.source.set(func(s *teller) { s.now = priceNow.Add(21 * time.Minute) })
		_, err := p.ask(pocket.Span{From: ago(0), To: priceNow})
		require.Error(t, err)
		assert.Len(t, p.source.spans(), 1)
	})
	t.Run("one that tells what is no price has failed", func(t *testing.T) {
		p := newPriced(func() *index.Index { return opened(t, stores[0].place(t)) })
		p.source.set(func(s *teller) { s.rate = -9 })
		prices, err := p.ask(pocket.Span{From: ago(0), To: priceNow})
		require.ErrorIs(t, err, pocket.ErrInvalid)
		assert.Empty(t, prices)
	})
}

func TestWhatTheSourceDoesNotReachIsMissing(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		p := newPriced(open)
		p.source.set(func(s *teller) { s.since = ago(4).Add(13 * time.Hour) })
		span := pocket.Span{From: ago(9).Add(time.Hour), To: priceNow}
		for range 2 {
			prices, err := p.ask(span)
			missing, ok := errors.AsType[*rewards.MissingPrices](err)
			require.True(t, ok)
			require.ErrorIs(t, err, errPlan)
			require.Len(t, missing.Gaps, 1)
			assert.Equal(t, pocket.Span{From: span.From, To: ago(4).Add(13 * time.Hour)}, missing.Gaps[0].Span)
			requireHours(t, prices, 1, pocket.Span{From: ago(4).Add(13 * time.Hour), To: ago(0).Add(16 * time.Hour)})
			assert.LessOrEqual(t, len(p.source.spans()), 1, "and not asked for each time")
		}
		t.Run("a day later it may have a larger plan", func(t *testing.T) {
			p.source.set(func(s *teller) { s.now, s.since = s.now.Add(25*time.Hour), time.Time{} })
			prices, err := p.ask(pocket.Span{From: span.From, To: p.source.clock()})
			require.NoError(t, err)
			requireHours(t, prices, 1, pocket.Span{From: span.From, To: ago(-1).Add(17 * time.Hour)})
		})
		t.Run("what a plan told once stays when it becomes smaller", func(t *testing.T) {
			p.source.set(func(s *teller) { s.now, s.since, s.rate = s.now.Add(48*time.Hour), s.now.Add(30*time.Hour), 2 })
			prices, err := p.ask(pocket.Span{From: span.From, To: ago(-1)})
			require.NoError(t, err, "it was told already")
			requireHours(t, prices, 1, pocket.Span{From: span.From, To: ago(-1)})
			missing, err := p.ask(pocket.Span{From: ago(-1), To: p.source.clock()})
			require.ErrorIs(t, err, errPlan)
			requireHours(t, missing[:17], 1, pocket.Span{From: ago(-1), To: ago(-1).Add(17 * time.Hour)})
		})
	})
}

func TestAHoleIsNotKeptForEver(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		p := newPriced(open)
		p.source.set(func(s *teller) { s.lag = 60 * time.Hour }) // or our clock runs ahead
		prices, err := p.ask(pocket.Span{From: ago(5), To: ago(0)})
		require.NoError(t, err)
		last := prices[len(prices)-1].Time
		require.True(t, last.Before(ago(1)))
		p.source.set(func(s *teller) { s.lag, s.now = 0, s.now.Add(11*time.Minute) })
		prices, err = p.ask(pocket.Span{From: ago(5), To: ago(0)})
		require.NoError(t, err)
		requireHours(t, prices, 1, pocket.Span{From: ago(5), To: ago(0)})
		t.Run("an empty answer does not take away what was told", func(t *testing.T) {
			_, err = p.ask(pocket.Span{From: ago(0), To: priceNow})
			require.NoError(t, err)
			p.source.set(func(s *teller) { s.lag, s.now = 1000*time.Hour, s.now.Add(11*time.Minute) })
			prices, err := p.ask(pocket.Span{From: ago(0), To: priceNow})
			require.NoError(t, err)
			assert.NotEmpty(t, prices)
		})
	})
}

func TestPricesOfSourcesAndCurrenciesDoNotMix(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		p := newPriced(open)
		span := pocket.Span{From: ago(1), To: ago(0)}
		_, err := p.ask(pocket.Span{From: ago(1), To: priceNow})
		require.NoError(t, err)
		p.source.set(func(s *teller) { s.rate = 2 })
		other := priced{p.x.CachedPrices(p.source, "other", index.PriceClock(p.source.clock)), p.x, p.source}
		prices, err := other.ask(span)
		require.NoError(t, err)
		requireHours(t, prices, 2, span)
		dollars, err := rewards.LoadPrices(t.Context(), p, "usd", span)
		require.NoError(t, err)
		at, known := dollars.At(ago(1))
		require.True(t, known)
		assert.Equal(t, worthThen(2, ago(1)).String(), at.Value.String())
		prices, err = p.ask(span)
		require.NoError(t, err)
		requireHours(t, prices, 1, span)

		_, err = rewards.LoadPrices(t.Context(), p, "xyz", span)
		require.ErrorIs(t, err, rewards.ErrCurrency)
	})
}

func TestPricesAreNoNewsOfTheChain(t *testing.T) {
	p := newPriced(func() *index.Index { return opened(t, stores[0].place(t)) })
	_, err := p.ask(pocket.Span{From: ago(1), To: priceNow})
	require.NoError(t, err)
	updated, err := p.x.LastUpdate(t.Context())
	require.NoError(t, err)
	assert.Zero(t, updated)
}

func TestTwoProcessesMayAskForTheSamePrices(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		first := newPriced(open)
		second := priced{open().CachedPrices(first.source, "teller", index.PriceClock(first.source.clock)), nil, first.source}
		span := pocket.Span{From: ago(300), To: priceNow}
		var done sync.WaitGroup
		for _, p := range []priced{first, second, first, second} {
			done.Go(func() {
				prices, err := p.ask(span)
				assert.NoError(t, err)
				assert.Len(t, prices, 300*24+16)
			})
		}
		done.Wait()
		first.source.spans()
		prices, err := second.ask(span)
		require.NoError(t, err)
		requireHours(t, prices, 1, pocket.Span{From: span.From, To: ago(0).Add(16 * time.Hour)})
		assert.Empty(t, first.source.spans())
	})
}

func TestPatience(t *testing.T) {
	x := opened(t, stores[0].place(t))
	p := newPriced(func() *index.Index { return x }, index.PricePatience(20*time.Millisecond), index.RetryPrices(time.Hour), index.RefreshPrices(time.Hour))
	release := make(chan struct{})
	p.source.set(func(s *teller) { s.wait = release })
	for name, within := range map[string]func(func()){
		"a question does not wait for ever": func(f func()) { f() },
		"nor for another question": func(f func()) {
			free := p.Hold()
			f()
			free()
		},
	} {
		t.Run(name, func(t *testing.T) {
			within(func() {
				_, err := p.ask(pocket.Span{From: ago(3), To: priceNow})
				require.ErrorIs(t, err, pocket.ErrUnavailable)
				missing, ok := errors.AsType[*rewards.MissingPrices](err)
				require.True(t, ok)
				require.Len(t, missing.Gaps, 1)
				assert.Equal(t, pocket.Span{From: ago(3), To: priceNow}, missing.Gaps[0].Span)
				assert.ErrorContains(t, err, "ask again soon")
			})
		})
		t.Run(name+", or who asks gives up", func(t *testing.T) {
			within(func() {
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				for _, err := range p.Prices(ctx, "eur", pocket.Span{From: ago(3), To: priceNow}) {
					require.ErrorIs(t, err, context.Canceled)
				}
			})
		})
	}
	close(release)
	impatient := newPriced(func() *index.Index { return x })
	prices, err := impatient.ask(pocket.Span{From: ago(3), To: priceNow})
	require.NoError(t, err)
	assert.Len(t, prices, 3*24+16)
}

func TestQuestionsForPricesThatMakeNoSense(t *testing.T) {
	long(t)
	p := newPriced(func() *index.Index { return opened(t, stores[0].place(t)) })
	_, err := p.ask(pocket.Span{From: priceNow, To: ago(1)})
	require.ErrorIs(t, err, pocket.ErrInvalid)
	for _, err := range p.Prices(t.Context(), "€", pocket.Span{}) {
		require.ErrorIs(t, err, pocket.ErrInvalid)
	}
	nameless := priced{p.x.CachedPrices(p.source, ""), p.x, p.source}
	_, err = nameless.ask(pocket.Span{})
	require.ErrorIs(t, err, pocket.ErrInvalid)
	for _, span := range []pocket.Span{{From: priceNow}, {To: time.Date(2020, 7, 1, 0, 0, 0, 0, time.UTC)}} {
		prices, err := p.ask(span)
		require.NoError(t, err)
		assert.Empty(t, prices)
	}
	assert.Empty(t, p.source.spans())
	t.Run("an open span reaches back to the beginning of Pocket, and a loop may end early", func(t *testing.T) {
		for price, err := range p.Prices(t.Context(), "eur", pocket.Span{}) {
			require.NoError(t, err)
			assert.Equal(t, time.Date(2020, 7, 28, 0, 0, 0, 0, time.UTC), price.Time)
			break
		}
	})
}

func BenchmarkLoadPrices(b *testing.B) {
	for _, s := range stores {
		b.Run(fmt.Sprint("a year of hours, ", s.name), func(b *testing.B) {
			p := newPriced(func() *index.Index { return opened(b, s.place(b)) })
			for b.Loop() {
				prices, err := rewards.LoadPrices(b.Context(), p, "eur", pocket.Span{From: ago(364), To: priceNow})
				require.NoError(b, err)
				require.Greater(b, len(prices.Points()), 8700)
			}
		})
	}
}
