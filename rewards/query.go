package rewards

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// A Period is the length of time that a [Row] sums up.
type Period string

// The periods. A day, week or month is one in [Query.Zone]; a day may have 23 or 25 hours, a week begins on Monday.
const (
	Whole Period = "" // the whole span in one row
	Hour  Period = "hour"
	Day   Period = "day"
	Week  Period = "week"
	Month Period = "month"
)

// A Dimension is something that rows may be kept apart by.
type Dimension string

// The dimensions.
const (
	BySupplier    Dimension = "supplier"
	ByService     Dimension = "service"
	ByOwner       Dimension = "owner"
	ByApplication Dimension = "application"
	// ByRecipient splits each settlement among all whom it paid, in whatever role: Gross, Mine, OtherRoles, Unattributed and
	// UnattributedMine are the recipient's own. The other sums are those of the whole claims that paid it, so rows of several recipients
	// overlap there and must not be added. A settlement that paid nobody, or did not say whom, stands under the zero recipient.
	ByRecipient Dimension = "recipient"
)

// A Query says what to add up: which events, for whom, and how to keep the sums apart.
type Query struct {
	pocket.Span
	pocket.Filter
	Wallets []pocket.Address // whose shares are [Sums.Mine]
	Period  Period
	Zone    *time.Location // nil is UTC
	By      []Dimension

	// OwnerOf tells the owner of a supplier for events that do not: losses, and settlements before v0.1.33. It is used by [ByOwner] and by
	// the filter's Owners. Without it such events stand under the zero owner, and no owner's filter finds them.
	OwnerOf map[pocket.Address]pocket.Address

	// Prices, when set, give each row its [Worth]: every event is valued at the price of its own moment.
	Prices *Prices
}

// A Row is what the events of one period and one combination of dimensions add up to.
type Row struct {
	Key
	Sums
	Worth *Worth // what the amounts of Sums were worth; nil when the query has no prices
}

// A Key names a [Row]. Fields that the query does not keep apart are zero.
type Key struct {
	Start       time.Time // of the period, in the query's zone; zero with [Whole]
	Supplier    pocket.Address
	Owner       pocket.Address
	Application pocket.Address
	Recipient   pocket.Address // zero in ByRecipient for what pays nobody, such as a slash
	Service     pocket.ServiceID
}

// Sums are what a set of events adds up to. Amounts of claims are those of whole claims, of which a supplier's side gets
// a part (79 % on mainnet); Gross, Mine and OtherRoles are what was really paid. Rewards of validators and delegators are in none of
// them: no settlement tells those.
type Sums struct {
	Settlements     int64 // claims settled, even if nothing was left to pay
	Relays          int64 // mined, of settled claims
	EstimatedRelays int64 // scaled by difficulty; 0 for settlements before v0.1.33, which did not say
	ComputeUnits    int64 // estimated

	Claimed      pocket.Upokt // of settled claims
	Settled      pocket.Upokt
	Minted       pocket.Upokt
	Overserviced pocket.Upokt // claimed - settled: the application could not pay
	Deflated     pocket.Upokt // settled - minted

	OverservicedClaims int64 // settlements whose Overserviced is above 0
	DeflatedClaims     int64 // settlements whose Deflated is above 0

	Gross      pocket.Upokt // paid to the suppliers' sides: all their rev shares together
	Mine       pocket.Upokt // the part of Gross that went to the query's wallets
	OtherRoles pocket.Upokt // what those wallets got of the same settlements in other roles, such as service owner

	Expired        int64 // claims not paid for want of a good proof
	ExpiredClaimed pocket.Upokt
	Discarded      int64 // claims the chain dropped; it does not say what they were worth
	Slashes        int64
	Slashed        pocket.Upokt // taken from stakes

	// What old versions of the protocol did not tell, so that nobody takes it for zero.
	LackAmounts  int64        // settlements whose Settled, Minted, Overserviced and Deflated are not in the sums
	LackShares   int64        // settlements that did not say who got what
	Unattributed pocket.Upokt // paid to somebody for a reason not told: not in Gross, Mine or OtherRoles

	// UnattributedMine is the part of Unattributed that went to the query's wallets. What they got in all is
	// Mine + OtherRoles + UnattributedMine.
	UnattributedMine pocket.Upokt
}

// A Stay is a time in which a supplier was staked and could earn.
type Stay struct {
	Supplier pocket.Address
	From     time.Time // when it staked, or when the source's knowledge begins
	To       time.Time // when it stopped serving; zero while it has not
}

// A Source is where events, sums and stays come from: the local index, or another host's API.
type Source interface {
	// Events yields the events that match, in the query's order. An error is yielded last, with a nil event.
	Events(context.Context, pocket.EventQuery) iter.Seq2[pocket.Event, error]
	// Sums returns what [Aggregate] would make of the same events, and may compute it in its own way. A source that knows nothing of
	// prices refuses a query with [Query.Prices], rather than to return rows without a worth.
	Sums(context.Context, Query) ([]Row, error)
	// Stays returns when suppliers were staked, by supplier and time; of all the source knows when none are named. Stays that begin after
	// the first settlement of their supplier make averages of that time too high.
	Stays(context.Context, []pocket.Address) ([]Stay, error)
}

// Check returns an error that names what is wrong with q, nil when nothing is.
func (q Query) Check() error {
	errs := []error{q.Span.Check()}
	switch q.Period {
	case Whole, Hour, Day, Week, Month:
	default:
		errs = append(errs, fmt.Errorf("period %q: want hour, day, week or month: %w", q.Period, pocket.ErrInvalid))
	}
	for i, by := range q.By {
		switch by {
		case BySupplier, ByService, ByOwner, ByApplication, ByRecipient:
		default:
			errs = append(errs, fmt.Errorf("dimension %q: want supplier, service, owner, application or recipient: %w", by, pocket.ErrInvalid))
		}
		if slices.Contains(q.By[:i], by) {
			errs = append(errs, fmt.Errorf("dimension %q is named twice: %w", by, pocket.ErrInvalid))
		}
	}
	return errors.Join(errs...)
}
