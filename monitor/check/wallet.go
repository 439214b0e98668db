package check

import (
	"context"
	"fmt"
	"strings"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
)

// A Wallet is an address whose transactions are told.
type Wallet struct {
	Address pocket.Address
	Name    string // what its owner calls it; may be ""
	// Received and Sent are from what amount on a transaction is told: 0 tells all, below 0 none.
	Received, Sent pocket.Upokt
}

// Wallets tells who is watched at the moment: that may change while a program runs.
type Wallets func(ctx context.Context) ([]Wallet, error)

// feeCollector is the module account that fees are paid to, the same on every chain.
var feeCollector = pocket.MustParseAddress("pokt17xpfvakm2amg962yls6f84z3kell8c5ldlu5h9")

// Payments tells what transactions moved from and to wallets, and which of theirs failed.
//
// Occurrences, whose subject is the wallet's address: [monitor.WalletReceived] and [monitor.WalletSent], with what a transaction moved in
// all, its fee aside and what came back to the wallet itself taken off; [monitor.TxFailed], of a transaction that a wallet or an operator
// paid the fee of. Facts: amount, from or to (as many as there are room for), fee, tx, memo, wallet; of those that failed code, log and
// messages. Rewards are no transactions: they are told of by what settles.
type Payments struct {
	wallets   Wallets
	operators Operators
	chain     string
}

// NewPayments returns a check of the transactions of wallets, and of those of operators that fail. Either may be nil. chain is the chain's
// id, for labels.
func NewPayments(wallets Wallets, operators Operators, chain string) *Payments {
	if wallets == nil {
		wallets = func(context.Context) ([]Wallet, error) { return nil, nil }
	}
	if operators == nil {
		operators = Fixed()
	}
	return &Payments{wallets: wallets, operators: operators, chain: chain}
}

// Block implements [monitor.BlockCheck].
func (p *Payments) Block(ctx context.Context, head monitor.Head) ([]monitor.Result, error) {
	var txs []pocket.Transaction
	for _, e := range head.Events {
		if t, ok := e.(pocket.Transaction); ok {
			txs = append(txs, t)
		}
	}
	if len(txs) == 0 {
		return nil, nil
	}
	wallets, err := p.wallets(ctx)
	if err != nil {
		return nil, fmt.Errorf("watched wallets: %w", err)
	}
	operators, err := p.operators(ctx)
	if err != nil {
		return nil, fmt.Errorf("watched suppliers: %w", err)
	}
	known := map[pocket.Address]Wallet{}
	payers := map[pocket.Address]bool{}
	for _, o := range operators {
		payers[o] = true
	}
	for _, w := range wallets {
		known[w.Address], payers[w.Address] = w, true
	}
	var results []monitor.Result
	for _, t := range txs {
		if t.Failed() {
			if payers[t.FeePayer] {
				results = append(results, p.failed(t, head.Block, known[t.FeePayer].Name))
			}
			continue
		}
		moved, err := movements(t)
		if err != nil {
			return nil, err
		}
		for _, m := range moved {
			if w, watched := known[m.who]; watched {
				results = append(results, p.moved(t, head.Block, w, m)...)
			}
		}
	}
	return results, nil
}

// A movement is what a transaction did to one address.
type movement struct {
	who      pocket.Address
	in, out  pocket.Upokt
	from, to []pocket.Address
}

// movements adds up what a transaction moved, by address in the order of the transfers. Fees, and what an address sends to itself, do not
// count.
func movements(t pocket.Transaction) ([]*movement, error) {
	var list []*movement
	place := map[pocket.Address]*movement{}
	of := func(who pocket.Address) *movement {
		if place[who] == nil {
			place[who] = &movement{who: who}
			list = append(list, place[who])
		}
		return place[who]
	}
	for _, x := range t.Transfers {
		if x.From == x.To || x.To == feeCollector && x.From == t.FeePayer {
			continue
		}
		from, to := of(x.From), of(x.To)
		var err error
		if from.out, err = from.out.Add(x.Amount); err == nil {
			to.in, err = to.in.Add(x.Amount)
		}
		if err != nil {
			return nil, fmt.Errorf("transfers of transaction %s: %w", t.TxHash, err)
		}
		from.to, to.from = append(from.to, x.To), append(to.from, x.From)
	}
	return list, nil
}

// moved tells what came in and went out, each of the two taken off the other.
func (p *Payments) moved(t pocket.Transaction, b pocket.Block, w Wallet, m *movement) []monitor.Result {
	net, err := m.in.Sub(m.out)
	switch {
	case err != nil, net == 0:
		return nil
	case net > 0:
		if w.Received < 0 || net < w.Received {
			return nil
		}
		return []monitor.Result{p.told(t, b, monitor.WalletReceived, w.Address, w.Name, monitor.Amount("amount", net), people("from", m.from))}
	default:
		if w.Sent < 0 || -net < w.Sent {
			return nil
		}
		return []monitor.Result{p.told(t, b, monitor.WalletSent, w.Address, w.Name, monitor.Amount("amount", -net), people("to", m.to))}
	}
}

// people is the fact of who else took part.
func people(name string, who []pocket.Address) monitor.Fact {
	const most = 3
	texts := make([]string, len(who))
	for i, a := range who {
		texts[i] = a.String()
	}
	texts = distinct(texts)
	if len(texts) == 1 {
		return monitor.Address(name, who[0])
	}
	if len(texts) > most {
		texts = append(texts[:most], fmt.Sprintf("and %d more", len(texts)-most))
	}
	return monitor.Text(name, strings.Join(texts, ", "))
}

func (p *Payments) failed(t pocket.Transaction, b pocket.Block, name string) monitor.Result {
	types := make([]string, len(t.Messages))
	for i, m := range t.Messages {
		types[i] = cleaned(m, 80)
	}
	types = distinct(types)
	const most = 5
	if len(types) > most {
		types = append(types[:most], fmt.Sprintf("and %d more", len(types)-most))
	}
	return p.told(t, b, monitor.TxFailed, t.FeePayer, name,
		monitor.Text("code", cleaned(t.Codespace, 30)+" "+fmt.Sprint(t.Code)), monitor.Text("log", cleaned(t.Log, 300)),
		monitor.Text("messages", orNothing(types)))
}

// told is an occurrence of a transaction.
func (p *Payments) told(t pocket.Transaction, b pocket.Block, name monitor.Name, who pocket.Address, wallet string, facts ...monitor.Fact) monitor.Result {
	r := monitor.Result{
		Key: monitor.Key{Name: name, Subject: who.String()}, Health: monitor.Failing, Occurrence: t.TxHash, At: b.Time, Height: b.Height,
		Facts: append(facts, monitor.Amount("fee", t.Fee)), Labels: Labels{Chain: p.chain}.Map(),
	}
	if r.Occurrence == "" {
		r.Occurrence = fmt.Sprintf("%d-%d", b.Height, t.Position)
	} else {
		r.Facts = append(r.Facts, monitor.Text("tx", t.TxHash))
	}
	if t.Memo != "" {
		r.Facts = append(r.Facts, monitor.Text("memo", cleaned(t.Memo, 100)))
	}
	if wallet != "" {
		r.Facts = append(r.Facts, monitor.Text("wallet", cleaned(wallet, 50)))
	}
	return r
}
