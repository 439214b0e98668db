package shannon

import (
	"bytes"
	"fmt"

	"github.com/poktbot/poktbot/pocket"
)

// The objects that attributes hold as JSON: whole actors, and before v0.1.27 whole claims.

// An eventCoin is a coin as an object, or as a string such as "1897upokt".
type eventCoin struct{ Denom, Amount string }

func (c *eventCoin) UnmarshalJSON(b []byte) error {
	walk := cursor{b: b}
	if b[0] == '"' {
		c.Denom, c.Amount = "upokt", string(unescape(nil, walk.text()))
		return nil
	}
	walk.need('{')
	for first := true; ; first = false {
		name, ok := walk.field(first)
		if !ok {
			break
		}
		switch value := string(bytes.Trim(walk.value(), `"`)); string(name) {
		case "denom":
			c.Denom = value
		case "amount":
			c.Amount = value
		}
	}
	if !walk.end() {
		return fmt.Errorf("%.60q is not a coin", b)
	}
	return nil
}

func (c *eventCoin) upokt() (pocket.Upokt, error) {
	if c.Denom != "upokt" {
		return 0, fmt.Errorf("amount %.60q of %.60q: want upokt", c.Amount, c.Denom)
	}
	return pocket.ParseUpokt(c.Amount)
}

// An eventInt is a whole number that is not negative, in quotes or bare.
type eventInt int64

func (n *eventInt) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	value, ok := parseDigits(bytes.Trim(b, `"`))
	if !ok {
		return fmt.Errorf("%.40q is not a whole number that fits", b)
	}
	*n = eventInt(value)
	return nil
}

// An eventClaim is the claim, or the proof, that events held whole before v0.1.27.
type eventClaim struct {
	Supplier string `json:"supplier_operator_address"`
	Session  struct {
		Application string   `json:"application_address"`
		Service     string   `json:"service_id"`
		ID          string   `json:"session_id"`
		End         eventInt `json:"session_end_block_height"`
	} `json:"session_header"`
	Status string `json:"proof_validation_status"`
}

// whole returns the claim or proof that the event holds whole, nil when it has none.
func (f *eventFields) whole() *eventClaim {
	if !f.claimed {
		f.claimed = true
		var claim eventClaim
		if f.object(&claim, "claim") || f.object(&claim, "proof") {
			f.claim = &claim
		}
	}
	return f.claim
}

// An eventSupplier is a supplier as an object.
type eventSupplier struct {
	Operator   string              `json:"operator_address"`
	Owner      string              `json:"owner_address"`
	Stake      *eventCoin          `json:"stake"`
	Services   []eventService      `json:"services"`
	UnstakeEnd eventInt            `json:"unstake_session_end_height"`
	History    []eventServiceStint `json:"service_config_history"`
}

type eventService struct {
	ID        string `json:"service_id"`
	Endpoints []struct {
		URL     string `json:"url"`
		RPCType any    `json:"rpc_type"`
	} `json:"endpoints"`
	RevShares []struct {
		Address string   `json:"address"`
		Percent eventInt `json:"rev_share_percentage"`
	} `json:"rev_share"`
}

type eventServiceStint struct {
	Service      eventService `json:"service"`
	Activation   eventInt     `json:"activation_height"`
	Deactivation eventInt     `json:"deactivation_height"`
}

// supplier returns the supplier that the named attribute holds as an object, nil when it is not there.
func (f *eventFields) supplier(name string) *pocket.Supplier {
	var object eventSupplier
	if !f.object(&object, name) {
		return nil
	}
	supplier := &pocket.Supplier{
		Operator:          f.named(name, object.Operator),
		UnstakeSessionEnd: pocket.Height(object.UnstakeEnd),
	}
	if object.Owner != "" {
		supplier.Owner = f.named(name, object.Owner)
	}
	supplier.Stake = f.stake(name, object.Stake)
	for _, service := range object.Services {
		supplier.Services = append(supplier.Services, f.service(name, service))
	}
	for _, stint := range object.History {
		if stint.Service.ID == "" {
			continue // an older shape, which does not tell one service's heights
		}
		supplier.History = append(supplier.History, pocket.ServiceUpdate{
			ServiceConfig: f.service(name, stint.Service),
			Activation:    pocket.Height(stint.Activation),
			Deactivation:  pocket.Height(stint.Deactivation),
		})
	}
	return supplier
}

func (f *eventFields) service(name string, object eventService) pocket.ServiceConfig {
	config := pocket.ServiceConfig{Service: pocket.ServiceID(f.names.word([]byte(object.ID)))}
	for _, endpoint := range object.Endpoints {
		kind, _ := endpoint.RPCType.(string)
		config.Endpoints = append(config.Endpoints, pocket.Endpoint{URL: endpoint.URL, RPCType: kind})
	}
	for _, share := range object.RevShares {
		config.RevShares = append(config.RevShares, pocket.RevShare{Address: f.named(name, share.Address), Percent: int64(share.Percent)})
	}
	return config
}

// An eventApplication is an application as an object.
type eventApplication struct {
	Address  string     `json:"address"`
	Stake    *eventCoin `json:"stake"`
	Services []struct {
		ID string `json:"service_id"`
	} `json:"service_configs"`
	Gateways   []string   `json:"delegatee_gateway_addresses"`
	UnstakeEnd eventInt   `json:"unstake_session_end_height"`
	SpendLimit *eventCoin `json:"per_session_spend_limit"`
}

// application returns the application that the named attribute holds as an object. It must be there.
func (f *eventFields) application(name string) pocket.Application {
	var object eventApplication
	if !f.object(&object, name) {
		f.fail(name, errMissing)
		return pocket.Application{}
	}
	application := pocket.Application{
		Address:           f.named(name, object.Address),
		Stake:             f.stake(name, object.Stake),
		UnstakeSessionEnd: pocket.Height(object.UnstakeEnd),
	}
	for _, service := range object.Services {
		application.Services = append(application.Services, pocket.ServiceID(f.names.word([]byte(service.ID))))
	}
	for _, gateway := range object.Gateways {
		application.Gateways = append(application.Gateways, f.named(name, gateway))
	}
	if object.SpendLimit != nil {
		limit := f.stake(name, object.SpendLimit)
		application.SpendLimit = &limit
	}
	return application
}

// named reads an address inside the object that the named attribute holds.
func (f *eventFields) named(name, text string) pocket.Address {
	address, err := f.names.address([]byte(text))
	if err != nil {
		f.fail(name, err)
	}
	return address
}

// stake reads a coin inside the object that the named attribute holds. It must be there.
func (f *eventFields) stake(name string, coin *eventCoin) pocket.Upokt {
	if coin == nil {
		f.fail(name, fmt.Errorf("the amount in it is missing"))
		return 0
	}
	amount, err := coin.upokt()
	if err != nil {
		f.fail(name, err)
	}
	return amount
}
