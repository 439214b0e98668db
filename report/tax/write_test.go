package tax

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/internal/generated"
	"github.com/poktbot/poktbot/internal/golden"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/report"
	"github.com/poktbot/poktbot/rewards"
)

func written(t testing.TB, f Format, income iter.Seq2[Event, error], o Options) (string, Summary) {
	t.Helper()
	var b strings.Builder
	s, err := Write(t.Context(), &b, f, income, o)
	require.NoError(t, err)
	return b.String(), s
}

func TestFiles(t *testing.T) {
	o := Options{Zone: zone(t, "Europe/Madrid"), Currency: "EUR", Alias: "Euro"}
	for _, f := range Formats() {
		file, _ := written(t, f, Income(each(lately()...), IncomeOptions{Wallets: []pocket.Address{wallet, older}, Losses: true, Nodes: []pocket.Address{node}, Prices: prices(t)}), o)
		golden.Check(t, file, "testdata/"+string(f)+".csv.golden")
	}
	file, _ := written(t, CoinTracking, ByDay(Income(each(lately()...), IncomeOptions{Wallets: []pocket.Address{wallet, older}}), o.Zone, time.Time{}),
		Options{Zone: o.Zone, DecimalMark: ',', BOM: true, TimeLayout: "%d/%m/%Y %H:%M:%S %z", Types: map[Kind]string{Earned: "Staking"}, Asset: "POKT2", Platform: "my nodes",
			Columns: []Column{{"Date", "Fecha"}, {"Buy Amount", "Cantidad"}, {"buy cur.", ""}, {"Type", ""}, {"Exchange (optional)", ""}, {"Tx-ID", ""}}})
	golden.Check(t, file, "testdata/cointracking-own.csv.golden")
}

// TestPlatformsReadTheSettlements reads files back by the platforms' rules and compares them with the chain's own shares.
func TestPlatformsReadTheSettlements(t *testing.T) {
	madrid := zone(t, "Europe/Madrid")
	const n = 700 // of a hundred suppliers each block, past the end of summer time
	var mine pocket.Address
	type paid struct {
		at     time.Time
		amount decimal.Decimal
	}
	var want []paid
	start, _ := rewards.DayOf(time.Date(2025, 6, 3, 12, 0, 0, 0, time.UTC), madrid)
	stretch := func(yield func(pocket.Event, error) bool) {
		i := 0
		for event, err := range generated.Settlements(n) {
			s := event.(pocket.Settlement)
			s.Time = s.Time.Add(time.Duration(i) * 7 * time.Hour)
			i++
			if !yield(s, err) {
				return
			}
		}
	}
	for event := range stretch {
		s := event.(pocket.Settlement)
		mine = s.Shares[1].Recipient
		want = append(want, paid{s.Time, s.Shares[1].Amount.Decimal()})
	}
	p := euros(t, price(start.AddDate(0, 1, 0), "0.0321"), price(start.AddDate(0, 3, 0), "0.0456789"))
	for _, f := range Formats() {
		t.Run(string(f), func(t *testing.T) {
			o := Options{Zone: madrid, Currency: "EUR", Alias: "Euro"}
			if f == CoinTracking {
				o.Zone = nil // its own times have no offset: an hour of October comes twice in Madrid
			}
			file, summary := written(t, f, Income(stretch, IncomeOptions{Wallets: []pocket.Address{mine}, Prices: p}), o)
			lines, err := f.read(file, time.UTC)
			require.NoError(t, err)
			require.Len(t, lines, len(want))
			total, value := decimal.Zero, decimal.Zero
			for i, l := range lines {
				require.True(t, l.at.Equal(want[i].at.Truncate(time.Second)), "line %d: want %s, got %s", i, want[i].at, l.at)
				require.True(t, l.amount.Equal(want[i].amount), "line %d", i)
				require.Equal(t, "POKT", l.asset)
				total = total.Add(l.amount)
				known, ok := p.At(want[i].at)
				if f != CoinLedger {
					require.Equal(t, ok, l.value.Valid, "line %d", i)
					require.True(t, l.value.Decimal.Sub(known.Value.Mul(want[i].amount)).Abs().LessThan(decimal.New(1, -8)), "line %d", i)
					value = value.Add(l.value.Decimal)
				}
			}
			assert.True(t, total.Equal(summary.Earned.Decimal()))
			if f != CoinLedger {
				assert.True(t, value.Round(2).Equal(summary.EarnedValue.Round(2)), "to the cent: %s and %s", value, summary.EarnedValue)
				assert.Positive(t, summary.Unpriced)
				assert.Less(t, summary.Unpriced, summary.Events)
			}
		})
	}
}

func TestLosses(t *testing.T) {
	income := func() iter.Seq2[Event, error] {
		return Income(each(lately()...), IncomeOptions{Losses: true, Prices: prices(t)})
	}
	for _, f := range []Format{CoinTracking, Koinly, Ledger} {
		file, summary := written(t, f, income(), Options{Currency: "EUR"})
		lines, err := f.read(file, time.UTC)
		require.NoError(t, err)
		sum := decimal.Zero
		for _, l := range lines {
			if l.amount.IsNegative() {
				sum = sum.Add(l.amount)
			}
		}
		assert.Equal(t, "-320.0015", sum.String(), f)
		assert.Equal(t, pocket.Upokt(320_001_500), summary.Lost)
		assert.Zero(t, summary.LeftOut)
	}
	t.Run("a format without a type for them leaves them out and says so", func(t *testing.T) {
		file, summary := written(t, CoinLedger, income(), Options{})
		lines, err := CoinLedger.read(file, time.UTC)
		require.NoError(t, err)
		assert.Len(t, lines, int(summary.Lines))
		assert.Equal(t, int64(2), summary.LeftOut)
		assert.Zero(t, summary.Lost)
		assert.Contains(t, summary.Text(), "2 events left out: the format has no type for such.")
	})
	t.Run("unless it is given a word for them", func(t *testing.T) {
		file, summary := written(t, CoinLedger, income(), Options{Types: map[Kind]string{Slashed: "Casualty Loss"}})
		assert.Contains(t, file, ",POKT,320.000000,,,,,Casualty Loss,")
		assert.Equal(t, int64(1), summary.LeftOut)
	})
	t.Run("and with an empty word they are left out", func(t *testing.T) {
		file, summary := written(t, "Koinly", income(), Options{Types: map[Kind]string{Slashed: ""}})
		assert.NotContains(t, file, ",lost,")
		assert.Contains(t, file, ",cost,")
		assert.Equal(t, int64(1), summary.LeftOut)
		assert.Equal(t, pocket.Upokt(1_500), summary.Lost)
	})
}

func TestOptions(t *testing.T) {
	tests := []struct {
		name string
		o    Options
		want string
	}{
		{"a layout without a day", Options{TimeLayout: "15:04"}, `date format "15:04" does not tell year, month, day`},
		{"an unknown directive", Options{TimeLayout: "%d/%m/%Q"}, `"%Q" is not known`},
		{"a decimal mark", Options{DecimalMark: '\''}, "want a point or a comma"},
		{"a separator", Options{Separator: '|'}, "want a comma, a semicolon or a tab"},
		{"a column", Options{Columns: []Column{{Name: "Datum"}}}, `column "Datum": there is none, want some of "Type", "Buy Amount"`},
		{"a column twice", Options{Columns: []Column{{Name: "Date"}, {Name: "Tx-ID", As: "Date"}}}, `column "Date" comes twice`},
		{"a column of two lines", Options{Columns: []Column{{Name: "Date", As: "a\nb"}}}, "in one line"},
		{"a value's column without prices", Options{Alias: "Euro", Columns: []Column{{Name: "Buy Amount Euro"}}}, "there is none"},
		{"a kind", Options{Types: map[Kind]string{Untold: "x"}}, "want one of reward, slash or fee"},
		{"a type of two lines", Options{Types: map[Kind]string{Earned: "a\r\nb"}}, "in one line"},
		{"a currency", Options{Currency: "€"}, `currency "€": want a code such as EUR`},
		{"a platform", Options{Platform: strings.Repeat("x", 61)}, "up to 60 characters"},
	}
	for _, test := range tests {
		t.Run(test.name+" is refused before anything is written", func(t *testing.T) {
			var b bytes.Buffer
			_, err := Write(t.Context(), &b, CoinTracking, Income(each(settled()), IncomeOptions{}), test.o)
			assert.ErrorIs(t, err, pocket.ErrInvalid)
			assert.ErrorContains(t, err, test.want)
			assert.ErrorContains(t, err, "cointracking file: ")
			assert.Zero(t, b.Len())
			assert.EqualError(t, test.o.Check(CoinTracking), err.Error())
		})
	}
	t.Run("all that is wrong is said at once", func(t *testing.T) {
		err := Options{TimeLayout: "x", Separator: 'x', Asset: "a\nb"}.Check(Koinly)
		assert.ErrorContains(t, err, "date format")
		assert.ErrorContains(t, err, "separator")
		assert.ErrorContains(t, err, "asset")
	})
	t.Run("the defaults are good", func(t *testing.T) {
		for _, f := range Formats() {
			assert.NoError(t, Options{}.Check(f))
		}
	})
	t.Run("formats are known in any case", func(t *testing.T) {
		f, err := ParseFormat(" CoinTracking ")
		assert.Equal(t, CoinTracking, f)
		assert.NoError(t, err)
		_, err = ParseFormat("turbotax")
		assert.ErrorIs(t, err, pocket.ErrInvalid)
		assert.ErrorContains(t, err, "cointracking, koinly, coinledger or ledger")
		assert.ErrorIs(t, Options{}.Check("turbotax"), pocket.ErrInvalid)
	})
	t.Run("Koinly and CoinLedger get UTC in whatever zone the user lives", func(t *testing.T) {
		for f, want := range map[Format]string{Koinly: "2026-03-28 23:30:00 UTC", CoinLedger: "03/28/2026 23:30:00", CoinTracking: "29-03-2026 00:30:00", Ledger: "2026-03-29T00:30:00+01:00"} {
			file, _ := written(t, f, Income(each(settled()), IncomeOptions{}), Options{Zone: zone(t, "Europe/Madrid")})
			assert.Contains(t, file, want)
		}
	})
	t.Run("without a currency there are no values, and another currency is refused", func(t *testing.T) {
		income := Income(each(settled()), IncomeOptions{Prices: euros(t, price(march, "1"))})
		file, summary := written(t, Koinly, income, Options{})
		assert.Contains(t, file, "1.000001,POKT,,,,,mining")
		assert.Empty(t, summary.Currency)
		_, err := Write(t.Context(), &strings.Builder{}, Koinly, income, Options{Currency: "USD"})
		assert.ErrorIs(t, err, pocket.ErrInvalid)
		assert.ErrorContains(t, err, "income in EUR and in USD")
		_, err = Write(t.Context(), &strings.Builder{}, Koinly, income, Options{Currency: "eur"})
		assert.NoError(t, err, "in whatever case")
	})
}

func TestWriteFailures(t *testing.T) {
	t.Run("a failing disk", func(t *testing.T) {
		full := errors.New("no space left on device")
		_, err := Write(t.Context(), writerFunc(func([]byte) (int, error) { return 0, full }), Ledger, Income(each(settled()), IncomeOptions{}), Options{})
		assert.ErrorIs(t, err, full)
	})
	t.Run("a cancelled context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := Write(ctx, &strings.Builder{}, Ledger, Income(each(settled()), IncomeOptions{}), Options{})
		assert.ErrorIs(t, err, context.Canceled)
	})
	t.Run("a sum that does not fit", func(t *testing.T) {
		s := settled()
		s.Shares = []pocket.Share{{Recipient: wallet, Reason: pocket.ReasonSupplier, Amount: 1 << 62}, {Recipient: wallet, Reason: pocket.ReasonSupplier, Amount: 1 << 62}}
		_, err := Write(t.Context(), &strings.Builder{}, Ledger, Income(each(s), IncomeOptions{}), Options{})
		assert.ErrorIs(t, err, pocket.ErrOverflow)
	})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestSummary(t *testing.T) {
	_, s := written(t, Ledger, Income(each(lately()...), IncomeOptions{Losses: true, Prices: prices(t)}), Options{Currency: "EUR"})
	assert.Equal(t, "8 lines: 15.015509 POKT earned, worth 9.84 EUR, 320.0015 POKT lost, worth 3.95 EUR. "+
		"2 events without a price (1.461164 POKT earned): in no value. 1 settlement did not tell who got what (protocol before v0.1.33): not in the file.", s.Text())
	_, none := written(t, Ledger, Income(each(), IncomeOptions{}), Options{})
	assert.Equal(t, "0 lines: 0 POKT earned.", none.Text())
}

// FuzzText checks that what strangers and configurations write stays one harmless field in every format.
func FuzzText(f *testing.F) {
	for _, s := range []string{"eth", "=1+1", "a,b;c\td", `"`, "\r\n", "\x00", "\xff", "＝1", "'", "\u202e=1", `=cmd|'/C'!A0`, "@SUM(A1)", "-1"} {
		f.Add(s, s, s)
	}
	f.Fuzz(func(t *testing.T, service, note, name string) {
		s := settled()
		s.Service = pocket.ServiceID(service)
		fee := pocket.Transaction{At: pocket.At{Height: 1, Time: march, TxHash: "AA", Index: -1}, Fee: 1, FeePayer: node, Messages: []string{note}}
		for _, format := range Formats() {
			o := Options{Platform: name, Asset: name, Types: map[Kind]string{Fee: "cost"}}
			if o.Check(format) != nil {
				o.Platform, o.Asset = "", ""
			}
			var b strings.Builder
			if _, err := Write(t.Context(), &b, format, Income(each(s, fee), IncomeOptions{Losses: true, Source: func(pocket.Event) string { return note }}), o); err != nil {
				t.Fatal(err)
			}
			if !utf8.ValidString(b.String()) {
				t.Fatalf("%q is not UTF-8", b.String())
			}
			records := readAll(t, b.String())
			if len(records) != 4 {
				t.Fatalf("%q became %d records", b.String(), len(records))
			}
			for _, record := range records {
				for _, field := range record {
					if report.Defuse(field) != field && !strings.HasPrefix(field, "-0.00") {
						t.Fatalf("%q is run", field)
					}
				}
			}
		}
	})
}
