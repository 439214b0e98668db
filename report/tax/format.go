package tax

import (
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/report"
)

// A Format is a kind of file.
type Format string

// The formats.
const (
	CoinTracking Format = "cointracking"
	Koinly       Format = "koinly"
	CoinLedger   Format = "coinledger"
	Ledger       Format = "ledger"
)

// Formats returns all formats.
func Formats() []Format { return []Format{CoinTracking, Koinly, CoinLedger, Ledger} }

// ParseFormat returns the format of that name, in whatever case. The error wraps [pocket.ErrInvalid] and lists the formats.
func ParseFormat(name string) (Format, error) {
	f := Format(strings.ToLower(strings.TrimSpace(name)))
	if _, known := shapes[f]; !known {
		return "", fmt.Errorf("tax format %.40q: want cointracking, koinly, coinledger or ledger: %w", name, pocket.ErrInvalid)
	}
	return f, nil
}

// A shape is what a format looks like.
type shape struct {
	layout string // of its times
	utc    bool   // whether its times are in UTC whatever the user's zone is
	// types are what it calls the kinds of events. What is not here has no line.
	types   map[Kind]string
	columns []column
}

// A column is one of a format's.
type column struct {
	name   string // "%s" stands for what the currency is called
	kind   report.Kind
	priced bool // only there with prices
	sum    bool
	cell   func(*writer, *Event) report.Cell
}

var shapes = map[Format]shape{
	CoinTracking: {
		layout: "02-01-2006 15:04:05",
		types:  map[Kind]string{Earned: "Mining", Slashed: "Lost", Fee: "Other Fee"},
		columns: []column{
			{name: "Type", kind: report.KindText, cell: kindOf},
			{name: "Buy Amount", kind: report.KindPOKT, cell: earned(amountOf)},
			{name: "Buy Cur.", kind: report.KindText, cell: earned(assetOf)},
			{name: "Sell Amount", kind: report.KindPOKT, cell: lost(amountOf)},
			{name: "Sell Cur.", kind: report.KindText, cell: lost(assetOf)},
			{name: "Fee Amount (optional)", kind: report.KindPOKT, cell: nothing},
			{name: "Fee Cur. (optional)", kind: report.KindText, cell: nothing},
			{name: "Exchange (optional)", kind: report.KindText, cell: platformOf},
			{name: "Trade Group (optional)", kind: report.KindText, cell: nothing},
			{name: "Comment (optional)", kind: report.KindText, cell: descriptionOf},
			{name: "Date", kind: report.KindTime, cell: moment},
			{name: "Tx-ID", kind: report.KindText, cell: referenceOf},
			{name: "Buy Amount %s", kind: report.KindDecimal, priced: true, cell: earned(valueOf)},
			{name: "Wallet", kind: report.KindAddress, cell: walletOf},
			{name: "Chain_id", kind: report.KindText, cell: serviceOf},
			{name: "Confirmed", kind: report.KindText, cell: func(*writer, *Event) report.Cell { return report.String("True") }},
		},
	},
	Koinly: {
		layout: "2006-01-02 15:04:05 UTC",
		utc:    true,
		types:  map[Kind]string{Earned: "mining", Slashed: "lost", Fee: "cost"},
		columns: []column{
			{name: "Date", kind: report.KindTime, cell: moment},
			{name: "Sent Amount", kind: report.KindPOKT, cell: lost(amountOf)},
			{name: "Sent Currency", kind: report.KindText, cell: lost(assetOf)},
			{name: "Received Amount", kind: report.KindPOKT, cell: earned(amountOf)},
			{name: "Received Currency", kind: report.KindText, cell: earned(assetOf)},
			{name: "Fee Amount", kind: report.KindPOKT, cell: nothing},
			{name: "Fee Currency", kind: report.KindText, cell: nothing},
			{name: "Net Worth Amount", kind: report.KindDecimal, cell: valueOf},
			{name: "Net Worth Currency", kind: report.KindText, cell: func(_ *writer, e *Event) report.Cell {
				if !e.Value.Valid {
					return report.Cell{}
				}
				return report.String(e.Currency)
			}},
			{name: "Label", kind: report.KindText, cell: kindOf},
			{name: "Description", kind: report.KindText, cell: descriptionOf},
			{name: "TxHash", kind: report.KindText, cell: referenceOf},
		},
	},
	CoinLedger: {
		layout: "01/02/2006 15:04:05",
		utc:    true,
		types:  map[Kind]string{Earned: "Mining"},
		columns: []column{
			{name: "Date (UTC)", kind: report.KindTime, cell: moment},
			{name: "Platform (Optional)", kind: report.KindText, cell: platformOf},
			{name: "Asset Sent", kind: report.KindText, cell: lost(assetOf)},
			{name: "Amount Sent", kind: report.KindPOKT, cell: lost(amountOf)},
			{name: "Asset Received", kind: report.KindText, cell: earned(assetOf)},
			{name: "Amount Received", kind: report.KindPOKT, cell: earned(amountOf)},
			{name: "Fee Currency (Optional)", kind: report.KindText, cell: nothing},
			{name: "Fee Amount (Optional)", kind: report.KindPOKT, cell: nothing},
			{name: "Type", kind: report.KindText, cell: kindOf},
			{name: "Description (Optional)", kind: report.KindText, cell: descriptionOf},
			{name: "TxHash (Optional)", kind: report.KindText, cell: referenceOf},
		},
	},
	Ledger: {
		layout: time.RFC3339,
		types:  map[Kind]string{Earned: "reward", Slashed: "slash", Fee: "fee"},
		columns: []column{
			{name: "Time", kind: report.KindTime, cell: moment},
			{name: "Type", kind: report.KindText, cell: kindOf},
			{name: "Wallet", kind: report.KindAddress, cell: walletOf},
			{name: "Node", kind: report.KindAddress, cell: func(_ *writer, e *Event) report.Cell { return report.Address(e.Node) }},
			{name: "Service", kind: report.KindText, cell: serviceOf},
			{name: "Role", kind: report.KindText, cell: func(_ *writer, e *Event) report.Cell { return report.String(string(e.Role)) }},
			{name: "Amount", kind: report.KindPOKT, sum: true, cell: signed(amountOf)},
			{name: "Asset", kind: report.KindText, cell: assetOf},
			{name: "Price", kind: report.KindDecimal, priced: true, cell: priceOf},
			{name: "Value", kind: report.KindDecimal, priced: true, sum: true, cell: signed(valueOf)},
			{name: "Currency", kind: report.KindText, priced: true, cell: func(w *writer, _ *Event) report.Cell { return report.String(w.alias()) }},
			{name: "Block", kind: report.KindHeight, cell: func(_ *writer, e *Event) report.Cell { return report.Height(e.Height) }},
			{name: "Transaction", kind: report.KindText, cell: func(_ *writer, e *Event) report.Cell { return report.String(e.TxHash) }},
			{name: "Reference", kind: report.KindText, cell: referenceOf},
			{name: "Events", kind: report.KindInteger, sum: true, cell: func(_ *writer, e *Event) report.Cell { return report.Integer(e.Count) }},
			{name: "Remark", kind: report.KindText, cell: func(_ *writer, e *Event) report.Cell { return report.String(e.Note) }},
			{name: "Source", kind: report.KindText, cell: func(_ *writer, e *Event) report.Cell { return report.String(e.Source) }},
		},
	},
}

// The cells of the columns.

type cell = func(*writer, *Event) report.Cell

func nothing(*writer, *Event) report.Cell           { return report.Cell{} }
func kindOf(w *writer, e *Event) report.Cell        { return report.String(w.types[e.Kind]) }
func amountOf(_ *writer, e *Event) report.Cell      { return report.POKT(e.Amount) }
func assetOf(w *writer, _ *Event) report.Cell       { return report.String(w.asset) }
func platformOf(w *writer, _ *Event) report.Cell    { return report.String(w.platform) }
func moment(_ *writer, e *Event) report.Cell        { return report.Time(e.Time) }
func walletOf(_ *writer, e *Event) report.Cell      { return report.Address(e.Wallet) }
func serviceOf(_ *writer, e *Event) report.Cell     { return report.String(string(e.Service)) }
func referenceOf(_ *writer, e *Event) report.Cell   { return report.String(e.Reference) }
func priceOf(_ *writer, e *Event) report.Cell       { return known(e.Price, pricePlaces) }
func valueOf(_ *writer, e *Event) report.Cell       { return known(e.Value, valuePlaces) }
func descriptionOf(_ *writer, e *Event) report.Cell { return report.String(e.describe()) }

// valuePlaces is to how many decimals the value of a line is rounded, and pricePlaces its price: a day's average has no end.
const (
	valuePlaces = 8
	pricePlaces = 18
)

func known(d decimal.NullDecimal, places int32) report.Cell {
	switch {
	case !d.Valid:
		return report.Cell{}
	case d.Decimal.Exponent() >= -places:
		return report.Decimal(d.Decimal)
	}
	return report.Decimal(d.Decimal.Round(places))
}

// earned and lost are of events that are one or the other.
func earned(of cell) cell {
	return func(w *writer, e *Event) report.Cell {
		if e.Loss() {
			return report.Cell{}
		}
		return of(w, e)
	}
}

func lost(of cell) cell {
	return func(w *writer, e *Event) report.Cell {
		if !e.Loss() {
			return report.Cell{}
		}
		return of(w, e)
	}
}

// signed is below zero for losses, so that the column adds up.
func signed(of cell) cell {
	return func(w *writer, e *Event) report.Cell {
		c := of(w, e)
		switch {
		case !e.Loss() || c.Empty():
			return c
		case c.Kind() == report.KindPOKT:
			return report.POKT(-pocket.Upokt(c.Int()))
		}
		return report.Decimal(c.Decimal().Neg())
	}
}

// describe says in a few words what the event was.
func (e *Event) describe() string {
	var buf [160]byte
	b := buf[:0]
	add := func(parts ...string) {
		if parts[len(parts)-1] == "" {
			return
		}
		if len(b) > 0 {
			b = append(b, ", "...)
		}
		for _, part := range parts {
			b = append(b, part...)
		}
	}
	switch e.Kind {
	case Slashed:
		add("slashed for an expired claim")
	case Fee:
		add("transaction fee")
	}
	add(string(e.Service))
	add(string(e.Role))
	add("node ", e.Node.String())
	add(e.Note)
	return string(b)
}
