package xlsx

import (
	"archive/zip"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/report"
)

// MaxRows is how many rows a sheet can have, by the file format.
const MaxRows = excelize.TotalRows

// A Workbook is the tables of one file, in the order of their sheets.
type Workbook struct {
	Title   string         // of the document; may be ""
	Creator string         // who made the document; may be ""
	Created time.Time      // of the document; a zero time leaves a fixed one, so that equal tables make equal files
	Zone    *time.Location // of times, which are without a zone in a spreadsheet; nil is UTC. Headers name it
	Sheets  []Sheet
	// RowsPerSheet is after how many rows, the header's counted, a table goes on in the next sheet; 0 is [MaxRows].
	RowsPerSheet int
}

// A Sheet is a table in a workbook, with charts beside it.
type Sheet struct {
	Name string // "" is the table's title. What a sheet's name cannot hold is replaced, and a name that was taken gets a number
	report.Table
	Charts []Chart
}

// leastRows holds a header, a row and a totals row.
const leastRows = 3

// Write writes the workbook to w, row by row: memory grows neither with the number of rows nor with the file. A table longer than a
// sheet goes on in the next one, called "Settlements 2", with the header repeated. After an error, such as a table's own or the end of
// ctx, w holds half a file; [WriteFile] leaves none behind.
func Write(ctx context.Context, w io.Writer, book Workbook) error {
	if len(book.Sheets) == 0 {
		return fmt.Errorf("xlsx: a workbook needs a sheet: %w", pocket.ErrInvalid)
	}
	if book.RowsPerSheet == 0 {
		book.RowsPerSheet = MaxRows
	}
	if book.RowsPerSheet < leastRows || book.RowsPerSheet > MaxRows {
		return fmt.Errorf("xlsx: %d rows a sheet: want %d to %d: %w", book.RowsPerSheet, leastRows, MaxRows, pocket.ErrInvalid)
	}
	if book.Zone == nil {
		book.Zone = time.UTC
	}
	if err := write(ctx, w, book); err != nil {
		return fmt.Errorf("xlsx: %w", err)
	}
	return nil
}

// WriteFile is [Write] to the file at path, which appears whole or not at all.
func WriteFile(ctx context.Context, path string, book Workbook) error {
	return report.WriteFile(path, func(w io.Writer) error { return Write(ctx, w, book) })
}

func write(ctx context.Context, w io.Writer, book Workbook) (err error) {
	file := excelize.NewFile()
	defer func() { err = errors.Join(err, file.Close()) }()
	looks, err := newStyles(file, currencies(book.Sheets))
	if err != nil {
		return err
	}
	archive := zip.NewWriter(w)
	archive.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, compression) })
	b := &builder{book: book, file: file, styles: looks, archive: archive, strings: newStrings(), taken: map[string]bool{}}
	for i := range book.Sheets {
		if err := b.sheet(ctx, &book.Sheets[i]); err != nil {
			return err
		}
	}
	if notes := notes(book.Sheets); notes != nil {
		if err := b.sheet(ctx, notes); err != nil {
			return err
		}
	}
	return b.finish()
}

// compression is flate's quickest level: the rows' XML is so repetitive that the best level makes the file a fifth smaller
// and takes three times as long.
const compression = flate.BestSpeed

// A builder makes the file in two steps. The rows of each sheet are streamed into the archive first, by this package. excelize, which has
// been told of every sheet, style, filter, name and chart, then writes all the rest of the file around them.
type builder struct {
	book    Workbook
	file    *excelize.File
	styles  *styles
	archive *zip.Writer
	strings *sharedStrings
	taken   map[string]bool // names of sheets, in lower case
	parts   int             // sheets so far
}

// finish writes what is not rows.
func (b *builder) finish() error {
	b.file.SetActiveSheet(0)
	properties := &excelize.DocProperties{Title: b.book.Title, Creator: b.book.Creator, LastModifiedBy: b.book.Creator}
	if !b.book.Created.IsZero() {
		properties.Created = b.book.Created.UTC().Format(time.RFC3339)
		properties.Modified = properties.Created
	}
	if err := b.file.SetDocProps(properties); err != nil {
		return err
	}
	// A text makes excelize register the part for shared strings, whose content is then ours.
	first := b.file.GetSheetName(0)
	if err := b.file.SetCellStr(first, "A1", "shared"); err != nil {
		return err
	}
	rest := &rest{archive: b.archive, strings: b.strings}
	b.file.SetZipWriter(func(io.Writer) excelize.ZipWriter { return rest })
	if _, err := b.file.WriteToBuffer(); err != nil {
		return err
	}
	if !rest.wroteStrings {
		return errors.New("no part for the shared strings")
	}
	return b.archive.Close()
}

// A rest is what excelize takes for the archive: it lets through all parts but those that are there already.
type rest struct {
	archive      *zip.Writer
	strings      *sharedStrings
	wroteStrings bool
}

// Create adds a part, or swallows it.
func (r *rest) Create(name string) (io.Writer, error) {
	if isSheet(name) {
		return io.Discard, nil
	}
	part, err := r.archive.Create(name)
	switch {
	case err != nil:
		return nil, err
	case name == stringsPart:
		r.wroteStrings = true
		return io.Discard, r.strings.write(part)
	case name == typesPart:
		return sortedTypes{part}, nil
	}
	return part, nil
}

// AddFS is not called for workbooks made by this package.
func (r *rest) AddFS(fsys fs.FS) error { return r.archive.AddFS(fsys) }

// Close does nothing: the archive is closed by who opened it.
func (r *rest) Close() error { return nil }

// notes collects the tables' notes in a sheet of their own, where they stand in nobody's way.
func notes(sheets []Sheet) *Sheet {
	var rows [][]report.Cell
	for _, s := range sheets {
		for _, note := range s.Notes {
			rows = append(rows, []report.Cell{report.String(s.title()), report.String(note)})
		}
	}
	if rows == nil {
		return nil
	}
	return &Sheet{Name: "Notes", Table: report.Table{
		Columns: []report.Column{{Name: "Sheet", Kind: report.KindText}, {Name: "Note", Kind: report.KindText}},
		Rows:    report.Rows(rows...),
	}}
}
