package monitor

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var forecastNow = time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC)

// hourly returns samples of the last hours, the newest now.
func hourly(hours int, value func(hour int) float64) []Sample {
	var list []Sample
	for i := range hours + 1 {
		list = append(list, Sample{At: forecastNow.Add(time.Duration(i-hours) * time.Hour), Value: value(i)})
	}
	return list
}

func TestForecast(t *testing.T) {
	noise := rand.New(rand.NewPCG(1, 2))
	tests := []struct {
		name     string
		forecast Forecast
		samples  []Sample
		days     string // "" when nothing is in sight
		health   Health
	}{
		{"a balance that falls by 10 a day has five days left", Forecast{Below: true}, hourly(48, func(h int) float64 { return 70 - float64(h)*10/24 }), "5", Healthy},
		{"a disk that rises by 24 a day is full in two", Forecast{Limit: 100}, hourly(48, func(h int) float64 { return float64(h + 4) }), "2", Healthy},
		{"a balance that grows has no limit in sight", Forecast{Below: true}, hourly(48, func(h int) float64 { return float64(h + 1) }), "", Healthy},
		{"one that stands still has none either", Forecast{Below: true}, hourly(48, func(int) float64 { return 7 }), "", Healthy},
		{"at the limit no days are left", Forecast{Below: true, Limit: 5}, hourly(48, func(h int) float64 { return 53 - float64(h) }), "0", Failing},
		{"past the limit, too", Forecast{Limit: 5}, hourly(3, func(h int) float64 { return 10 }), "0", Failing},
		{"too few samples tell nothing", Forecast{Below: true}, hourly(3, func(h int) float64 { return 10 - float64(h) }), "", Unknown},
		{"no samples tell nothing", Forecast{Below: true}, nil, "", Unknown},
		{"samples of one moment tell nothing", Forecast{Below: true}, []Sample{{forecastNow, 9}, {forecastNow, 8}, {forecastNow, 7}, {forecastNow, 6}, {forecastNow, 5}}, "", Unknown},
		{"an hour of samples does not tell of the next week", Forecast{Below: true}, hourly(5, func(h int) float64 { return 1000 - float64(h) }), "", Healthy},
		{"unless it may", Forecast{Below: true, Reach: 1000}, hourly(5, func(h int) float64 { return 1205 - float64(h) }), "50", Healthy},
		{"noise around a level foresees nothing", Forecast{Below: true}, hourly(100, func(int) float64 { return 50 + noise.Float64() }), "", Healthy},
		{"an outlier does not bend the trend", Forecast{Below: true}, hourly(48, func(h int) float64 {
			if h == 20 {
				return 100_000
			}
			return 70 - float64(h)*10/24
		}), "5", Healthy},
		{"a refill is no trend, though its hour counts as one without a fall", Forecast{Below: true, Refill: 30}, hourly(48, func(h int) float64 {
			if h >= 24 {
				return 110 - float64(h)*10/24
			}
			return 70 - float64(h)*10/24
		}), "9.209", Healthy},
		{"slashes now and then lead to the minimum", Forecast{Below: true, Limit: 100, Steps: true}, hourly(168, func(h int) float64 {
			return 106 - float64(h/56)
		}), "7.807", Healthy},
		{"but the median slope of so few is none", Forecast{Below: true, Limit: 100}, hourly(168, func(h int) float64 {
			if h == 100 || h > 100 {
				return 105
			}
			return 106
		}), "", Healthy},
		{"old samples do not count", Forecast{Below: true, Window: 24 * time.Hour}, hourly(100, func(h int) float64 {
			if h < 76 {
				return 1000 - float64(h)*10
			}
			return 124 - float64(h)
		}), "1", Healthy},
		{"what is no number does not count", Forecast{Below: true}, append(hourly(48, func(h int) float64 { return 70 - float64(h)*10/24 }),
			Sample{forecastNow, math.NaN()}, Sample{forecastNow, math.Inf(-1)}, Sample{forecastNow.Add(time.Hour), 0}), "5", Healthy},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := tt.forecast.Foresee(tt.samples, forecastNow)
			assert.Equal(t, tt.health, o.Health)
			if tt.days == "" {
				assert.False(t, o.Days.Valid, "%v", o)
				assert.True(t, o.At.IsZero())
				return
			}
			require.True(t, o.Days.Valid, "%v", o)
			assert.InDelta(t, decimal.RequireFromString(tt.days).InexactFloat64(), o.Days.Decimal.InexactFloat64(), 0.0015)
		})
	}
	t.Run("days pass while no new sample comes", func(t *testing.T) {
		samples := hourly(48, func(h int) float64 { return 70 - float64(h)*10/24 })
		o := Forecast{Below: true}.Foresee(samples, forecastNow.Add(36*time.Hour))
		assert.Equal(t, "3.5", o.Days.Decimal.String())
		assert.Equal(t, forecastNow.Add(5*24*time.Hour), o.At.Round(time.Second))
		assert.InDelta(t, -10, o.PerDay, 1e-6)
		assert.InDelta(t, 1, o.Confidence, 1e-9)
	})
	t.Run("samples may come in any order", func(t *testing.T) {
		samples := hourly(48, func(h int) float64 { return 70 - float64(h)*10/24 })
		noise.Shuffle(len(samples), func(i, j int) { samples[i], samples[j] = samples[j], samples[i] })
		assert.Equal(t, "5", Forecast{Below: true}.Foresee(samples, forecastNow).Days.Decimal.String())
	})
	t.Run("many samples are thinned out, evenly", func(t *testing.T) {
		var samples []Sample
		for i := range 10_000 {
			samples = append(samples, Sample{forecastNow.Add(time.Duration(i-9_999) * time.Minute), float64(20_000 - i)})
		}
		assert.Len(t, thin(samples), slopeSamples)
		o := Forecast{Below: true}.Foresee(samples, forecastNow)
		assert.Equal(t, 10_000, o.Samples)
		assert.Equal(t, "6.945", o.Days.Decimal.String())
	})
}

func TestDaysUntil(t *testing.T) {
	assert.Equal(t, "1.5", DaysUntil(forecastNow.Add(36*time.Hour), forecastNow).String())
	assert.Equal(t, "-0.25", DaysUntil(forecastNow.Add(-6*time.Hour), forecastNow).String())
	assert.Equal(t, "2912251.5", DaysUntil(time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC), forecastNow).String())
}

func FuzzForecast(f *testing.F) {
	f.Add([]byte("0123456789abcdef0123456789abcdef"), 5.0, true, 3.0, 0.0)
	f.Add([]byte{0, 255, 1, 254, 2, 253, 3, 252}, 1e308, false, 1e300, 1e308)
	f.Fuzz(func(t *testing.T, raw []byte, limit float64, below bool, scale, refill float64) {
		var samples []Sample
		for i := 0; i+1 < len(raw); i += 2 {
			samples = append(samples, Sample{forecastNow.Add(-time.Duration(raw[i]) * time.Hour), float64(int8(raw[i+1])) * scale})
		}
		for _, steps := range []bool{false, true} {
			forecast := Forecast{Limit: limit, Below: below, Window: 1 << 62, Refill: refill, Steps: steps}
			o := forecast.Foresee(samples, forecastNow)
			require.Equal(t, o.Days.Valid, !o.At.IsZero())
			require.False(t, o.Days.Valid && o.Days.Decimal.IsNegative())
			require.False(t, o.Health == Unknown && o.Days.Valid)
			require.True(t, o.Confidence >= 0 && o.Confidence <= 1)
			require.True(t, o.Days.Decimal.LessThan(decimal.NewFromInt(farthest+1)))
		}
	})
}

func BenchmarkForecast(b *testing.B) {
	samples := hourly(168, func(h int) float64 { return 1000 - float64(h) })
	b.ReportAllocs()
	for b.Loop() {
		Forecast{Below: true}.Foresee(samples, forecastNow)
	}
}
