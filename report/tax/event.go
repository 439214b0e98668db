package tax

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/pocket"
)

// A Kind says what an [Event] is.
type Kind string

// The kinds.
const (
	Earned  Kind = "reward"
	Slashed Kind = "slash" // taken from a node's stake
	Fee     Kind = "fee"   // of a transaction
	// Untold is a settlement that did not tell who got what, so that nobody knows whether it is income. It has no amount and is in no line.
	Untold Kind = "untold"
)

// An Event is something earned or lost at one moment, or with [ByDay] in one day.
type Event struct {
	Kind    Kind
	Time    time.Time      // of the block
	Wallet  pocket.Address // who got it, or paid the fee; zero for a slash, which does not tell whose stake it was
	Node    pocket.Address // the supplier, or the validator; zero for a fee, and when several are in one event
	Service pocket.ServiceID
	Role    pocket.Role // in what capacity the wallet got it
	Note    string      // more about it, such as what a transaction did

	Amount pocket.Upokt // above 0, also of losses
	// Price is what one POKT was worth at that moment, and Value what the amount was, exactly. Neither is valid when there was no price.
	Price, Value decimal.NullDecimal
	Currency     string // of both; "" without prices

	Height    pocket.Height
	TxHash    string // "" for what the block itself did
	Reference string // names the event for ever; no two have the same
	Source    string // where it is known from
	Count     int64  // how many events it stands for: 1 unless they were grouped
}

// Loss reports whether the event is money lost.
func (e *Event) Loss() bool { return e.Kind == Slashed || e.Kind == Fee }
