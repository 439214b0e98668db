package tax

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/poktbot/poktbot/pocket"
)

func TestByDay(t *testing.T) {
	madrid := zone(t, "Europe/Madrid")
	income := func(losses bool) []Event {
		return collect(t, Income(each(lately()...), IncomeOptions{Wallets: []pocket.Address{wallet, older}, Losses: losses, Nodes: []pocket.Address{node}, Prices: prices(t)}))
	}

	t.Run("a day is one of the zone", func(t *testing.T) {
		utc := collect(t, ByDay(sent(income(false)), nil, time.Time{}))
		assert.Equal(t, []Kind{Earned, Untold, Earned, Earned, Earned}, kinds(utc))
		got := collect(t, ByDay(sent(income(false)), madrid, time.Time{}))
		assert.Equal(t, []Kind{Earned, Untold, Earned, Earned}, kinds(got))
		day := got[2]
		assert.Equal(t, "2026-03-29-reward-"+wallet.String(), day.Reference)
		assert.Equal(t, pocket.Upokt(1_000_001+46_239+1), day.Amount)
		assert.Equal(t, int64(3), day.Count)
		assert.Equal(t, march.Add(2*time.Hour), day.Time)
		assert.Equal(t, node, day.Node)
		assert.Empty(t, day.Service, "it is not the same throughout")
		assert.Equal(t, "3 rewards of the day", day.Note)
		assert.True(t, day.Value.Decimal.Equal(day.Price.Decimal.Mul(day.Amount.Decimal()).Round(20)) ||
			day.Value.Decimal.Sub(day.Price.Decimal.Mul(day.Amount.Decimal())).Abs().LessThan(decimal.New(1, -15)))
	})
	t.Run("what has a price and what has none do not mix", func(t *testing.T) {
		at := time.Date(2026, 8, 1, 1, 0, 0, 0, time.UTC)
		a, b := settled(), settled()
		a.Time, b.Time = at, at.Add(20*time.Hour)
		got := collect(t, ByDay(Income(each(a, b), IncomeOptions{Wallets: []pocket.Address{wallet}, Prices: euros(t, price(at, "2"))}), nil, time.Time{}))
		require.Len(t, got, 2)
		assert.Equal(t, "2.09248", got[0].Value.Decimal.String())
		assert.False(t, got[1].Value.Valid)
		assert.NotEqual(t, got[0].Reference, got[1].Reference)
	})
	t.Run("a day that is not over is left out, as its line would change", func(t *testing.T) {
		got := collect(t, ByDay(sent(income(false)), madrid, march.AddDate(0, 0, 4).Add(time.Hour)))
		assert.Equal(t, []Kind{Earned, Untold, Earned}, kinds(got))
	})
	t.Run("slashes and fees stay apart", func(t *testing.T) {
		got := collect(t, ByDay(sent(income(true)), madrid, time.Time{}))
		assert.Equal(t, []Kind{Earned, Untold, Slashed, Earned, Fee, Earned}, kinds(got), "by when each ended")
		assert.Equal(t, "1 slash of the day", got[2].Note)
	})
	t.Run("income that does not come oldest first is refused", func(t *testing.T) {
		late, early := settled(), settled()
		early.Time = early.Time.AddDate(0, 0, -1)
		_, err := failing(t, ByDay(Income(each(late, early), IncomeOptions{}), nil, time.Time{}))
		assert.ErrorIs(t, err, pocket.ErrInvalid)
	})
	t.Run("an amount that does not fit is an error", func(t *testing.T) {
		huge := settled()
		huge.Shares = []pocket.Share{{Recipient: wallet, Reason: pocket.ReasonSupplier, Amount: 1 << 62}, {Recipient: wallet, Reason: pocket.ReasonSupplier, Amount: 1 << 62}}
		_, err := failing(t, ByDay(Income(each(huge), IncomeOptions{}), nil, time.Time{}))
		assert.ErrorIs(t, err, pocket.ErrOverflow)
	})
	t.Run("the caller may stop", func(t *testing.T) {
		for range ByDay(sent(income(true)), madrid, time.Time{}) {
			break
		}
	})
}

func TestGroupingLosesNothing(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		at := march
		var events []pocket.Event
		for range rapid.IntRange(0, 40).Draw(r, "events") {
			s := settled()
			at = at.Add(time.Duration(rapid.IntRange(0, 20).Draw(r, "hours")) * time.Hour)
			s.Time = at
			s.Shares = nil
			for range rapid.IntRange(0, 3).Draw(r, "shares") {
				s.Shares = append(s.Shares, pocket.Share{Recipient: rapid.SampledFrom([]pocket.Address{wallet, owner}).Draw(r, "who"),
					Reason: pocket.ReasonSupplier, Amount: pocket.Upokt(rapid.IntRange(0, 1e9).Draw(r, "amount"))})
			}
			events = append(events, s)
		}
		o := IncomeOptions{Prices: euros(t, price(march, "0.0123"), price(march.AddDate(0, 0, 3), "0.5"))}
		var single, grouped Summary
		for range single.Count(Ledger, Income(each(events...), o), Options{Currency: "EUR"}) {
		}
		for range grouped.Count(Ledger, ByDay(Income(each(events...), o), zone(t, "America/New_York"), time.Time{}), Options{Currency: "EUR"}) {
		}
		if single.Earned != grouped.Earned || single.Events != grouped.Events || single.EarnedUnpriced != grouped.EarnedUnpriced ||
			single.Unpriced != grouped.Unpriced || !single.EarnedValue.Equal(grouped.EarnedValue) {
			r.Fatalf("%+v became %+v", single, grouped)
		}
	})
}
