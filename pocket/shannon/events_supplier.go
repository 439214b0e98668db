package shannon

import (
	"strings"

	"github.com/poktbot/poktbot/pocket"
)

func supplierStake(f *eventFields, at pocket.At) pocket.Event {
	stake := pocket.SupplierStake{At: at, SessionEnd: f.height("session_end_height"), Config: f.supplier("supplier")}
	if stake.Config != nil {
		stake.Supplier = stake.Config.Operator
	} else {
		stake.Supplier = f.address("operator_address")
	}
	return stake
}

func serviceActivation(f *eventFields, at pocket.At) pocket.Event {
	activation := pocket.ServiceActivation{
		At:         at,
		Activation: f.height("activation_height"),
		Service:    pocket.ServiceID(f.word("service_id")),
	}
	if supplier := f.supplier("supplier"); supplier != nil { // before v0.1.27: once for all services of the supplier
		activation.Supplier = supplier.Operator
	} else {
		activation.Supplier = f.address("operator_address")
	}
	return activation
}

func unbondingBegan(f *eventFields, at pocket.At) pocket.Event {
	return f.unbonding(at, pocket.UnbondingBegan)
}

func unbondingCanceled(f *eventFields, at pocket.At) pocket.Event {
	return f.unbonding(at, pocket.UnbondingCanceled)
}

func unbondingEnded(f *eventFields, at pocket.At) pocket.Event {
	return f.unbonding(at, pocket.UnbondingEnded)
}

func (f *eventFields) unbonding(at pocket.At, phase pocket.UnbondingPhase) pocket.Event {
	u := pocket.Unbonding{
		At:             at,
		Phase:          phase,
		Forced:         f.because("BELOW_MIN_STAKE", 2),
		Migrated:       f.because("MIGRATION", 3),
		SessionEnd:     f.height("session_end_height"),
		EventEndHeight: f.height("unbonding_end_height", "unbonding_height"),
	}
	if supplier := f.supplier("supplier"); supplier != nil {
		u.Supplier = *supplier
	} else {
		u.Supplier.Operator = f.address("operator_address")
	}
	return u
}

// because reports whether the reason for leaving is the one whose name ends so, or whose number this is.
func (f *eventFields) because(ending string, number int) bool {
	reason := f.word("reason")
	return strings.HasSuffix(strings.ToUpper(reason), ending) || reason == string(rune('0'+number))
}

func stakeStuck(f *eventFields, at pocket.At) pocket.Event {
	return pocket.StakeStuck{
		At:       at,
		Supplier: f.address("operator_address"),
		Owner:    f.optionalAddress("owner_address"),
		Reason:   f.prose("reason"),
		Amount:   f.amount("stuck_coin", "amount"),
	}
}

func applicationUnbondingBegan(f *eventFields, at pocket.At) pocket.Event {
	return f.applicationUnbonding(at, pocket.UnbondingBegan)
}

func applicationUnbondingCanceled(f *eventFields, at pocket.At) pocket.Event {
	return f.applicationUnbonding(at, pocket.UnbondingCanceled)
}

func applicationUnbondingEnded(f *eventFields, at pocket.At) pocket.Event {
	return f.applicationUnbonding(at, pocket.UnbondingEnded)
}

func (f *eventFields) applicationUnbonding(at pocket.At, phase pocket.UnbondingPhase) pocket.Event {
	return pocket.ApplicationUnbonding{
		At:          at,
		Phase:       phase,
		Application: f.application("application"),
		Forced:      f.because("BELOW_MIN_STAKE", 1),
		SessionEnd:  f.height("session_end_height"),
	}
}
