package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
)

// A BalanceSource tells what an address holds: *shannon.Client is one.
type BalanceSource interface {
	Balance(ctx context.Context, address pocket.Address) (pocket.Upokt, error)
}

// A WalletLimit is how much a wallet is to hold.
type WalletLimit struct {
	Address pocket.Address
	Name    string       // what its owner calls it; may be ""
	Least   pocket.Upokt // below this it is low; 0 looks at the trend only
	// Days is for how many days it is to last if it goes on as in the last week; the zero Decimal looks at the amount only.
	Days decimal.Decimal
}

// BalancesConfig says how [Balances] look. Its zero value takes the defaults that the fields name.
type BalancesConfig struct {
	Timeout time.Duration // for one balance; 0 is 10 seconds
	AtOnce  int           // balances at the same time; 0 is 8
	// Refill is how much must come at once to be no part of the trend, such as what somebody fills a wallet up by; 0 is 1 POKT.
	Refill pocket.Upokt
	Clock  func() time.Time
	Chain  string // the chain's id, for labels
}

// Balances looks at what wallets hold.
//
// It reports [monitor.WalletBalanceLow] of each: it fails below the wallet's limit, or when it will be empty within its days. Facts:
// address, balance, least, days (when the trend tells), wallet. The trend is that of a week, one sample an hour, which a [Memory] keeps.
type Balances struct {
	balances BalanceSource
	limits   []WalletLimit
	memory   Memory
	config   BalancesConfig
	samples  map[pocket.Address][]monitor.Sample
}

// NewBalances returns a check of wallets.
func NewBalances(balances BalanceSource, limits []WalletLimit, memory Memory, c BalancesConfig) (*Balances, error) {
	known := map[pocket.Address]bool{}
	for _, l := range limits {
		if l.Address.Kind() != pocket.AccountAddress || l.Least < 0 || l.Days.IsNegative() || known[l.Address] {
			return nil, fmt.Errorf("wallet %s: want the address of an account, once, and limits of at least 0: %w", l.Address, pocket.ErrInvalid)
		}
		known[l.Address] = true
	}
	c.Timeout, c.AtOnce, c.Refill = cmp.Or(c.Timeout, 10*time.Second), cmp.Or(c.AtOnce, 8), cmp.Or(c.Refill, pocket.POKT(1))
	c.Clock = clockOr(c.Clock)
	return &Balances{balances: balances, limits: slices.Clone(limits), memory: memory, config: c, samples: map[pocket.Address][]monitor.Sample{}}, nil
}

// Look implements [monitor.Check]. It is not to be called again before it has returned.
func (b *Balances) Look(ctx context.Context) ([]monitor.Result, error) {
	amounts := make([]pocket.Upokt, len(b.limits))
	errs := slices.Repeat([]error{errUnfinished}, len(b.limits))
	parallel(ctx, len(b.limits), b.config.AtOnce, func(i int) {
		amounts[i], errs[i] = asked(ctx, b.config.Timeout, func(ctx context.Context) (pocket.Upokt, error) {
			return b.balances.Balance(ctx, b.limits[i].Address)
		})
	})
	if stopped(ctx) {
		return nil, context.Cause(ctx)
	}
	results := make([]monitor.Result, len(b.limits))
	for i, l := range b.limits {
		results[i] = monitor.Result{
			Key: monitor.Key{Name: monitor.WalletBalanceLow, Subject: l.Address.String()}, Health: monitor.Healthy, Labels: Labels{Chain: b.config.Chain}.Map(),
		}
		if errs[i] == nil {
			errs[i] = b.judge(context.WithoutCancel(ctx), &results[i], l, amounts[i])
		} else {
			reason, _ := faultOf(errs[i])
			errs[i] = errors.New(reason)
		}
		if errs[i] != nil {
			results[i].Health, results[i].Err = monitor.Unknown, fmt.Errorf("balance of %s: %w", l.Address, errs[i])
		}
	}
	return results, nil
}

func (b *Balances) judge(ctx context.Context, r *monitor.Result, l WalletLimit, amount pocket.Upokt) error {
	outlook, err := b.outlook(ctx, l.Address, amount)
	if err != nil {
		return err
	}
	r.Facts = monitor.Facts{monitor.Address("address", l.Address), monitor.Amount("balance", amount), monitor.Amount("least", l.Least)}
	if outlook.Days.Valid {
		r.Facts = append(r.Facts, monitor.Decimal("days", outlook.Days.Decimal))
	}
	if l.Name != "" {
		r.Facts = append(r.Facts, monitor.Text("wallet", cleaned(l.Name, 50)))
	}
	if amount < l.Least || l.Days.IsPositive() && outlook.Days.Valid && outlook.Days.Decimal.LessThan(l.Days) {
		r.Health = monitor.Failing
	}
	return nil
}

// outlook takes in a balance, one an hour, and foresees when it will be empty.
func (b *Balances) outlook(ctx context.Context, who pocket.Address, amount pocket.Upokt) (monitor.Outlook, error) {
	now, name := b.config.Clock().UTC(), "balance/"+who.String()
	samples, known := b.samples[who]
	if !known {
		var err error
		if samples, _, err = recall[[]monitor.Sample](ctx, b.memory, name); err != nil {
			return monitor.Outlook{}, err
		}
	}
	newest := monitor.Sample{At: now, Value: float64(amount)}
	if len(samples) == 0 || now.Sub(samples[len(samples)-1].At) >= time.Hour {
		samples = slices.DeleteFunc(append(slices.Clone(samples), newest), func(s monitor.Sample) bool { return now.Sub(s.At) > 7*24*time.Hour })
		if err := keep(ctx, b.memory, name, samples); err != nil {
			return monitor.Outlook{}, err
		}
	}
	b.samples[who] = samples
	return monitor.Forecast{Below: true, Refill: float64(b.config.Refill)}.Foresee(append(slices.Clone(samples), newest), now), nil
}
