package shannon

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/poktbot/poktbot/pocket"
)

// A BlockQuery chooses blocks by what their end did: blocks with at least one event that meets all conditions at once. Empty fields ask
// nothing. The node's index knows the events of block beginnings and ends only; what transactions did, [Client.SearchTransactions] finds.
type BlockQuery struct {
	// Kind is the event that must have happened. "" is any event: then only Recipient and the heights can be asked for.
	Kind pocket.Kind

	Supplier    pocket.Address // its operator
	Owner       pocket.Address // the supplier's owner
	Application pocket.Address
	Service     pocket.ServiceID
	// Recipient was paid: by a share of a settlement, by another reward when Kind is that, or by any transfer when Kind is "".
	Recipient pocket.Address

	From, To pocket.Height // both inclusive; 0 is open

	// Former asks for events as they were before v0.1.27: claims were objects then, and other events of the same kind are not found. Settlements,
	// expiries and slashes can be asked for, by Supplier and Application. (From the history of the protocol's source.)
	Former bool
}

// An attribute is where the index has an address or a service: the key, and how the value is written there.
type attribute struct {
	key string
	how spelling
}

type spelling int

const (
	quoted  spelling = iota // the value is JSON text, so that its quotes belong to it: equality with the quotes
	plainly                 // the value itself: equality
	within                  // the value is in a JSON object: it contains the text
)

// An indexed event is one that searches can ask for: its type, an attribute that each has, and where it names whom.
type indexed struct {
	event       string
	always      string
	supplier    attribute
	owner       attribute
	application attribute
	service     attribute
	recipient   attribute
	former      attribute // the object that named whom before v0.1.27
}

func is(key string) attribute       { return attribute{key, quoted} }
func contains(key string) attribute { return attribute{key, within} }

// The events of block ends, by their attributes since v0.1.27.
var blockEvents = map[pocket.Kind]indexed{
	pocket.KindSettlement: {
		event: "pocket.tokenomics.EventClaimSettled", always: "supplier_operator_address",
		supplier: is("supplier_operator_address"), owner: is("supplier_owner_address"), application: is("application_address"),
		service: is("service_id"), recipient: contains("reward_distribution"), former: contains("claim"),
	},
	pocket.KindClaimExpiry: {
		event: "pocket.tokenomics.EventClaimExpired", always: "supplier_operator_address",
		supplier: is("supplier_operator_address"), application: is("application_address"), service: is("service_id"),
		former: contains("claim"),
	},
	pocket.KindClaimDiscard: {
		event: "pocket.tokenomics.EventClaimDiscarded", always: "supplier_operator_address",
		supplier: is("supplier_operator_address"), application: is("application_address"), service: is("service_id"),
	},
	pocket.KindSlash: {
		event: "pocket.tokenomics.EventSupplierSlashed", always: "supplier_operator_address",
		supplier: is("supplier_operator_address"), application: is("application_address"), service: is("service_id"),
		former: contains("claim"),
	},
	pocket.KindOverservicing: {
		event: "pocket.tokenomics.EventApplicationOverserviced", always: "application_addr",
		supplier: is("supplier_operator_addr"), application: is("application_addr"), service: is("service_id"),
	},
	pocket.KindReimbursement: {
		event: "pocket.tokenomics.EventApplicationReimbursementRequest", always: "application_addr",
		supplier: is("supplier_operator_addr"), owner: is("supplier_owner_addr"), application: is("application_addr"), service: is("service_id"),
	},
	pocket.KindValidatorReward: {
		event: "pocket.tokenomics.EventValidatorRewardDistribution", always: "op_reason",
		recipient: is("validator_account_address"),
	},
	pocket.KindSettlementBatch: {
		event: "pocket.tokenomics.EventSettlementBatch", always: "op_type",
		recipient: is("recipient"),
	},
	pocket.KindProofCheck: {
		event: "pocket.proof.EventProofValidityChecked", always: "supplier_operator_address",
		supplier: is("supplier_operator_address"), application: is("application_address"), service: is("service_id"),
	},
	pocket.KindServiceActivation: {
		event: "pocket.supplier.EventSupplierServiceConfigActivated", always: "activation_height",
		supplier: is("operator_address"), service: is("service_id"),
	},
	pocket.KindUnbondingBegin: {
		event: "pocket.supplier.EventSupplierUnbondingBegin", always: "unbonding_end_height",
		supplier: contains("supplier"), owner: contains("supplier"),
	},
	pocket.KindUnbondingEnd: {
		event: "pocket.supplier.EventSupplierUnbondingEnd", always: "unbonding_end_height",
		supplier: contains("supplier"), owner: contains("supplier"),
	},
	pocket.KindApplicationUnbonding: {
		event: "pocket.application.EventApplicationUnbondingBegin", always: "reason",
		application: contains("application"),
	},
	pocket.KindDifficultyUpdate: {
		event: "pocket.service.EventRelayMiningDifficultyUpdated", always: "service_id",
		service: is("service_id"),
	},
	"": {event: "transfer", recipient: attribute{"recipient", plainly}},
}

// The events that transactions make.
var txEvents = map[pocket.Kind]indexed{
	pocket.KindClaimCreation: {
		event: "pocket.proof.EventClaimCreated", always: "supplier_operator_address",
		supplier: is("supplier_operator_address"), application: is("application_address"), service: is("service_id"),
	},
	pocket.KindProofSubmission: {
		event: "pocket.proof.EventProofSubmitted", always: "supplier_operator_address",
		supplier: is("supplier_operator_address"), application: is("application_address"), service: is("service_id"),
	},
	pocket.KindSupplierStake: {
		event: "pocket.supplier.EventSupplierStaked", always: "operator_address",
		supplier: is("operator_address"), former: contains("supplier"),
	},
	pocket.KindUnbondingBegin: {
		event: "pocket.supplier.EventSupplierUnbondingBegin", always: "unbonding_end_height",
		supplier: contains("supplier"),
	},
	pocket.KindMigration: { // of nodes; wallets and applications are other events
		event: "pocket.migration.EventMorseSupplierClaimed", always: "claimed_supplier_stake",
		supplier: contains("supplier"),
	},
	pocket.KindUnbondingCancel: {
		event: "pocket.supplier.EventSupplierUnbondingCanceled", always: "session_end_height",
		supplier: contains("supplier"),
	},
}

// A condition builder writes the query language of CometBFT. Text gets into it only by [conditions.match], from values that were checked to
// hold no character that means anything there: addresses parsed by [pocket.ParseAddress], and services by [checkService].
type conditions struct {
	list []string
	err  error
}

func (c *conditions) match(event string, where attribute, value string) {
	key := event + "." + where.key
	switch where.how {
	case quoted:
		c.list = append(c.list, key+`='"`+value+`"'`)
	case plainly:
		c.list = append(c.list, key+"='"+value+"'")
	case within:
		c.list = append(c.list, key+" CONTAINS '"+value+"'")
	}
}

// address adds a condition on whom an event names. An event that does not name such a one is the caller's mistake.
func (c *conditions) address(event string, where attribute, role string, value pocket.Address) {
	switch {
	case value.IsZero():
	case where.key == "":
		c.fail(fmt.Errorf("%s events name no %s that can be searched for: %w", event, role, pocket.ErrInvalid))
	default:
		c.match(event, where, value.String())
	}
}

func (c *conditions) service(event string, where attribute, id pocket.ServiceID) {
	switch {
	case id == "":
	case where.key == "":
		c.fail(fmt.Errorf("%s events name no service: %w", event, pocket.ErrInvalid))
	default:
		if err := checkService(id); err != nil {
			c.fail(err)
			return
		}
		c.match(event, where, string(id))
	}
}

// heights adds a range; which is "block" or "tx".
func (c *conditions) heights(which string, from, to pocket.Height) {
	if from < 0 || to < 0 || to != 0 && to < from {
		c.fail(fmt.Errorf("heights from %d to %d: want heights of at least 1, the lower one first: %w", from, to, pocket.ErrInvalid))
		return
	}
	if from > 0 {
		c.list = append(c.list, fmt.Sprintf("%s.height>%d", which, from-1))
	}
	if to > 0 {
		c.list = append(c.list, fmt.Sprintf("%s.height<=%d", which, to))
	}
}

func (c *conditions) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

func (c *conditions) text() (string, error) {
	if c.err != nil {
		return "", c.err
	}
	if len(c.list) == 0 {
		return "", fmt.Errorf("a search without any condition: %w", pocket.ErrInvalid)
	}
	return strings.Join(c.list, " AND "), nil
}

// text writes the query, or tells what cannot be asked.
func (q BlockQuery) text() (string, error) {
	in, known := blockEvents[q.Kind]
	if !known {
		if _, ofTx := txEvents[q.Kind]; ofTx || q.Kind == pocket.KindTransaction {
			return "", fmt.Errorf("events of kind %s are in transactions: search those: %w", q.Kind, pocket.ErrInvalid)
		}
		return "", fmt.Errorf("blocks cannot be searched for events of kind %.60q: %w", string(q.Kind), pocket.ErrInvalid)
	}
	c := conditions{}
	c.heights("block", q.From, q.To)
	before := len(c.list)
	if q.Former {
		c.needFormer(in)
		if !q.Owner.IsZero() || !q.Recipient.IsZero() || q.Service != "" {
			c.fail(fmt.Errorf("former events are found by supplier and application only: %w", pocket.ErrInvalid))
		}
		in = in.before127()
	}
	c.address(in.event, in.supplier, "supplier", q.Supplier)
	c.address(in.event, in.owner, "owner", q.Owner)
	c.address(in.event, in.application, "application", q.Application)
	c.address(in.event, in.recipient, "recipient", q.Recipient)
	c.service(in.event, in.service, q.Service)
	if len(c.list) == before && in.always != "" {
		c.list = append(c.list, in.event+"."+in.always+" EXISTS")
	}
	return c.text()
}

func (c *conditions) needFormer(in indexed) {
	if in.former.key == "" {
		c.fail(fmt.Errorf("%s events have no former spelling to search for: %w", in.event, pocket.ErrInvalid))
	}
}

// before127 is the event as it was before v0.1.27.
func (in indexed) before127() indexed {
	return indexed{event: in.event, always: in.former.key, supplier: in.former, application: in.former}
}

// A TxQuery chooses transactions. The node's index can only join conditions that one single event meets, so there are three ways to ask, of
// which a query takes one: by transfer (Sender, Recipient), by message (Signer, Action), and by what happened to a supplier (Kind, and
// Supplier, Application, Service). The heights go with each. Other mixtures are [pocket.ErrInvalid].
type TxQuery struct {
	Sender    pocket.Address // coins left it: by its own transaction, or by one it had authorized
	Recipient pocket.Address // coins came to it, fees included when it is a module's

	Signer pocket.Address // sent the message
	Action string         // the message's type, such as "/cosmos.bank.v1beta1.MsgSend"

	Kind        pocket.Kind // KindClaimCreation, KindProofSubmission, KindSupplierStake, KindUnbondingBegin, KindUnbondingCancel or KindMigration (of suppliers)
	Supplier    pocket.Address
	Application pocket.Address
	Service     pocket.ServiceID

	From, To pocket.Height // both inclusive; 0 is open
	Newest   bool          // newest first; oldest first otherwise

	Former bool // asks for KindSupplierStake as it was before v0.1.27: see [BlockQuery.Former]
}

func (q TxQuery) text() (string, error) {
	c := conditions{}
	c.heights("tx", q.From, q.To)
	ways := 0
	if !q.Sender.IsZero() || !q.Recipient.IsZero() {
		ways++
		c.address("transfer", attribute{"sender", plainly}, "sender", q.Sender)
		c.address("transfer", attribute{"recipient", plainly}, "recipient", q.Recipient)
	}
	if !q.Signer.IsZero() || q.Action != "" {
		ways++
		c.address("message", attribute{"sender", plainly}, "signer", q.Signer)
		c.action(q.Action)
	}
	if q.Kind != "" {
		ways++
		c.made(q)
	} else if !q.Supplier.IsZero() || !q.Application.IsZero() || q.Service != "" {
		c.fail(fmt.Errorf("transactions by supplier, application or service need a kind of event: %w", pocket.ErrInvalid))
	}
	if ways > 1 {
		c.fail(fmt.Errorf("transfers, messages and events cannot be searched for together: %w", pocket.ErrInvalid))
	}
	return c.text()
}

var messageType = regexp.MustCompile(`^/[a-zA-Z0-9._]{1,127}$`)

// action adds a condition on the type of a message.
func (c *conditions) action(action string) {
	if action == "" {
		return
	}
	if !messageType.MatchString(action) {
		c.fail(fmt.Errorf("action %.60q: want a message's type such as /cosmos.bank.v1beta1.MsgSend: %w", action, pocket.ErrInvalid))
		return
	}
	c.match("message", attribute{"action", plainly}, action)
}

// made adds the conditions on what a transaction made happen.
func (c *conditions) made(q TxQuery) {
	in, known := txEvents[q.Kind]
	if !known {
		c.fail(fmt.Errorf("transactions cannot be searched for events of kind %.60q: %w", string(q.Kind), pocket.ErrInvalid))
		return
	}
	if q.Former {
		c.needFormer(in)
		in = in.before127()
	}
	before := len(c.list)
	c.address(in.event, in.supplier, "supplier", q.Supplier)
	c.address(in.event, in.application, "application", q.Application)
	c.service(in.event, in.service, q.Service)
	if len(c.list) == before && in.always != "" {
		c.list = append(c.list, in.event+"."+in.always+" EXISTS")
	}
}
