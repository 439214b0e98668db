package shannon

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/poktbot/poktbot/pocket"
)

// An eventAttribute is a name and a value of an event, as they are written in the body: inside their quotes, with escapes.
type eventAttribute struct{ name, value []byte }

// eventFields are the attributes of one event, by name. The value of a typed event's attribute is JSON text: words and whole numbers
// of 64 bits in quotes of their own, others bare. The value of another event's is plain text. Both are read here.
//
// The first attribute that cannot be read, or is missing though it must be there, is kept in err. Everything read after that is zero.
type eventFields struct {
	names   *interner
	kind    []byte // the event's type
	list    []eventAttribute
	listed  bool // list is complete
	end     int  // the event's length as it is written
	hidden  bool // letters may be written as numbers in it: \u0061
	next    int  // where the last attribute was found: the chain sorts them by name, and so do most readers here
	outer   []byte
	inner   []byte
	shares  []pocket.Share
	claim   *eventClaim
	claimed bool // claim has been looked for
	err     error
}

// find returns the first attribute that has one of the names, nil when there is none.
func (f *eventFields) find(names ...string) *eventAttribute {
	for _, name := range names {
		for range f.list {
			if f.next >= len(f.list) {
				f.next = 0
			}
			a := &f.list[f.next]
			f.next++
			if string(a.name) == name {
				return a
			}
		}
	}
	return nil
}

func (f *eventFields) has(names ...string) bool { return f.find(names...) != nil }

// fail keeps the first thing that is wrong.
func (f *eventFields) fail(name string, err error) {
	if f.err == nil {
		f.err = fmt.Errorf("attribute %s: %w", name, err)
	}
}

var (
	errMissing = errors.New("it is missing")
	errNotJSON = errors.New("its quotes or brackets do not match")
)

// json returns what an attribute's value means, which in a typed event is JSON text. It holds until the next call.
func (f *eventFields) json(a *eventAttribute) []byte {
	if bytes.IndexByte(a.value, '\\') < 0 {
		return a.value
	}
	f.outer = unescape(f.outer[:0], a.value)
	return f.outer
}

// text returns an attribute's word or number, out of its quotes if it has any. It holds until the next call.
func (f *eventFields) text(a *eventAttribute) []byte {
	// Nearly always the value is \"word\".
	if v := a.value; len(v) >= 4 && v[0] == '\\' && v[1] == '"' && v[len(v)-1] == '"' {
		if inside := v[2 : len(v)-2]; bytes.IndexByte(v[2:], '\\') == len(inside) {
			return inside
		}
	}
	text := f.json(a)
	if len(text) == 0 || text[0] != '"' {
		return text
	}
	end, err := stringEnd(text, 1)
	if err != nil || end != len(text) {
		f.fail(string(a.name), errNotJSON)
		return nil
	}
	return f.plain(text[1 : len(text)-1])
}

// plain returns what the inside of a string in JSON text means.
func (f *eventFields) plain(inside []byte) []byte {
	if bytes.IndexByte(inside, '\\') < 0 {
		return inside
	}
	f.inner = unescape(f.inner[:0], inside)
	return f.inner
}

// address returns the address in the first of the named attributes that is there. One must be.
func (f *eventFields) address(names ...string) pocket.Address {
	a := f.find(names...)
	if a == nil {
		f.fail(names[0], errMissing)
		return pocket.Address{}
	}
	return f.parseAddress(a)
}

// optionalAddress is address for one that may be missing or empty.
func (f *eventFields) optionalAddress(names ...string) pocket.Address {
	a := f.find(names...)
	if a == nil || len(f.text(a)) == 0 {
		return pocket.Address{}
	}
	return f.parseAddress(a)
}

func (f *eventFields) parseAddress(a *eventAttribute) pocket.Address {
	address, err := f.names.address(f.text(a))
	if err != nil {
		f.fail(string(a.name), err)
	}
	return address
}

// amount returns the coin in the first of the named attributes that is there. One must be.
func (f *eventFields) amount(names ...string) pocket.Upokt {
	amount, ok := f.optionalAmount(names...)
	if !ok {
		f.fail(names[0], errMissing)
	}
	return amount
}

// optionalAmount is amount for one that may be missing; then it returns false.
func (f *eventFields) optionalAmount(names ...string) (pocket.Upokt, bool) {
	a := f.find(names...)
	if a == nil {
		return 0, false
	}
	var amount pocket.Upokt
	var err error
	if text := f.text(a); len(text) > 0 && text[0] == '{' { // before v0.1.27 coins were objects
		var object coin
		err = json.Unmarshal(text, &object)
		amount = pocket.Upokt(object)
	} else {
		amount, err = parseUpokt(text)
	}
	if err != nil {
		f.fail(string(a.name), err)
	}
	return amount, true
}

// coins returns the upokt among several coins such as "1upokt,5ibc/27394…". It returns false when there are none.
func (f *eventFields) coins(name string) (pocket.Upokt, bool) {
	a := f.find(name)
	if a == nil {
		return 0, false
	}
	for coin := range strings.SplitSeq(string(f.text(a)), ",") {
		digits := strings.TrimLeft(coin, "0123456789")
		if digits != "upokt" {
			continue
		}
		amount, err := pocket.ParseUpokt(coin)
		if err != nil {
			f.fail(name, err)
		}
		return amount, true
	}
	return 0, false
}

// count returns the whole number in the first of the named attributes that is there, 0 when none is. It is never negative.
func (f *eventFields) count(names ...string) int64 {
	a := f.find(names...)
	if a == nil {
		return 0
	}
	text := f.text(a)
	if n, ok := parseDigits(text); ok {
		return n
	}
	f.fail(string(a.name), fmt.Errorf("%.40q is not a whole number from 0 to %d", text, int64(math.MaxInt64)))
	return 0
}

func (f *eventFields) height(names ...string) pocket.Height { return pocket.Height(f.count(names...)) }

// word returns the first of the named attributes that is there as one of the chain's words, which come again and again.
func (f *eventFields) word(names ...string) string {
	if a := f.find(names...); a != nil {
		return f.names.word(f.text(a))
	}
	return ""
}

// prose returns the first of the named attributes that is there as free text.
func (f *eventFields) prose(names ...string) string {
	if a := f.find(names...); a != nil {
		return prose(f.text(a))
	}
	return ""
}

func (f *eventFields) flag(name string) bool {
	a := f.find(name)
	if a == nil {
		return false
	}
	value, err := strconv.ParseBool(string(f.text(a)))
	if err != nil {
		f.fail(name, fmt.Errorf("%.40q is neither true nor false", f.text(a)))
	}
	return value
}

// object reads a named attribute that holds a JSON object into v. It returns false when there is none.
func (f *eventFields) object(v any, name string) bool {
	a := f.find(name)
	if a == nil {
		return false
	}
	text := f.json(a)
	if string(text) == "null" {
		return false
	}
	if err := json.Unmarshal(text, v); err != nil {
		f.fail(name, err)
		return false
	}
	return true
}

// proofStatus reads a status, which is a number since v0.1.27 and a name before.
func (f *eventFields) proofStatus(names ...string) (pocket.ProofStatus, bool) {
	a := f.find(names...)
	if a == nil {
		return 0, false
	}
	status, err := parseEnum(string(f.text(a)), "PENDING_VALIDATION", "VALIDATED", "INVALID")
	if err != nil {
		f.fail(string(a.name), err)
	}
	return pocket.ProofStatus(status), true
}

// parseEnum reads one of the chain's enumerations: its number, or its name, which stands at its number among names.
func parseEnum(text string, names ...string) (int, error) {
	for number, name := range names {
		if text == name {
			return number, nil
		}
	}
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0, fmt.Errorf("%.40q is none of %s", text, strings.Join(names, ", "))
	}
	return int(n), nil
}

// parseUpokt is [pocket.ParseUpokt] that allocates nothing for what is sound.
func parseUpokt(text []byte) (pocket.Upokt, error) {
	if n, ok := parseDigits(bytes.TrimSuffix(text, []byte("upokt"))); ok {
		return pocket.Upokt(n), nil
	}
	return pocket.ParseUpokt(string(text))
}

// parseDigits reads nothing but digits, as many as an int64 surely holds or strconv finds to fit.
func parseDigits(text []byte) (int64, bool) {
	if len(text) == 0 {
		return 0, false
	}
	var n int64
	for _, c := range text {
		if !isDigit(c) {
			return 0, false
		}
		n = n*10 + int64(c-'0') // it wraps around for more than 18 digits, which are read again below
	}
	if len(text) <= 18 {
		return n, true
	}
	n, err := strconv.ParseInt(string(text), 10, 64)
	return n, err == nil
}
