package tax

import (
	"fmt"
	"iter"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/report"
	"github.com/poktbot/poktbot/rewards"
)

// IncomeOptions say whose income [Income] looks for.
type IncomeOptions struct {
	// Wallets are whose shares count, in every role. Without any, what the nodes' sides got counts, whoever got it.
	Wallets []pocket.Address
	// Losses adds slashes and the fees of transactions.
	Losses bool
	// Nodes are whose slashes count, and whose fees beside those of the wallets. Without nodes all slashes count; without nodes and wallets
	// all fees.
	Nodes []pocket.Address
	// Prices are what POKT was worth; nil leaves prices and values empty.
	Prices *rewards.Prices
	// Source tells where an event is known from; nil tells the chain, "shannon" or "morse".
	Source func(pocket.Event) string
}

// Income yields what the wallets earned by events, in their order: an event for each share above zero. Settlements that did not tell who got
// what are [Untold]. Choose the events by time, node or owner; a question for certain recipients would leave out slashes and fees.
//
// Of the rewards of validators, a wallet that is a validator's account has its commission and what its own stake got. What its delegators got
// is told as one sum, so it is in nobody's income.
//
// An error is yielded last, with a zero Event: that of events, or an event without a time, which is [pocket.ErrMalformed].
func Income(events iter.Seq2[pocket.Event, error], o IncomeOptions) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		b := &bookkeeper{IncomeOptions: o, wallets: set(o.Wallets), nodes: set(o.Nodes)}
		if o.Prices != nil {
			b.currency = o.Prices.Currency()
		}
		for event, err := range events {
			if err == nil {
				err = b.look(event)
			}
			if err != nil {
				yield(Event{}, err)
				return
			}
			for i := range b.found {
				if !yield(b.found[i], nil) {
					return
				}
			}
			b.found = b.found[:0]
		}
	}
}

func set(addresses []pocket.Address) map[pocket.Address]bool {
	in := make(map[pocket.Address]bool, len(addresses))
	for _, a := range addresses {
		in[a] = true
	}
	return in
}

// A bookkeeper makes income of one event after the other.
type bookkeeper struct {
	IncomeOptions
	wallets, nodes map[pocket.Address]bool
	currency       string
	found          []Event // of the last event looked at

	// The last moment's price: the events of one block follow each other.
	at    int64
	price decimal.NullDecimal
	asked bool
}

func (b *bookkeeper) look(event pocket.Event) error {
	switch e := event.(type) {
	case pocket.Settlement:
		b.settlement(event, &e)
	case pocket.ValidatorReward:
		if err := b.validator(event, &e); err != nil {
			return err
		}
	case pocket.Slash:
		if b.Losses && (len(b.nodes) == 0 || b.nodes[e.Supplier]) {
			b.add(event, Event{Kind: Slashed, Node: e.Supplier, Service: e.Service, Amount: e.Penalty, Reference: slashReference(&e)})
		}
	case pocket.Transaction:
		if b.Losses && (b.wallets[e.FeePayer] || b.nodes[e.FeePayer] || len(b.wallets)+len(b.nodes) == 0) {
			b.add(event, Event{Kind: Fee, Wallet: e.FeePayer, Note: did(e.Messages), Amount: e.Fee, Reference: feeReference(&e)})
		}
	}
	if len(b.found) > 0 && b.found[0].Time.IsZero() {
		at := event.Where()
		return fmt.Errorf("income: the %s %d#%d has no time: %w", event.Kind(), at.Height, at.Index, pocket.ErrMalformed)
	}
	return nil
}

func (b *bookkeeper) settlement(event pocket.Event, s *pocket.Settlement) {
	if s.Lacks.Has(pocket.LacksShares) || s.Lacks.Has(pocket.LacksReasons) && len(b.wallets) == 0 {
		b.found = append(b.found, Event{Kind: Untold, Time: s.Time, Node: s.Supplier, Service: s.Service, Height: s.Height, TxHash: s.TxHash, Count: 1,
			Reference: claimReference(s, pocket.Address{}, 0), Source: b.source(event, s.Supplier)})
		return
	}
	for i := range s.Shares {
		share := &s.Shares[i]
		if len(b.wallets) > 0 && !b.wallets[share.Recipient] {
			continue
		}
		role := share.Reason.Role()
		if len(b.wallets) == 0 && role != pocket.RoleSupplier {
			continue
		}
		b.add(event, Event{Kind: Earned, Wallet: share.Recipient, Node: s.Supplier, Service: s.Service, Role: role, Amount: share.Amount,
			Reference: shareReference(s, i)})
	}
}

func (b *bookkeeper) validator(event pocket.Event, r *pocket.ValidatorReward) error {
	if !b.wallets[r.Account] {
		return nil
	}
	amount, err := r.Commission.Add(r.SelfDelegation)
	if err != nil {
		return fmt.Errorf("income: reward of %s in block %d: %w", r.Validator, r.Height, err)
	}
	b.add(event, Event{Kind: Earned, Wallet: r.Account, Node: r.Validator, Role: pocket.RoleValidator, Amount: amount, Reference: validatorReference(r)})
	return nil
}

// add fills in what all events have, and leaves out what is no money.
func (b *bookkeeper) add(event pocket.Event, e Event) {
	if e.Amount <= 0 {
		return
	}
	at := event.Where()
	e.Time, e.Height, e.TxHash, e.Count = at.Time, at.Height, at.TxHash, 1
	who := e.Node // of a fee there is none
	if who.IsZero() {
		who = e.Wallet
	}
	e.Source = b.source(event, who)
	if b.Prices != nil {
		e.Currency = b.currency
		if moment := at.Time.UnixNano(); !b.asked || moment != b.at {
			price, known := b.Prices.At(at.Time)
			b.asked, b.at, b.price = true, moment, decimal.NullDecimal{Decimal: shortest(price.Value), Valid: known}
		}
		if e.Price = b.price; e.Price.Valid {
			e.Value = decimal.NewNullDecimal(e.Amount.Decimal().Mul(e.Price.Decimal))
		}
	}
	b.found = append(b.found, e)
}

// shortest returns d without zeros at the end of its decimals, which files would show.
func shortest(d decimal.Decimal) decimal.Decimal {
	short, err := decimal.NewFromString(d.String())
	if err != nil { // cannot be: it is d's own
		return d
	}
	return short
}

// source tells where an event is known from, by default the chain that somebody concerned has an address of.
func (b *bookkeeper) source(event pocket.Event, who pocket.Address) string {
	if b.Source != nil {
		return b.Source(event)
	}
	if who.Kind() == pocket.MorseAddress {
		return "morse"
	}
	return "shannon"
}

// did says what a transaction did, by its messages: "MsgCreateClaim, MsgSubmitProof".
func did(messages []string) string {
	var names []string
	for _, url := range messages {
		name := report.Line(url[strings.LastIndexByte(url, '.')+1:], 40)
		if len(names) == 0 || names[len(names)-1] != name {
			names = append(names, name)
		}
	}
	const most = 3
	if len(names) > most {
		names = append(names[:most], "…")
	}
	return strings.Join(names, ", ")
}
