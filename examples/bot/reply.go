package bot

import (
	"context"
	"io"
	"time"

	"github.com/poktbot/poktbot/report"
)

// A Part is a piece of a reply, to be shown as soon as it comes: one of [Text], [Table], [Picture], [File], [Progress], [Menu] and [Prompt],
// each by value. All of its text is plain: a front end escapes it for where it shows it, and must, for strangers chose the names and memos in it.
type Part interface{ part() }

// Text is a heading and lines below it. Either may be empty.
type Text struct {
	Title string
	Lines []string
}

// Table is rows below a head, and shown in letters of one width: [Table.Text] lays it out.
type Table struct {
	report.Table
	Options report.TextOptions // the zone and the precision to show; a front end adds the width
}

// Text lays the table out for a width of that many columns, without limit when it is 0.
func (t Table) Text(ctx context.Context, width int) (string, error) {
	t.Options.Width = width
	return t.Table.Text(ctx, t.Options)
}

// Picture is an image of PNG bytes.
type Picture struct {
	Name    string // a file name
	Caption string
	PNG     []byte
}

// File is something to save or send. Body can be read until the reply goes on to its next part, and no longer.
type File struct {
	Name    string
	Type    string // the media type
	Size    int64  // bytes
	Caption string
	Body    io.ReadSeeker // so that a platform that was too busy can be given it again
}

// Progress tells how far a long command has come, from time to time. Show only the last one.
type Progress struct {
	Doing string        // such as "reading the chain"
	Done  int64         // of Total
	Total int64         // 0 when nobody knows
	Unit  string        // what is counted, such as "blocks"
	Left  time.Duration // 0 when nobody knows
}

// A Button is something to press, and means no more than the line that could be typed instead: who presses it is asked for no other
// rights than who types it.
type Button struct {
	Label string
	Line  string // "/mute 1a2b3 8h"
}

// Menu is a text with rows of buttons below it. Where there is nothing to press, show the lines of the buttons beside their labels.
type Menu struct {
	Title string
	Lines []string
	Rows  [][]Button
}

// Prompt is a question to who asked. What he says next, until a time-out or /cancel, is added to the line as one more word ([Compose] writes it), and
// answered like that line. Where there is no conversation, show the question and the line.
type Prompt struct {
	Question string
	Line     string     // "/node add", without what is asked for
	Choices  [][]Button // to press in place of an answer; may be none
}

func (Text) part()     {}
func (Table) part()    {}
func (Picture) part()  {}
func (File) part()     {}
func (Progress) part() {}
func (Menu) part()     {}
func (Prompt) part()   {}
