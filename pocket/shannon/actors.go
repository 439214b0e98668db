package shannon

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/url"

	"github.com/poktbot/poktbot/pocket"
)

type wireApplication struct {
	Address  pocket.Address `json:"address"`
	Stake    *coin          `json:"stake"`
	Services []struct {
		ID pocket.ServiceID `json:"service_id"`
	} `json:"service_configs"`
	Gateways   []pocket.Address `json:"delegatee_gateway_addresses"`
	UnstakeEnd number           `json:"unstake_session_end_height"`
	SpendLimit *coin            `json:"per_session_spend_limit"`
}

func (w wireApplication) application() (pocket.Application, error) {
	if w.Address.IsZero() || w.Stake == nil {
		return pocket.Application{}, fmt.Errorf("application %q without its address or stake", w.Address)
	}
	a := pocket.Application{
		Address: w.Address, Stake: pocket.Upokt(*w.Stake), Gateways: w.Gateways, UnstakeSessionEnd: pocket.Height(w.UnstakeEnd),
		SpendLimit: (*pocket.Upokt)(w.SpendLimit),
	}
	if len(a.Gateways) == 0 {
		a.Gateways = nil
	}
	for _, s := range w.Services {
		a.Services = append(a.Services, s.ID)
	}
	return a, nil
}

// Application returns the application at address. [pocket.ErrNotFound] means that it is not staked.
func (c *Client) Application(ctx context.Context, address pocket.Address) (pocket.Application, error) {
	if err := needs(address, pocket.AccountAddress, "an application"); err != nil {
		return pocket.Application{}, err
	}
	a, err := askState(ctx, c, protocol+"/application/application/"+address.String(), nil, func(w struct {
		Application *wireApplication `json:"application"`
	}) (pocket.Application, error) {
		if w.Application == nil || w.Application.Address != address {
			return pocket.Application{}, errors.New("an answer without the application asked for")
		}
		return w.Application.application()
	})
	return a, of(err, "application", address)
}

// Applications yields all applications, or those that delegate to gateway when it is not zero, in the order of the chain's store. An
// error is yielded last.
func (c *Client) Applications(ctx context.Context, gateway pocket.Address) iter.Seq2[pocket.Application, error] {
	query := url.Values{}
	if !gateway.IsZero() {
		query.Set("delegatee_gateway_address", gateway.String())
	}
	return walk(ctx, c, protocol+"/application/application", query, func(w struct {
		Applications []wireApplication `json:"applications"`
		Pagination   paging            `json:"pagination"`
	}) (page[pocket.Application], error) {
		return pageOf(w.Applications, w.Pagination, wireApplication.application)
	})
}

type wireGateway struct {
	Address    pocket.Address `json:"address"`
	Stake      *coin          `json:"stake"`
	UnstakeEnd number         `json:"unstake_session_end_height"`
}

func (w wireGateway) gateway() (pocket.Gateway, error) {
	if w.Address.IsZero() || w.Stake == nil {
		return pocket.Gateway{}, fmt.Errorf("gateway %q without its address or stake", w.Address)
	}
	return pocket.Gateway{Address: w.Address, Stake: pocket.Upokt(*w.Stake), UnstakeSessionEnd: pocket.Height(w.UnstakeEnd)}, nil
}

// Gateway returns the gateway at address. [pocket.ErrNotFound] means that it is not staked.
func (c *Client) Gateway(ctx context.Context, address pocket.Address) (pocket.Gateway, error) {
	if err := needs(address, pocket.AccountAddress, "a gateway"); err != nil {
		return pocket.Gateway{}, err
	}
	g, err := askState(ctx, c, protocol+"/gateway/gateway/"+address.String(), nil, func(w struct {
		Gateway *wireGateway `json:"gateway"`
	}) (pocket.Gateway, error) {
		if w.Gateway == nil || w.Gateway.Address != address {
			return pocket.Gateway{}, errors.New("an answer without the gateway asked for")
		}
		return w.Gateway.gateway()
	})
	return g, of(err, "gateway", address)
}

// Gateways yields all gateways in the order of the chain's store. An error is yielded last.
func (c *Client) Gateways(ctx context.Context) iter.Seq2[pocket.Gateway, error] {
	return walk(ctx, c, protocol+"/gateway/gateway", nil, func(w struct {
		Gateways   []wireGateway `json:"gateways"`
		Pagination paging        `json:"pagination"`
	}) (page[pocket.Gateway], error) {
		return pageOf(w.Gateways, w.Pagination, wireGateway.gateway)
	})
}

type wireService struct {
	ID    pocket.ServiceID `json:"id"`
	Name  string           `json:"name"`
	Units number           `json:"compute_units_per_relay"`
	Owner pocket.Address   `json:"owner_address"`
}

func (w wireService) service() (pocket.Service, error) {
	if w.ID == "" {
		return pocket.Service{}, errors.New("a service without a name")
	}
	return pocket.Service{ID: w.ID, Name: w.Name, ComputeUnitsPerRelay: int64(w.Units), Owner: w.Owner}, nil
}

// Service returns the service of that name. [pocket.ErrNotFound] means that there is none.
func (c *Client) Service(ctx context.Context, id pocket.ServiceID) (pocket.Service, error) {
	if err := checkService(id); err != nil {
		return pocket.Service{}, err
	}
	s, err := askState(ctx, c, protocol+"/service/service/"+string(id), nil, func(w struct {
		Service *wireService `json:"service"`
	}) (pocket.Service, error) {
		if w.Service == nil || w.Service.ID != id {
			return pocket.Service{}, errors.New("an answer without the service asked for")
		}
		return w.Service.service()
	})
	return s, of(err, "service", id)
}

// Services yields all services in the order of the chain's store. An error is yielded last.
func (c *Client) Services(ctx context.Context) iter.Seq2[pocket.Service, error] {
	return walk(ctx, c, protocol+"/service/service", nil, func(w struct {
		Service    []wireService `json:"service"`
		Services   []wireService `json:"services"`
		Pagination paging        `json:"pagination"`
	}) (page[pocket.Service], error) {
		return pageOf(append(w.Service, w.Services...), w.Pagination, wireService.service)
	})
}
