package monitor

import (
	"time"

	"github.com/shopspring/decimal"
)

// A Rule says when results of one [Name] become an alert, and how it is told. Its zero value fires at the first failing result, resolves
// at the first healthy one, and never reminds.
type Rule struct {
	Severity      Severity      // 0 is Warning
	For           time.Duration // how long it must fail before it fires
	Confirmations int           // how many failing results in a row it takes to fire; 0 is 1
	Recover       time.Duration // how long it must be healthy before it resolves
	Recoveries    int           // how many healthy results in a row it takes to resolve; 0 is 1
	Lasts         time.Duration // how long an occurrence fires after the last one; 0 is a day
	Remind        time.Duration // between reminders while it fires and nobody acknowledged it; 0 never reminds
	// Escalate is how long a critical alert may go without an acknowledgement before it is escalated, and again after each time as long;
	// 0 never.
	Escalate time.Duration
	Bands    []Band // of measurements, from the mildest to the worst
	Below    bool   // bands are entered from above: less is worse

	// FlapCount is how many times it may fire within FlapWindow before it counts as flapping: then it takes twice as long to resolve
	// with each further time, up to FlapMax. 0 is 3 within an hour, up to an hour; negative never.
	FlapCount  int
	FlapWindow time.Duration
	FlapMax    time.Duration

	UnknownFor time.Duration // how long it may be impossible to look before that is an alert of its own; 0 is 15 minutes, negative never
	Disabled   bool          // results are not looked at
}

// A Band is a range of readings that is a severity of its own. With a Rule that is not Below it is entered at or above At and left below
// Clear; with one that is Below it is entered at or below At and left above Clear. That they differ keeps a reading that wavers around one
// number from firing again and again. A Clear that is not valid is At.
type Band struct {
	At       decimal.Decimal
	Clear    decimal.NullDecimal
	Severity Severity
}
