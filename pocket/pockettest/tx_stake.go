package pockettest

import "github.com/poktbot/poktbot/pocket"

// stakeSupplier stakes a supplier, adds to its stake, cancels its unbonding or restores its services.
type stakeSupplier struct {
	signer     pocket.Address
	supplier   pocket.Supplier // afterwards
	services   []pocket.ServiceConfig
	added, fee pocket.Upokt
	sessionEnd pocket.Height
	height     pocket.Height
	canceled   bool
}

func (stakeSupplier) url() string { return "/pocket.supplier.MsgStakeSupplier" }
func (m stakeSupplier) encode() protobuf {
	p := protobuf(nil).text(1, m.signer.String()).text(2, m.supplier.Owner.String()).text(3, m.supplier.Operator.String()).
		message(4, coinBytes(m.supplier.Stake))
	for _, s := range m.services {
		config := protobuf(nil).text(1, string(s.Service))
		for _, e := range s.Endpoints {
			config = config.message(2, protobuf(nil).text(1, e.URL).number(2, 3)) // 3 is JSON_RPC
		}
		for _, share := range s.RevShares {
			config = config.message(3, protobuf(nil).text(1, share.Address.String()).number(3, uint64(share.Percent)))
		}
		p = p.message(5, config)
	}
	return p
}

func (m stakeSupplier) form() any {
	services := []serviceConfigJSON{}
	for _, s := range m.services {
		services = append(services, configJSON(s, false))
	}
	return struct {
		Signer   string              `json:"signer"`
		Owner    string              `json:"owner_address"`
		Operator string              `json:"operator_address"`
		Stake    coinJSON            `json:"stake"`
		Services []serviceConfigJSON `json:"services"`
	}{m.signer.String(), m.supplier.Owner.String(), m.supplier.Operator.String(), coinOf(m.supplier.Stake), services}
}

func (m stakeSupplier) events() []wireEvent {
	var events []wireEvent
	if m.added > 0 {
		events = moved(m.signer.String(), supplierModule, m.added.Coin())
	}
	if m.fee > 0 {
		events = append(events, moved(m.signer.String(), supplierModule, m.fee.Coin())...)
	}
	if m.canceled {
		events = append(events, unbonding{
			phase: pocket.UnbondingCanceled, supplier: m.supplier, height: m.height, sessionEnd: m.sessionEnd,
		})
	}
	return append(events, supplierStaked{m.supplier.Operator, m.sessionEnd})
}

type unstakeSupplier struct {
	signer   pocket.Address
	supplier pocket.Supplier // afterwards
	end      pocket.Height   // when the stake comes back
}

func (unstakeSupplier) url() string { return "/pocket.supplier.MsgUnstakeSupplier" }
func (m unstakeSupplier) encode() protobuf {
	return protobuf(nil).text(1, m.signer.String()).text(2, m.supplier.Operator.String())
}

func (m unstakeSupplier) form() any {
	return struct {
		Signer   string `json:"signer"`
		Operator string `json:"operator_address"`
	}{m.signer.String(), m.supplier.Operator.String()}
}

func (m unstakeSupplier) events() []wireEvent {
	bare := m.supplier // the event shows neither services nor history
	bare.Services, bare.History = nil, nil
	return []wireEvent{unbonding{
		phase: pocket.UnbondingBegan, supplier: bare, sessionEnd: bare.UnstakeSessionEnd, end: m.end,
	}}
}

// stakeApplication stakes an application again whose stake was used up.
type stakeApplication struct {
	application pocket.Application // afterwards
	sessionEnd  pocket.Height
}

func (stakeApplication) url() string { return "/pocket.application.MsgStakeApplication" }
func (m stakeApplication) encode() protobuf {
	p := protobuf(nil).text(1, m.application.Address.String()).message(2, coinBytes(m.application.Stake))
	for _, s := range m.application.Services {
		p = p.message(3, protobuf(nil).text(1, string(s)))
	}
	return p
}

func (m stakeApplication) form() any {
	a := applicationForm(m.application)
	return struct {
		Address  string          `json:"address"`
		Stake    coinJSON        `json:"stake"`
		Services []serviceIDJSON `json:"services"`
	}{a.Address, a.Stake, a.Services}
}

func (m stakeApplication) events() []wireEvent {
	return append(moved(m.application.Address.String(), applicationModule, m.application.Stake.Coin()),
		applicationUnbonding{phase: pocket.UnbondingCanceled, application: m.application, sessionEnd: m.sessionEnd},
		applicationStaked(m))
}

func (m stakeSupplier) count() int    { return len(m.events()) }
func (m unstakeSupplier) count() int  { return len(m.events()) }
func (m stakeApplication) count() int { return len(m.events()) }
