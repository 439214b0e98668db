package xlsx

import (
	"context"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/poktbot/poktbot/internal/generated"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/report"
)

var errBroken = errors.New("the index went away")

func TestRefusals(t *testing.T) {
	table := report.Table{Columns: []report.Column{{Name: "N"}}}
	tests := []struct {
		name string
		book Workbook
	}{
		{"a workbook without sheets", Workbook{}},
		{"a sheet without columns", Workbook{Sheets: []Sheet{{}}}},
		{"more columns than a sheet can have", Workbook{Sheets: []Sheet{{Table: report.Table{Columns: make([]report.Column, 16_385)}}}}},
		{"too few rows a sheet", Workbook{RowsPerSheet: 2, Sheets: []Sheet{{Table: table}}}},
		{"too many rows a sheet", Workbook{RowsPerSheet: MaxRows + 1, Sheets: []Sheet{{Table: table}}}},
		{"a chart of a column that is not there", Workbook{Sheets: []Sheet{{Table: kinds(), Charts: []Chart{{X: "Day", Bars: []string{"POKT"}}}}}}},
		{"a chart of a line that is not there", Workbook{Sheets: []Sheet{{Table: kinds(), Charts: []Chart{{X: "Date", Lines: []string{"none"}}}}}}},
		{"a row with a cell too many", Workbook{Sheets: []Sheet{{Table: report.Table{Columns: table.Columns, Rows: report.Rows(make([]report.Cell, 2))}}}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := Write(t.Context(), io.Discard, test.book)
			assert.ErrorIs(t, err, pocket.ErrInvalid)
			assert.ErrorContains(t, err, "xlsx: ")
		})
	}
}

func brokenAfter(n int) iter.Seq2[pocket.Event, error] {
	return func(yield func(pocket.Event, error) bool) {
		for e := range generated.Settlements(n) {
			if !yield(e, nil) {
				return
			}
		}
		yield(nil, errBroken)
	}
}

func TestFaults(t *testing.T) {
	book := func(events iter.Seq2[pocket.Event, error]) Workbook {
		return Workbook{Sheets: []Sheet{{Table: report.Settlements(events, nil, nil)}}}
	}
	t.Run("a source that breaks is told and leaves no file", func(t *testing.T) {
		for _, n := range []int{0, sampled - 1, sampled, 5000} {
			folder := t.TempDir()
			err := WriteFile(t.Context(), filepath.Join(folder, "rewards.xlsx"), book(brokenAfter(n)))
			assert.ErrorIs(t, err, errBroken)
			entries, err := os.ReadDir(folder)
			require.NoError(t, err)
			assert.Empty(t, entries)
		}
	})
	t.Run("a cancelled context is told", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		endless := func(yield func(pocket.Event, error) bool) {
			for e := range generated.Settlements(1 << 40) {
				if e.Where().Height > 102_000 {
					cancel()
				}
				if !yield(e, nil) {
					return
				}
			}
		}
		assert.ErrorIs(t, Write(ctx, io.Discard, book(endless)), context.Canceled)
	})
	t.Run("a disk that fills up at any point is told", func(t *testing.T) {
		whole := len(written(t, book(generated.Settlements(1000))))
		for room := 0; room < whole; room += whole / 11 {
			assert.ErrorIs(t, Write(t.Context(), &disk{room: room}, book(generated.Settlements(1000))), errFull, "room for %d of %d bytes", room, whole)
		}
	})
	t.Run("a whole file is written by path", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "rewards.xlsx")
		require.NoError(t, WriteFile(t.Context(), path, book(generated.Settlements(10))))
		f, err := excelize.OpenFile(path)
		require.NoError(t, err)
		require.NoError(t, f.Close())
	})
}

var errFull = errors.New("no space left on device")

type disk struct{ room int }

func (d *disk) Write(p []byte) (int, error) {
	if d.room -= len(p); d.room < 0 {
		return 0, errFull
	}
	return len(p), nil
}
