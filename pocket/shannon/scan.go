package shannon

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/poktbot/poktbot/pocket"
)

const (
	// scanBuffer is how much of a body is held at first; an event takes 3 kB.
	scanBuffer = 64 << 10
	// maxValue is how large one event, or one other value that is not walked into, may be.
	maxValue = 4 << 20
)

// A bodyScanner finds the parts of a JSON document in a stream. It holds as much of it as one value takes and no more.
type bodyScanner struct {
	r    io.Reader
	buf  []byte // buf[pos:end] is read from r and not yet passed
	pos  int
	end  int
	base int64 // where buf[0] stands in the stream
	err  error // what r ended with
	name []byte
}

func newBodyScanner(r io.Reader) *bodyScanner {
	return &bodyScanner{r: r, buf: make([]byte, scanBuffer)}
}

// offset is where in the stream the next byte stands.
func (s *bodyScanner) offset() int64 { return s.base + int64(s.pos) }

// more reads on, keeping buf[pos:end]. It reads at least as much as it keeps: a value that is looked at again from its start each
// time then costs twice its length, however little r gives at once. At the end of r it returns an error.
func (s *bodyScanner) more() error {
	kept := s.end - s.pos
	if kept == len(s.buf) {
		if kept >= maxValue {
			return s.fault(pocket.ErrTooLarge, 0, fmt.Sprintf("one value takes more than %d bytes", maxValue), nil)
		}
		grown := make([]byte, min(2*kept, maxValue))
		copy(grown, s.buf[s.pos:s.end])
		s.buf = grown
	} else {
		copy(s.buf, s.buf[s.pos:s.end])
	}
	s.base += int64(s.pos)
	s.pos, s.end = 0, kept
	want, empty := min(2*kept+1, len(s.buf)), 0
	for s.end < want && s.err == nil {
		n, err := s.r.Read(s.buf[s.end:])
		s.end += n
		s.err = err
		if n > 0 {
			empty = 0
		} else if empty++; empty == 100 && err == nil {
			s.err = io.ErrNoProgress
		}
	}
	if s.end == kept {
		return s.ended()
	}
	return nil
}

// ended says what it means that the stream gives no more.
func (s *bodyScanner) ended() error {
	at := s.end - s.pos
	switch {
	case !errors.Is(s.err, io.EOF):
		if errors.Is(s.err, pocket.ErrTooLarge) {
			return s.fault(pocket.ErrTooLarge, at, "reading failed", s.err)
		}
		return s.fault(pocket.ErrUnavailable, at, "reading failed", s.err)
	case s.base+int64(s.end) == 0:
		return s.fault(pocket.ErrMalformed, at, "the body is empty", io.ErrUnexpectedEOF)
	default:
		return s.fault(pocket.ErrMalformed, at, "the body ends in the middle", io.ErrUnexpectedEOF)
	}
}

// fault returns the error for something at ahead bytes behind the next one.
func (s *bodyScanner) fault(reason error, ahead int, what string, cause error) error {
	return &scanFault{reason: reason, at: s.offset() + int64(ahead), what: what, cause: cause}
}

// unexpected returns the error for the next byte, which is not what is wanted there.
func (s *bodyScanner) unexpected(want string) error {
	seen := s.buf[s.pos:min(s.end, s.pos+40)]
	return s.fault(pocket.ErrMalformed, 0, fmt.Sprintf("want %s, found %.60q", want, seen), nil)
}

// peek returns the next byte that is not white space.
func (s *bodyScanner) peek() (byte, error) {
	for {
		for s.pos < s.end {
			if c := s.buf[s.pos]; !isSpace(c) {
				return c, nil
			}
			s.pos++
		}
		if err := s.more(); err != nil {
			return 0, err
		}
	}
}

// value steps over a value of any kind and returns it as it is written, without the white space before it. What it returns
// holds until the next call.
func (s *bodyScanner) value() ([]byte, error) {
	if _, err := s.peek(); err != nil {
		return nil, err
	}
	for {
		part := s.buf[s.pos:s.end]
		end, err := valueEnd(part, 0)
		if err == nil {
			s.pos += end
			return part[:end], nil
		}
		if syntax, ok := errors.AsType[*syntaxError](err); ok {
			seen := part[syntax.at:min(len(part), syntax.at+40)]
			return nil, s.fault(pocket.ErrMalformed, syntax.at, fmt.Sprintf("%s, found %.60q", syntax.what, seen), nil)
		}
		if err := s.more(); err != nil {
			return nil, err
		}
	}
}

// object walks over an object. For each field it calls visit, which must step over the field's value.
// The name holds until it does so.
func (s *bodyScanner) object(visit func(name []byte) error) error {
	c, err := s.peek()
	if err != nil {
		return err
	}
	if c != '{' {
		return s.unexpected("{")
	}
	s.pos++
	for first := true; ; first = false {
		c, err := s.peek()
		if err != nil {
			return err
		}
		if c == '}' {
			s.pos++
			return nil
		}
		if !first {
			if c != ',' {
				return s.unexpected(", or }")
			}
			s.pos++
			if c, err = s.peek(); err != nil {
				return err
			}
		}
		if c != '"' {
			return s.unexpected("a field's name in quotes")
		}
		name, err := s.value()
		if err != nil {
			return err
		}
		name = name[1 : len(name)-1]
		if bytes.IndexByte(name, '\\') >= 0 {
			name = unescape(nil, name)
		}
		s.name = append(s.name[:0], name...) // the colon may come with the next read, which moves the buffer
		if c, err = s.peek(); err != nil {
			return err
		}
		if c != ':' {
			return s.unexpected(": after a field's name")
		}
		s.pos++
		if err := visit(s.name); err != nil {
			return err
		}
	}
}

// array walks over an array, or over null in its place. For each element it calls visit, which must step over it.
func (s *bodyScanner) array(visit func() error) error {
	c, err := s.peek()
	if err != nil {
		return err
	}
	if c == 'n' {
		_, err := s.value()
		return err
	}
	if c != '[' {
		return s.unexpected("[ or null")
	}
	s.pos++
	for first := true; ; first = false {
		c, err := s.peek()
		if err != nil {
			return err
		}
		if c == ']' {
			s.pos++
			return nil
		}
		if !first {
			if c != ',' {
				return s.unexpected(", or ]")
			}
			s.pos++
			if c, err = s.peek(); err != nil {
				return err
			}
			if c == ']' {
				return s.unexpected("an element")
			}
		}
		if err := visit(); err != nil {
			return err
		}
	}
}

// finish checks that nothing but white space follows.
func (s *bodyScanner) finish() error {
	for {
		for s.pos < s.end {
			if !isSpace(s.buf[s.pos]) {
				return s.unexpected("the end of the body")
			}
			s.pos++
		}
		if s.err != nil {
			if errors.Is(s.err, io.EOF) {
				return nil
			}
			return s.ended()
		}
		if err := s.more(); err != nil && !errors.Is(s.err, io.EOF) {
			return err
		}
	}
}

// A scanFault is what is wrong with a body and where, before it is known whose body it is.
type scanFault struct {
	reason error // a sentinel of pocket
	at     int64 // byte of the body
	what   string
	cause  error
}

func (e *scanFault) Error() string { return e.what }
