package xlsx

import (
	"strconv"
	"time"

	"github.com/poktbot/poktbot/report"
)

// dates turns instants into a spreadsheet's: days since 30 December 1899 on the clocks of a zone, as a decimal number. It keeps its last
// answer, as the rows of one block follow each other.
type dates struct {
	zone *time.Location
	last time.Time
	text []byte
}

var (
	dayZero = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	// Before March 1900 spreadsheets do not agree on dates: Excel believes in a 29 February of that year.
	firstDay = time.Date(1900, 3, 1, 0, 0, 0, 0, time.UTC)
	lastDay  = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
)

// append appends the cell's time, to the second; false means that a spreadsheet has no such date.
func (d *dates) append(b []byte, c *report.Cell) ([]byte, bool) {
	t := c.Time()
	if c.Kind() == report.KindTime && d.text != nil && t.Equal(d.last) {
		return append(b, d.text...), true
	}
	wall := t
	if c.Kind() == report.KindTime {
		_, offset := t.In(d.zone).Zone()
		wall = t.Truncate(time.Second).Add(time.Duration(offset) * time.Second)
	}
	if wall.Before(firstDay) || wall.After(lastDay) {
		return b, false
	}
	seconds := wall.Unix() - dayZero.Unix()
	if c.Kind() != report.KindTime {
		return strconv.AppendInt(b, seconds/secondsPerDay, 10), true
	}
	d.last = t
	d.text = strconv.AppendFloat(d.text[:0], float64(seconds)/secondsPerDay, 'f', -1, 64)
	return append(b, d.text...), true
}

const secondsPerDay = 24 * 60 * 60
