package report

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"iter"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/internal/golden"
	"github.com/poktbot/poktbot/pocket"
)

var (
	node   = account(1)
	owner  = account(2)
	app    = account(3)
	wallet = account(4)
	morse  = pocket.MustParseAddress("00f9900606fa3d5c9179fc0c8513078a53a2073e")
)

func account(n byte) pocket.Address {
	raw := make([]byte, 20)
	raw[0], raw[19] = n, n
	a, err := pocket.AccountFromBytes(raw)
	if err != nil {
		panic(err)
	}
	return a
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	require.NoError(t, err)
	return z
}

// settled is a settlement as v0.1.35 tells it.
func settled() pocket.Settlement {
	return pocket.Settlement{
		At:       pocket.At{Height: 852_613, Time: time.Date(2026, 3, 29, 0, 59, 59, 987_654_321, time.UTC), Index: 1204},
		Supplier: node, Owner: owner, Application: app, Service: "eth", SessionEnd: 852_580, Relays: 13_000,
		Claimed: 1_897_000, Settled: 1_897_000, Minted: 1_849_575, Deflated: 47_425,
		Shares: []pocket.Share{
			{Recipient: wallet, Reason: pocket.ReasonSupplier, Amount: 1_000_001},
			{Recipient: owner, Reason: pocket.ReasonSupplier, Amount: 461_163},
			{Recipient: wallet, Reason: "TLM_RELAY_BURN_EQUALS_MINT_SOURCE_OWNER_REWARD_DISTRIBUTION", Amount: 46_239},
		},
	}
}

// several are settlements of several versions of the protocol, and an event that is none.
func several() iter.Seq2[pocket.Event, error] {
	over := settled()
	over.Index, over.Service, over.Time = 1205, `=HYPERLINK("http://evil","eth")`, over.Time.Add(time.Hour)
	over.Settled, over.Minted, over.Deflated, over.Overserviced, over.Shares = 0, 0, 0, 1_897_000, nil
	old := settled()
	old.Height, old.Index, old.Owner = 200_000, 3, pocket.Address{}
	old.Lacks, old.Shares = pocket.LacksAmounts|pocket.LacksShares, nil
	old.Settled, old.Minted, old.Deflated = 0, 0, 0
	return events(settled(), over, pocket.Slash{Supplier: node, Penalty: 1}, old)
}

func events(list ...pocket.Event) iter.Seq2[pocket.Event, error] {
	return func(yield func(pocket.Event, error) bool) {
		for _, e := range list {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func csvOf(t testing.TB, table Table, o CSVOptions) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, WriteCSV(t.Context(), &b, table, o))
	return b.String()
}

func TestCSVFiles(t *testing.T) {
	madrid := zone(t, "Europe/Madrid") // the clock goes forward an hour between the first two rows
	table := Settlements(several(), []pocket.Address{wallet}, nil)
	golden.Check(t, csvOf(t, table, CSVOptions{Zone: madrid}), "testdata/settlements.csv.golden")
	golden.Check(t, csvOf(t, table, CSVOptions{Zone: madrid, DecimalMark: ',', Totals: true, BOM: true,
		TimeLayout: "02/01/2006 15:04:05 -0700"}), "testdata/settlements-comma.csv.golden")
}

func TestWriteCSV(t *testing.T) {
	amounts := Table{Columns: []Column{{Name: "Name", Kind: KindText}, {Name: "Worth", Kind: KindFiat, Currency: "EUR", Sum: true}}, TotalLabel: "Total",
		Rows: Rows([]Cell{String("a;b"), Fiat(decimal.RequireFromString("-1.50"))}, []Cell{String(`say "hi", you`), {}})}

	t.Run("lines end in CR LF and quotes are doubled", func(t *testing.T) {
		assert.Equal(t, "Name,Worth (EUR)\r\n\"a;b\",-1.50\r\n\"say \"\"hi\"\", you\",\r\n", csvOf(t, amounts, CSVOptions{}))
	})
	t.Run("with a decimal comma the fields are separated by semicolons", func(t *testing.T) {
		assert.Equal(t, "\"a;b\";-1,50\r\n\"say \"\"hi\"\", you\";\r\n", csvOf(t, amounts, CSVOptions{DecimalMark: ',', NoHeader: true}))
	})
	t.Run("with both commas the numbers are in quotes", func(t *testing.T) {
		assert.Equal(t, "\"a;b\",\"-1,50\"\r\n\"say \"\"hi\"\", you\",\r\nTotal,\"-1,50\"\r\n",
			csvOf(t, amounts, CSVOptions{DecimalMark: ',', Separator: ',', NoHeader: true, Totals: true}))
	})
	t.Run("a tab may separate", func(t *testing.T) {
		assert.Equal(t, "Name\tWorth (EUR)\r\n", strings.SplitAfter(csvOf(t, amounts, CSVOptions{Separator: '\t'}), "\n")[0])
	})
	t.Run("every kind of cell", func(t *testing.T) {
		at := time.Date(2026, 8, 1, 23, 30, 0, 0, time.UTC)
		row := []Cell{Integer(-5), POKT(-1), Decimal(decimal.New(12, 3)), Percent(decimal.RequireFromString("0.125")), Time(at), Date(at), Month(at),
			Address(node), Height(12), String(" a ")}
		table := Table{Columns: make([]Column, len(row)), Rows: Rows(row)}
		assert.Equal(t, "-5,-0.000001,12000,0.125,2026-08-02T05:15:00+05:45,2026-08-01,2026-08,"+node.String()+",12,\" a \"\r\n",
			csvOf(t, table, CSVOptions{NoHeader: true, Zone: zone(t, "Asia/Kathmandu")}))
	})
	t.Run("a layout with a separator in it is quoted", func(t *testing.T) {
		at := time.Date(2026, 8, 1, 23, 30, 0, 0, time.UTC)
		table := Table{Columns: make([]Column, 2), Rows: Rows([]Cell{Time(at), Date(at)})}
		assert.Equal(t, "\"Aug 1, 2026 23:30\",\"1; 8; 2026\"\r\n",
			csvOf(t, table, CSVOptions{NoHeader: true, TimeLayout: "Jan 2, 2006 15:04", DateLayout: "2; 1; 2006"}))
	})
	t.Run("a line of one empty cell is not a blank line", func(t *testing.T) {
		table := Table{Columns: make([]Column, 1), Rows: Rows([]Cell{{}}, []Cell{String("x")})}
		assert.Equal(t, "\"\"\r\nx\r\n", csvOf(t, table, CSVOptions{NoHeader: true}))
	})
	t.Run("a table without rows is its header", func(t *testing.T) {
		assert.Equal(t, "\uFEFFN\r\n", csvOf(t, Table{Columns: []Column{{Name: "N"}}}, CSVOptions{BOM: true}))
	})
	t.Run("options that make no sense are refused before anything is written", func(t *testing.T) {
		var b bytes.Buffer
		assert.ErrorIs(t, WriteCSV(t.Context(), &b, amounts, CSVOptions{DecimalMark: ';'}), pocket.ErrInvalid)
		assert.ErrorIs(t, WriteCSV(t.Context(), &b, amounts, CSVOptions{Separator: '"'}), pocket.ErrInvalid)
		assert.Zero(t, b.Len())
	})
	t.Run("a failing source and a failing disk are told", func(t *testing.T) {
		broken := Table{Columns: make([]Column, 1), Rows: brokenAfter(3)}
		assert.ErrorIs(t, WriteCSV(t.Context(), &strings.Builder{}, broken, CSVOptions{}), errBroken)
		assert.ErrorIs(t, WriteCSV(t.Context(), fullDisk{}, amounts, CSVOptions{}), errFull)
	})
	t.Run("a cancelled context is told", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		assert.ErrorIs(t, WriteCSV(ctx, &strings.Builder{}, amounts, CSVOptions{}), context.Canceled)
	})
}

var errFull = errors.New("no space left on device")

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

// FuzzCSVText checks that whatever a stranger writes comes out of encoding/csv as one field that no spreadsheet runs.
func FuzzCSVText(f *testing.F) {
	for _, s := range []string{"", "eth", "=1+1", "a,b;c\td", `"`, `""`, "\r", "\r\n", "a\r\nb", " =x", "\x00", "\xff", "＝1", "\ufeff", "'", "\u202e=1", `=cmd|'/C'!A0`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, o := range []CSVOptions{{NoHeader: true}, {NoHeader: true, DecimalMark: ','}, {NoHeader: true, Separator: '\t'}, {NoHeader: true, DecimalMark: ',', Separator: ','}} {
			table := Table{Columns: make([]Column, 3), Rows: Rows([]Cell{String(s), String("x" + s), POKT(-1_500_000)})}
			written := csvOf(t, table, o)
			if !utf8.ValidString(written) {
				t.Fatalf("%q is not UTF-8", written)
			}
			r := csv.NewReader(strings.NewReader(written))
			if o.Separator != 0 {
				r.Comma = rune(o.Separator)
			} else if o.DecimalMark == ',' {
				r.Comma = ';'
			}
			record, err := r.ReadAll()
			if err != nil || len(record) != 1 || len(record[0]) != 3 {
				t.Fatalf("%q is read as %q: %v", written, record, err)
			}
			// encoding/csv makes CR LF within a field LF.
			if want := strings.ReplaceAll(Defuse(Clean(s)), "\r\n", "\n"); record[0][0] != want {
				t.Fatalf("%q: want %q, got %q", s, want, record[0][0])
			}
			if dangerous(record[0][0]) {
				t.Fatalf("%q is run", record[0][0])
			}
			if number := strings.Replace(record[0][2], ",", ".", 1); number != "-1.500000" {
				t.Fatalf("the number became %q", number)
			}
		}
	})
}
