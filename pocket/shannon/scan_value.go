package shannon

import (
	"encoding/binary"
	"errors"
	"math/bits"
)

// maxDepth is how deep a value may nest. Block results nest seven deep; encoding/json allows 10,000.
const maxDepth = 256

// errShort says that the bytes end before the value does.
var errShort = errors.New("the value goes on")

// A syntaxError is a byte that cannot stand where it does.
type syntaxError struct {
	at   int // counted from the start of the bytes given
	what string
}

func (e *syntaxError) Error() string { return e.what }

// valueEnd returns the index just behind the JSON value that starts at b[i], white space before it included. It holds the value
// to the whole grammar of RFC 8259 except that strings may hold bytes that are not UTF-8, as encoding/json allows.
func valueEnd(b []byte, i int) (int, error) {
	var isObject [maxDepth / 64]uint64 // one bit for each open bracket: whether it is a brace
	depth := 0
	for {
		// A value starts here.
		for i < len(b) && isSpace(b[i]) {
			i++
		}
		if i >= len(b) {
			return i, errShort
		}
		var err error
		switch c := b[i]; c {
		case '"':
			i, err = stringEnd(b, i+1)
		case '{', '[':
			if depth == maxDepth {
				return i, &syntaxError{i, "nested too deep"}
			}
			if c == '{' {
				isObject[depth/64] |= 1 << (depth % 64)
			} else {
				isObject[depth/64] &^= 1 << (depth % 64)
			}
			depth++
			i++
			for i < len(b) && isSpace(b[i]) {
				i++
			}
			if i >= len(b) {
				return i, errShort
			}
			if b[i] == c+2 { // the closing bracket of an empty one: '{'+2 is '}', '['+2 is ']'
				depth--
				i++
				break
			}
			if c == '{' {
				if i, err = keyEnd(b, i); err != nil {
					return i, err
				}
			}
			continue
		case 't':
			i, err = wordEnd(b, i, "true")
		case 'f':
			i, err = wordEnd(b, i, "false")
		case 'n':
			i, err = wordEnd(b, i, "null")
		default:
			i, err = numberEnd(b, i)
		}
		if err != nil {
			return i, err
		}
		// A value ended here: close brackets until another must follow.
		for {
			if depth == 0 {
				return i, nil
			}
			for i < len(b) && isSpace(b[i]) {
				i++
			}
			if i >= len(b) {
				return i, errShort
			}
			object := isObject[(depth-1)/64]>>((depth-1)%64)&1 == 1
			if b[i] == ',' {
				i++
				if object {
					for i < len(b) && isSpace(b[i]) {
						i++
					}
					if i, err = keyEnd(b, i); err != nil {
						return i, err
					}
				}
				break
			}
			if object && b[i] != '}' {
				return i, &syntaxError{i, "want , or } after a field"}
			}
			if !object && b[i] != ']' {
				return i, &syntaxError{i, "want , or ] after an element"}
			}
			depth--
			i++
		}
	}
}

// keyEnd returns the index behind the key that starts at b[i] and its colon.
func keyEnd(b []byte, i int) (int, error) {
	if i >= len(b) {
		return i, errShort
	}
	if b[i] != '"' {
		return i, &syntaxError{i, "want a field's name in quotes"}
	}
	i, err := stringEnd(b, i+1)
	if err != nil {
		return i, err
	}
	for i < len(b) && isSpace(b[i]) {
		i++
	}
	if i >= len(b) {
		return i, errShort
	}
	if b[i] != ':' {
		return i, &syntaxError{i, "want : after a field's name"}
	}
	return i + 1, nil
}

const (
	everyByte  = 0x0101010101010101
	everyTop   = 0x80 * everyByte
	quotes     = '"' * everyByte
	backslashs = '\\' * everyByte
	spaces     = ' ' * everyByte
)

// stringEnd returns the index behind the closing quote of the string whose text starts at b[i]. It looks at eight bytes at a time
// for one that is a quote, a backslash or a control character.
func stringEnd(b []byte, i int) (int, error) {
	i, _, err := textEnd(b, i)
	return i, err
}

// escapes tells what kinds of escapes a string holds.
type escapes uint8

const (
	withEscapes escapes = 1 << iota // any
	withNumbers                     // a \u, of its own or of JSON text within: letters may be written as numbers in it
)

// textEnd is stringEnd that also tells of the string's escapes.
func textEnd(b []byte, i int) (end int, kinds escapes, err error) {
	for {
		for i+8 <= len(b) {
			word := binary.LittleEndian.Uint64(b[i:])
			quote, slash := word^quotes, word^backslashs
			// In each term the lowest top bit that is set marks the first byte that is zero, or below a space.
			found := ((quote-everyByte)&^quote | (slash-everyByte)&^slash | (word-spaces)&^word) & everyTop
			if found != 0 {
				i += bits.TrailingZeros64(found) / 8
				break
			}
			i += 8
		}
		if i >= len(b) {
			return i, kinds, errShort
		}
		switch c := b[i]; {
		case c == '"':
			return i + 1, kinds, nil
		case c == '\\' && i+1 < len(b) && b[i+1] == '"': // nearly all escapes are: text in JSON in text
			kinds |= withEscapes
			i += 2
		case c == '\\':
			kinds |= withEscapes
			if i+2 < len(b) && (b[i+1] == 'u' || b[i+1] == '\\' && b[i+2] == 'u') {
				kinds |= withNumbers
			}
			if i, err = escapeEnd(b, i); err != nil {
				return i, kinds, err
			}
		case c < ' ':
			return i, kinds, &syntaxError{i, "control character in a string"}
		default:
			i++ // one of the last seven bytes
		}
	}
}

// escapeEnd returns the index behind the escape whose backslash is b[i].
func escapeEnd(b []byte, i int) (int, error) {
	if i+1 >= len(b) {
		return i, errShort
	}
	switch b[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2, nil
	case 'u':
		for j := i + 2; j < i+6; j++ {
			if j >= len(b) {
				return i, errShort
			}
			if hexDigit(b[j]) < 0 {
				return j, &syntaxError{j, "want four hexadecimal digits after \\u"}
			}
		}
		return i + 6, nil
	default:
		return i + 1, &syntaxError{i + 1, "unknown escape in a string"}
	}
}

func wordEnd(b []byte, i int, word string) (int, error) {
	for j := range len(word) {
		if i+j >= len(b) {
			return i, errShort
		}
		if b[i+j] != word[j] {
			return i + j, &syntaxError{i + j, "want " + word}
		}
	}
	return i + len(word), nil
}

// numberEnd returns the index behind the number at b[i]. A number at the end of b may go on in the bytes that follow.
func numberEnd(b []byte, i int) (int, error) {
	if b[i] == '-' {
		i++
	}
	digits := func() error {
		start := i
		for i < len(b) && isDigit(b[i]) {
			i++
		}
		if i >= len(b) {
			return errShort
		}
		if i == start {
			return &syntaxError{i, "want a value"}
		}
		return nil
	}
	if i < len(b) && b[i] == '0' { // a zero stands alone: 0, 0.5, never 01
		if i++; i >= len(b) {
			return i, errShort
		}
	} else if err := digits(); err != nil {
		return i, err
	}
	if b[i] == '.' {
		i++
		if err := digits(); err != nil {
			return i, err
		}
	}
	if b[i] == 'e' || b[i] == 'E' {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if err := digits(); err != nil {
			return i, err
		}
	}
	return i, nil
}

func isSpace(c byte) bool { return c <= ' ' && (c == ' ' || c == '\n' || c == '\r' || c == '\t') }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// hexDigit returns what the digit c is worth, -1 when it is none.
func hexDigit(c byte) rune {
	switch {
	case '0' <= c && c <= '9':
		return rune(c - '0')
	case 'a' <= c && c <= 'f':
		return rune(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return rune(c-'A') + 10
	default:
		return -1
	}
}
