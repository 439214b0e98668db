package xlsx

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/poktbot/poktbot/report"
)

// sharedStrings are texts that many cells have, such as addresses, kept once in a part of their own. Files become smaller and programs
// open them sooner. How many there are is limited, so that memory is: a text that comes too late stands in its cell.
type sharedStrings struct {
	numbers map[string]int
	list    []string
}

// The limits on what is shared, so that a column of texts that never repeat does not fill the memory.
const (
	sharedPerColumn = 4096
	sharedInAll     = 32768
	sharedLength    = 128 // bytes
)

func newStrings() *sharedStrings { return &sharedStrings{numbers: map[string]int{}} }

// number returns the number of s, giving it one if there is room. known counts what its column has brought.
func (t *sharedStrings) number(s string, known *int) (int, bool) {
	if len(s) > sharedLength {
		return 0, false
	}
	if n, ok := t.numbers[s]; ok {
		return n, true
	}
	if *known >= sharedPerColumn || len(t.list) >= sharedInAll {
		return 0, false
	}
	*known++
	n := len(t.list)
	t.numbers[s] = n
	t.list = append(t.list, s)
	return n, true
}

// write writes the part that holds the texts.
func (t *sharedStrings) write(w io.Writer) error {
	b := fmt.Appendf(nil, `%s<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" uniqueCount="%d">`, xml.Header, len(t.list))
	for _, s := range t.list {
		b = append(appendText(append(b, `<si>`...), s), `</si>`...)
	}
	_, err := w.Write(append(b, `</sst>`...))
	return err
}

// mostText is how many UTF-16 units a cell's text may have.
const mostText = 32767

// cutMark ends a text that was longer than a cell's can be.
const (
	cutMark      = "… (cut)"
	cutMarkUnits = 7
)

// cellText makes free text fit for a cell: defused, clean, its lines ended by \n alone, and not too long.
func cellText(s string) string {
	s = report.Defuse(report.Clean(s))
	if strings.Contains(s, "\r") {
		s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	}
	if len(s) > mostText && fit(s, mostText) != s {
		s = fit(s, mostText-cutMarkUnits) + cutMark
	}
	return s
}

// appendText appends s as an XML text element.
func appendText(b []byte, s string) []byte {
	b = append(b, `<t`...)
	if strings.TrimSpace(s) != s || strings.Contains(s, "\n") || strings.Contains(s, "  ") {
		b = append(b, ` xml:space="preserve"`...)
	}
	b = append(b, '>')
	b = append(b, escape(s)...)
	return append(b, `</t>`...)
}

// escape writes s as XML text. Spreadsheets read _x000D_ as a character of that code, so a text that has it already needs its
// underscore escaped that way.
func escape(s string) string {
	if !strings.ContainsAny(s, "<>&_") {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c == '<':
			b.WriteString("&lt;")
		case c == '>':
			b.WriteString("&gt;")
		case c == '&':
			b.WriteString("&amp;")
		case c == '_' && codeAt(s[i:]):
			b.WriteString("_x005F_")
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// codeAt reports whether s begins with something like _x000D_.
func codeAt(s string) bool {
	return len(s) >= 7 && s[1] == 'x' && s[6] == '_' && strings.Trim(s[2:6], "0123456789abcdefABCDEF") == ""
}
