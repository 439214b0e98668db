package check

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

// A RewardSource adds up what suppliers earned, and knows when they were staked: any [rewards.Source] is one, such as an index.
type RewardSource interface {
	Sums(context.Context, rewards.Query) ([]rewards.Row, error)
	Stays(context.Context, []pocket.Address) ([]rewards.Stay, error)
}

// RewardsConfig says how [Rewards] look. Its zero value takes the defaults that the fields name.
type RewardsConfig struct {
	Chain string           // the chain's id, for labels
	Clock func() time.Time // nil is time.Now
}

// Rewards looks whether suppliers earn less than they should: less than they themselves did, and less than others who serve the same.
// Incomes are those of the 24 hours before the newest block that is known: gross, which is all that a supplier's settled claims paid to its
// side. It is a [monitor.Check]; looking once an hour is enough.
//
//   - [monitor.RewardsDropped] of each supplier that is staked: the reading is its income as a part of what is usual, the median of the 7
//     times 24 hours before, of which at least 3 must be known. Facts: income, usual, part, days, claims, usual_claims, and if there are any
//     expired, discarded and overserviced.
//   - [monitor.RewardsBehind] of each of its services, which are the part, where everything about everybody is known: the reading is its
//     income with the service as a part of the median of other suppliers', of whom at least 5 must have been paid. Facts: service,
//     income, usual, part, others. There is no result where only watched suppliers are known. Sessions are drawn without regard to stakes, so
//     incomes are compared as they are; those compared were staked all the time, and are not watched themselves.
//
// What is usual must be made of at least 10 claims: of fewer, chance alone explains half. What cannot be told yet is unknown.
type Rewards struct {
	stakes StakeList
	source RewardSource
	known  Knowledge
	config RewardsConfig
}

// NewRewards returns a check of the suppliers of stakes. known says how far source can be trusted to tell all.
func NewRewards(stakes StakeList, source RewardSource, known Knowledge, c RewardsConfig) *Rewards {
	c.Clock = clockOr(c.Clock)
	return &Rewards{stakes: stakes, source: source, known: known, config: c}
}

const (
	rewardDay    = 24 * time.Hour
	rewardDays   = 7             // before the last, which make what is usual
	leastDays    = 3             // of them
	leastClaims  = 10            // in what is usual
	leastOthers  = 5             // whose median is worth comparing with
	rewardsStale = 2 * time.Hour // how old the newest block that is known may be
)

// Look implements [monitor.Check].
func (r *Rewards) Look(ctx context.Context) ([]monitor.Result, error) {
	suppliers, err := r.stakes.Staked(ctx)
	if err != nil || len(suppliers) == 0 {
		return nil, err
	}
	l := &rewardLook{Rewards: r, suppliers: suppliers, spans: make([]pocket.Span, len(suppliers))}
	for i, s := range suppliers {
		if l.spans[i], err = r.known(ctx, s.Operator); err != nil {
			return nil, fmt.Errorf("what is known of %s: %w", s.Operator, err)
		}
		if l.spans[i].To.After(l.end) {
			l.end = l.spans[i].To
		}
	}
	if r.config.Clock().Sub(l.end) > rewardsStale {
		return nil, errors.New("the newest settlements are not known yet")
	}
	if err := l.read(ctx); err != nil {
		return nil, err
	}
	for i, s := range suppliers {
		l.dropped(s, l.spans[i])
	}
	if err := l.behind(ctx); err != nil {
		return nil, err
	}
	return l.results, nil
}

// A rewardLook is one look of [Rewards].
type rewardLook struct {
	*Rewards
	suppliers []pocket.Supplier
	spans     []pocket.Span // of what is known of each
	end       time.Time     // of the last 24 hours
	stays     map[pocket.Address][]rewards.Stay
	days      [1 + rewardDays]map[pocket.Address]rewards.Sums // the last first
	results   []monitor.Result
}

// day returns the i-th 24 hours back from the end.
func (l *rewardLook) day(i int) pocket.Span {
	to := l.end.Add(-time.Duration(i) * rewardDay)
	return pocket.Span{From: to.Add(-rewardDay), To: to}
}

// read reads what the suppliers earned in each day, and when they were staked.
func (l *rewardLook) read(ctx context.Context) error {
	who := make([]pocket.Address, len(l.suppliers))
	for i, s := range l.suppliers {
		who[i] = s.Operator
	}
	stays, err := l.source.Stays(ctx, who)
	if err != nil {
		return fmt.Errorf("when suppliers were staked: %w", err)
	}
	l.stays = staysOf(stays)
	for i := range l.days {
		rows, err := l.source.Sums(ctx, rewards.Query{
			Span: l.day(i), Filter: pocket.Filter{Suppliers: who}, By: []rewards.Dimension{rewards.BySupplier},
		})
		if err != nil {
			return fmt.Errorf("rewards: %w", err)
		}
		l.days[i] = map[pocket.Address]rewards.Sums{}
		for _, row := range rows {
			l.days[i][row.Supplier] = row.Sums
		}
	}
	return nil
}

func staysOf(stays []rewards.Stay) map[pocket.Address][]rewards.Stay {
	by := map[pocket.Address][]rewards.Stay{}
	for _, s := range stays {
		by[s.Supplier] = append(by[s.Supplier], s)
	}
	return by
}

// throughout reports whether somebody with these stays was staked for all of a span.
func throughout(stays []rewards.Stay, span pocket.Span) bool {
	return slices.ContainsFunc(stays, func(s rewards.Stay) bool {
		return !s.From.After(span.From) && (s.To.IsZero() || !s.To.Before(span.To))
	})
}

func within(span, all pocket.Span) bool { return !span.From.Before(all.From) && !span.To.After(all.To) }

// result begins a result about a supplier. That it is leaving or serves nothing explains what it earns, and so does a chain that stands still.
func (l *rewardLook) result(name monitor.Name, s pocket.Supplier, part string) monitor.Result {
	who := s.Operator.String()
	return monitor.Result{
		Key: monitor.Key{Name: name, Subject: who, Part: part}, Health: monitor.Healthy, At: l.end,
		Labels: Labels{Chain: l.config.Chain, Owner: s.Owner, Operator: s.Operator, Service: pocket.ServiceID(part)}.Map(),
		Causes: []monitor.Key{
			key(monitor.SupplierUnbonding, who), key(monitor.SupplierIdle, who), key(monitor.ChainStalled, l.config.Chain),
		},
	}
}

// unknown adds that something cannot be told.
func (l *rewardLook) unknown(r monitor.Result, why string) {
	r.Health, r.Err = monitor.Unknown, fmt.Errorf("rewards of %s: %s", r.Subject, why)
	l.results = append(l.results, r)
}

// dropped adds how what a supplier earned compares with what it did.
func (l *rewardLook) dropped(s pocket.Supplier, known pocket.Span) {
	r, stays := l.result(monitor.RewardsDropped, s, ""), l.stays[s.Operator]
	if last := l.day(0); last.From.Before(known.From) || l.end.Sub(known.To) > rewardsStale || !throughout(stays, last) {
		l.unknown(r, "it is not known for 24 hours")
		return
	}
	var incomes, claims []int64
	for i := 1; i <= rewardDays; i++ {
		if day := l.day(i); within(day, known) && throughout(stays, day) {
			sums := l.days[i][s.Operator]
			if sums.LackShares > 0 {
				continue // it did not say what it paid
			}
			incomes, claims = append(incomes, int64(sums.Gross)), append(claims, sums.Settlements)
		}
	}
	if len(incomes) < leastDays {
		l.unknown(r, fmt.Sprintf("%d days of its past are known, and it takes %d to tell what is usual", len(incomes), leastDays))
		return
	}
	last, usual, usualClaims := l.days[0][s.Operator], middle(incomes), middle(claims)
	if usualClaims < leastClaims || usual <= 0 {
		l.unknown(r, "it settles too few claims a day to tell what is usual")
		return
	}
	measure(&r, int64(last.Gross), usual)
	r.Facts = append(r.Facts, monitor.Count("days", int64(len(incomes))), monitor.Count("claims", last.Settlements), monitor.Count("usual_claims", usualClaims))
	if last.Expired > 0 {
		r.Facts = append(r.Facts, monitor.Count("expired", last.Expired))
	}
	if last.Discarded > 0 {
		r.Facts = append(r.Facts, monitor.Count("discarded", last.Discarded))
	}
	if last.Overserviced > 0 {
		r.Facts = append(r.Facts, monitor.Amount("overserviced", last.Overserviced))
	}
	l.results = append(l.results, r)
}

// measure makes r the measurement of an income.
func measure(r *monitor.Result, income, usual int64) {
	part := decimal.NewFromInt(income).DivRound(decimal.NewFromInt(usual), 3)
	r.Reading = decimal.NewNullDecimal(part)
	r.Facts = append(r.Facts, monitor.Amount("income", pocket.Upokt(income)), monitor.Amount("usual", pocket.Upokt(usual)), monitor.Part("part", part))
}

// middle is the median, of an even number of values the lower of the two in the middle.
func middle(values []int64) int64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return values[(len(values)-1)/2]
}

// behind adds how what suppliers earned with each service compares with what others did.
func (l *rewardLook) behind(ctx context.Context) error {
	everybody, err := l.known(ctx, pocket.Address{})
	if err != nil {
		return fmt.Errorf("what is known of everybody: %w", err)
	}
	span := l.day(0)
	if everybody.From.After(span.From) || everybody.To.IsZero() || l.end.Sub(everybody.To) > rewardsStale {
		return nil // only who is watched is known, or others not for long enough
	}
	mine, services := map[pocket.Address]bool{}, map[pocket.ServiceID]bool{}
	for _, s := range l.suppliers {
		mine[s.Operator] = true
		for _, c := range s.Services {
			services[c.Service] = true
		}
	}
	if len(services) == 0 {
		return nil
	}
	stays, err := l.source.Stays(ctx, nil)
	if err != nil {
		return fmt.Errorf("when others were staked: %w", err)
	}
	staked := staysOf(stays)
	var filter pocket.Filter
	filter.Services = slices.Sorted(maps.Keys(services))
	rows, err := l.source.Sums(ctx, rewards.Query{Span: span, Filter: filter, By: []rewards.Dimension{rewards.BySupplier, rewards.ByService}})
	if err != nil {
		return fmt.Errorf("rewards of others: %w", err)
	}
	type place struct {
		who     pocket.Address
		service pocket.ServiceID
	}
	income := map[place]pocket.Upokt{}
	incomes, claims := map[pocket.ServiceID][]int64{}, map[pocket.ServiceID][]int64{}
	for _, row := range rows {
		income[place{row.Supplier, row.Service}] = row.Gross
		if row.Gross > 0 && row.LackShares == 0 && !mine[row.Supplier] && throughout(staked[row.Supplier], span) {
			incomes[row.Service] = append(incomes[row.Service], int64(row.Gross))
			claims[row.Service] = append(claims[row.Service], row.Settlements)
		}
	}
	for _, s := range l.suppliers {
		for _, c := range s.Services {
			r, others := l.result(monitor.RewardsBehind, s, string(c.Service)), int64(len(incomes[c.Service]))
			switch {
			case !throughout(staked[s.Operator], span):
				l.unknown(r, "it is not known for 24 hours")
				continue
			case others < leastOthers || middle(claims[c.Service]) < leastClaims:
				l.unknown(r, "too few others were paid often enough for "+string(c.Service))
				continue
			}
			r.Facts = monitor.Facts{monitor.Text("service", string(c.Service))}
			measure(&r, int64(income[place{s.Operator, c.Service}]), middle(incomes[c.Service]))
			r.Facts = append(r.Facts, monitor.Count("others", others))
			l.results = append(l.results, r)
		}
	}
	return nil
}
