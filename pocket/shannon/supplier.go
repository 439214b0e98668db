package shannon

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/url"

	"github.com/poktbot/poktbot/pocket"
)

// wireSupplier is a supplier as the REST API writes it.
type wireSupplier struct {
	Operator   pocket.Address      `json:"operator_address"`
	Owner      pocket.Address      `json:"owner_address"`
	Stake      *coin               `json:"stake"`
	Services   []wireConfig        `json:"services"`
	UnstakeEnd number              `json:"unstake_session_end_height"`
	History    []wireServiceUpdate `json:"service_config_history"`
}

type wireConfig struct {
	Service   pocket.ServiceID `json:"service_id"`
	Endpoints []struct {
		URL     string `json:"url"`
		RPCType string `json:"rpc_type"`
	} `json:"endpoints"`
	RevShares []struct {
		Address pocket.Address `json:"address"`
		Percent number         `json:"rev_share_percentage"`
	} `json:"rev_share"`
}

// wireServiceUpdate is a change of one service. Before v0.1.8 it held all services from a height on.
type wireServiceUpdate struct {
	Service      *wireConfig  `json:"service"`
	Activation   number       `json:"activation_height"`
	Deactivation number       `json:"deactivation_height"`
	Services     []wireConfig `json:"services"`
	Effective    number       `json:"effective_block_height"`
}

func (w wireConfig) config() pocket.ServiceConfig {
	config := pocket.ServiceConfig{Service: w.Service}
	for _, e := range w.Endpoints {
		config.Endpoints = append(config.Endpoints, pocket.Endpoint{URL: e.URL, RPCType: e.RPCType})
	}
	for _, share := range w.RevShares {
		config.RevShares = append(config.RevShares, pocket.RevShare{Address: share.Address, Percent: int64(share.Percent)})
	}
	return config
}

func (w wireSupplier) supplier() (pocket.Supplier, error) {
	switch {
	case w.Operator.IsZero():
		return pocket.Supplier{}, errors.New("a supplier without an operator")
	case w.Stake == nil:
		return pocket.Supplier{}, fmt.Errorf("supplier %s has no stake field", w.Operator)
	}
	s := pocket.Supplier{
		Operator: w.Operator, Owner: w.Owner, Stake: pocket.Upokt(*w.Stake), UnstakeSessionEnd: pocket.Height(w.UnstakeEnd),
	}
	for _, config := range w.Services {
		s.Services = append(s.Services, config.config())
	}
	for _, update := range w.History {
		if update.Service != nil {
			s.History = append(s.History, pocket.ServiceUpdate{
				ServiceConfig: update.Service.config(), Activation: pocket.Height(update.Activation), Deactivation: pocket.Height(update.Deactivation),
			})
		}
		for _, config := range update.Services {
			s.History = append(s.History, pocket.ServiceUpdate{ServiceConfig: config.config(), Activation: pocket.Height(update.Effective)})
		}
	}
	return s, nil
}

// Supplier returns the supplier of that operator. [pocket.ErrNotFound] means that it is not staked: it never was, or its unbonding ended.
func (c *Client) Supplier(ctx context.Context, operator pocket.Address) (pocket.Supplier, error) {
	if err := needs(operator, pocket.AccountAddress, "a supplier's operator"); err != nil {
		return pocket.Supplier{}, err
	}
	s, err := askState(ctx, c, protocol+"/supplier/supplier/"+operator.String(), nil, func(w struct {
		Supplier *wireSupplier `json:"supplier"`
	}) (pocket.Supplier, error) {
		if w.Supplier == nil {
			return pocket.Supplier{}, errors.New("an answer without a supplier")
		}
		if w.Supplier.Operator != operator {
			return pocket.Supplier{}, fmt.Errorf("asked for supplier %s, got %s", operator, w.Supplier.Operator)
		}
		return w.Supplier.supplier()
	})
	return s, of(err, "supplier", operator)
}

// SupplierAt returns the supplier as it was after block h, or is now when h is 0. It is [Client.At] and [Client.Supplier] in one.
func (c *Client) SupplierAt(ctx context.Context, operator pocket.Address, h pocket.Height) (pocket.Supplier, error) {
	return c.At(h).Supplier(ctx, operator)
}

// A SupplierFilter chooses suppliers; those that match every field that is set. The zero filter chooses all.
type SupplierFilter struct {
	Owner   pocket.Address
	Service pocket.ServiceID
	// Brief leaves out rev shares and the history of services, which makes a list a third of the size.
	Brief bool
}

// Suppliers yields the suppliers that f chooses, each once, in the order of the chain's store. It asks for pages as the loop needs them:
// the node applies the filters only after it has scanned a page, so that an owner's few suppliers cost as many requests as the whole
// list. For a known operator use [Client.Supplier]. Those staked or gone while the loop runs may or may not be among them. An error is
// yielded last.
func (c *Client) Suppliers(ctx context.Context, f SupplierFilter) iter.Seq2[pocket.Supplier, error] {
	return func(yield func(pocket.Supplier, error) bool) {
		query := url.Values{}
		if !f.Owner.IsZero() {
			if err := needs(f.Owner, pocket.AccountAddress, "an owner"); err != nil {
				yield(pocket.Supplier{}, err)
				return
			}
			query.Set("owner_address", f.Owner.String())
		}
		if f.Service != "" {
			if err := checkService(f.Service); err != nil {
				yield(pocket.Supplier{}, err)
				return
			}
			query.Set("service_id", string(f.Service))
		}
		if f.Brief {
			query.Set("dehydrated", "true")
		}
		// With a service filter the node scans services of suppliers, of which a supplier may have several in force one after another.
		known := map[pocket.Address]bool{}
		for s, err := range walk(ctx, c, protocol+"/supplier/supplier", query, supplierPage) {
			if err == nil && (known[s.Operator] || !f.Owner.IsZero() && s.Owner != f.Owner) {
				continue
			}
			known[s.Operator] = true
			if !yield(s, err) {
				return
			}
		}
	}
}

// wireSuppliers is a page of suppliers, under the name that the route has and the one it ought to have.
type wireSuppliers struct {
	Supplier   []wireSupplier `json:"supplier"`
	Suppliers  []wireSupplier `json:"suppliers"`
	Pagination paging         `json:"pagination"`
}

func supplierPage(w wireSuppliers) (page[pocket.Supplier], error) {
	return pageOf(append(w.Supplier, w.Suppliers...), w.Pagination, wireSupplier.supplier)
}

// pageOf converts the items of a page.
func pageOf[W, T any](items []W, next paging, convert func(W) (T, error)) (page[T], error) {
	p := page[T]{next: next.NextKey}
	for _, item := range items {
		made, err := convert(item)
		if err != nil {
			return page[T]{}, err
		}
		p.items = append(p.items, made)
	}
	return p, nil
}
