package bot

import (
	"strings"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// A view is how one person is shown things: as the configuration says, unless the own settings say otherwise, and whose wallets are "mine".
type view struct {
	zone      *time.Location
	dates     DateLayout
	currency  string // "" for POKT alone
	graphDays int
	theme     string
	decimal   string  // of numbers in files: point or comma
	numbers   numbers // of numbers in the chat
	wallets   []pocket.Address
}

// view is what the configuration says.
func (b *Bot) view() view {
	c := b.config
	return view{
		zone: b.zone, dates: c.Dates, currency: strings.ToUpper(c.Prices.Currency), graphDays: c.GraphDays, theme: c.Theme, decimal: c.Decimal, wallets: c.Wallets,
	}
}

// now is the time by the clock of who asks.
func (c *call) now() time.Time { return c.bot.clock().In(c.zone) }
