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

// Functions of the catalog that have no older counterpart: indexers of October 2026 or later have them. A service without them answers
// [pocket.ErrNotIndexed]. Their ranges hold the start and not the end. None of this was read from a running service: it follows the
// indexer's sources.

var (
	incomeQuery    = load("income")
	earningsQuery  = load("earnings")
	penaltiesQuery = load("penalties")
)

// A CatalogQuery asks the catalog.
type CatalogQuery struct {
	pocket.Span                  // both ends are needed
	Recipients  []pocket.Address // of incomes: 1 to 200
	Suppliers   []pocket.Address // of earnings and penalties: these, or…
	Owners      []pocket.Address // …those that these own now, but not both
	Period      rewards.Period   // in UTC: an hour for up to 7 days, a day for up to 92, a week for up to 366, a month, or Whole
	BySupplier  bool             // keep suppliers apart; of penalties they always are
	ByService   bool
}

const mostIDs = 200

func (q CatalogQuery) check(ids ...[]pocket.Address) error {
	given := 0
	for _, list := range ids {
		if err := needAll(list, "accounts"); err != nil {
			return err
		}
		if len(list) > 0 {
			given++
		}
		if len(list) > mostIDs {
			return fmt.Errorf("%d addresses: want 1 to %d: %w", len(list), mostIDs, pocket.ErrInvalid)
		}
	}
	if given != 1 {
		return fmt.Errorf("want addresses of one kind: %w", pocket.ErrInvalid)
	}
	most := map[rewards.Period]time.Duration{rewards.Hour: 7, rewards.Day: 92, rewards.Week: 366}[q.Period] * 24 * time.Hour
	if most > 0 && q.To.Sub(q.From) > most {
		return fmt.Errorf("%s by the %s: the service allows up to %v: ask for less, or by a longer period: %w", describe(q.Span), q.Period, most, pocket.ErrInvalid)
	}
	return bounded(q.Span)
}

func (q CatalogQuery) variables() map[string]any {
	v := map[string]any{"start": wireTime(q.From), "end": wireTime(q.To), "byService": q.ByService}
	if q.Period != rewards.Whole {
		v["bucket"] = string(q.Period)
	}
	return v
}

func (q CatalogQuery) ofSuppliers() map[string]any {
	v := q.variables()
	if len(q.Suppliers) > 0 {
		v["suppliers"] = q.Suppliers
	} else {
		v["owners"] = q.Owners
	}
	return v
}

// Bucket is the time and whom a row of the catalog is about. What the question does not keep apart is zero.
type Bucket struct {
	pocket.Span
	Supplier pocket.Address
	Service  pocket.ServiceID
}

type wireBucket struct {
	Start    stamp  `json:"bucket_start"`
	End      stamp  `json:"bucket_end"`
	Supplier string `json:"supplier_id"` // "all" when they are not kept apart
	Service  string `json:"service_id"`
}

func (w *wireBucket) bucket(f *fields) Bucket {
	b := Bucket{Span: pocket.Span{From: w.Start.Time, To: w.End.Time}}
	if w.Supplier != "all" {
		b.Supplier = f.optionalAddress("supplier_id", w.Supplier)
	}
	if w.Service != "all" {
		b.Service = pocket.ServiceID(w.Service)
	}
	return b
}

func (b Bucket) compare(other Bucket) int {
	return cmp.Or(b.From.Compare(other.From), b.Supplier.Compare(other.Supplier), cmp.Compare(b.Service, other.Service))
}

// An Income is what an address was paid in one role.
type Income struct {
	Bucket
	Recipient pocket.Address
	Role      string // the service's word, such as "rev_share"
	Amount    pocket.Upokt
	Payments  int64
}

// Incomes returns what recipients were paid, by time and role.
func (c *Client) Incomes(ctx context.Context, q CatalogQuery) (Answer[[]Income], error) {
	v := q.variables()
	v["addresses"], v["bySupplier"] = q.Recipients, q.BySupplier
	return catalog(ctx, c, incomeQuery, "getIncomeJson", v, q, q.check(q.Recipients), func(f *fields, w *struct {
		wireBucket
		Address  string `json:"address"`
		Role     string `json:"role"`
		Amount   amount `json:"amount_upokt"`
		Payments number `json:"transfer_count"`
	}) (Income, Bucket) {
		b := w.bucket(f)
		return Income{b, f.address("address", w.Address), w.Role, pocket.Upokt(w.Amount), int64(w.Payments)}, b
	})
}

// An Earning is what suppliers' settled claims add up to.
type Earning struct {
	Bucket
	Claimed, Settled, Overserviced pocket.Upokt
	Relays, EstimatedRelays        int64
	ComputeUnits                   int64
	EstimatedComputeUnits          int64
	WithProof, WithoutProof        int64 // settled claims
}

// Earnings returns what suppliers' settled claims add up to, by time.
func (c *Client) Earnings(ctx context.Context, q CatalogQuery) (Answer[[]Earning], error) {
	v := q.ofSuppliers()
	v["bySupplier"] = q.BySupplier
	return catalog(ctx, c, earningsQuery, "getSupplierEarningsJson", v, q, q.check(q.Suppliers, q.Owners), func(f *fields, w *struct {
		wireBucket
		Claimed      amount `json:"claimed_upokt"`
		Settled      amount `json:"settled_upokt"`
		Overserviced amount `json:"overservicing_loss_upokt"`
		Relays       number `json:"relays"`
		Estimated    number `json:"estimated_relays"`
		Units        number `json:"compute_units"`
		EstUnits     number `json:"estimated_compute_units"`
		WithProof    number `json:"settled_claims_with_proof"`
		WithoutProof number `json:"settled_claims_without_proof"`
	}) (Earning, Bucket) {
		b := w.bucket(f)
		return Earning{
			Bucket: b, Claimed: pocket.Upokt(w.Claimed), Settled: pocket.Upokt(w.Settled), Overserviced: pocket.Upokt(w.Overserviced),
			Relays: int64(w.Relays), EstimatedRelays: int64(w.Estimated), ComputeUnits: int64(w.Units), EstimatedComputeUnits: int64(w.EstUnits),
			WithProof: int64(w.WithProof), WithoutProof: int64(w.WithoutProof),
		}, b
	})
}

// A Penalty is what suppliers lost to expired claims or slashes, whichever Kind says.
type Penalty struct {
	Bucket
	Kind    string // the service's word, such as "slashed"
	Reason  string // likewise; "" when it has none
	Events  int64
	Claimed pocket.Upokt // 0 of slashes, which are no claims
	Slashed pocket.Upokt // 0 of expired claims
}

// Penalties returns what suppliers lost to expired claims and slashes, by time and kind.
func (c *Client) Penalties(ctx context.Context, q CatalogQuery) (Answer[[]Penalty], error) {
	return catalog(ctx, c, penaltiesQuery, "getSupplierPenaltiesJson", q.ofSuppliers(), q, q.check(q.Suppliers, q.Owners), func(f *fields, w *struct {
		wireBucket
		Kind    string `json:"kind"`
		Reason  string `json:"reason"`
		Events  number `json:"events"`
		Claimed amount `json:"claimed_upokt"`
		Slashed amount `json:"slashed_upokt"`
	}) (Penalty, Bucket) {
		b := w.bucket(f)
		return Penalty{b, w.Kind, w.Reason, int64(w.Events), pocket.Upokt(w.Claimed), pocket.Upokt(w.Slashed)}, b
	})
}

// catalog asks a function of the catalog, unless the question is wrong, and makes Ts of its rows, by bucket.
func catalog[W, T any](ctx context.Context, c *Client, q query, name string, variables map[string]any, asked CatalogQuery, wrong error,
	convert func(*fields, *W) (T, Bucket)) (Answer[[]T], error) {
	if wrong != nil {
		return Answer[[]T]{}, wrong
	}
	data, asOf, err := callFunction[struct {
		header
		Rows json.RawMessage `json:"rows"`
	}](ctx, c, q, variables, name)
	if err != nil {
		return Answer[[]T]{}, err
	}
	list, reach, err := answerOf[[]W](data.Rows, asked.Span, asOf)
	if err != nil {
		return Answer[[]T]{}, fmt.Errorf("%s: %w", name, err)
	}
	type made struct {
		row    T
		bucket Bucket
	}
	all := make([]made, len(list))
	f := fields{names: c.names}
	for i := range list {
		all[i].row, all[i].bucket = convert(&f, &list[i])
	}
	if f.err != nil {
		return Answer[[]T]{}, malformed(q, f.err)
	}
	slices.SortStableFunc(all, func(a, b made) int { return a.bucket.compare(b.bucket) })
	a := Answer[[]T]{Reach: reach}
	for _, m := range all {
		a.Value = append(a.Value, m.row)
	}
	return a, nil
}
