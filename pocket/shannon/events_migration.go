package shannon

import (
	"encoding/json"

	"github.com/poktbot/poktbot/pocket"
)

// Morse accounts that were claimed. The attributes are those of the versions of pocket/migration/event.proto: until the protocol was
// renamed supplier claims told shannon_dest_address, since then the supplier as an object; morse_node_address was morse_src_address.

func accountMigrated(f *eventFields, at pocket.At) pocket.Event {
	return pocket.Migration{
		At: at, As: pocket.MigratedAccount,
		Balance:     f.claimedCoin("claimed_balance"),
		SessionEnd:  f.height("session_end_height"),
		Morse:       f.address("morse_src_address"),
		Destination: f.address("shannon_dest_address"),
	}
}

func supplierMigrated(f *eventFields, at pocket.At) pocket.Event {
	m := pocket.Migration{
		At: at, As: pocket.MigratedSupplier,
		Balance:     f.claimedCoin("claimed_balance"),
		Stake:       f.claimedCoin("claimed_supplier_stake", "claimedSupplierStake"),
		Morse:       f.address("morse_node_address", "morse_src_address"),
		MorseOutput: f.optionalAddress("morse_output_address"),
		SessionEnd:  f.height("session_end_height"),
	}
	var supplier struct {
		Operator string `json:"operator_address"`
		Owner    string `json:"owner_address"`
	}
	if f.object(&supplier, "supplier") && supplier.Operator != "" {
		m.Destination = f.named("supplier", supplier.Operator)
		if supplier.Owner != "" {
			m.Owner = f.named("supplier", supplier.Owner)
		}
		return m
	}
	m.Destination = f.address("shannon_operator_address", "supplier_operator_address", "operator_address", "shannon_dest_address")
	m.Owner = f.optionalAddress("shannon_owner_address", "supplier_owner_address", "owner_address")
	return m
}

func applicationMigrated(f *eventFields, at pocket.At) pocket.Event {
	m := pocket.Migration{
		At: at, As: pocket.MigratedApplication,
		Stake:      f.claimedCoin("claimed_application_stake", "claimedApplicationStake"),
		Balance:    f.claimedCoin("claimed_balance"),
		Morse:      f.address("morse_src_address"),
		SessionEnd: f.height("session_end_height"),
	}
	var application struct {
		Address string `json:"address"`
	}
	if f.object(&application, "application") && application.Address != "" {
		m.Destination = f.named("application", application.Address)
	} else {
		m.Destination = f.address("application_address", "shannon_dest_address")
	}
	return m
}

// accountRecovered also tells of accounts whose Morse address was none.
func accountRecovered(f *eventFields, at pocket.At) pocket.Event {
	m := pocket.Migration{
		At: at, As: pocket.MigratedRecovery,
		Balance:     f.claimedCoin("recovered_balance"),
		SessionEnd:  f.height("session_end_height"),
		Destination: f.address("shannon_dest_address"),
	}
	if a := f.find("morse_src_address"); a != nil {
		m.Morse = morseAddress(string(f.text(a)))
	}
	return m
}

// morseAddress returns the zero Address for what is none: Morse had accounts with such.
func morseAddress(text string) pocket.Address {
	a, err := pocket.ParseAddress(text)
	if err != nil || a.Kind() != pocket.MorseAddress {
		return pocket.Address{}
	}
	return a
}

// claimedCoin is optionalAmount that also reads the chain's empty coin, which has neither a denomination nor an amount: a supplier whose
// Morse stake was returned claims none.
func (f *eventFields) claimedCoin(names ...string) pocket.Upokt {
	a := f.find(names...)
	if a == nil {
		return 0
	}
	text := f.text(a)
	var empty struct{ Denom, Amount string }
	if len(text) == 0 || string(text) == "null" ||
		text[0] == '{' && json.Unmarshal(text, &empty) == nil && empty.Denom == "" && (empty.Amount == "" || empty.Amount == "0") {
		return 0
	}
	amount, _ := f.optionalAmount(string(a.name))
	return amount
}
