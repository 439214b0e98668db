package report

import (
	"context"
	"encoding/csv"
	"io"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/internal/generated"
	"github.com/poktbot/poktbot/pocket"
)

// stored holds n generated settlements in memory, so that making them is not measured.
func stored(n int) iter.Seq2[pocket.Event, error] {
	all := make([]pocket.Event, 0, n)
	for event := range generated.Settlements(n) {
		s := event.(pocket.Settlement)
		s.Shares = append([]pocket.Share(nil), s.Shares...)
		all = append(all, s)
	}
	return func(yield func(pocket.Event, error) bool) {
		for _, event := range all {
			if !yield(event, nil) {
				return
			}
		}
	}
}

const year = 340_000

func BenchmarkWriteCSV(b *testing.B) {
	events := stored(year)
	madrid, err := time.LoadLocation("Europe/Madrid")
	require.NoError(b, err)
	for name, o := range map[string]CSVOptions{"point": {Zone: madrid}, "comma": {Zone: madrid, DecimalMark: ',', Totals: true}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				require.NoError(b, WriteCSV(context.Background(), io.Discard, Settlements(events, nil, nil), o))
			}
			b.ReportMetric(float64(year)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// BenchmarkEncodingCSV writes the same through encoding/csv, for comparison.
func BenchmarkEncodingCSV(b *testing.B) {
	events := stored(year)
	for b.Loop() {
		w := csv.NewWriter(io.Discard)
		w.UseCRLF = true
		for row, err := range Settlements(events, nil, nil).All(context.Background()) {
			require.NoError(b, err)
			record := make([]string, len(row))
			for i, c := range row {
				switch {
				case c.Kind() == KindTime:
					record[i] = c.Time().Format(time.RFC3339)
				case c.Kind().Numeric():
					record[i] = string(c.AppendNumber(nil))
				default:
					record[i] = Defuse(c.Text())
				}
			}
			require.NoError(b, w.Write(record))
		}
		w.Flush()
	}
}
