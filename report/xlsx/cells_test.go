package xlsx

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"github.com/poktbot/poktbot/internal/generated"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/report"
)

// oneColumn is a table of texts.
func oneColumn(texts ...string) Sheet {
	var rows [][]report.Cell
	for _, s := range texts {
		rows = append(rows, []report.Cell{report.String(s), report.String("x")})
	}
	return Sheet{Name: "S", Table: report.Table{Columns: []report.Column{{Name: "Text"}, {Name: "X"}}, Rows: report.Rows(rows...)}}
}

// FuzzText checks that whatever a stranger writes comes back as the same text, safe, shared or not, and leaves the XML well formed.
func FuzzText(f *testing.F) {
	for _, s := range []string{"eth", "=1+1", "<b>&amp;", "_x000D_", "_x005F_x000D_", "a\r\nb\rc", " a ", "\x00\x01\xff", "]]>", "日本 🎉", "\ufffe", "_x", "__x0041_", strings.Repeat("長", 200)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		long := s + strings.Repeat("-", sharedLength) // too long to be shared
		file := opened(t, written(t, Workbook{Sheets: []Sheet{oneColumn(s, s, long)}}))
		for cell, want := range map[string]string{"A2": s, "A3": s, "A4": long} {
			got, err := file.GetCellValue("S", cell)
			if err != nil {
				t.Fatal(err)
			}
			if want := cellText(want); got != want {
				t.Fatalf("%q: want %q, got %q", s, want, got)
			}
			if report.Defuse(got) != got {
				t.Fatalf("%q may be run", got)
			}
			formula, err := file.GetCellFormula("S", cell)
			if err != nil || formula != "" {
				t.Fatalf("%q became a formula %q: %v", s, formula, err)
			}
		}
	})
}

func TestCellText(t *testing.T) {
	t.Run("a text longer than a cell is cut, and says so", func(t *testing.T) {
		got := cellText(strings.Repeat("🎉", 20_000))
		assert.InDelta(t, mostText, len(utf16.Encode([]rune(got))), 0, "a picture is two units and is not cut in half")
		assert.LessOrEqual(t, len(utf16.Encode([]rune(got))), mostText)
		assert.True(t, strings.HasSuffix(got, "🎉… (cut)"))
	})
	t.Run("a text as long as a cell is whole", func(t *testing.T) {
		whole := strings.Repeat("a", mostText)
		assert.Equal(t, whole, cellText(whole))
		accents := strings.Repeat("é", mostText)
		assert.Equal(t, accents, cellText(accents))
	})
	t.Run("line ends are as Excel has them", func(t *testing.T) {
		assert.Equal(t, "a\nb\nc", cellText("a\r\nb\rc"))
	})
}

func TestSharedStringsAreBounded(t *testing.T) {
	shared := newStrings()
	var known [20]int
	for column := range known {
		for i := range 10_000 {
			shared.number(strconv.Itoa(column)+" "+strconv.Itoa(i), &known[column])
		}
	}
	assert.Len(t, shared.list, sharedInAll)
	n, ok := shared.number("0 7", &known[0])
	assert.True(t, ok, "what is there is found")
	assert.Equal(t, 7, n)
	_, ok = shared.number("new", new(int))
	assert.False(t, ok)
}

// value is what the row writer makes of a cell, false when it makes a text of it.
func value(c report.Cell, zone *time.Location) (string, bool) {
	w := &rowWriter{dates: dates{zone: zone}}
	ok := w.value(&c)
	return string(w.buf), ok
}

func TestAmountsSurviveTheSpreadsheetsNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u := pocket.Upokt(rapid.Int64Range(-mostUpokt, mostUpokt).Draw(t, "upokt"))
		text, ok := value(report.POKT(u), time.UTC)
		if !ok {
			t.Fatalf("%d is not a number", u)
		}
		f, err := strconv.ParseFloat(text, 64) // as a spreadsheet reads it
		if err != nil || math.Round(f*1e6) != float64(u) || int64(math.Round(f*1e6)) != int64(u) {
			back, _ := decimal.NewFromFloat(f).Round(6).Float64()
			t.Fatalf("%d upokt became %v (%v)", u, f, back)
		}
	})
	_, ok := value(report.POKT(mostUpokt+1), time.UTC)
	assert.False(t, ok, "more than a spreadsheet can tell apart is a text")
}

func TestWhatDoesNotFitANumberIsText(t *testing.T) {
	huge := decimal.New(1, 400)
	early := time.Date(1899, 12, 31, 10, 0, 0, 0, time.UTC)
	sheet := Sheet{Name: "S", Table: report.Table{Columns: make([]report.Column, 3), Rows: report.Rows(
		[]report.Cell{report.POKT(math.MaxInt64), report.Decimal(huge), report.Time(early)})}}
	f := opened(t, written(t, Workbook{Sheets: []Sheet{sheet}}))
	rows, err := f.GetRows("S")
	require.NoError(t, err)
	assert.Equal(t, []string{"9223372036854.775807", huge.String(), "1899-12-31 10:00:00Z"}, rows[1])
}

func TestDatesAreThoseOfTheZone(t *testing.T) {
	zones := []string{"UTC", "Europe/Madrid", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia", "Australia/Lord_Howe", "America/Sao_Paulo"}
	rapid.Check(t, func(t *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		at := time.UnixMicro(rapid.Int64Range(-60e6*60*24*365*60, 200*365*24*3600*1e6).Draw(t, "micros"))
		text, ok := value(report.Time(at), zone)
		if !ok {
			t.Fatalf("%v is no date", at)
		}
		serial, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatal(err)
		}
		back, err := excelize.ExcelDateToTime(serial, false)
		if err != nil {
			t.Fatal(err)
		}
		want := at.Truncate(time.Second)
		if got := back.Round(time.Millisecond).Format(time.DateTime); got != want.In(zone).Format(time.DateTime) {
			t.Fatalf("%v in %v became %s (%s)", want.In(zone), zone, got, text)
		}
		day, ok := value(report.Date(at.In(zone)), time.UTC)
		if whole, _ := strconv.ParseFloat(day, 64); !ok || whole != math.Floor(serial) {
			t.Fatalf("the day of %v became %s beside %s", at.In(zone), day, text)
		}
	})
}

// TestMemoryStaysSmall writes rows that are 50 MiB of XML. The benchmarks tell how much memory it is for more.
func TestMemoryStaysSmall(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 80,000 rows")
	}
	m := newMeter()
	var size counter
	require.NoError(t, Write(t.Context(), &size, Workbook{Sheets: []Sheet{{Table: report.Settlements(generated.Settlements(80_000), nil, nil)}}}))
	assert.Less(t, m.read(), 32.0, "MiB")
}

func TestChartsOfOneRow(t *testing.T) {
	table := report.Table{Columns: []report.Column{{Name: "Day", Kind: report.KindDate}, {Name: "N", Kind: report.KindInteger}},
		Rows: report.Rows([]report.Cell{report.Date(time.Unix(0, 0)), report.Integer(1)})}
	file := written(t, Workbook{Sheets: []Sheet{{Name: "O'Brien", Table: table, Charts: []Chart{
		{Title: "Bars", X: "Day", Bars: []string{"N"}}, {Title: "Line", X: "Day", Lines: []string{"N"}}, {Title: "None", X: "Day"},
	}}}})
	f := opened(t, file)
	count := 0
	f.Pkg.Range(func(name, content any) bool {
		if strings.HasPrefix(name.(string), "xl/charts/chart") {
			count++
			assert.True(t, bytes.Contains(content.([]byte), []byte("&#39;O Brien&#39;!$B$2:$B$2")) || bytes.Contains(content.([]byte), []byte("'O Brien'!$B$2:$B$2")))
		}
		return true
	})
	assert.Equal(t, 2, count)
}
