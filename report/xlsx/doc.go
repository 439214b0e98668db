// Package xlsx writes tables of package report as Excel workbooks that spreadsheets can work with: real numbers and dates, a header that
// stays in view with a filter, widths that fit, totals that follow the filter, and charts that the spreadsheet draws itself.
//
// [Write] writes a [Workbook] to a writer, [WriteFile] to a path, whole or not at all. [Standard] makes the usual workbook of what
// nodes earned and lost. Rows are streamed: a file of a million rows takes no more memory than one of a thousand, and a table longer
// than a sheet can be goes on in the next sheet. Everything may be called from several goroutines at once, each with tables of its own.
//
// Amounts are in POKT with six places. A spreadsheet's number is a double, which tells one upokt from the next up to 2^33 POKT, three times
// the supply; programs show 15 digits of it, so a single amount above a billion POKT is shown rounded. What no number can
// hold is written as text, exactly. Times are on the clocks of the workbook's zone, to the second, and the header names it, as
// a spreadsheet's times have no zone. Money is exact and shown with its currency's decimals. Percentages are parts of one. What is not
// known is an empty cell. Text is put through [report.Defuse] and [report.Clean].
//
// github.com/xuri/excelize makes the workbook around the rows: styles, filters, names, charts, properties. The rows
// themselves are written by this package straight into the archive that excelize then completes, because excelize's own stream takes four
// times as long for them and holds the whole file in memory at the end.
package xlsx
