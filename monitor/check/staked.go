package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// A SupplierSource tells how a supplier is staked: *shannon.Client is one. [pocket.ErrNotFound] means that it is not.
type SupplierSource interface {
	Supplier(ctx context.Context, operator pocket.Address) (pocket.Supplier, error)
}

// Operators tells who is watched at the moment: that may change while a program runs.
type Operators func(ctx context.Context) ([]pocket.Address, error)

// Fixed are operators that do not change.
func Fixed(operators ...pocket.Address) Operators {
	list := slices.Clone(operators)
	return func(context.Context) ([]pocket.Address, error) { return slices.Clone(list), nil }
}

// A StakeList has the watched suppliers as they are staked, without those that are not. An error means that the list is not whole.
type StakeList interface {
	Staked(ctx context.Context) ([]pocket.Supplier, error)
}

// StakesConfig says how [Stakes] reads. Its zero value takes the defaults that the fields name.
type StakesConfig struct {
	Fresh  time.Duration    // how long a stake is taken for unchanged; 0 is 10 minutes
	Stale  time.Duration    // how long it may be used when it cannot be read anew; 0 is a day
	AtOnce int              // questions at the same time; 0 is 8
	Clock  func() time.Time // nil is time.Now
}

// Stakes are the watched suppliers as they are staked, read now and then: the checks of endpoints, certificates and names look far more often
// than stakes change. It is safe for concurrent use; several checks are to share one.
type Stakes struct {
	source    SupplierSource
	operators Operators
	config    StakesConfig

	mu    sync.Mutex // also so that a stake is not asked for twice at once
	known map[pocket.Address]knownStake
}

type knownStake struct {
	supplier pocket.Supplier
	gone     bool // not staked
	read     time.Time
}

// NewStakes returns the stakes of operators as source tells them. It reads nothing yet.
func NewStakes(source SupplierSource, operators Operators, c StakesConfig) *Stakes {
	c.Fresh, c.Stale, c.AtOnce = cmp.Or(c.Fresh, 10*time.Minute), cmp.Or(c.Stale, 24*time.Hour), cmp.Or(c.AtOnce, 8)
	c.Clock = clockOr(c.Clock)
	return &Stakes{source: source, operators: operators, config: c, known: map[pocket.Address]knownStake{}}
}

func clockOr(clock func() time.Time) func() time.Time {
	if clock == nil {
		return time.Now
	}
	return clock
}

// Staked implements [StakeList], in the order of the operators. A supplier that cannot be read is as it was known last; when nothing is
// known of one, or what is known is stale, that is an error.
func (s *Stakes) Staked(ctx context.Context) ([]pocket.Supplier, error) {
	operators, err := s.operators(ctx)
	if err != nil {
		return nil, fmt.Errorf("watched suppliers: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.config.Clock()
	var ask []pocket.Address
	for _, o := range operators {
		if k, known := s.known[o]; (!known || now.Sub(k.read) >= s.config.Fresh) && !slices.Contains(ask, o) {
			ask = append(ask, o)
		}
	}
	answers := make([]knownStake, len(ask))
	errs := make([]error, len(ask))
	parallel(ctx, len(ask), s.config.AtOnce, func(i int) {
		answers[i].supplier, errs[i] = s.source.Supplier(ctx, ask[i])
		answers[i].read = now
		if errors.Is(errs[i], pocket.ErrNotFound) {
			answers[i].gone, errs[i] = true, nil
		}
	})
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	for i, o := range ask {
		if errs[i] == nil {
			s.known[o] = answers[i]
		} else if k, known := s.known[o]; !known || now.Sub(k.read) >= s.config.Stale {
			return nil, fmt.Errorf("stake of %s: %w", o, errs[i])
		}
	}
	return s.list(operators), nil
}

// list returns what is known of operators, each once, and forgets the others.
func (s *Stakes) list(operators []pocket.Address) []pocket.Supplier {
	watched := make(map[pocket.Address]bool, len(operators))
	var list []pocket.Supplier
	for _, o := range operators {
		if !watched[o] && !s.known[o].gone {
			list = append(list, s.known[o].supplier)
		}
		watched[o] = true
	}
	for o := range s.known {
		if !watched[o] {
			delete(s.known, o)
		}
	}
	return list
}

// enoughCauses is how many endpoints of one server are named as what explains that it cannot be reached: of hundreds, a few tell as much.
const enoughCauses = 10

// shared takes the owner and the operator from labels that were those of another supplier, too.
func (l Labels) shared(s pocket.Supplier) Labels {
	if l.Owner != s.Owner {
		l.Owner = pocket.Address{}
	}
	if l.Operator != s.Operator {
		l.Operator = pocket.Address{}
	}
	return l
}
