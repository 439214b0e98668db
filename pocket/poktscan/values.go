package poktscan

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/pocket"
)

// A number is a whole number as the service writes it: columns as text ("1013950", "60000.000000"), what its functions make as JSON
// numbers, and amounts in lists of operations as text with an n behind, which is how JavaScript writes large numbers. Null is 0; where
// that matters the field is a pointer.
type number int64

func (n *number) UnmarshalJSON(raw []byte) error {
	text := unquoted(raw)
	if whole, ok := digits(text); ok {
		*n = number(whole)
		return nil
	}
	if string(raw) == "null" {
		*n = 0
		return nil
	}
	whole, err := wholeNumber(string(text))
	if err != nil {
		return err
	}
	*n = number(whole)
	return nil
}

// unquoted returns what is between the quotes of a JSON text, or raw itself. Numbers have nothing to unescape.
func unquoted(raw []byte) []byte {
	if len(raw) >= 2 && raw[0] == '"' {
		return raw[1 : len(raw)-1]
	}
	return raw
}

// digits reads up to 18 digits, the usual case.
func digits(text []byte) (int64, bool) {
	if len(text) == 0 || len(text) > 18 {
		return 0, false
	}
	n := int64(0)
	for _, b := range text {
		if b < '0' || b > '9' {
			return 0, false
		}
		n = n*10 + int64(b-'0')
	}
	return n, true
}

// maxDigits keeps a number with a huge exponent from being written out.
const maxDigits = 40

func wholeNumber(text string) (int64, error) {
	if len(text) > maxDigits {
		return 0, fmt.Errorf("number %.50q is too long", text)
	}
	d, err := decimal.NewFromString(strings.TrimSuffix(text, "n"))
	switch {
	case err != nil:
		return 0, fmt.Errorf("%.50q is no number", text)
	case d.Exponent() > maxDigits || d.Exponent() < -maxDigits:
		return 0, fmt.Errorf("number %.50q is out of range", text)
	case !d.IsInteger():
		return 0, fmt.Errorf("%.50q is no whole number", text)
	case !d.BigInt().IsInt64():
		return 0, fmt.Errorf("number %.50q is out of range", text)
	}
	return d.IntPart(), nil
}

// An amount is a [number] of upokt that is not negative.
type amount int64

func (a *amount) UnmarshalJSON(raw []byte) error {
	var n number
	if err := n.UnmarshalJSON(raw); err != nil {
		return err
	}
	if n < 0 {
		return fmt.Errorf("amount %d is negative", n)
	}
	*a = amount(n)
	return nil
}

func upokt(a *amount) pocket.Upokt {
	if a == nil {
		return 0
	}
	return pocket.Upokt(*a)
}

// A stamp is a time as the service writes it: without a zone it is UTC.
type stamp struct{ time.Time }

func (s *stamp) UnmarshalJSON(raw []byte) error {
	if string(raw) == "null" {
		s.Time = time.Time{}
		return nil
	}
	t, err := parseTime(string(unquoted(raw)))
	s.Time = t
	return err
}

func parseTime(text string) (time.Time, error) {
	for _, layout := range []string{"2006-01-02T15:04:05", time.RFC3339, "2006-01-02"} { // seconds take any fraction
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%.40q is no time", text)
}

// wireTime writes a moment as it is sent: in UTC, because offsets are dropped unread, and by the millisecond, which is what blocks are
// stored by. A moment between two is moved to the later one.
func wireTime(t time.Time) string {
	return ceilMilli(t).UTC().Format("2006-01-02T15:04:05.000Z")
}

// wireEnd writes the last moment before t, for bounds that include their end.
func wireEnd(t time.Time) string {
	return ceilMilli(t).Add(-time.Millisecond).UTC().Format("2006-01-02T15:04:05.000Z")
}

func ceilMilli(t time.Time) time.Time {
	cut := t.Truncate(time.Millisecond)
	if cut.Before(t) {
		cut = cut.Add(time.Millisecond)
	}
	return cut
}

// names keeps addresses and words that were read before, since a page has the same ones over and over, and so that none keeps the whole page
// in memory. It forgets all when there are too many.
type names struct {
	mu      sync.RWMutex
	known   map[string]pocket.Address
	words   map[string]string
	reasons map[string]pocket.Reason
}

const mostNames = 1 << 17

func newNames() *names {
	return &names{known: map[string]pocket.Address{}, words: map[string]string{}, reasons: map[string]pocket.Reason{}}
}

// word returns a word of which there are few.
func (n *names) word(text string) string {
	return kept(n, n.words, text, func(text string) string { return text })
}

// reason returns the chain's word for a reason.
func (n *names) reason(text string) pocket.Reason { return kept(n, n.reasons, text, reasonFrom) }

func kept[T any](n *names, known map[string]T, text string, convert func(string) T) T {
	n.mu.RLock()
	made, ok := known[text]
	n.mu.RUnlock()
	if ok {
		return made
	}
	text = strings.Clone(text)
	made = convert(text)
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(known) >= mostNames {
		clear(known)
	}
	known[text] = made
	return made
}

func (n *names) address(text string) (pocket.Address, error) {
	if text == "" {
		return pocket.Address{}, nil
	}
	n.mu.RLock()
	a, ok := n.known[text]
	n.mu.RUnlock()
	if ok {
		return a, nil
	}
	a, err := pocket.ParseAddress(text)
	if err != nil {
		return pocket.Address{}, err
	}
	n.mu.Lock()
	if len(n.known) >= mostNames {
		clear(n.known)
	}
	n.known[strings.Clone(text)] = a
	n.mu.Unlock()
	return a, nil
}

// A fields reads the fields of one row and keeps the first error.
type fields struct {
	names *names
	err   error
}

func (f *fields) fail(name string, err error) {
	if f.err == nil {
		f.err = fmt.Errorf("field %s: %w", name, err)
	}
}

var errMissing = errors.New("it is missing")

// address reads an address that must be there.
func (f *fields) address(name, text string) pocket.Address {
	if text == "" {
		f.fail(name, errMissing)
	}
	return f.optionalAddress(name, text)
}

func (f *fields) optionalAddress(name, text string) pocket.Address {
	a, err := f.names.address(text)
	if err != nil {
		f.fail(name, err)
	}
	return a
}

func (f *fields) needAmount(name string, a *amount) pocket.Upokt {
	if a == nil {
		f.fail(name, errMissing)
	}
	return upokt(a)
}

// bare drops the quotation marks that some versions of the indexer leave around texts of events.
func bare(text string) string { return strings.Trim(text, `"`) }

// embedded decodes a value that is either JSON or text that holds JSON.
func embedded(raw json.RawMessage, v any) error {
	if len(raw) > 0 && raw[0] == '"' {
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return err
		}
		raw = json.RawMessage(text)
	}
	return json.Unmarshal(raw, v)
}
