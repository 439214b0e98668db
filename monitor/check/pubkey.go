package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
)

// An AccountSource tells what the chain knows of an address: *shannon.Client is one. [pocket.ErrNotFound] means nothing at all.
type AccountSource interface {
	Account(ctx context.Context, address pocket.Address) (pocket.Account, error)
}

// PubKeysConfig says how [PubKeys] look. Its zero value takes the defaults that the fields name.
type PubKeysConfig struct {
	Timeout time.Duration // for one account; 0 is 10 seconds
	AtOnce  int           // accounts at the same time; 0 is 8
	// InSession tells whether a supplier serves in a session now. nil is not known.
	InSession func(ctx context.Context, operator pocket.Address) (bool, error)
	Chain     string // the chain's id, for labels
}

// PubKeys looks whether the chain knows the public keys of operators. It learns one with the first transaction that the key signs; before,
// nobody can verify what the operator serves, and its first session goes unpaid.
//
// It reports [monitor.SupplierPubkeyMissing] of each staked supplier: critical when it is in a session, a warning when it serves and that is
// not known, and as the rule has it otherwise. Facts: operator, in_session. A key that is known stays so, and is not asked for again.
type PubKeys struct {
	stakes   StakeList
	accounts AccountSource
	config   PubKeysConfig

	mu    sync.Mutex
	known map[pocket.Address]bool
}

// NewPubKeys returns a check of the operators of stakes.
func NewPubKeys(stakes StakeList, accounts AccountSource, c PubKeysConfig) *PubKeys {
	c.Timeout, c.AtOnce = cmp.Or(c.Timeout, 10*time.Second), cmp.Or(c.AtOnce, 8)
	return &PubKeys{stakes: stakes, accounts: accounts, config: c, known: map[pocket.Address]bool{}}
}

// Look implements [monitor.Check]. What the deadline of ctx leaves no time for is unknown.
func (p *PubKeys) Look(ctx context.Context) ([]monitor.Result, error) {
	suppliers, err := p.stakes.Staked(ctx)
	if err != nil {
		return nil, err
	}
	results := make([]monitor.Result, len(suppliers))
	errs := slices.Repeat([]error{errUnfinished}, len(suppliers))
	parallel(ctx, len(suppliers), p.config.AtOnce, func(i int) { results[i], errs[i] = p.judge(ctx, suppliers[i]) })
	if stopped(ctx) {
		return nil, context.Cause(ctx)
	}
	for i, s := range suppliers {
		results[i].Key = key(monitor.SupplierPubkeyMissing, s.Operator.String())
		results[i].Labels = Labels{Chain: p.config.Chain, Owner: s.Owner, Operator: s.Operator}.Map()
		if errs[i] != nil {
			reason, _ := faultOf(errs[i])
			results[i].Health, results[i].Err = monitor.Unknown, fmt.Errorf("account of %s: %s", s.Operator, reason)
		}
	}
	return results, nil
}

func (p *PubKeys) judge(ctx context.Context, s pocket.Supplier) (monitor.Result, error) {
	healthy := monitor.Result{Health: monitor.Healthy}
	p.mu.Lock()
	known := p.known[s.Operator]
	p.mu.Unlock()
	if known {
		return healthy, nil
	}
	account, err := asked(ctx, p.config.Timeout, func(ctx context.Context) (pocket.Account, error) { return p.accounts.Account(ctx, s.Operator) })
	if err != nil && !errors.Is(err, pocket.ErrNotFound) {
		return monitor.Result{}, err
	}
	if len(account.PubKey) > 0 {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.known[s.Operator] = true
		return healthy, nil
	}
	r := monitor.Result{Health: monitor.Failing, Facts: monitor.Facts{monitor.Address("operator", s.Operator)}}
	if len(s.Services) == 0 {
		return r, nil
	}
	r.Severity = monitor.Warning
	if p.config.InSession != nil {
		in, err := asked(ctx, p.config.Timeout, func(ctx context.Context) (bool, error) { return p.config.InSession(ctx, s.Operator) })
		if err != nil {
			return r, nil // that the key is missing is known all the same
		}
		r.Severity = 0
		if in {
			r.Severity = monitor.Critical
		}
		r.Facts = append(r.Facts, monitor.Text("in_session", map[bool]string{true: "yes", false: "no"}[in]))
	}
	return r, nil
}
