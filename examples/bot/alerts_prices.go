package bot

import (
	"context"
	"strings"
	"time"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/report"
)

// pricesBack is how old a past alerts need prices of: they are told at once, and a block that is read late is seldom older.
const pricesBack = 3 * 24 * time.Hour

// keepPrices has the prices of the last days in memory until ctx ends, so that no alert waits for whoever tells them.
func (b *Bot) keepPrices(ctx context.Context) {
	currency := strings.ToUpper(b.config.Prices.Currency)
	if currency == "" {
		return
	}
	again := time.NewTicker(pricesKept)
	defer again.Stop()
	for {
		from := time.Now() // by which alerts go, whatever the bot's clock shows
		if now := b.now(); now.Before(from) {
			from = now
		}
		prices, err := b.prices(ctx, currency, from.Add(-pricesBack))
		switch {
		case err == nil:
			b.latest.Store(prices)
		case ctx.Err() == nil:
			b.log.Warn("alerts tell no worth in money for now", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		}
	}
}

// worth says what an amount was worth at a moment, in the configured currency; "" while no price of then is known.
func (b *Bot) worth(u pocket.Upokt, at time.Time) string {
	prices := b.latest.Load()
	if prices == nil {
		return ""
	}
	worth := prices.Worth(u, at)
	if !worth.Valid {
		return ""
	}
	return report.Money(worth.Decimal, prices.Currency())
}
