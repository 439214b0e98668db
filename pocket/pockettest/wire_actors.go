package pockettest

import (
	"encoding/json"
	"strconv"

	"github.com/poktbot/poktbot/pocket"
)

// What follows are the proto JSON forms of suppliers and applications, which events and REST answers share.

type coinJSON struct {
	Denom  string `json:"denom"`
	Amount string `json:"amount"`
}

func coinOf(u pocket.Upokt) coinJSON { return coinJSON{"upokt", strconv.FormatInt(int64(u), 10)} }

type endpointJSON struct {
	URL     string     `json:"url"`
	RPCType string     `json:"rpc_type"`
	Configs []struct{} `json:"configs"`
}

type revShareJSON struct {
	Address    string `json:"address"`
	Percentage string `json:"rev_share_percentage"`
}

type serviceConfigJSON struct {
	ServiceID string         `json:"service_id"`
	Endpoints []endpointJSON `json:"endpoints"`
	RevShare  []revShareJSON `json:"rev_share"`
}

type serviceUpdateJSON struct {
	Operator     string            `json:"operator_address"`
	Service      serviceConfigJSON `json:"service"`
	Activation   string            `json:"activation_height"`
	Deactivation string            `json:"deactivation_height"`
}

type supplierJSON struct {
	Owner      string              `json:"owner_address"`
	Operator   string              `json:"operator_address"`
	Stake      coinJSON            `json:"stake"`
	Services   []serviceConfigJSON `json:"services"`
	UnstakeEnd string              `json:"unstake_session_end_height"`
	History    []serviceUpdateJSON `json:"service_config_history"`
}

func heightText(h pocket.Height) string { return strconv.FormatInt(int64(h), 10) }

func configJSON(c pocket.ServiceConfig, dehydrated bool) serviceConfigJSON {
	out := serviceConfigJSON{ServiceID: string(c.Service), Endpoints: []endpointJSON{}, RevShare: []revShareJSON{}}
	for _, e := range c.Endpoints {
		out.Endpoints = append(out.Endpoints, endpointJSON{e.URL, e.RPCType, []struct{}{}})
	}
	if dehydrated {
		return out
	}
	for _, s := range c.RevShares {
		out.RevShare = append(out.RevShare, revShareJSON{s.Address.String(), strconv.FormatInt(s.Percent, 10)})
	}
	return out
}

// supplierForm returns s in proto JSON. A dehydrated one has no rev shares and no history.
func supplierForm(s pocket.Supplier, dehydrated bool) supplierJSON {
	out := supplierJSON{
		Owner: s.Owner.String(), Operator: s.Operator.String(), Stake: coinOf(s.Stake),
		Services: []serviceConfigJSON{}, UnstakeEnd: heightText(s.UnstakeSessionEnd), History: []serviceUpdateJSON{},
	}
	for _, c := range s.Services {
		out.Services = append(out.Services, configJSON(c, dehydrated))
	}
	if dehydrated {
		return out
	}
	for _, u := range s.History {
		out.History = append(out.History, serviceUpdateJSON{
			s.Operator.String(), configJSON(u.ServiceConfig, false), heightText(u.Activation), heightText(u.Deactivation),
		})
	}
	return out
}

type serviceIDJSON struct {
	ServiceID string `json:"service_id"`
}

type applicationJSON struct {
	Address      string              `json:"address"`
	Stake        coinJSON            `json:"stake"`
	Services     []serviceIDJSON     `json:"service_configs"`
	Gateways     []string            `json:"delegatee_gateway_addresses"`
	Undelegating map[string]struct{} `json:"pending_undelegations"`
	UnstakeEnd   string              `json:"unstake_session_end_height"`
	Transfer     *struct{}           `json:"pending_transfer"`
	SpendLimit   *coinJSON           `json:"per_session_spend_limit"`
	History      []struct{}          `json:"service_config_history"`
}

func applicationForm(a pocket.Application) applicationJSON {
	out := applicationJSON{
		Address: a.Address.String(), Stake: coinOf(a.Stake), Services: []serviceIDJSON{}, Gateways: []string{},
		Undelegating: map[string]struct{}{}, UnstakeEnd: heightText(a.UnstakeSessionEnd), History: []struct{}{},
	}
	for _, s := range a.Services {
		out.Services = append(out.Services, serviceIDJSON{string(s)})
	}
	for _, g := range a.Gateways {
		out.Gateways = append(out.Gateways, g.String())
	}
	return out
}

// mustJSON encodes a value of this package's own wire types, which always encode.
func mustJSON(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic("pockettest: " + err.Error())
	}
	return text
}

// unbonding is a supplier that begins to leave, changes its mind or has left.
type unbonding struct {
	phase      pocket.UnbondingPhase
	supplier   pocket.Supplier
	forced     bool
	height     pocket.Height // of a cancellation
	sessionEnd pocket.Height
	end        pocket.Height // not with a cancellation
}

func (e unbonding) name() string {
	switch e.phase {
	case pocket.UnbondingCanceled:
		return "pocket.supplier.EventSupplierUnbondingCanceled"
	case pocket.UnbondingEnded:
		return "pocket.supplier.EventSupplierUnbondingEnd"
	default:
		return "pocket.supplier.EventSupplierUnbondingBegin"
	}
}

func (e unbonding) write(a *attributes) {
	reason := "SUPPLIER_UNBONDING_REASON_VOLUNTARY"
	if e.forced {
		reason = "SUPPLIER_UNBONDING_REASON_BELOW_MIN_STAKE"
	}
	if e.phase == pocket.UnbondingCanceled {
		a.number("height", int64(e.height))
	} else {
		a.text("reason", reason)
	}
	a.number("session_end_height", int64(e.sessionEnd))
	a.bare("supplier", string(mustJSON(supplierForm(e.supplier, false))))
	if e.phase != pocket.UnbondingCanceled {
		a.number("unbonding_end_height", int64(e.end))
	}
}

func (e unbonding) truth(at pocket.At) pocket.Event {
	return pocket.Unbonding{
		At: at, Phase: e.phase, Supplier: e.supplier, Forced: e.forced, SessionEnd: e.sessionEnd, EventEndHeight: e.end,
	}
}

type supplierStaked struct {
	operator   pocket.Address
	sessionEnd pocket.Height
}

func (supplierStaked) name() string { return "pocket.supplier.EventSupplierStaked" }
func (e supplierStaked) write(a *attributes) {
	a.address("operator_address", e.operator)
	a.number("session_end_height", int64(e.sessionEnd))
}

func (e supplierStaked) truth(at pocket.At) pocket.Event {
	return pocket.SupplierStake{At: at, Supplier: e.operator, SessionEnd: e.sessionEnd}
}

type serviceActivated struct {
	operator   pocket.Address
	service    pocket.ServiceID
	activation pocket.Height
}

func (serviceActivated) name() string { return "pocket.supplier.EventSupplierServiceConfigActivated" }
func (e serviceActivated) write(a *attributes) {
	a.number("activation_height", int64(e.activation))
	a.address("operator_address", e.operator)
	a.text("service_id", string(e.service))
}

func (e serviceActivated) truth(at pocket.At) pocket.Event {
	return pocket.ServiceActivation{At: at, Supplier: e.operator, Service: e.service, Activation: e.activation}
}

// applicationUnbonding is an application that is made to leave since its stake is used up, or stays after all since it staked again.
type applicationUnbonding struct {
	phase       pocket.UnbondingPhase
	application pocket.Application
	sessionEnd  pocket.Height
	end         pocket.Height // not with a cancellation
}

func (e applicationUnbonding) name() string {
	if e.phase == pocket.UnbondingCanceled {
		return "pocket.application.EventApplicationUnbondingCanceled"
	}
	return "pocket.application.EventApplicationUnbondingBegin"
}

func (e applicationUnbonding) write(a *attributes) {
	a.bare("application", string(mustJSON(applicationForm(e.application))))
	if e.phase != pocket.UnbondingCanceled {
		a.text("reason", "APPLICATION_UNBONDING_REASON_BELOW_MIN_STAKE")
	}
	a.number("session_end_height", int64(e.sessionEnd))
	if e.phase != pocket.UnbondingCanceled {
		a.number("unbonding_end_height", int64(e.end))
	}
}

func (e applicationUnbonding) truth(at pocket.At) pocket.Event {
	return pocket.ApplicationUnbonding{
		At: at, Phase: e.phase, Application: e.application, Forced: e.phase == pocket.UnbondingBegan, SessionEnd: e.sessionEnd,
	}
}

// applicationStaked is an application that stakes again. Package pocket has no word for it.
type applicationStaked struct {
	application pocket.Application
	sessionEnd  pocket.Height
}

func (applicationStaked) name() string { return "pocket.application.EventApplicationStaked" }
func (e applicationStaked) write(a *attributes) {
	a.bare("application", string(mustJSON(applicationForm(e.application))))
	a.number("session_end_height", int64(e.sessionEnd))
}
func (applicationStaked) truth(pocket.At) pocket.Event { return nil }
