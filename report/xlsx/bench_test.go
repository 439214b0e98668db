package xlsx

import (
	"context"
	"io"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/internal/generated"
	"github.com/poktbot/poktbot/report"
)

// A meter watches how much of the heap is in use until it is read.
type meter struct {
	stop chan struct{}
	done sync.WaitGroup
	peak uint64
}

func newMeter() *meter {
	m := &meter{stop: make(chan struct{})}
	runtime.GC()
	m.done.Go(func() {
		var stats runtime.MemStats
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-m.stop:
				return
			case <-tick.C:
				runtime.ReadMemStats(&stats)
				m.peak = max(m.peak, stats.HeapAlloc)
			}
		}
	})
	return m
}

// read stops the meter and returns the peak in MiB.
func (m *meter) read() float64 {
	close(m.stop)
	m.done.Wait()
	return float64(m.peak) / (1 << 20)
}

// A counter counts the bytes of a file that nobody keeps.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

var _ io.Writer = (*counter)(nil)

func benchmarkRows(b *testing.B, rows int) {
	madrid, err := time.LoadLocation("Europe/Madrid")
	require.NoError(b, err)
	for b.Loop() {
		m := newMeter()
		var size counter
		book := Workbook{Zone: madrid, Sheets: []Sheet{{Table: report.Settlements(generated.Settlements(rows), nil, nil)}}}
		require.NoError(b, Write(context.Background(), &size, book))
		b.ReportMetric(m.read(), "peak-MiB")
		b.ReportMetric(float64(size)/(1<<20), "file-MiB")
	}
}

// BenchmarkWrite is the whole way of a year of 100 nodes: settlements are made, turned into rows, and written.
func BenchmarkWrite(b *testing.B) { benchmarkRows(b, 340_000) }

// BenchmarkWriteTwoSheets writes more rows than a sheet can have.
func BenchmarkWriteTwoSheets(b *testing.B) { benchmarkRows(b, 1_100_000) }
