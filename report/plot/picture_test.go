package plot

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/poktbot/poktbot/internal/golden"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

// A drawing is one of the pictures with its data.
type drawing func(io.Writer, Options) error

func averageOf(p *Painter, days []NodeDay) drawing {
	return func(w io.Writer, o Options) error { return p.AverageByNode(w, days, o) }
}

func stackedOf(p *Painter, stack Stack) drawing {
	return func(w io.Writer, o Options) error { return p.Stacked(w, stack, o) }
}

func lossesOf(p *Painter, losses []Loss) drawing {
	return func(w io.Writer, o Options) error { return p.Losses(w, losses, o) }
}

func draw(t testing.TB, d drawing, o Options) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, d(&out, o))
	return out.Bytes()
}

func decoded(t testing.TB, d drawing, o Options) image.Image {
	t.Helper()
	o.Format = PNG
	picture, err := png.Decode(bytes.NewReader(draw(t, d, o)))
	require.NoError(t, err)
	return picture
}

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestPicturesStayAsTheyWereLookedAt(t *testing.T) {
	p, z := painter(t), berlin(t)
	times := starts(rewards.Day, 5, noon, z)
	for name, d := range map[string]drawing{
		"average": averageOf(p, nodeDays(times, 24)),
		"stacked": stackedOf(p, serviceStack(times, 3)),
		"losses":  lossesOf(p, someLosses(times)),
	} {
		t.Run(name, func(t *testing.T) {
			svg := draw(t, d, Options{Format: SVG, Zone: z, Now: noon, Note: "pokt1supplier", Simulated: true})
			golden.Check(t, svg, "testdata/"+name+".svg")
		})
	}
}

// everyDrawing is pictures of all kinds, with much, little and no data.
func everyDrawing(t testing.TB) map[string]drawing {
	p := painter(t)
	all := map[string]drawing{
		"average of nothing": averageOf(p, nil),
		"stack of nothing":   stackedOf(p, Stack{}),
		"no losses":          lossesOf(p, nil),
	}
	for name, n := range map[string]int{"1 day": 1, "2 days": 2, "7 days": 7, "15 days": 15, "31 days": 31, "90 days": 90, "365 days": 365} {
		times := starts(rewards.Day, n, noon, time.UTC)
		all["average of "+name] = averageOf(p, nodeDays(times, n))
		all["stack of "+name] = stackedOf(p, serviceStack(times, 10))
		all["losses of "+name] = lossesOf(p, someLosses(times))
		area := serviceStack(times, 10)
		area.Area = true
		all["area of "+name] = stackedOf(p, area)
	}
	times := starts(rewards.Day, 3, noon, time.UTC)
	for _, value := range []string{"1000000000", "999999999999999", "0.000001", "1e-100", "0"} {
		values := []decimal.Decimal{dec(value), decimal.Zero, dec(value)}
		all["stack of "+value] = stackedOf(p, Stack{Starts: times, Series: []Series{{Values: values}}})
		var days []NodeDay
		var losses []Loss
		for i, v := range values {
			days = append(days, NodeDay{Start: times[i], Nodes: maxNodes, Average: decimal.NewNullDecimal(v), Total: v})
			losses = append(losses, Loss{Start: times[i], Slashed: v})
		}
		all["average of "+value] = averageOf(p, days)
		all["losses of "+value] = lossesOf(p, losses)
	}
	return all
}

func TestEveryPictureIsWhole(t *testing.T) {
	for name, d := range everyDrawing(t) {
		t.Run(name, func(t *testing.T) {
			picture := decoded(t, d, Options{Now: noon, Width: 300, Height: 200})
			assert.Equal(t, image.Rect(0, 0, 300, 200), picture.Bounds())
			assert.Equal(t, Light.palette().background, color.NRGBAModel.Convert(picture.At(0, 0)))
			assert.True(t, framed(picture, 2), "something is cut off at an edge")

			svg := draw(t, d, Options{Now: noon, Theme: Dark, Format: SVG})
			wellFormed(t, svg)
			assert.NotContains(t, string(svg), "NaN")
			assert.NotContains(t, string(svg), "Inf")
			assert.NotContains(t, string(svg), "<text", "no font of the viewer's is needed")
		})
	}
}

func TestAnyDataMakesAPicture(t *testing.T) {
	p := painter(t)
	rapid.Check(t, func(t *rapid.T) {
		z, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		require.NoError(t, err)
		o := Options{
			Format: SVG, Zone: z, Now: noon, Simulated: true,
			Period: rapid.SampledFrom([]rewards.Period{rewards.Hour, rewards.Day, rewards.Week, rewards.Month}).Draw(t, "period"),
			Width:  rapid.IntRange(MinSide, MaxSide).Draw(t, "width"), Height: rapid.IntRange(MinSide, MaxSide).Draw(t, "height"),
			Title: rapid.String().Draw(t, "title"), Note: rapid.String().Draw(t, "note"), Currency: rapid.String().Draw(t, "currency"),
		}
		times := starts(o.Period, rapid.IntRange(0, 20).Draw(t, "periods"), noon, z)
		if len(times) > 3 && rapid.Bool().Draw(t, "gap") {
			times = append(times[:1], times[3:]...)
		}
		value := func() decimal.Decimal {
			return decimal.New(rapid.Int64Range(0, 999_999).Draw(t, "digits"), rapid.Int32Range(-60, 9).Draw(t, "exponent"))
		}
		stack := Stack{By: rapid.String().Draw(t, "by"), Starts: times, Top: rapid.IntRange(0, MaxTop).Draw(t, "top"), Area: rapid.Bool().Draw(t, "area")}
		for range rapid.IntRange(0, 4).Draw(t, "series") {
			series := Series{Name: rapid.String().Draw(t, "name")}
			for range times {
				series.Values = append(series.Values, value())
			}
			stack.Series = append(stack.Series, series)
		}
		var days []NodeDay
		var losses []Loss
		for _, start := range times {
			average := decimal.NullDecimal{Decimal: value(), Valid: rapid.Bool().Draw(t, "valid")}
			days = append(days, NodeDay{Start: start, Nodes: rapid.IntRange(0, maxNodes).Draw(t, "nodes"), Average: average, Total: value()})
			losses = append(losses, Loss{Start: start, Expired: value(), Slashed: value(), Unknown: rapid.Int64Range(0, 1e9).Draw(t, "unknown")})
		}
		for _, d := range []drawing{stackedOf(p, stack), averageOf(p, days), lossesOf(p, losses)} {
			var out bytes.Buffer
			require.NoError(t, d(&out, o))
			require.NotContains(t, out.String(), "NaN")
			require.NotContains(t, out.String(), "Inf")
			decoder := xml.NewDecoder(&out)
			for err == nil {
				_, err = decoder.Token()
			}
			require.ErrorIs(t, err, io.EOF)
			err = nil
		}
	})
}

// framed reports whether all pixels so near to the edges are of one colour.
func framed(picture image.Image, depth int) bool {
	within := picture.Bounds().Inset(depth)
	for y := range picture.Bounds().Dy() {
		for x := range picture.Bounds().Dx() {
			if !image.Pt(x, y).In(within) && picture.At(x, y) != picture.At(0, 0) {
				return false
			}
		}
	}
	return true
}

func wellFormed(t testing.TB, svg []byte) {
	t.Helper()
	for decoder := xml.NewDecoder(bytes.NewReader(svg)); ; {
		_, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		require.NoError(t, err)
	}
}

func TestTheSameDataGivesTheSameBytes(t *testing.T) {
	times := starts(rewards.Day, 15, noon, time.UTC)
	stack := serviceStack(times, 10)
	turned := stack
	turned.Series = nil
	for _, series := range stack.Series {
		turned.Series = append([]Series{series}, turned.Series...)
	}
	for _, format := range []Format{PNG, SVG} {
		o := Options{Format: format, Now: noon, Width: 300, Height: 200}
		first := draw(t, stackedOf(painter(t), stack), o)
		assert.True(t, bytes.Equal(first, draw(t, stackedOf(painter(t), stack), o)))
		assert.True(t, bytes.Equal(first, draw(t, stackedOf(painter(t), turned), o)), "whatever the order of the series")
	}
}

func TestOnePainterDrawsManyPicturesAtOnce(t *testing.T) {
	p := painter(t)
	d := stackedOf(p, serviceStack(starts(rewards.Day, 7, noon, time.UTC), 10))
	o := Options{Format: SVG}
	want := draw(t, d, o)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			var out bytes.Buffer
			assert.NoError(t, d(&out, o))
			assert.True(t, bytes.Equal(want, out.Bytes()))
		})
	}
	wg.Wait()
}

func TestDefaultSize(t *testing.T) {
	picture := decoded(t, averageOf(painter(t), nil), Options{})
	assert.Equal(t, image.Rect(0, 0, 1200, 800), picture.Bounds())
}

// heights returns how many pixels of a colour each column of the picture has.
func heights(picture image.Image, c color.NRGBA) []int {
	want := color.RGBA(c)
	columns := make([]int, picture.Bounds().Dx())
	for x := range columns {
		for y := 240; y < picture.Bounds().Dy(); y++ { // below the legend
			if picture.At(x, y) == color.Color(want) {
				columns[x]++
			}
		}
	}
	return columns
}

// plateaus returns the heights of bars: runs of columns of nearly equal height, at least ten wide.
func plateaus(columns []int) []int {
	var bars []int
	run := 0
	for x := 1; x < len(columns); x++ {
		if columns[x] > 0 && columns[x] == columns[x-1] {
			if run++; run == 10 {
				bars = append(bars, columns[x])
			}
		} else {
			run = 0
		}
	}
	return bars
}

func TestBarsAreAsHighAsTheirValues(t *testing.T) {
	times := starts(rewards.Day, 5, noon, time.UTC)
	o := Options{}
	values := []decimal.Decimal{dec("10"), dec("20"), dec("40"), dec("0"), dec("5")}
	bars := plateaus(heights(decoded(t, stackedOf(painter(t), Stack{Starts: times, Series: []Series{{Values: values}}}), o), Light.palette().series[0]))
	require.Len(t, bars, 4, "a day of nothing has no bar")
	for i, want := range []float64{0.25, 0.5, 1, 0.125} {
		assert.InDelta(t, want*float64(bars[2]), float64(bars[i]), 2.5, "bar %d", i)
	}
}

func TestPartsOfABarAreAsHighAsTheirValues(t *testing.T) {
	times := starts(rewards.Day, 1, noon, time.UTC)
	stack := Stack{Starts: times, Top: 2, Series: []Series{
		{"small", []decimal.Decimal{dec("1")}}, {"large", []decimal.Decimal{dec("5")}}, {"middle", []decimal.Decimal{dec("2.5")}}, {"tiny", []decimal.Decimal{dec("0.5")}},
	}}
	picture, ink := decoded(t, stackedOf(painter(t), stack), Options{}), Light.palette()
	large, middle, other := plateaus(heights(picture, ink.series[0])), plateaus(heights(picture, ink.series[1])), plateaus(heights(picture, ink.other))
	require.Len(t, large, 1)
	require.Len(t, middle, 1)
	require.Len(t, other, 1)
	assert.InDelta(t, 0.5*float64(large[0]), float64(middle[0]), 4)
	assert.InDelta(t, 0.3*float64(large[0]), float64(other[0]), 4, "the rest is in other")
}

func TestTodayIsDrawnApart(t *testing.T) {
	ink := Light.palette()
	days := []NodeDay{{Start: starts(rewards.Day, 1, noon, time.UTC)[0], Nodes: 2, Average: decimal.NewNullDecimal(dec("7")), Total: dec("14")}}
	count := func(o Options, days []NodeDay) (solid int) {
		for _, n := range heights(decoded(t, averageOf(painter(t), days), o), ink.line) {
			solid += n
		}
		return solid
	}
	closed := count(Options{}, days)
	open := count(Options{Now: noon}, days)
	assert.Greater(t, closed, 0)
	assert.Greater(t, open, 0)
	assert.NotEqual(t, closed, open)
	days[0].Partial = true
	assert.Equal(t, open, count(Options{}, days), "whoever says so")
}

func TestOtherTextReachesThePicture(t *testing.T) {
	d := averageOf(painter(t), nil)
	plain := draw(t, d, Options{Format: SVG})
	assert.Contains(t, string(plain), "<title>Average reward by node</title>")
	for name, o := range map[string]Options{
		"title": {Title: "Ours"}, "note": {Note: "Ours"}, "zone": {Zone: time.FixedZone("Ours", 3600)}, "currency": {Currency: "EUR"}, "simulated": {Simulated: true},
	} {
		o.Format = SVG
		assert.False(t, bytes.Equal(plain, draw(t, d, o)), name)
	}
	strange := string(draw(t, d, Options{Format: SVG, Title: "<script>\x00]]>&", Simulated: true}))
	assert.Contains(t, strange, "<title>&lt;script&gt;]]&gt;&amp; (simulated)</title>")
}

func TestWhatIsWrongIsRefused(t *testing.T) {
	p := painter(t)
	day := starts(rewards.Day, 1, noon, time.UTC)
	values := func(v ...decimal.Decimal) Stack { return Stack{Starts: day, Series: []Series{{"eth", v}}} }
	tests := []struct {
		name string
		d    drawing
		o    Options
		want string
	}{
		{"a format", averageOf(p, nil), Options{Format: "gif"}, `format "gif": want png or svg`},
		{"a theme", averageOf(p, nil), Options{Theme: "pink"}, `theme "pink": want light or dark`},
		{"a period", lossesOf(p, nil), Options{Period: "year"}, `period "year": want hour, day, week or month`},
		{"a size too small", stackedOf(p, Stack{}), Options{Width: 10}, "width of 10 pixels: want 200 to 4000"},
		{"a size too large", stackedOf(p, Stack{}), Options{Height: 1 << 40}, "height of 1099511627776 pixels"},
		{"a span the wrong way round", lossesOf(p, nil), Options{Span: pocket.Span{From: noon, To: noon.Add(-1)}}, "wrong way round"},
		{"a negative average", averageOf(p, []NodeDay{{Start: day[0], Nodes: 1, Average: decimal.NewNullDecimal(dec("-1"))}}), Options{}, "average: amount -1 is negative"},
		{"a negative total", averageOf(p, []NodeDay{{Start: day[0], Total: dec("-0.5")}}), Options{}, "2026-11-22: total: amount -0.5 is negative"},
		{"negative nodes", averageOf(p, []NodeDay{{Start: day[0], Nodes: -1}}), Options{}, "-1 nodes"},
		{"a negative untold", averageOf(p, []NodeDay{{Start: day[0], Untold: Untold{Settlements: -1}}}), Options{}, "-1 untold settlements"},
		{"a negative reward", stackedOf(p, values(dec("-3"))), Options{}, `series "eth": amount -3 is negative`},
		{"more than all money", stackedOf(p, values(dec("1e15"))), Options{}, "want less than 1e15"},
		{"an exponent that would fill the memory", stackedOf(p, values(decimal.New(1, 2_000_000_000))), Options{}, "10 to the 2000000000"},
		{"a zero that would fill the memory", lossesOf(p, []Loss{{Start: day[0], Expired: decimal.New(0, -2_000_000_000)}}), Options{}, "expired on 2026-11-22"},
		{"values for other periods", stackedOf(p, values()), Options{}, `series "eth" has 0 values for 1 periods`},
		{"too many names", stackedOf(p, Stack{Top: 9}), Options{}, "9 series by name, want 1 to 8"},
		{"a negative number of names", stackedOf(p, Stack{Top: -1}), Options{}, "-1 series by name"},
		{"a negative loss", lossesOf(p, []Loss{{Start: day[0], Slashed: dec("-1")}}), Options{}, "slashed on 2026-11-22: amount -1 is negative"},
		{"a negative count", lossesOf(p, []Loss{{Start: day[0], Discarded: -1}}), Options{}, "count below 0"},
		{"a day of another zone", lossesOf(p, []Loss{{Start: day[0]}}), Options{Zone: berlin(t)}, "is not the start of a day in Europe/Berlin"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			err := test.d(&out, test.o)
			require.ErrorIs(t, err, pocket.ErrInvalid)
			assert.ErrorContains(t, err, test.want)
			assert.True(t, strings.HasPrefix(err.Error(), "picture of "))
			assert.Zero(t, out.Len(), "nothing is half-written")
		})
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestAWriterThatFailsIsReported(t *testing.T) {
	require.ErrorIs(t, painter(t).Losses(brokenPipe{}, nil, Options{}), io.ErrClosedPipe)
}
