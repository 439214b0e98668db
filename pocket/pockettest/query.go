package pockettest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/poktbot/poktbot/pocket"
)

// A query is what a search or a subscription asks for, in the part of CometBFT's language that nodes of this chain are asked in.
type query []condition

type condition struct {
	key, op string // op: =, <, <=, >, >=, CONTAINS or EXISTS
	text    string
	number  int64
	numeric bool
}

// parseQuery reads conditions joined by AND. Its errors are worded like the node's.
func parseQuery(text string) (query, error) {
	s := queryScanner{text: text}
	var q query
	for {
		c, err := s.condition()
		if err != nil {
			return nil, err
		}
		q = append(q, c)
		if s.space(); s.at == len(s.text) {
			return q, nil
		}
		if at := s.at; s.word() != "AND" {
			return nil, fmt.Errorf("offset %d: got tag, wanted AND", at)
		}
	}
}

type queryScanner struct {
	text string
	at   int
}

func (s *queryScanner) space() {
	for s.at < len(s.text) && s.text[s.at] == ' ' {
		s.at++
	}
}

// word returns the next run of characters that are neither spaces nor operators.
func (s *queryScanner) word() string {
	s.space()
	from := s.at
	for s.at < len(s.text) && !strings.ContainsRune(" =<>'", rune(s.text[s.at])) {
		s.at++
	}
	return s.text[from:s.at]
}

func (s *queryScanner) condition() (condition, error) {
	c := condition{key: s.word()}
	if c.key == "" {
		return c, s.unexpected("tag")
	}
	s.space()
	switch {
	case s.at == len(s.text):
		return c, fmt.Errorf("offset %d: EOF", s.at)
	case s.take("<="), s.take(">="):
		c.op = s.text[s.at-2 : s.at]
	case s.take("="), s.take("<"), s.take(">"):
		c.op = s.text[s.at-1 : s.at]
	default:
		at := s.at
		switch c.op = s.word(); c.op {
		case "EXISTS":
			return c, nil
		case "CONTAINS":
		default:
			return c, fmt.Errorf("offset %d: got tag, wanted comparison operator", at)
		}
	}
	return c, s.operand(&c)
}

func (s *queryScanner) take(op string) bool {
	if strings.HasPrefix(s.text[s.at:], op) {
		s.at += len(op)
		return true
	}
	return false
}

func (s *queryScanner) unexpected(wanted string) error {
	if s.at == len(s.text) {
		return fmt.Errorf("offset %d: EOF", s.at)
	}
	return fmt.Errorf("offset %d: got %q, wanted %s", s.at, s.text[s.at:s.at+1], wanted)
}

func (s *queryScanner) operand(c *condition) error {
	s.space()
	if s.at == len(s.text) {
		return fmt.Errorf("offset %d: EOF", s.at)
	}
	if s.take("'") {
		text, _, closed := strings.Cut(s.text[s.at:], "'")
		if !closed {
			return fmt.Errorf("offset %d: unterminated string", len(s.text))
		}
		s.at += len(text) + 1
		c.text = text
		return nil
	}
	at := s.at
	n, err := strconv.ParseInt(s.word(), 10, 64)
	if err != nil || c.op == "CONTAINS" {
		return fmt.Errorf("offset %d: got tag, wanted number, timestamp, datestamp or string", at)
	}
	c.number, c.numeric = n, true
	return nil
}

// holds reports whether a value fulfils the condition. Values of typed events carry their JSON quotes, and compare with them.
func (c condition) holds(value string) bool {
	switch {
	case c.op == "EXISTS":
		return true
	case c.op == "CONTAINS":
		return strings.Contains(value, c.text)
	case !c.numeric:
		return c.op == "=" && value == c.text
	}
	n, err := strconv.ParseInt(value, 10, 64)
	return err == nil && c.compares(n)
}

func (c condition) compares(n int64) bool {
	switch c.op {
	case "=":
		return n == c.number
	case "<":
		return n < c.number
	case "<=":
		return n <= c.number
	case ">":
		return n > c.number
	case ">=":
		return n >= c.number
	}
	return false
}

// split takes the conditions on a key out of q.
func (q query) split(key string) (with, without query) {
	for _, c := range q {
		if c.key == key {
			with = append(with, c)
		} else {
			without = append(without, c)
		}
	}
	return with, without
}

// span returns the heights, from lo to hi, that conditions on the height leave.
func (q query) span(lo, hi pocket.Height) (pocket.Height, pocket.Height) {
	for _, c := range q {
		n := pocket.Height(c.number)
		switch {
		case c.op == "EXISTS":
		case !c.numeric:
			return 1, 0
		case c.op == "=":
			lo, hi = max(lo, n), min(hi, n)
		case c.op == "<":
			hi = min(hi, n-1)
		case c.op == "<=":
			hi = min(hi, n)
		case c.op == ">":
			lo = max(lo, n+1)
		case c.op == ">=":
			lo = max(lo, n)
		}
	}
	return lo, hi
}

// A matcher finds events that fulfil all conditions at once: conditions never combine across two events.
type matcher struct {
	kind       string // the type of all of them
	impossible bool   // they are of different types
	conditions query  // with keys cut to those of attributes
	scratch    []attribute
}

func newMatcher(q query) *matcher {
	m := &matcher{}
	for i, c := range q {
		dot := strings.LastIndexByte(c.key, '.')
		kind := c.key[:max(0, dot)]
		if i > 0 && kind != m.kind {
			m.impossible = true
		}
		m.kind, c.key = kind, c.key[dot+1:]
		m.conditions = append(m.conditions, c)
	}
	return m
}

// any reports whether one of the events fulfils the query.
func (m *matcher) any(events []placed) bool {
	if len(m.conditions) == 0 {
		return true
	}
	if m.impossible {
		return false
	}
	return slices.ContainsFunc(events, m.matches)
}

func (m *matcher) matches(e placed) bool {
	if e.name() != m.kind {
		return false
	}
	m.scratch = e.appendAttributes(m.scratch[:0])
	for _, c := range m.conditions {
		if !slices.ContainsFunc(m.scratch, func(a attribute) bool { return a.key == c.key && c.holds(a.value) }) {
			return false
		}
	}
	return true
}
