package xlsx_test

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/poktbot/poktbot/report"
	"github.com/poktbot/poktbot/report/xlsx"
)

// A workbook with a chart, read back.
func Example() {
	day := func(n int) report.Cell { return report.Date(time.Date(2026, 8, n, 0, 0, 0, 0, time.UTC)) }
	daily := report.Table{
		Columns: []report.Column{
			{Name: "Day", Kind: report.KindDate},
			{Name: "Nodes", Kind: report.KindInteger},
			{Name: "POKT", Kind: report.KindPOKT, Sum: true},
		},
		Rows: report.Rows(
			[]report.Cell{day(17), report.Integer(2), report.POKT(1_461_164)},
			[]report.Cell{day(18), report.Integer(3), report.POKT(2_000_000)},
		),
		TotalLabel: "Total",
	}
	book := xlsx.Workbook{Title: "Rewards", Sheets: []xlsx.Sheet{{
		Name:   "Daily",
		Table:  daily,
		Charts: []xlsx.Chart{{Title: "Rewards and nodes", X: "Day", Bars: []string{"Nodes"}, Lines: []string{"POKT"}}},
	}}}
	var file bytes.Buffer
	if err := xlsx.Write(context.Background(), &file, book); err != nil {
		fmt.Println(err)
		return
	}
	read, err := excelize.OpenReader(&file)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer read.Close()
	rows, err := read.GetRows("Daily")
	for _, row := range rows {
		fmt.Println(row)
	}
	total, _ := read.GetCellFormula("Daily", "C4")
	fmt.Println(total, err)
	// Output:
	// [Day Nodes POKT]
	// [2026-08-17 2 1.461164]
	// [2026-08-18 3 2.000000]
	// [Total  3.461164]
	// SUBTOTAL(109,C2:C3) <nil>
}
