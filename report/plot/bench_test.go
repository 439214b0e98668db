package plot

import (
	"io"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/rewards"
)

// A picture may take 100 ms: here of the default size, in both formats, from few points to many.
func BenchmarkPicture(b *testing.B) {
	p := painter(b)
	now := time.Date(2026, 11, 22, 14, 30, 0, 0, time.UTC)
	for _, format := range []Format{PNG, SVG} {
		for _, n := range []int{15, 365} {
			times := starts(rewards.Day, n, now, time.UTC)
			days, stack, losses := nodeDays(times, 1000), serviceStack(times, 10), someLosses(times)
			o := Options{Format: format, Now: now, Simulated: true}
			pictures := []struct {
				name string
				draw func() error
			}{
				{"AverageByNode", func() error { return p.AverageByNode(io.Discard, days, o) }},
				{"Stacked", func() error { return p.Stacked(io.Discard, stack, o) }},
				{"Losses", func() error { return p.Losses(io.Discard, losses, o) }},
			}
			for _, picture := range pictures {
				b.Run(picture.name+"/"+string(format)+"/days="+strconv.Itoa(n), func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						require.NoError(b, picture.draw())
					}
				})
			}
		}
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		painter(b)
	}
}
