package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
)

// Paid yields the transactions in a span that an address paid the fees of, in any order: a local index has them. An error is yielded last.
type Paid func(ctx context.Context, payer pocket.Address, span pocket.Span) iter.Seq2[pocket.Transaction, error]

// RunwayConfig says how [Runway] looks. Its zero value takes the defaults that the fields name.
type RunwayConfig struct {
	Timeout   time.Duration // for one balance; 0 is 10 seconds
	AtOnce    int           // suppliers at the same time; 0 is 8
	BlockTime time.Duration // of the chain; 0 is a minute
	TxFee     pocket.Upokt  // assumed of a claim's or a proof's transaction while no history tells; 0 is 500 upokt
	Clock     func() time.Time
	Chain     string // the chain's id, for labels
}

// Runway looks for how many days operators can still pay for claims and proofs: one without funds submits none, and its whole work goes
// unpaid.
//
// It reports [monitor.SupplierBalanceLow] of each supplier that serves, whose reading is the balance divided by what it paid a day in the
// last 7 days: the fees of the transactions that hold claims and proofs only, and what these transactions moved besides, which is the fee
// for submitting proofs. While less than a day of that is known, a claim and a proof for each service in every session are assumed, each at
// TxFee, and the proof's submission fee on top, or what was paid so far if that is more. Facts: operator, balance, days, fees_per_day, basis
// ("paid" or "assumed"). A balance of 0 is a reading of 0; where nothing is paid there is no reading. What was paid is read once an hour.
type Runway struct {
	stakes   StakeList
	balances BalanceSource
	params   ParamsReader
	paid     Paid
	config   RunwayConfig
	costs    map[pocket.Address]cost
}

// A cost is what an operator pays a day.
type cost struct {
	daily   decimal.Decimal // upokt
	assumed bool
	read    time.Time
}

// NewRunway returns a check of the operators of stakes. paid may be nil: then all is assumed.
func NewRunway(stakes StakeList, balances BalanceSource, params ParamsReader, paid Paid, c RunwayConfig) *Runway {
	c.Timeout, c.AtOnce, c.BlockTime = cmp.Or(c.Timeout, 10*time.Second), cmp.Or(c.AtOnce, 8), cmp.Or(c.BlockTime, time.Minute)
	c.TxFee, c.Clock = cmp.Or(c.TxFee, 500), clockOr(c.Clock)
	if paid == nil {
		paid = func(context.Context, pocket.Address, pocket.Span) iter.Seq2[pocket.Transaction, error] {
			return func(func(pocket.Transaction, error) bool) {}
		}
	}
	return &Runway{stakes: stakes, balances: balances, params: params, paid: paid, config: c, costs: map[pocket.Address]cost{}}
}

// Look implements [monitor.Check]. It is not to be called again before it has returned. What the deadline of ctx leaves no time for is
// unknown.
func (r *Runway) Look(ctx context.Context) ([]monitor.Result, error) {
	suppliers, err := r.stakes.Staked(ctx)
	if err != nil {
		return nil, err
	}
	suppliers = slices.DeleteFunc(slices.Clone(suppliers), func(s pocket.Supplier) bool { return len(s.Services) == 0 })
	params, err := r.params.Params(ctx)
	if err != nil {
		return nil, fmt.Errorf("params: %w", err)
	}
	now := r.config.Clock().UTC()
	type found struct {
		balance pocket.Upokt
		cost    cost
		err     error
	}
	all := slices.Repeat([]found{{err: errUnfinished}}, len(suppliers))
	parallel(ctx, len(suppliers), r.config.AtOnce, func(i int) {
		f, who := &all[i], suppliers[i].Operator
		if f.balance, f.err = asked(ctx, r.config.Timeout, func(ctx context.Context) (pocket.Upokt, error) { return r.balances.Balance(ctx, who) }); f.err != nil {
			return
		}
		f.cost = r.costs[who]
		if now.Sub(f.cost.read) >= time.Hour {
			f.cost, f.err = r.costOf(ctx, suppliers[i], params, now)
		}
	})
	if stopped(ctx) {
		return nil, context.Cause(ctx)
	}
	clear(r.costs)
	results := make([]monitor.Result, len(suppliers))
	for i, s := range suppliers {
		results[i] = monitor.Result{
			Key: monitor.Key{Name: monitor.SupplierBalanceLow, Subject: s.Operator.String()}, Health: monitor.Healthy,
			Labels: Labels{Chain: r.config.Chain, Owner: s.Owner, Operator: s.Operator}.Map(),
		}
		if err := all[i].err; err != nil {
			reason, _ := faultOf(err)
			results[i].Health, results[i].Err = monitor.Unknown, fmt.Errorf("funds of %s: %s", s.Operator, reason)
			continue
		}
		r.costs[s.Operator] = all[i].cost
		judgeRunway(&results[i], s.Operator, all[i].balance, all[i].cost)
	}
	return results, nil
}

func judgeRunway(r *monitor.Result, operator pocket.Address, balance pocket.Upokt, c cost) {
	r.Facts = monitor.Facts{monitor.Address("operator", operator), monitor.Amount("balance", balance)}
	switch {
	case balance <= 0:
		r.Reading, r.Health = decimal.NewNullDecimal(decimal.Zero), monitor.Failing
	case c.daily.IsPositive():
		r.Reading = decimal.NewNullDecimal(decimal.NewFromInt(int64(balance)).DivRound(c.daily, 3))
	}
	if r.Reading.Valid {
		r.Facts = append(r.Facts, monitor.Decimal("days", r.Reading.Decimal))
	}
	basis := "paid"
	if c.assumed {
		basis = "assumed"
	}
	r.Facts = append(r.Facts, monitor.Amount("fees_per_day", pocket.Upokt(c.daily.Ceil().IntPart())), monitor.Text("basis", basis))
}

const (
	runwayHistory = 7 * 24 * time.Hour
	runwayLeast   = 24 * time.Hour
)

// costOf reckons what a supplier's operator pays a day.
func (r *Runway) costOf(ctx context.Context, s pocket.Supplier, params pocket.Params, now time.Time) (cost, error) {
	sum, first := decimal.Zero, now
	for t, err := range r.paid(ctx, s.Operator, pocket.Span{From: now.Add(-runwayHistory), To: now}) {
		if err != nil {
			if ctx.Err() != nil {
				err = errors.Join(errUnfinished, err)
			}
			return cost{}, err
		}
		if t.FeePayer != s.Operator || !forWork(t) {
			continue
		}
		sum = sum.Add(costIn(t))
		if !t.Time.IsZero() && t.Time.Before(first) {
			first = t.Time
		}
	}
	if known := now.Sub(first); known >= runwayLeast {
		days := decimal.NewFromInt(int64(known / time.Second)).Div(decimal.NewFromInt(86_400))
		return cost{daily: sum.Div(days), read: now}, nil
	}
	return cost{daily: decimal.Max(sum, r.assumed(s, params)), assumed: true, read: now}, nil
}

// assumed is what a claim and a proof for each service in every session cost a day.
func (r *Runway) assumed(s pocket.Supplier, params pocket.Params) decimal.Decimal {
	session := time.Duration(params.Shared.BlocksPerSession) * r.config.BlockTime
	if session <= 0 {
		return decimal.Zero
	}
	each := decimal.NewFromInt(int64(r.config.TxFee)).Mul(decimal.NewFromInt(2)).Add(decimal.NewFromInt(int64(params.Proof.SubmissionFee)))
	sessions := decimal.NewFromInt(int64(24 * time.Hour)).Div(decimal.NewFromInt(int64(session)))
	return each.Mul(sessions).Mul(decimal.NewFromInt(int64(len(s.Services))))
}

// forWork reports whether a transaction holds nothing but claims and proofs. One whose messages are unknown counts as such: it is an
// operator's, who hardly signs anything else.
func forWork(t pocket.Transaction) bool {
	for _, m := range t.Messages {
		if !strings.HasPrefix(m, "/pocket.proof.") {
			return false
		}
	}
	return true
}

// costIn is what a transaction cost its payer. Transfers hold the fee as well; where a source does not tell them there is the fee.
func costIn(t pocket.Transaction) decimal.Decimal {
	sum := decimal.Zero
	for _, x := range t.Transfers {
		if x.From == t.FeePayer && (t.Messages != nil || x.To == feeCollector) {
			sum = sum.Add(decimal.NewFromInt(int64(x.Amount)))
		}
	}
	return decimal.Max(sum, decimal.NewFromInt(int64(t.Fee)))
}
