package shannon

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// unescape appends to dst what the JSON string with the inside raw means. raw has passed stringEnd, so its escapes are sound.
// Half a surrogate pair becomes U+FFFD, as in encoding/json.
func unescape(dst, raw []byte) []byte {
	for {
		slash := bytes.IndexByte(raw, '\\')
		if slash < 0 || slash+1 >= len(raw) {
			return append(dst, raw...)
		}
		dst = append(dst, raw[:slash]...)
		c := raw[slash+1]
		raw = raw[slash+2:]
		switch c {
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		case 'u':
			r, width := unescapeRune(raw)
			dst = utf8.AppendRune(dst, r)
			raw = raw[width:]
			continue
		}
		dst = append(dst, c)
	}
}

// unescapeRune reads what follows a \u, and a second half of a surrogate pair behind it. It returns how many bytes that took.
func unescapeRune(raw []byte) (rune, int) {
	r := fourDigits(raw)
	if !utf16.IsSurrogate(r) {
		return r, 4
	}
	if len(raw) >= 10 && raw[4] == '\\' && raw[5] == 'u' {
		if pair := utf16.DecodeRune(r, fourDigits(raw[6:])); pair != utf8.RuneError {
			return pair, 10
		}
	}
	return utf8.RuneError, 4
}

func fourDigits(raw []byte) rune {
	var r rune
	for _, c := range raw[:4] {
		r = r<<4 | hexDigit(c)
	}
	return r
}

// A cursor walks over JSON text that is whole in memory. After it met something else than it was asked for it is bad and
// stands still.
type cursor struct {
	b   []byte
	i   int
	bad bool
}

// take steps over the byte c, and white space before it, when it comes next.
func (c *cursor) take(want byte) bool {
	for c.i < len(c.b) && isSpace(c.b[c.i]) {
		c.i++
	}
	if c.bad || c.i >= len(c.b) || c.b[c.i] != want {
		return false
	}
	c.i++
	return true
}

// need is take for a byte that must come.
func (c *cursor) need(want byte) bool {
	if !c.take(want) {
		c.bad = true
	}
	return !c.bad
}

// text steps over a string and returns its inside as it is written, with its escapes.
func (c *cursor) text() []byte {
	if !c.need('"') {
		return nil
	}
	start := c.i
	end, err := stringEnd(c.b, start)
	if err != nil {
		c.bad = true
		return nil
	}
	c.i = end
	return c.b[start : end-1]
}

// value steps over any value and returns it as it is written.
func (c *cursor) value() []byte {
	if c.bad {
		return nil
	}
	for c.i < len(c.b) && isSpace(c.b[c.i]) {
		c.i++
	}
	start := c.i
	end, err := valueEnd(c.b, start)
	if err != nil {
		c.bad = true
		return nil
	}
	c.i = end
	return c.b[start:end]
}

// field steps over the name of an object's next field and its colon and returns the name, as it is written. first is true for the
// first. It returns nil, false at the object's end, or when c is bad.
func (c *cursor) field(first bool) ([]byte, bool) {
	if c.take('}') || !first && !c.need(',') {
		return nil, false
	}
	name := c.text()
	c.need(':')
	return name, !c.bad
}

// element reports whether an array has another element, and steps to it.
func (c *cursor) element(first bool) bool {
	if c.take(']') {
		return false
	}
	return first && !c.bad || c.need(',')
}

// end reports whether nothing but white space is left, and nothing went wrong.
func (c *cursor) end() bool {
	for c.i < len(c.b) && isSpace(c.b[c.i]) {
		c.i++
	}
	return !c.bad && c.i == len(c.b)
}
