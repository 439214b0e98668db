package shannon

import "github.com/poktbot/poktbot/pocket"

// The objects that attributes hold as JSON: whole actors, as the REST API writes them, and before v0.1.27 whole claims.

// An eventClaim is the claim, or the proof, that events held whole before v0.1.27.
type eventClaim struct {
	Supplier string `json:"supplier_operator_address"`
	Session  struct {
		Application string `json:"application_address"`
		Service     string `json:"service_id"`
		ID          string `json:"session_id"`
		End         number `json:"session_end_block_height"`
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

// supplier returns the supplier that the named attribute holds as an object, nil when it is not there.
func (f *eventFields) supplier(name string) *pocket.Supplier {
	var object wireSupplier
	if !f.object(&object, name) {
		return nil
	}
	supplier, err := object.supplier()
	if err != nil {
		f.fail(name, err)
	}
	return &supplier
}

// application returns the application that the named attribute holds as an object. It must be there.
func (f *eventFields) application(name string) pocket.Application {
	var object wireApplication
	if !f.object(&object, name) {
		f.fail(name, errMissing)
		return pocket.Application{}
	}
	application, err := object.application()
	if err != nil {
		f.fail(name, err)
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
