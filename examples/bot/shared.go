package bot

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

// sharedFor is how long statistics are told again to others who ask for the same: less than a block takes.
const sharedFor = 15 * time.Second

// sharedAtMost is how many different statistics are kept.
const sharedAtMost = 256

// shared are statistics that several ask for at the same time: a hundred people who look at one picture in the morning cost as much as one.
type shared struct {
	asking singleflight.Group
	mu     sync.Mutex
	known  map[string]sharedStatistics
}

type sharedStatistics struct {
	rewards.Statistics
	cursor pocket.Height
	at     time.Time
}

// statistics returns the statistics of a question, as of a moment ago when somebody has just asked the same and no block came since. Who gives up
// waiting ends nobody else's question.
func (b *Bot) statistics(ctx context.Context, q rewards.StatsQuery) (rewards.Statistics, error) {
	cursor, err := b.index.Cursor(ctx)
	if err != nil {
		return rewards.Statistics{}, err
	}
	currency, priced := "", ""
	if q.Prices != nil {
		currency, priced = q.Prices.Currency(), fmt.Sprintf("%p", q.Prices) // others when they were loaded anew
	}
	key := fmt.Sprint(q.Suppliers, q.Owners, q.Recipients, q.Wallets, q.Zone, currency, priced)
	b.shared.mu.Lock()
	kept, ok := b.shared.known[key]
	b.shared.mu.Unlock()
	if ok && kept.cursor == cursor && q.Now.Sub(kept.at).Abs() < sharedFor && sameDay(q.Now, kept.at) {
		return kept.Statistics, nil
	}
	answer := b.shared.asking.DoChan(key+fmt.Sprint(cursor), func() (any, error) {
		s, err := rewards.Compute(context.WithoutCancel(ctx), b.index, q)
		if err != nil {
			return s, err
		}
		b.shared.mu.Lock()
		defer b.shared.mu.Unlock()
		if len(b.shared.known) >= sharedAtMost || b.shared.known == nil {
			b.shared.known = map[string]sharedStatistics{}
		}
		b.shared.known[key] = sharedStatistics{s, cursor, q.Now}
		return s, nil
	})
	select {
	case <-ctx.Done():
		return rewards.Statistics{}, context.Cause(ctx)
	case result := <-answer:
		if result.Err != nil {
			return rewards.Statistics{}, result.Err
		}
		return result.Val.(rewards.Statistics), nil
	}
}

// sameDay reports whether two moments of one zone are of one day: statistics of a day are not told on the next.
func sameDay(a, b time.Time) bool {
	ya, ma, da := a.Date()
	yb, mb, db := b.In(a.Location()).Date()
	return ya == yb && ma == mb && da == db
}
