package tax

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/internal/golden"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/report"
	"github.com/poktbot/poktbot/rewards"
)

func TestYear(t *testing.T) {
	madrid := zone(t, "Europe/Madrid")
	july := settled()
	july.Time = time.Date(2026, 7, 31, 23, 30, 0, 0, time.UTC) // already August in Madrid
	newYear := settled()
	newYear.Time = time.Date(2025, 12, 31, 23, 0, 0, 0, time.UTC) // already 2026 there
	all := append([]pocket.Event{newYear}, lately()...)
	all = append(all, july)
	p := euros(t, price(newYear.Time, "0.02"), price(march, "0.0123"), price(july.Time, "0.5"))

	t.Run("as a table", func(t *testing.T) {
		table, err := Year(Income(each(all...), IncomeOptions{Losses: true, Prices: p}), 2026, madrid, "EUR")
		require.NoError(t, err)
		text, err := table.Text(t.Context(), report.TextOptions{Places: 2})
		require.NoError(t, err)
		golden.Check(t, text, "testdata/year.txt.golden")
	})
	t.Run("without prices and losses it tells nothing of them", func(t *testing.T) {
		table, err := Year(Income(each(all...), IncomeOptions{}), 2026, nil, "")
		require.NoError(t, err)
		assert.Len(t, table.Columns, 3)
		assert.Equal(t, "Income of 2026 by month (UTC)", table.Title)
	})
	t.Run("months go by the zone", func(t *testing.T) {
		months, err := Months(Income(each(all...), IncomeOptions{}), 2026, madrid)
		require.NoError(t, err)
		require.Len(t, months, 12)
		assert.Equal(t, pocket.Upokt(1_461_164), months[0].Earned)
		assert.Zero(t, months[6].Earned)
		assert.Equal(t, pocket.Upokt(1_461_164), months[7].Earned)
		assert.False(t, months[7].Average().Valid)
	})
	t.Run("the average is that of what had a price", func(t *testing.T) {
		months, err := Months(Income(each(all...), IncomeOptions{Prices: p}), 2026, madrid)
		require.NoError(t, err)
		assert.Equal(t, "0.0123", months[2].Average().Decimal.String())
		assert.False(t, months[3].Average().Valid)
		assert.Equal(t, pocket.Upokt(1_461_164), months[3].EarnedUnpriced, "1 April has no price")
		assert.Equal(t, int64(1), months[2].Untold)
	})
	t.Run("two currencies are not added up", func(t *testing.T) {
		dollars, err := rewards.NewPrices("USD", []rewards.Price{price(march, "1")}, 0)
		require.NoError(t, err)
		mixed := append(collect(t, Income(each(settled()), IncomeOptions{Prices: p})), collect(t, Income(each(settled()), IncomeOptions{Prices: dollars}))...)
		_, err = Months(sent(mixed), 2026, nil)
		assert.ErrorIs(t, err, pocket.ErrInvalid)
		_, err = Year(Income(each(settled()), IncomeOptions{Prices: dollars}), 2026, nil, "EUR")
		assert.ErrorIs(t, err, pocket.ErrInvalid)
	})
	t.Run("a sum that does not fit is an error", func(t *testing.T) {
		huge := settled()
		huge.Shares = []pocket.Share{{Recipient: wallet, Reason: pocket.ReasonSupplier, Amount: 1 << 62}}
		later := huge
		later.Time = july.Time
		_, err := Year(Income(each(huge, later), IncomeOptions{}), 2026, nil, "")
		assert.ErrorIs(t, err, pocket.ErrOverflow)
		_, err = Months(Income(each(huge, huge), IncomeOptions{}), 2026, nil)
		assert.ErrorIs(t, err, pocket.ErrOverflow)
	})
}
