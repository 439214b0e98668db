package xlsx

import (
	"bytes"
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/poktbot/poktbot/report"
)

func TestQuick(t *testing.T) {
	var buf bytes.Buffer
	require.NoError(t, Write(context.Background(), &buf, Workbook{RowsPerSheet: 40, Sheets: []Sheet{{Table: report.Settlements(generated(100), nil)}}}))
	f, err := excelize.OpenReader(&buf)
	require.NoError(t, err)
	for _, n := range f.GetSheetList() {
		rows, err := f.GetRows(n)
		require.NoError(t, err)
		t.Log(n, len(rows), rows[0], rows[1], rows[len(rows)-1])
	}
}
