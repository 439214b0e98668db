package poktscan

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"

	"github.com/poktbot/poktbot/pocket"
)

var suppliersQuery = load("suppliers")

// A SupplierFilter chooses suppliers. Of Operators, Owners and Recipients one must match, if any is given; the rest must, too. The zero
// filter chooses all that are staked or leaving.
type SupplierFilter struct {
	Operators  []pocket.Address
	Owners     []pocket.Address
	Recipients []pocket.Address // of rev shares as they are configured now; the service has no index for it, so it takes seconds
	Services   []pocket.ServiceID
	// Unstaking leaves only those that are leaving, of their own will or for want of stake.
	Unstaking bool
	// Brief leaves out services, which are nine tenths of a list.
	Brief bool
}

// addressesAtOnce is how many addresses are named in one question at most: bodies of more than about 100 kB may be refused.
const addressesAtOnce = 400

// Suppliers yields the suppliers that f chooses, each once, in the order of their addresses if they are few enough for one question. Those
// staked or gone while the loop runs may or may not be among them. An error is yielded last.
func (c *Client) Suppliers(ctx context.Context, f SupplierFilter) iter.Seq2[pocket.Supplier, error] {
	return func(yield func(pocket.Supplier, error) bool) {
		known := map[pocket.Address]bool{}
		size := c.pageSize
		if !f.Brief {
			size = min(size, 100) // each has tens of services
		}
		for filter, err := range f.filters() {
			if err != nil {
				yield(pocket.Supplier{}, err)
				return
			}
			variables := map[string]any{"filter": filter, "brief": f.Brief}
			for s, err := range c.suppliers(ctx, variables, size) {
				if err == nil && known[s.Operator] {
					continue
				}
				known[s.Operator] = true
				if !yield(s, err) || err != nil {
					return
				}
			}
		}
	}
}

func (c *Client) suppliers(ctx context.Context, variables map[string]any, size int) iter.Seq2[pocket.Supplier, error] {
	return func(yield func(pocket.Supplier, error) bool) {
		small := &Client{shared: c.shared, height: c.height}
		for page, err := range pagesOf[wireSupplier](ctx, small, suppliersQuery, variables, c.state(), size) {
			if err == nil {
				var made []pocket.Supplier
				made, err = c.suppliersOf(ctx, page.rows, page.asOf)
				for _, s := range made {
					if !yield(s, nil) {
						return
					}
				}
			}
			if err != nil {
				yield(pocket.Supplier{}, err)
				return
			}
		}
	}
}

// filters yields what to ask with, in as many parts as the addresses need.
func (f SupplierFilter) filters() iter.Seq2[map[string]any, error] {
	return func(yield func(map[string]any, error) bool) {
		all := slices.Concat(f.Operators, f.Owners, f.Recipients)
		if err := needAll(all, "suppliers or their owners"); err != nil {
			yield(nil, err)
			return
		}
		if len(all) == 0 {
			yield(f.filter(nil), nil)
			return
		}
		for part := range slices.Chunk(f.Operators, addressesAtOnce) {
			if !yield(f.filter(map[string]any{"id": in(part)}), nil) {
				return
			}
		}
		for part := range slices.Chunk(f.Owners, addressesAtOnce) {
			if !yield(f.filter(map[string]any{"ownerId": in(part)}), nil) {
				return
			}
		}
		for part := range slices.Chunk(f.Recipients, 50) { // each is a condition of its own
			var anyOf []any
			for _, recipient := range part {
				anyOf = append(anyOf, map[string]any{"serviceConfigs": map[string]any{"some": map[string]any{
					"revShare": map[string]any{"contains": []any{map[string]any{"address": recipient.String()}}},
				}}})
			}
			if !yield(f.filter(map[string]any{"or": anyOf}), nil) {
				return
			}
		}
	}
}

func (f SupplierFilter) filter(who map[string]any) map[string]any {
	filter := map[string]any{"stakeStatus": map[string]any{"in": []string{staked, unstaking}}}
	if f.Unstaking {
		filter["stakeStatus"] = map[string]any{"equalTo": unstaking}
	}
	maps.Copy(filter, who)
	if len(f.Services) > 0 {
		served := map[string]any{"serviceConfigs": map[string]any{"some": map[string]any{"serviceId": map[string]any{"in": f.Services}}}}
		filter["and"] = []any{served}
	}
	return filter
}

// operators returns the addresses of all suppliers up to a tip that one of owners owns, also of those that are gone; all there ever were when
// none is named.
func (c *Client) operators(ctx context.Context, owners []pocket.Address, tip pocket.Height) ([]pocket.Address, error) {
	filters := []map[string]any{{}}
	if len(owners) > 0 {
		filters = nil
		for part := range slices.Chunk(owners, addressesAtOnce) {
			filters = append(filters, map[string]any{"ownerId": in(part)})
		}
	}
	var found []pocket.Address
	for _, filter := range filters {
		list := rows(ctx, c.past(), suppliersQuery, map[string]any{"filter": filter, "brief": true}, need{upTo: tip}, func(w *wireSupplier) (pocket.Address, error) {
			if w.ID == "" {
				return pocket.Address{}, errors.New("a supplier without its address")
			}
			return c.names.address(w.ID)
		})
		for a, err := range list {
			if err != nil {
				return nil, err
			}
			found = append(found, a)
		}
	}
	return found, nil
}

// in is the condition that a field is one of the addresses.
func in(addresses []pocket.Address) map[string]any { return map[string]any{"in": addresses} }
