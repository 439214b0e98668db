package plot

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/rewards"
)

func painter(t testing.TB) *Painter {
	t.Helper()
	p, err := New()
	require.NoError(t, err)
	return p
}

func berlin(t testing.TB) *time.Location {
	t.Helper()
	zone, err := rewards.Zone("Europe/Berlin")
	require.NoError(t, err)
	return zone
}

// starts returns the starts of n periods, of which the last holds now.
func starts(p rewards.Period, n int, now time.Time, zone *time.Location) []time.Time {
	times := make([]time.Time, n)
	for i := n - 1; i >= 0; i-- {
		times[i], _ = p.Of(now, zone)
		now = times[i].Add(-1)
	}
	return times
}

// nodeDays returns days that look like those of a growing fleet; the last is half over.
func nodeDays(times []time.Time, nodes int) []NodeDay {
	random := rand.New(rand.NewPCG(1, 2))
	days := make([]NodeDay, len(times))
	for i, t := range times {
		n := max(1, nodes-(len(times)-i)*nodes/2/len(times))
		each := 41 + 6*math.Sin(float64(i)/2.1) + 5*random.Float64()
		if i == len(times)-1 {
			each *= 0.4
		}
		average := decimal.NewFromFloat(each).Round(6)
		days[i] = NodeDay{Start: t, Nodes: n, Average: decimal.NewNullDecimal(average), Total: average.Mul(decimal.NewFromInt(int64(n)))}
	}
	return days
}

var serviceNames = []string{"eth", "bsc", "polygon", "arb-one", "base", "oasys", "xrplevm", "solana", "near", "fuse"}

func serviceStack(times []time.Time, services int) Stack {
	random := rand.New(rand.NewPCG(3, 4))
	stack := Stack{By: "service", Starts: times}
	for s := range services {
		values := make([]decimal.Decimal, len(times))
		for i := range values {
			values[i] = decimal.NewFromFloat(900 / float64(s+1) * (0.7 + 0.5*random.Float64()) * (1 + 0.2*math.Sin(float64(i)/3+float64(s)))).Round(6)
		}
		stack.Series = append(stack.Series, Series{Name: serviceNames[s%len(serviceNames)], Values: values})
	}
	return stack
}

func someLosses(times []time.Time) []Loss {
	random := rand.New(rand.NewPCG(5, 6))
	losses := make([]Loss, len(times))
	amount := func(most float64) decimal.Decimal { return decimal.NewFromFloat(most * random.Float64()).Round(6) }
	for i, t := range times {
		losses[i] = Loss{Start: t, Overserviced: amount(40), Deflated: amount(25)}
		if i%4 == 1 {
			losses[i].Expired, losses[i].Slashed = amount(60), amount(30)
		}
	}
	return losses
}
