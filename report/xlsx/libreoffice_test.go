package xlsx

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/internal/generated"
	"github.com/poktbot/poktbot/report"
)

// forgetful returns the workbook without what its formulas came to, so that whoever opens it must compute them.
func forgetful(t *testing.T, file []byte) []byte {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	require.NoError(t, err)
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	values := regexp.MustCompile(`</f><v>[^<]*</v>`)
	for _, part := range archive.File {
		r, err := part.Open()
		require.NoError(t, err)
		text, err := io.ReadAll(r)
		require.NoError(t, err)
		to, err := w.Create(part.Name)
		require.NoError(t, err)
		_, err = to.Write(values.ReplaceAll(text, []byte(`</f>`)))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

// TestLibreOfficeReadsTheSame lets another program read the workbook, compute its totals, and write what it understood.
func TestLibreOfficeReadsTheSame(t *testing.T) {
	soffice, err := exec.LookPath("soffice")
	if err != nil || testing.Short() {
		t.Skip("LibreOffice reads the workbook only where it is installed, and not with -short")
	}
	const n = 300
	zone := madrid(t)
	table := report.Settlements(generated.Settlements(n), nil, nil)
	folder := t.TempDir()
	path := filepath.Join(folder, "rewards.xlsx")
	file := written(t, Workbook{Zone: zone, RowsPerSheet: 200, Sheets: []Sheet{{Table: table}, oneColumn("=1+1", " <b>_x000D_ ")}})
	require.NoError(t, os.WriteFile(path, forgetful(t, file), 0o600))

	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	// 44: commas; 34: quotes; 76: UTF-8; 1: from the first line; then: no quotes around all text, cells as they are shown, every sheet.
	command := exec.CommandContext(ctx, soffice, "-env:UserInstallation=file://"+folder+"/profile", "--headless", "--convert-to",
		"csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1", "--outdir", folder, path)
	command.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "LANGUAGE=en") // or it writes numbers as the user's country does
	out, err := command.CombinedOutput()
	if ctx.Err() != nil {
		t.Skip("LibreOffice did not answer in time")
	}
	require.NoError(t, err, string(out))

	read := func(sheet string) [][]string {
		file, err := os.ReadFile(filepath.Join(folder, "rewards-"+sheet+".csv"))
		require.NoError(t, err, string(out))
		r := csv.NewReader(strings.NewReader(string(file)))
		records, err := r.ReadAll()
		require.NoError(t, err)
		return records
	}
	records := append(read("Settlements"), read("Settlements 2")[1:]...)
	require.Len(t, records, 1+n+1)
	totals := report.NewTotals(table.Columns)
	i := 1
	for row, err := range table.All(t.Context()) {
		require.NoError(t, err)
		totals.Add(row)
		for column, cell := range row {
			got := records[i][column]
			switch {
			case cell.Kind() == report.KindTime:
				assert.Equal(t, cell.Time().In(zone).Format(time.DateTime), got)
			case cell.Kind().Numeric():
				assert.True(t, cell.Decimal().Equal(number(t, got)), "row %d column %d: want %s, got %s", i, column, cell.Decimal(), got)
			default:
				assert.Equal(t, cell.Text(), got)
			}
		}
		i++
	}
	for column, cell := range totals.Row("Total") {
		if table.Columns[column].Sum {
			assert.True(t, cell.Decimal().Equal(number(t, records[i][column])), "total of %s", table.Columns[column].Name)
		}
	}
	assert.Equal(t, [][]string{{"Text", "X"}, {"'=1+1", "x"}, {" <b>_x000D_ ", "x"}}, read("S"))
}

func number(t *testing.T, shown string) decimal.Decimal {
	t.Helper()
	d, err := decimal.NewFromString(strings.ReplaceAll(shown, ",", ""))
	require.NoError(t, err)
	return d
}
