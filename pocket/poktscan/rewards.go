package poktscan

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

var (
	totalQuery         = load("rewards_total")
	ofSuppliersQuery   = load("rewards_of_suppliers")
	byDateQuery        = load("rewards_by_date")
	suppliersDateQuery = load("rewards_of_suppliers_by_date")
	byServiceQuery     = load("rewards_by_service")
	paidServiceQuery   = load("paid_by_service")
)

// The functions that add up what was paid, by the names that they had first.
const (
	totalFunction         = "getRewardsByAddressesAndTime"
	ofSuppliersFunction   = "getRewardsOfAddressesBySuppliersAndTime"
	byDateFunction        = "getRewardsByAddressesAndTimeGroupByAddressAndDate"
	suppliersDateFunction = "getRewardsBySuppliersAndTimeGroupByAddressAndDate"
	byServiceFunction     = "getRewardsByAddressesAndTimeGroupByService"
)

// A RewardsQuery asks what was paid to addresses. The time of a payment is that of the block that settled the claim.
type RewardsQuery struct {
	pocket.Span // both ends are needed
	Recipients  []pocket.Address
	Suppliers   []pocket.Address // only of claims of these; of all when none is named, and then also rewards of validators and delegators
}

func (q RewardsQuery) check() error {
	if len(q.Recipients) == 0 {
		return fmt.Errorf("rewards of nobody: name a recipient: %w", pocket.ErrInvalid)
	}
	if err := cmp.Or(needAll(q.Recipients, "recipients"), needAll(q.Suppliers, "suppliers")); err != nil {
		return err
	}
	return bounded(q.Span)
}

func (q RewardsQuery) variables() map[string]any {
	variables := bounds(q.Span)
	variables["addresses"] = unique(slices.Clone(q.Recipients)) // one that is named twice would be paid twice in some sums
	if len(q.Suppliers) > 0 {
		variables["suppliers"] = unique(slices.Clone(q.Suppliers))
	}
	return variables
}

// Rewards returns what was paid to the recipients in all, in whatever role: rev shares, but also a service owner's or the DAO's part.
func (c *Client) Rewards(ctx context.Context, q RewardsQuery) (Answer[pocket.Upokt], error) {
	var none Answer[pocket.Upokt]
	if err := q.check(); err != nil {
		return none, err
	}
	ask, name := totalQuery, totalFunction
	if len(q.Suppliers) > 0 {
		ask, name = ofSuppliersQuery, ofSuppliersFunction
	}
	data, asOf, err := callFunction[struct {
		header
		Total json.RawMessage `json:"total"`
	}](ctx, c, ask, q.variables(), name, legacy(name))
	if err != nil {
		return none, fmt.Errorf("rewards: %w", err)
	}
	total, reach, err := answerOf[amount](data.Total, q.Span, asOf)
	if err != nil {
		return none, fmt.Errorf("rewards: %w", err)
	}
	return Answer[pocket.Upokt]{pocket.Upokt(total), reach}, nil
}

// answerOf decodes what a function made of a span. Null is its word for nothing.
func answerOf[T any](raw json.RawMessage, span pocket.Span, asOf AsOf) (value T, reach Reach, err error) {
	data, reach, err := unpack(orNull(raw), span, asOf)
	if err != nil {
		return value, reach, err
	}
	if err := embedded(orNull(data), &value); err != nil {
		return value, reach, fmt.Errorf("a sum that cannot be read: %w: %w", err, pocket.ErrMalformed)
	}
	return value, reach, nil
}

// A Reward is what an address was paid in a period.
type Reward struct {
	Start     time.Time // of the period, in its zone
	Recipient pocket.Address
	Amount    pocket.Upokt
}

// RewardsByDate returns what was paid to each recipient in each period of a zone (nil is UTC), by period and address. A period in which
// an address was paid nothing has no row of it. The last period may not be over: see [Answer.Whole].
func (c *Client) RewardsByDate(ctx context.Context, q RewardsQuery, period rewards.Period, zone *time.Location) (Answer[[]Reward], error) {
	var none Answer[[]Reward]
	if err := q.check(); err != nil {
		return none, err
	}
	ask, name := byDateQuery, byDateFunction
	if len(q.Suppliers) > 0 {
		ask, name = suppliersDateQuery, suppliersDateFunction
	}
	variables := q.variables()
	interval, err := intervalOf(period, zone, q.Span)
	if err != nil {
		return none, err
	}
	variables["interval"] = interval
	data, asOf, err := callFunction[struct {
		header
		Series json.RawMessage `json:"series"`
	}](ctx, c, ask, variables, name, legacy(name))
	if err != nil {
		return none, fmt.Errorf("rewards by date: %w", err)
	}
	series, reach, err := answerOf[[]struct {
		Address string `json:"address"`
		Date    stamp  `json:"date_truncated"`
		Amount  amount `json:"total_amount"`
	}](data.Series, q.Span, asOf)
	if err != nil {
		return none, fmt.Errorf("rewards by date: %w", err)
	}
	sums := map[Reward]pocket.Upokt{}
	for _, w := range series {
		recipient, err := c.names.address(w.Address)
		if err != nil {
			return none, malformed(ask, err)
		}
		key := Reward{Start: startOf(period, w.Date.Time, zone), Recipient: recipient}
		if sums[key], err = sums[key].Add(pocket.Upokt(w.Amount)); err != nil {
			return none, fmt.Errorf("rewards by date: %w", err)
		}
	}
	list := make([]Reward, 0, len(sums))
	for key, amount := range sums {
		key.Amount = amount
		list = append(list, key)
	}
	slices.SortFunc(list, func(a, b Reward) int { return cmp.Or(a.Start.Compare(b.Start), a.Recipient.Compare(b.Recipient)) })
	return Answer[[]Reward]{list, reach}, nil
}

// intervalOf returns the interval to ask for so that its rows fit into the periods of a zone: the service knows UTC only.
func intervalOf(period rewards.Period, zone *time.Location, span pocket.Span) (string, error) {
	switch period {
	case rewards.Hour, rewards.Day, rewards.Week, rewards.Month:
	default:
		return "", fmt.Errorf("period %q: want an hour, a day, a week or a month: %w", period, pocket.ErrInvalid)
	}
	if zone == nil || zone == time.UTC {
		return string(period), nil
	}
	for at := span.From; ; at = at.Add(24 * time.Hour) { // offsets change at most every few months, by whole or half hours
		at = earlier(at, span.To)
		if _, offset := at.In(zone).Zone(); offset%3600 != 0 {
			return "minute", nil
		}
		if !at.Before(span.To) {
			return "hour", nil
		}
	}
}

func startOf(period rewards.Period, t time.Time, zone *time.Location) time.Time {
	from, _ := period.Of(t, zone)
	return from
}

// A ServiceReward is what the recipients of a question were paid for one service.
type ServiceReward struct {
	// Service is "" for what no service is told of: rewards of validators and delegators, and what the service no longer knows of old blocks.
	Service pocket.ServiceID
	Amount  pocket.Upokt
}

// RewardsByService returns what was paid to the recipients for each service, by service. The amounts add up to [Client.Rewards]: what cannot
// be assigned stands under "". It asks in two ways, since both have gaps: the payments of each block by service, which are kept since
// March 2026 only, and a function that leaves out services which a supplier has dropped since.
func (c *Client) RewardsByService(ctx context.Context, q RewardsQuery) (Answer[[]ServiceReward], error) {
	var none Answer[[]ServiceReward]
	if len(q.Suppliers) > 0 {
		return none, fmt.Errorf("rewards by service of some suppliers only: the service cannot tell: %w", pocket.ErrInvalid)
	}
	total, err := c.Rewards(ctx, q)
	if err != nil {
		return none, err
	}
	best, err := c.paidByService(ctx, q)
	if err != nil {
		return none, fmt.Errorf("rewards by service: %w", err)
	}
	if sum, ok := sumOf(best); !ok || sum != total.Value {
		other, err := c.netByService(ctx, q)
		if err != nil {
			return none, fmt.Errorf("rewards by service: %w", err)
		}
		best = better(best, other, total.Value)
	}
	sum, _ := sumOf(best)
	if rest := total.Value - sum; rest > 0 {
		best[""] += rest
	}
	list := make([]ServiceReward, 0, len(best))
	for service, amount := range best {
		if amount > 0 {
			list = append(list, ServiceReward{service, amount})
		}
	}
	slices.SortFunc(list, func(a, b ServiceReward) int { return cmp.Compare(a.Service, b.Service) })
	return Answer[[]ServiceReward]{list, total.Reach}, nil
}

type byService map[pocket.ServiceID]pocket.Upokt

func sumOf(b byService) (pocket.Upokt, bool) {
	var sum pocket.Upokt
	for _, amount := range b {
		var err error
		if sum, err = sum.Add(amount); err != nil {
			return 0, false
		}
	}
	return sum, true
}

// better returns which of two explains more of a total without exceeding it.
func better(a, b byService, total pocket.Upokt) byService {
	x, okX := sumOf(a)
	y, okY := sumOf(b)
	okX, okY = okX && x <= total, okY && y <= total
	switch {
	case okX && (!okY || x >= y):
		return a
	case okY:
		return b
	default:
		return byService{}
	}
}

// paidByService adds up the payments of each block by service.
func (c *Client) paidByService(ctx context.Context, q RewardsQuery) (byService, error) {
	from, to, err := c.heights(ctx, q.Span)
	if err != nil {
		return nil, err
	}
	sums := byService{}
	if from > to {
		return sums, nil
	}
	for part := range slices.Chunk(unique(slices.Clone(q.Recipients)), addressesAtOnce) {
		filter := between(map[string]any{"recipientId": in(part)}, from, to)
		data, _, err := ask[struct {
			header
			Paid *struct {
				Groups []struct {
					Keys []pocket.ServiceID `json:"keys"` // recipient and service
					Sum  struct {
						Amount amount `json:"amount"`
					} `json:"sum"`
				} `json:"groupedAggregates"`
			} `json:"paid"`
		}](ctx, c, paidServiceQuery, map[string]any{"filter": filter}, need{upTo: to})
		if err != nil {
			return nil, err
		}
		if data.Paid == nil {
			continue
		}
		for _, g := range data.Paid.Groups {
			if len(g.Keys) != 2 {
				return nil, malformed(paidServiceQuery, fmt.Errorf("a group with %d keys, want 2", len(g.Keys)))
			}
			if sums[g.Keys[1]], err = sums[g.Keys[1]].Add(pocket.Upokt(g.Sum.Amount)); err != nil {
				return nil, err
			}
		}
	}
	return sums, nil
}

// netByService asks the function by service. Of what it tells only the net rewards hold for several addresses: gross ones and relays count a
// claim for each of them that it paid.
func (c *Client) netByService(ctx context.Context, q RewardsQuery) (byService, error) {
	data, asOf, err := callFunction[struct {
		header
		Services json.RawMessage `json:"services"`
	}](ctx, c, byServiceQuery, q.variables(), byServiceFunction, legacy(byServiceFunction))
	if err != nil {
		return nil, err
	}
	list, _, err := answerOf[[]struct {
		Service pocket.ServiceID `json:"service_id"`
		Net     *amount          `json:"net_rewards"`
	}](data.Services, q.Span, asOf)
	if err != nil {
		return nil, err
	}
	sums := byService{}
	for _, w := range list {
		if sums[w.Service], err = sums[w.Service].Add(upokt(w.Net)); err != nil {
			return nil, err
		}
	}
	return sums, nil
}
