package poktscan

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/poktbot/poktbot/pocket"
)

var (
	supplierQuery = load("supplier")
	configsQuery  = load("service_configs")
)

// The states of a stake. An Unstaked supplier is kept as a row for ever; before an indexer of August 2026 with the stake it once had.
const (
	staked    = "Staked"
	unstaking = "Unstaking"
	unstaked  = "Unstaked"
)

// wireSupplier is a supplier as the service keeps it.
type wireSupplier struct {
	ID             string         `json:"id"`
	Owner          string         `json:"ownerId"`
	Stake          *amount        `json:"stakeAmount"`
	Status         string         `json:"stakeStatus"`
	UnstakingBegan *number        `json:"unstakingBeginBlockId"`
	UnstakingEnds  *number        `json:"unstakingEndHeight"`
	Reason         string         `json:"unstakingReason"`
	Configs        *wireConfigSet `json:"serviceConfigs"`
}

func (w *wireSupplier) name() string { return w.ID }

type wireConfigSet struct {
	Total number       `json:"totalCount"`
	Nodes []wireConfig `json:"nodes"`
}

// wireConfig is a service that a supplier is staked for now. ActivatedAt is null until it comes into force with a session.
type wireConfig struct {
	Service     pocket.ServiceID `json:"serviceId"`
	RevShare    json.RawMessage  `json:"revShare"`
	Endpoints   json.RawMessage  `json:"endpoints"`
	ActivatedAt *number          `json:"activatedAtId"`
}

func (w *wireConfig) name() string { return string(w.Service) }

// The names of the kinds of RPC by the protocol's numbers.
var rpcTypes = map[number]string{1: "GRPC", 2: "WEBSOCKET", 3: "JSON_RPC", 4: "REST", 5: "COMET_BFT"}

func (c *Client) config(w *wireConfig) (pocket.ServiceConfig, error) {
	config := pocket.ServiceConfig{Service: w.Service}
	var shares []struct {
		Address string `json:"address"`
		Percent number `json:"revSharePercentage"`
	}
	if err := embedded(orNull(w.RevShare), &shares); err != nil {
		return config, fmt.Errorf("rev shares of service %.50q: %w", string(w.Service), err)
	}
	f := fields{names: c.names}
	for _, share := range shares {
		config.RevShares = append(config.RevShares, pocket.RevShare{Address: f.address("revShare", share.Address), Percent: int64(share.Percent)})
	}
	var endpoints []struct {
		URL     string `json:"url"`
		RPCType number `json:"rpcType"`
	}
	if err := embedded(orNull(w.Endpoints), &endpoints); err != nil {
		return config, fmt.Errorf("endpoints of service %.50q: %w", string(w.Service), err)
	}
	for _, e := range endpoints {
		kind, known := rpcTypes[e.RPCType]
		if !known {
			kind = "RPC_TYPE_" + strconv.FormatInt(int64(e.RPCType), 10)
		}
		config.Endpoints = append(config.Endpoints, pocket.Endpoint{URL: e.URL, RPCType: kind})
	}
	return config, f.err
}

func orNull(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage("null")
	}
	return raw
}

// supplier makes a pocket.Supplier of a row. sessionEnd is the end of the session in which it began to leave, 0 when it did not or the
// service has no event of it.
func (c *Client) supplier(w *wireSupplier, sessionEnd pocket.Height, now pocket.Height) (pocket.Supplier, error) {
	f := fields{names: c.names}
	s := pocket.Supplier{
		Operator: f.address("id", w.ID), Owner: f.optionalAddress("ownerId", w.Owner), Stake: f.needAmount("stakeAmount", w.Stake),
	}
	if f.err != nil {
		return s, fmt.Errorf("supplier %.50q: %w", w.ID, f.err)
	}
	if w.Status == unstaking {
		s.UnstakeSessionEnd = sessionEnd
		if sessionEnd == 0 && w.UnstakingBegan != nil {
			s.UnstakeSessionEnd = pocket.Height(*w.UnstakingBegan) // in that session
		}
		if s.UnstakeSessionEnd == 0 {
			return s, fmt.Errorf("supplier %s is unstaking since nobody knows when", s.Operator)
		}
	}
	if w.Configs == nil {
		return s, nil
	}
	// It serves up to the end of that session; rows of its services stay until it is gone. One below the minimum goes on.
	left := s.UnstakeSessionEnd > 0 && w.Reason != belowMinimum && now > s.UnstakeSessionEnd
	for i := range w.Configs.Nodes {
		if w.Configs.Nodes[i].ActivatedAt == nil {
			continue // it comes into force at a height that is not told
		}
		config, err := c.config(&w.Configs.Nodes[i])
		if err != nil {
			return s, fmt.Errorf("supplier %s: %w", s.Operator, err)
		}
		update := pocket.ServiceUpdate{ServiceConfig: config, Activation: pocket.Height(*w.Configs.Nodes[i].ActivatedAt)}
		if left {
			update.Deactivation = s.UnstakeSessionEnd + 1
		} else {
			s.Services = append(s.Services, config)
		}
		s.History = append(s.History, update)
	}
	return s, nil
}

const belowMinimum = "BELOW_MIN_STAKE"

// Supplier returns the supplier of that operator, as of now or of the client's height. [pocket.ErrNotFound] means that it is not staked: it
// never was, or its unbonding ended. Its History holds the services that it is staked for now and since when; a service that comes into
// force with a coming session is not told.
func (c *Client) Supplier(ctx context.Context, operator pocket.Address) (pocket.Supplier, error) {
	if err := needs(operator, "a supplier's operator"); err != nil {
		return pocket.Supplier{}, err
	}
	variables := map[string]any{"id": operator.String()}
	if c.height > 0 {
		variables["at"] = wireHeight(c.height)
	}
	data, asOf, err := ask[struct {
		header
		Supplier *wireSupplier `json:"supplier"`
	}](ctx, c, supplierQuery, variables, c.state())
	switch {
	case err != nil:
	case data.Supplier == nil || data.Supplier.Status == unstaked:
		err = pocket.ErrNotFound
	case data.Supplier.ID != operator.String():
		err = malformed(supplierQuery, fmt.Errorf("asked for supplier %s, got %.50q", operator, data.Supplier.ID))
	default:
		made, e := c.suppliersOf(ctx, []wireSupplier{*data.Supplier}, asOf)
		if err = e; err == nil {
			return made[0], nil
		}
	}
	return pocket.Supplier{}, fmt.Errorf("supplier %s: %w", operator, err)
}

// SupplierAt returns the supplier as it was after block h, or is now when h is 0. It is [Client.At] and [Client.Supplier] in one.
func (c *Client) SupplierAt(ctx context.Context, operator pocket.Address, h pocket.Height) (pocket.Supplier, error) {
	return c.At(h).Supplier(ctx, operator)
}

// suppliersOf makes suppliers of rows, for which it asks what rows do not tell: when those that leave began to, and the services beyond
// the hundred that fit into a row.
func (c *Client) suppliersOf(ctx context.Context, page []wireSupplier, asOf AsOf) ([]pocket.Supplier, error) {
	ends, err := c.sessionEnds(ctx, page)
	if err != nil {
		return nil, err
	}
	now := asOf.Height
	if c.height > 0 {
		now = c.height
	}
	made := make([]pocket.Supplier, 0, len(page))
	for i := range page {
		w := &page[i]
		if w.Configs != nil && int(w.Configs.Total) > len(w.Configs.Nodes) {
			if w.Configs.Nodes, err = c.allConfigs(ctx, w.ID); err != nil {
				return nil, err
			}
		}
		s, err := c.supplier(w, ends[w.ID], now)
		if err != nil {
			return nil, malformed(supplierQuery, err)
		}
		made = append(made, s)
	}
	return made, nil
}

func (c *Client) allConfigs(ctx context.Context, supplier string) ([]wireConfig, error) {
	var all []wireConfig
	configs := rows(ctx, c, configsQuery, map[string]any{"supplier": supplier}, c.state(), func(w *wireConfig) (wireConfig, error) { return *w, nil })
	for w, err := range configs {
		if err != nil {
			return nil, err
		}
		all = append(all, w)
	}
	return all, nil
}

// sessionEnds returns the ends of the sessions in which those of a page that are leaving began to.
func (c *Client) sessionEnds(ctx context.Context, page []wireSupplier) (map[string]pocket.Height, error) {
	var leaving []string
	for i := range page {
		if page[i].Status == unstaking {
			leaving = append(leaving, page[i].ID)
		}
	}
	if len(leaving) == 0 {
		return nil, nil
	}
	filter := map[string]any{"supplierId": map[string]any{"in": leaving}}
	if c.height > 0 {
		filter["blockId"] = map[string]any{"lessThanOrEqualTo": wireHeight(c.height)}
	}
	ends := map[string]pocket.Height{}
	for page, err := range pages[wireUnbonding](ctx, c.past(), unbondingBeganQuery, map[string]any{"filter": filter}, need{upTo: c.height}) {
		if err != nil {
			return nil, err
		}
		for i := range page { // oldest first: the last one counts
			ends[page[i].Supplier] = pocket.Height(page[i].SessionEnd)
		}
	}
	return ends, nil
}

// needs checks that an address is an account's before anybody is asked.
func needs(a pocket.Address, what string) error {
	if a.Kind() != pocket.AccountAddress {
		return fmt.Errorf("%q is no address of %s, want that of an account: %w", a, what, pocket.ErrInvalid)
	}
	return nil
}

func needAll(addresses []pocket.Address, what string) error {
	for _, a := range addresses {
		if err := needs(a, what); err != nil {
			return err
		}
	}
	return nil
}
