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
	claimTotalsQuery   = load("claim_totals")
	claimsProofsQuery  = load("claims_and_proofs")
	claimsProofsAll    = load("claims_and_proofs_of_all")
	overservicedByDate = load("overserviced_by_date")
	rollupQuery        = load("rollup")
)

// A ClaimTotal is what the settled claims of a supplier with a service add up to.
type ClaimTotal struct {
	Supplier              pocket.Address
	Service               pocket.ServiceID
	Settlements           int64
	Relays                int64
	EstimatedRelays       int64
	ClaimedComputeUnits   int64
	EstimatedComputeUnits int64
	Claimed               pocket.Upokt
	Overserviced          pocket.Upokt
	// Settled and Minted are, of the time before v0.1.33, what the indexer made of the claim by reckoning.
	Settled, Minted pocket.Upokt
}

// ClaimTotals adds up the settled claims of suppliers in a span, by supplier and service. The service does it, in one answer for up to 400
// suppliers.
func (c *Client) ClaimTotals(ctx context.Context, suppliers []pocket.Address, span pocket.Span) (Answer[[]ClaimTotal], error) {
	var none Answer[[]ClaimTotal]
	if len(suppliers) == 0 {
		return none, fmt.Errorf("claims of nobody: name a supplier: %w", pocket.ErrInvalid)
	}
	if err := cmp.Or(needAll(suppliers, "suppliers"), bounded(span)); err != nil {
		return none, err
	}
	from, to, err := c.heights(ctx, span)
	if err != nil {
		return none, err
	}
	a := Answer[[]ClaimTotal]{}
	for part := range slices.Chunk(unique(slices.Clone(suppliers)), addressesAtOnce) {
		if from > to {
			break
		}
		data, asOf, err := ask[wireClaimTotals](ctx, c, claimTotalsQuery, map[string]any{
			"filter": between(map[string]any{"supplierId": in(part)}, from, to),
		}, need{upTo: to})
		if err != nil {
			return none, fmt.Errorf("totals of claims: %w", err)
		}
		a.Reach = reachOf(span, asOf)
		totals, err := c.claimTotals(data)
		if err != nil {
			return none, malformed(claimTotalsQuery, err)
		}
		a.Value = append(a.Value, totals...)
	}
	slices.SortFunc(a.Value, func(x, y ClaimTotal) int {
		return cmp.Or(x.Supplier.Compare(y.Supplier), cmp.Compare(x.Service, y.Service))
	})
	return a, nil
}

type wireClaimTotals struct {
	header
	Claims *struct {
		Groups []struct {
			Keys []string `json:"keys"` // supplier and service
			Sum  struct {
				Relays       number `json:"numRelays"`
				Estimated    number `json:"numEstimatedRelays"`
				ClaimedUnits number `json:"numClaimedComputedUnits"`
				Units        number `json:"numEstimatedComputedUnits"`
				Claimed      amount `json:"claimedAmount"` // what was settled; of the oldest rows what was claimed
				Settled      amount `json:"settledAmount"`
				Minted       amount `json:"mintedAmount"`
				Overserviced amount `json:"overservicingLossAmount"`
			} `json:"sum"`
			Count struct {
				ID number `json:"id"`
			} `json:"distinctCount"`
		} `json:"groupedAggregates"`
	} `json:"claims"`
}

func (c *Client) claimTotals(w *wireClaimTotals) ([]ClaimTotal, error) {
	if w.Claims == nil {
		return nil, nil
	}
	var totals []ClaimTotal
	for _, g := range w.Claims.Groups {
		if len(g.Keys) != 2 {
			return nil, fmt.Errorf("a group with %d keys, want 2", len(g.Keys))
		}
		supplier, err := c.names.address(g.Keys[0])
		if err != nil {
			return nil, err
		}
		claimed, err := pocket.Upokt(g.Sum.Claimed).Add(pocket.Upokt(g.Sum.Overserviced))
		if err != nil {
			return nil, err
		}
		totals = append(totals, ClaimTotal{
			Supplier: supplier, Service: pocket.ServiceID(g.Keys[1]), Settlements: int64(g.Count.ID),
			Relays: int64(g.Sum.Relays), EstimatedRelays: int64(g.Sum.Estimated),
			ClaimedComputeUnits: int64(g.Sum.ClaimedUnits), EstimatedComputeUnits: int64(g.Sum.Units),
			Claimed: claimed, Overserviced: pocket.Upokt(g.Sum.Overserviced), Settled: pocket.Upokt(g.Sum.Settled), Minted: pocket.Upokt(g.Sum.Minted),
		})
	}
	return totals, nil
}

// WorkTotal is what claims add up to.
type WorkTotal struct {
	Claims                int64
	Relays                int64
	EstimatedRelays       int64
	ComputeUnits          int64
	EstimatedComputeUnits int64
	Amount                pocket.Upokt
}

func (t WorkTotal) plus(u WorkTotal) (WorkTotal, error) {
	amount, err := t.Amount.Add(u.Amount)
	return WorkTotal{
		t.Claims + u.Claims, t.Relays + u.Relays, t.EstimatedRelays + u.EstimatedRelays,
		t.ComputeUnits + u.ComputeUnits, t.EstimatedComputeUnits + u.EstimatedComputeUnits, amount,
	}, err
}

// ClaimsAndProofs are the claims that were made, that settled and that expired in a period. A claim is made in one period and may settle in
// the next: the three are not of the same sessions.
type ClaimsAndProofs struct {
	Start                  time.Time // of the period, in its zone
	Made, Settled, Expired WorkTotal
}

// wireClaimsAndProofs is a row of it. "proof" is the service's word for settled, and "amount" for how many.
type wireClaimsAndProofs struct {
	Date             stamp  `json:"date"`
	Made             number `json:"claim_amount"`
	MadeRelays       number `json:"claim_relays"`
	MadeEstimated    number `json:"claim_estimated_relays"`
	MadeUnits        number `json:"claim_computed_units"`
	MadeEstUnits     number `json:"claim_estimated_computed_units"`
	MadeAmount       amount `json:"claim_upokt"`
	Settled          number `json:"proof_amount"`
	SettledRelays    number `json:"proof_relays"`
	SettledEstimated number `json:"proof_estimated_relays"`
	SettledUnits     number `json:"proof_computed_units"`
	SettledEstUnits  number `json:"proof_estimated_computed_units"`
	SettledAmount    amount `json:"proof_upokt"`
	Expired          number `json:"expired_proof_amount"`
	ExpiredRelays    number `json:"expired_proof_relays"`
	ExpiredEstimated number `json:"expired_proof_estimated_relays"`
	ExpiredUnits     number `json:"expired_proof_computed_units"`
	ExpiredEstUnits  number `json:"expired_proof_estimated_computed_units"`
	ExpiredAmount    amount `json:"expired_proof_upokt"`
}

func (w *wireClaimsAndProofs) totals() [3]WorkTotal {
	make := func(claims, relays, estimated, units, estUnits number, amount amount) WorkTotal {
		return WorkTotal{int64(claims), int64(relays), int64(estimated), int64(units), int64(estUnits), pocket.Upokt(amount)}
	}
	return [3]WorkTotal{
		make(w.Made, w.MadeRelays, w.MadeEstimated, w.MadeUnits, w.MadeEstUnits, w.MadeAmount),
		make(w.Settled, w.SettledRelays, w.SettledEstimated, w.SettledUnits, w.SettledEstUnits, w.SettledAmount),
		make(w.Expired, w.ExpiredRelays, w.ExpiredEstimated, w.ExpiredUnits, w.ExpiredEstUnits, w.ExpiredAmount),
	}
}

// ClaimsAndProofs returns the claims made, settled and expired in each period of a zone (nil is UTC), oldest first: of the suppliers in
// whose rev shares one of recipients is, or of the whole network when none is named. Periods without any have no row. Suppliers count as
// they are configured now, and only those that are staked: one that is leaving is missing from its whole past. [Client.Told] has not
// that fault.
func (c *Client) ClaimsAndProofs(ctx context.Context, recipients []pocket.Address, span pocket.Span, period rewards.Period, zone *time.Location) (Answer[[]ClaimsAndProofs], error) {
	q, name := claimsProofsQuery, "getClaimProofsDataByDelegatorsAndTime"
	if len(recipients) == 0 {
		q, name = claimsProofsAll, "getClaimProofsDataByTime"
	}
	series, reach, err := seriesOf[wireClaimsAndProofs](ctx, c, q, name, recipients, span, period, zone)
	if err != nil {
		return Answer[[]ClaimsAndProofs]{}, fmt.Errorf("claims and proofs: %w", err)
	}
	var list []ClaimsAndProofs
	for i := range series {
		totals, start := series[i].totals(), startOf(period, series[i].Date.Time, zone)
		if n := len(list); n == 0 || !list[n-1].Start.Equal(start) {
			list = append(list, ClaimsAndProofs{Start: start})
		}
		last := &list[len(list)-1]
		for j, sum := range []*WorkTotal{&last.Made, &last.Settled, &last.Expired} {
			if *sum, err = sum.plus(totals[j]); err != nil {
				return Answer[[]ClaimsAndProofs]{}, fmt.Errorf("claims and proofs: %w", err)
			}
		}
	}
	return Answer[[]ClaimsAndProofs]{list, reach}, nil
}

func (w *wireClaimsAndProofs) date() time.Time { return w.Date.Time }

// seriesOf asks a function for rows by date, and puts them in order.
func seriesOf[W any, P interface {
	*W
	date() time.Time
}](ctx context.Context, c *Client, q query, name string, recipients []pocket.Address, span pocket.Span, period rewards.Period, zone *time.Location) ([]W, Reach, error) {
	var none Reach
	if err := cmp.Or(needAll(recipients, "recipients"), bounded(span)); err != nil {
		return nil, none, err
	}
	interval, err := intervalOf(period, zone, span)
	if err != nil {
		return nil, none, err
	}
	variables := bounds(span)
	variables["interval"] = interval
	if len(recipients) > 0 {
		variables["addresses"] = unique(slices.Clone(recipients))
	}
	data, asOf, err := callFunction[struct {
		header
		Series json.RawMessage `json:"series"`
	}](ctx, c, q, variables, name)
	if err != nil {
		return nil, none, err
	}
	series, reach, err := answerOf[[]W](data.Series, span, asOf)
	slices.SortStableFunc(series, func(x, y W) int { return P(&x).date().Compare(P(&y).date()) })
	return series, reach, err
}

// Overserviced is what applications should have burned and did, for suppliers, in a period.
type Overserviced struct {
	Start               time.Time // of the period, in its zone
	Expected, Effective pocket.Upokt
}

type wireOverserviced struct {
	Date      stamp  `json:"date_truncated"`
	Expected  amount `json:"expected_burn"`
	Effective amount `json:"effective_burn"`
}

func (w *wireOverserviced) date() time.Time { return w.Date.Time }

// OverservicedByDate returns how much the applications that could not pay should have burned, and did, in each period of a zone (nil is
// UTC), oldest first, for the suppliers in whose rev shares one of recipients is. What was lost is the difference. It has the faults of
// [Client.ClaimsAndProofs].
func (c *Client) OverservicedByDate(ctx context.Context, recipients []pocket.Address, span pocket.Span, period rewards.Period, zone *time.Location) (Answer[[]Overserviced], error) {
	if len(recipients) == 0 {
		return Answer[[]Overserviced]{}, fmt.Errorf("overservicing of nobody: name a recipient: %w", pocket.ErrInvalid)
	}
	series, reach, err := seriesOf[wireOverserviced](ctx, c, overservicedByDate, "getOverservicedByAddressesAndTime", recipients, span, period, zone)
	if err != nil {
		return Answer[[]Overserviced]{}, fmt.Errorf("overservicing by date: %w", err)
	}
	var list []Overserviced
	for _, w := range series {
		start := startOf(period, w.Date.Time, zone)
		if n := len(list); n == 0 || !list[n-1].Start.Equal(start) {
			list = append(list, Overserviced{Start: start})
		}
		last := &list[len(list)-1]
		expected, err := last.Expected.Add(pocket.Upokt(w.Expected))
		if err != nil {
			return Answer[[]Overserviced]{}, err
		}
		effective, err := last.Effective.Add(pocket.Upokt(w.Effective))
		if err != nil {
			return Answer[[]Overserviced]{}, err
		}
		last.Expected, last.Effective = expected, effective
	}
	return Answer[[]Overserviced]{list, reach}, nil
}

// A Rollup is what the suppliers in whose rev shares an address is did in a span.
type Rollup struct {
	Recipient     pocket.Address
	Slashed       pocket.Upokt
	Made, Settled WorkTotal // without estimates
}

// Rollups returns a rollup of each recipient that has any suppliers, by address. A supplier that two of them share counts with both. It has
// the faults of [Client.ClaimsAndProofs].
func (c *Client) Rollups(ctx context.Context, recipients []pocket.Address, span pocket.Span) (Answer[[]Rollup], error) {
	var none Answer[[]Rollup]
	if len(recipients) == 0 {
		return none, fmt.Errorf("rollup of nobody: name a recipient: %w", pocket.ErrInvalid)
	}
	if err := cmp.Or(needAll(recipients, "recipients"), bounded(span)); err != nil {
		return none, err
	}
	variables := bounds(span)
	variables["addresses"] = unique(slices.Clone(recipients))
	data, asOf, err := callFunction[struct {
		header
		Rows json.RawMessage `json:"rows"`
	}](ctx, c, rollupQuery, variables, "getDataByDelegatorAddressesAndTimes")
	if err != nil {
		return none, fmt.Errorf("rollup: %w", err)
	}
	rows, reach, err := answerOf[[]struct {
		Address       string `json:"address"`
		Slashed       amount `json:"slashed"`
		Made          number `json:"claim_amount"`
		MadeRelays    number `json:"claim_relays"`
		MadeUnits     number `json:"claim_computed_units"`
		MadeAmount    amount `json:"claim_upokt"`
		Settled       number `json:"proof_amount"`
		SettledRelays number `json:"proof_relays"`
		SettledUnits  number `json:"proof_computed_units"`
		SettledAmount amount `json:"proof_upokt"`
	}](data.Rows, span, asOf)
	if err != nil {
		return none, fmt.Errorf("rollup: %w", err)
	}
	list := make([]Rollup, 0, len(rows))
	for _, w := range rows {
		recipient, err := c.names.address(w.Address)
		if err != nil {
			return none, malformed(rollupQuery, err)
		}
		list = append(list, Rollup{
			Recipient: recipient, Slashed: pocket.Upokt(w.Slashed),
			Made:    WorkTotal{Claims: int64(w.Made), Relays: int64(w.MadeRelays), ComputeUnits: int64(w.MadeUnits), Amount: pocket.Upokt(w.MadeAmount)},
			Settled: WorkTotal{Claims: int64(w.Settled), Relays: int64(w.SettledRelays), ComputeUnits: int64(w.SettledUnits), Amount: pocket.Upokt(w.SettledAmount)},
		})
	}
	slices.SortFunc(list, func(x, y Rollup) int { return x.Recipient.Compare(y.Recipient) })
	return Answer[[]Rollup]{list, reach}, nil
}
