package monitor

import (
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/pocket"
)

// A Unit says what the value of a [Fact] is, and so how it is shown.
type Unit string

// The units and how their values are written.
const (
	UnitText    Unit = "text"    // as it is; often a stranger's words: escape it for where it goes
	UnitCount   Unit = "count"   // digits
	UnitUpokt   Unit = "upokt"   // digits, as [pocket.Upokt] writes them
	UnitDecimal Unit = "decimal" // a decimal number
	UnitPart    Unit = "part"    // a part of one, as a decimal number: 0.125 is 12.5 %
	UnitSpan    Unit = "span"    // a length of time, as [time.Duration] writes it
	UnitTime    Unit = "time"    // an instant, RFC 3339 in UTC
	UnitHeight  Unit = "height"  // a block's height
	UnitAddress Unit = "address" // an address
)

// A Fact is something a check found out, with a name by which templates and programs find it, such as "stake". Its value is text that
// its unit explains, so that it can be stored, sent and shown without loss.
type Fact struct {
	Name  string `json:"name"`
	Unit  Unit   `json:"unit"`
	Value string `json:"value"`
}

// Facts are what a result knows, in the order in which they are told.
type Facts []Fact

// Get returns the fact of that name, and whether there is one.
func (f Facts) Get(name string) (Fact, bool) {
	for _, fact := range f {
		if fact.Name == name {
			return fact, true
		}
	}
	return Fact{}, false
}

// Text is a fact of free text.
func Text(name, value string) Fact { return Fact{name, UnitText, value} }

// Count is a fact that is a number of things.
func Count(name string, n int64) Fact { return Fact{name, UnitCount, strconv.FormatInt(n, 10)} }

// Amount is a fact that is an amount.
func Amount(name string, u pocket.Upokt) Fact {
	return Fact{name, UnitUpokt, strconv.FormatInt(int64(u), 10)}
}

// Decimal is a fact that is a number.
func Decimal(name string, d decimal.Decimal) Fact { return Fact{name, UnitDecimal, d.String()} }

// Part is a fact that is a part of one.
func Part(name string, d decimal.Decimal) Fact { return Fact{name, UnitPart, d.String()} }

// Span is a fact that is a length of time.
func Span(name string, d time.Duration) Fact { return Fact{name, UnitSpan, d.String()} }

// Instant is a fact that is a moment.
func Instant(name string, t time.Time) Fact {
	return Fact{name, UnitTime, t.UTC().Format(time.RFC3339Nano)}
}

// Height is a fact that is a block's height.
func Height(name string, h pocket.Height) Fact {
	return Fact{name, UnitHeight, strconv.FormatInt(int64(h), 10)}
}

// Address is a fact that is an address.
func Address(name string, a pocket.Address) Fact { return Fact{name, UnitAddress, a.String()} }
