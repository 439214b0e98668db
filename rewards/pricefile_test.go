package rewards

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
)

func TestReadPrices(t *testing.T) {
	for name, text := range map[string]string{
		"two columns":                    "2026-11-22,0.0512\n2026-11-23,0.06\n",
		"with a header":                  "date,price\n2026-11-22,0.0512\n2026-11-23,0.06\n",
		"in any order, lines of Windows": "date,price\r\n2026-11-23,0.06\r\n2026-11-22,0.0512\r\n",
		"semicolons and decimal commas":  "Datum;Kurs (EUR)\n22.11.2026;0,0512\n23.11.2026;0,06\n",
		"tabs":                           "time\teur\n2026-11-22\t0.0512\n2026-11-23\t0.06\n",
		"quoted decimal commas":          "time,price\n2026-11-22,\"0,0512\"\n2026-11-23,\"0,06\"\n",
		"as CoinGecko's site writes them": "snapped_at,price,market_cap,total_volume\n2026-11-22 00:00:00 UTC,0.0512,1,2\n" +
			"2026-11-23 00:00:00 UTC,0.06,,\n",
		"other columns first":             "source,value,date\nme,0.0512,2026-11-22\nme,0.06,2026-11-23\n",
		"with an offset":                  "2026-11-22T01:00:00+01:00,0.0512\n2026-11-22T19:00:00-05:00,0.06\n",
		"Unix seconds and milliseconds":   "1795305600,0.0512\n1795392000000,0.06\n",
		"signs of currencies":             "date;price\n2026-11-22;€ 0,0512\n2026-11-23;0,06 EUR\n",
		"a currency in front":             "date;price\n2026-11-22;EUR 0,0512\n2026-11-23;eur0,06\n",
		"as a spreadsheet rounds":         "2026-11-22,5.12E-02\n2026-11-23,6e-2\n",
		"comments, empty lines and cells": "# my own\n\ndate,price\n2026-11-22,0.0512\n2026-11-24,\n,\n2026-11-23,0.06\n",
		"a mark of UTF-8 in front":        "\uFEFFdate,price\n2026-11-22,0.0512\n2026-11-23,0.06",
		"the same price told twice":       "2026-11-22,0.0512\n2026-11-23,0.06\n2026-11-23,0.060\n",
		"slashes with the year first":     "2026/11/22,0.0512\n2026/11/23 00:00,0.06\n",
	} {
		t.Run(name, func(t *testing.T) {
			prices, err := ReadPrices(strings.NewReader(text), "eur")
			require.NoError(t, err)
			var got []string
			for _, p := range prices.Points() {
				got = append(got, p.Time.Format(time.RFC3339)+" "+p.Value.String())
			}
			assert.Equal(t, []string{"2026-11-22T00:00:00Z 0.0512", "2026-11-23T00:00:00Z 0.06"}, got)
			assert.Equal(t, "EUR", prices.Currency())
		})
	}
	t.Run("thousands", func(t *testing.T) {
		for text, want := range map[string]string{
			"2026-11-22;1.234,56\n": "1234.56", "2026-11-22;1234,567\n": "1234.567", "2026-11-22;1.234\n": "1.234",
			"2026-11-22,\"1,234,567.8\"\n": "1234567.8", "2026-11-22;1.234.567,8\n": "1234567.8", "2026-11-22,\"0,123\"\n": "0.123",
		} {
			prices, err := ReadPrices(strings.NewReader(text), "IDR")
			require.NoError(t, err, text)
			assert.Equal(t, want, prices.Points()[0].Value.String(), text)
		}
	})
}

func TestReadPricesSaysWhereAndWhatToDo(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"nothing", "", "no prices"},
		{"a header alone", "date,price\n", "no prices"},
		{"only empty prices", "date,price\n2026-11-22,\n", "no prices"},
		{"columns nobody can name", "a,b\n1,2\n", "line 1: want a header with a column called time or date"},
		{"a long line that is no table", strings.Repeat("lorem ipsum, ", 50) + "\n", "lorem ipsum\" \"lorem ipsum"},
		{"a price of no POKT", "2026-11-22,0.0000000000000000000000000001\n", "line 1: the price"},
		{"three columns without a name", "2026-11-22,0,0512\n", "line 1: it has 3 columns, and there is no header"},
		{"a decimal comma among commas further down", "2026-11-22,1\n2026-11-23,0,0512\n", "line 2: it has 3 columns"},
		{"a zero", "date,price\n2026-11-22,0.05\n\n2026-11-23,0\n", "line 4: the price \"0\" is not one"},
		{"less than zero", "2026-11-22,-1\n", "line 1: the price \"-1\" is not one"},
		{"too much", "2026-11-22,1e12\n", "line 1: the price \"1e12\" is not one"},
		{"no number", "2026-11-22,cheap\n", "line 1: the price \"cheap\" is no number"},
		{"a number with a hole", "2026-11-22;1.23,4\n", "line 1: the price \"1.23,4\" is no number"},
		{"two decimal marks", "2026-11-22;0,05\n2026-11-23;0.05\n", "line 2: the price \"0.05\" has the decimal mark ., those before it have ,"},
		{"a thousand or one and a bit", "2026-11-22,\"1,234\"\n", "line 1: the price \"1,234\" could mean 1.234 or 1234"},
		{"marks upon marks", "2026-11-22;1,2,3.4.5\n", "has marks that make no number"},
		{"two prices at one time", "2026-11-22,1\n2026-11-23,1\n2026-11-22T00:00:00Z,2\n", "line 3: 2026-11-22T00:00:00Z has another price in line 1"},
		{"a day or a month", "date,price\n11/12/2026,1\n", "line 2: the time \"11/12/2026\" could be read in two ways"},
		{"no time", "date,price\nyesterday,1\n", "line 2: the time \"yesterday\" is not one"},
		{"a number of a line", "date,price\n1,1\n", "line 2: the time \"1\" is in the year 1970"},
		{"a day that is none", "date,price\n2026-02-30,1\n", "line 2: the time \"2026-02-30\" is not one"},
		{"quotes that never end", "date,price\n2026-11-22,\"1\n", "line 2: extraneous or missing \" in quoted-field"},
		{"a quote within", "date,price\n2026-11-22,1\"\n", "line 2: bare \" in non-quoted-field"},
		{"UTF-16", "\xff\xfed\x00", "UTF-16"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := ReadPrices(strings.NewReader(test.text), "eur")
			require.ErrorIs(t, err, pocket.ErrInvalid)
			assert.ErrorContains(t, err, test.want)
		})
	}
	t.Run("a file as large as none", func(t *testing.T) {
		_, err := ReadPrices(io.MultiReader(strings.NewReader("2026-11-22,1\n#"), io.LimitReader(endless{}, maxPriceFile)), "eur")
		require.ErrorIs(t, err, pocket.ErrInvalid)
		assert.ErrorContains(t, err, "64 MiB")
	})
	t.Run("a reader that fails", func(t *testing.T) {
		_, err := ReadPrices(iotest.ErrReader(errBroken), "eur")
		require.ErrorIs(t, err, errBroken)
	})
	t.Run("no currency", func(t *testing.T) {
		_, err := ReadPrices(strings.NewReader("2026-11-22,1\n"), "")
		require.ErrorIs(t, err, pocket.ErrInvalid)
	})
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func TestOpenPrices(t *testing.T) {
	path := filepath.Join(t.TempDir(), "prices.csv")
	require.NoError(t, os.WriteFile(path, []byte("2026-11-22,1\n"), 0o600))
	prices, err := OpenPrices(path, "eur")
	require.NoError(t, err)
	assert.Len(t, prices.Points(), 1)
	require.NoError(t, os.WriteFile(path, []byte("2026-11-22,one\n"), 0o600))
	_, err = OpenPrices(path, "eur")
	require.ErrorContains(t, err, path+": prices: line 1")
	_, err = OpenPrices(path+"x", "eur")
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestATableIsASource(t *testing.T) {
	table := euros(t, 0, price(noon, "1"), price(noon.Add(time.Hour), "2"), price(noon.Add(2*time.Hour), "3"))
	prices, err := ask(table, pocket.Span{From: noon.Add(1), To: noon.Add(2 * time.Hour)})
	require.NoError(t, err)
	assert.Len(t, prices, 1)
	for _, currency := range []string{"usd", "", "/"} {
		for _, err := range table.Prices(t.Context(), currency, pocket.Span{}) {
			require.Error(t, err)
			assert.Equal(t, currency == "usd", errors.Is(err, ErrCurrency))
		}
	}
	for range table.Prices(t.Context(), "EUR", pocket.Span{}) {
		break
	}
}

func FuzzReadPrices(f *testing.F) {
	for _, seed := range []string{
		"2026-11-22,0.0512\n", "date;price\n22.11.2026;0,05\n", "snapped_at,price,market_cap,total_volume\n2026-11-22 00:00:00 UTC,0.0512,1,2\n",
		"# c\n1795392000000\t5.1e-7\n", "2026-11-22,\"1,234.5\"\n", "date,eur\n2026-11-22T00:00:00+01:00,€1\n", "2026-11-22,1e99999999\n",
	} {
		f.Add(seed, "EUR")
	}
	f.Fuzz(func(t *testing.T, text, currency string) {
		prices, err := ReadPrices(strings.NewReader(text), currency)
		if err != nil {
			require.ErrorIs(t, err, pocket.ErrInvalid)
			return
		}
		require.NotEmpty(t, prices.Points())
		for _, p := range prices.Points() {
			require.True(t, p.Value.IsPositive())
			require.LessOrEqual(t, p.Time.Year(), 2200)
			got, known := prices.At(p.Time)
			require.True(t, known)
			require.Equal(t, p, got)
		}
	})
}
