package monitor

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// A Sample is a value that was measured at a moment: a balance, a stake, the bytes in use on a disk. Forecasts are estimates, so the value is
// a float64 even where the amount itself is exact.
type Sample struct {
	At    time.Time
	Value float64
}

// A Forecast says how to foresee when a value reaches a limit, if it goes on as it did: a balance that runs out, a stake that slashes take
// below the minimum, a disk that fills up. One kind of alert, "reaches its limit in N days", covers them all.
//
// The trend is the median of the slopes between every two samples (Theil and Sen), so that an outlier does not bend it. A value that stands
// still most of the time and then jumps, such as a stake that is slashed, has a median slope of 0: its trend is the mean slope, by
// Steps. From the trend the forecast starts at the newest sample, which is the truth.
type Forecast struct {
	Limit  float64
	Below  bool          // the value falls towards Limit; otherwise it rises towards it
	Window time.Duration // samples older than this do not count; 0 is 7 days
	Least  int           // fewer samples foresee nothing; 0 is 5, and less than 3 is 3
	// Reach is how many times as far as the samples go back it may look ahead; what lies farther is not foreseen. 0 is 10: a day of samples
	// tells of the next ten.
	Reach float64
	// Confidence is the least that is trusted, from 0 to 1; 0 is 0.5, below 0 trusts anything. See [Outlook.Confidence].
	Confidence float64
	// Refill is a step away from Limit that is not part of the trend: a balance that somebody filled up. Steps of at least this size
	// between two samples are taken out before the trend is measured. 0 takes out none.
	Refill float64
	Steps  bool // the trend is the mean slope, by least squares
}

// An Outlook is what a [Forecast] foresees.
type Outlook struct {
	// Days until the limit, to three decimals: 0 when it is reached. Not valid when no limit is in sight, or too little is known.
	Days decimal.NullDecimal
	At   time.Time // when, zero without Days
	// Health is Failing when the limit is reached, Healthy with Days or when no limit is in sight, and Unknown when too little is
	// known. Rules decide by bands of Days, so that it matters only without them.
	Health Health
	PerDay float64 // the trend
	// Confidence is how steadily the samples went towards the limit, from 0 to 1: the part of all pairs of unequal samples that did, less
	// the part that went the other way (Goodman and Kruskal's gamma). A straight line has 1, noise about 0; so has a trend away.
	Confidence float64
	Samples    int // that counted
}

// slopeSamples is how many samples the slopes between every two are taken of; of more, so many are chosen evenly in time.
const slopeSamples = 400

// farthest is how many days ahead anything is foreseen, so that every time fits.
const farthest = 36_500

// Foresee looks ahead from samples in any order as of now. Values that are no numbers do not count, and neither do samples of the future.
func (f Forecast) Foresee(samples []Sample, now time.Time) Outlook {
	f = f.withDefaults()
	series := f.relevant(samples, now)
	o := Outlook{Samples: len(series)}
	if len(series) == 0 {
		return o
	}
	last := series[len(series)-1]
	distance := f.Limit - last.Value // with the sign of a trend that leads there
	if f.reached(last.Value) {
		o.Days, o.At, o.Health = decimal.NewNullDecimal(decimal.Zero), last.At, Failing
		return o
	}
	first, span := series[0].At, last.At.Sub(series[0].At)
	if len(series) < f.Least || span <= 0 {
		return o
	}
	o.Health = Healthy
	o.PerDay, o.Confidence = trend(thin(f.withoutRefills(series)), first, f.Steps, f.Below)
	if o.PerDay == 0 || (o.PerDay < 0) != f.Below || o.Confidence < f.Confidence {
		return o
	}
	days := distance / o.PerDay
	if !(days <= min(f.Reach*span.Hours()/24, farthest)) { // or no number
		return o
	}
	o.At = last.At.Add(time.Duration(days * float64(24*time.Hour)))
	o.Days = decimal.NewNullDecimal(decimal.NewFromFloat(max(0, o.At.Sub(now).Hours()/24)).Round(3))
	return o
}

// DaysUntil returns the days from now to then to three decimals, negative when then is past: the outlook of what has a date, such as a certificate.
func DaysUntil(then, now time.Time) decimal.Decimal {
	// Seconds, since a time.Duration ends after 292 years and strangers write dates.
	seconds := then.Unix() - now.Unix()
	return decimal.NewFromInt(seconds).DivRound(decimal.NewFromInt(86_400), 3)
}

func (f Forecast) withDefaults() Forecast {
	f.Window = cmp.Or(f.Window, 7*24*time.Hour)
	f.Least = max(3, cmp.Or(f.Least, 5))
	f.Reach = cmp.Or(f.Reach, 10)
	f.Confidence = cmp.Or(f.Confidence, 0.5)
	return f
}

func (f Forecast) reached(value float64) bool {
	if f.Below {
		return value <= f.Limit
	}
	return value >= f.Limit
}

// relevant returns the samples that count, oldest first.
func (f Forecast) relevant(samples []Sample, now time.Time) []Sample {
	from := now.Add(-f.Window)
	series := make([]Sample, 0, len(samples))
	for _, s := range samples {
		if !s.At.Before(from) && !s.At.After(now) && !math.IsNaN(s.Value) && !math.IsInf(s.Value, 0) {
			series = append(series, s)
		}
	}
	slices.SortStableFunc(series, func(a, b Sample) int { return a.At.Compare(b.At) })
	return series
}

// withoutRefills moves what comes after a refill by its size, so that the series goes on as if there had been none.
func (f Forecast) withoutRefills(series []Sample) []Sample {
	if f.Refill <= 0 {
		return series
	}
	sum, out := 0.0, slices.Clone(series)
	for i := 1; i < len(series); i++ {
		step := series[i].Value - series[i-1].Value
		if away := (step > 0) == f.Below; away && math.Abs(step) >= f.Refill {
			sum += step
		}
		out[i].Value -= sum
	}
	return out
}

// thin returns at most slopeSamples samples, the first and the last among them.
func thin(series []Sample) []Sample {
	if len(series) <= slopeSamples {
		return series
	}
	newest := series[len(series)-1]
	step := newest.At.Sub(series[0].At)/(slopeSamples-1) + 1
	out, next := make([]Sample, 0, slopeSamples), time.Duration(0)
	for _, s := range series[:len(series)-1] {
		if passed := s.At.Sub(series[0].At); passed >= next {
			out, next = append(out, s), (passed/step+1)*step
		}
	}
	return append(out, newest)
}

// trend returns the change per day and how steadily the samples go that way, as seen from a limit that is below or above.
func trend(series []Sample, first time.Time, steps, below bool) (perDay, confidence float64) {
	days := make([]float64, len(series))
	for i, s := range series {
		days[i] = s.At.Sub(first).Hours() / 24
	}
	slopes := make([]float64, 0, len(series)*(len(series)-1)/2)
	towards, away := 0, 0
	for i := range series {
		for j := i + 1; j < len(series); j++ {
			step := series[j].Value - series[i].Value
			if step != 0 && days[j] > days[i] {
				if (step < 0) == below {
					towards++
				} else {
					away++
				}
			}
			if days[j] > days[i] {
				slopes = append(slopes, step/(days[j]-days[i]))
			}
		}
	}
	if towards > away {
		confidence = float64(towards-away) / float64(towards+away)
	}
	if steps {
		return leastSquares(series, days), confidence
	}
	return median(slopes), confidence
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	middle := len(values) / 2
	if len(values)%2 == 1 {
		return values[middle]
	}
	return values[middle-1]/2 + values[middle]/2
}

func leastSquares(series []Sample, days []float64) float64 {
	var sumX, sumY float64
	n := float64(len(series))
	for i, s := range series {
		sumX += days[i]
		sumY += s.Value / n // divided first, so that it stays a number
	}
	meanX, meanY := sumX/n, sumY
	var xy, xx float64
	for i, s := range series {
		xy += (days[i] - meanX) * (s.Value - meanY)
		xx += (days[i] - meanX) * (days[i] - meanX)
	}
	slope := xy / xx
	if math.IsNaN(slope) || math.IsInf(slope, 0) {
		return 0
	}
	return slope
}
