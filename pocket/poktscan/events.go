package poktscan

import (
	"fmt"

	"github.com/poktbot/poktbot/pocket"
)

var (
	expiredQuery        = load("expired")
	slashedQuery        = load("slashed")
	overservicedQuery   = load("overserviced")
	claimedQuery        = load("claimed")
	provenQuery         = load("proven")
	checkedQuery        = load("checked")
	stakedQuery         = load("staked")
	unbondingBeganQuery = load("unbonding_began")
	unbondingEndedQuery = load("unbonding_ended")
)

// wireWork is what the rows of a claim's life say of it.
type wireWork struct {
	inBlock
	Tx           string           `json:"transactionId"`
	Supplier     string           `json:"supplierId"`
	Application  string           `json:"applicationId"`
	Service      pocket.ServiceID `json:"serviceId"`
	SessionEnd   number           `json:"sessionEndHeight"`
	Relays       number           `json:"numRelays"`
	Estimated    number           `json:"numEstimatedRelays"`
	ClaimedUnits number           `json:"numClaimedComputedUnits"`
	Units        number           `json:"numEstimatedComputedUnits"`
	Claimed      *amount          `json:"claimedAmount"`
	Status       string           `json:"proofValidationStatus"`
	Expiration   string           `json:"expirationReason"`
	Failure      string           `json:"failureReason"`
}

func (w *wireWork) work(f *fields) pocket.Work {
	return pocket.Work{
		Supplier: f.address("supplierId", bare(w.Supplier)), Application: f.address("applicationId", bare(w.Application)),
		Service: pocket.ServiceID(bare(string(w.Service))), SessionEnd: pocket.Height(w.SessionEnd),
		Relays: int64(w.Relays), EstimatedRelays: int64(w.Estimated), ClaimedComputeUnits: int64(w.ClaimedUnits), EstimatedComputeUnits: int64(w.Units),
		Claimed: upokt(w.Claimed), Proof: f.proofStatus(w.Status),
	}
}

func (w *wireWork) txAt(f *fields) pocket.At {
	at := w.at(f)
	at.TxHash = w.Tx
	return at
}

func (c *Client) expiry(w *wireWork) (row, error) {
	f := fields{names: c.names}
	e := pocket.ClaimExpiry{At: w.at(&f), Work: w.work(&f), Reason: w.Expiration}
	f.needAmount("claimedAmount", w.Claimed)
	return c.row(&w.inBlock, e, &f)
}

func (c *Client) creation(w *wireWork) (row, error) {
	f := fields{names: c.names}
	e := pocket.ClaimCreation{At: w.txAt(&f), Work: w.work(&f)}
	f.needAmount("claimedAmount", w.Claimed)
	return c.row(&w.inBlock, e, &f)
}

// submission makes a proof of a row, which tells whose it is and no amounts.
func (c *Client) submission(w *wireWork) (row, error) {
	f := fields{names: c.names}
	return c.row(&w.inBlock, pocket.ProofSubmission{At: w.txAt(&f), Work: w.work(&f)}, &f)
}

func (c *Client) check(w *wireWork) (row, error) {
	f := fields{names: c.names}
	if w.Status == "" {
		f.fail("proofValidationStatus", errMissing)
	}
	work := w.work(&f)
	return c.row(&w.inBlock, pocket.ProofCheck{
		At: w.at(&f), Supplier: work.Supplier, Application: work.Application, Service: work.Service, SessionEnd: work.SessionEnd,
		Status: work.Proof, Failure: bare(w.Failure),
	}, &f)
}

// wireSlash is a slash. The stake after it is the chain's word since v0.1.34, before it was reckoned by the indexer. The oldest tell neither
// application nor service nor session.
type wireSlash struct {
	inBlock
	Supplier    string           `json:"supplierId"`
	Application string           `json:"applicationId"`
	Service     pocket.ServiceID `json:"serviceId"`
	SessionEnd  number           `json:"sessionEndHeight"`
	Penalty     *amount          `json:"proofMissingPenalty"`
	After       *number          `json:"afterStakeAmount"`
}

func (c *Client) slash(w *wireSlash) (row, error) {
	f := fields{names: c.names}
	s := pocket.Slash{
		At: w.at(&f), Supplier: f.address("supplierId", bare(w.Supplier)), Application: f.optionalAddress("applicationId", bare(w.Application)),
		Service: w.Service, SessionEnd: pocket.Height(w.SessionEnd), Penalty: f.needAmount("proofMissingPenalty", w.Penalty),
	}
	if s.StakeUnknown = w.After == nil || *w.After < 0; !s.StakeUnknown {
		s.StakeAfter = pocket.Upokt(*w.After)
	}
	return c.row(&w.inBlock, s, &f)
}

type wireOverservicing struct {
	inBlock
	Supplier      string           `json:"supplierId"`
	Application   string           `json:"applicationId"`
	Service       pocket.ServiceID `json:"serviceId"`
	SessionEnd    number           `json:"sessionEndBlockHeight"`
	Expected      *amount          `json:"expectedBurn"`
	Effective     *amount          `json:"effectiveBurn"`
	LimitExceeded bool             `json:"spendLimitExceeded"`
}

func (c *Client) overservicing(w *wireOverservicing) (row, error) {
	f := fields{names: c.names}
	return c.row(&w.inBlock, pocket.Overservicing{
		At: w.at(&f), Supplier: f.address("supplierId", w.Supplier), Application: f.address("applicationId", w.Application),
		Service: w.Service, SessionEnd: pocket.Height(w.SessionEnd),
		Expected: f.needAmount("expectedBurn", w.Expected), Effective: f.needAmount("effectiveBurn", w.Effective), SpendLimitExceeded: w.LimitExceeded,
	}, &f)
}

type wireUnbonding struct {
	inBlock
	Supplier   string `json:"supplierId"`
	Reason     string `json:"reason"`
	SessionEnd number `json:"sessionEndHeight"`
	End        number `json:"unbondingEndHeight"`
}

func (c *Client) unbonding(phase pocket.UnbondingPhase) func(*wireUnbonding) (row, error) {
	return func(w *wireUnbonding) (row, error) {
		f := fields{names: c.names}
		u := pocket.Unbonding{
			At: w.at(&f), Phase: phase, Supplier: pocket.Supplier{Operator: f.address("supplierId", w.Supplier)},
			Forced: w.Reason == belowMinimum, SessionEnd: pocket.Height(w.SessionEnd), EventEndHeight: pocket.Height(w.End),
		}
		u.TxHash = placeOf(w.ID).tx
		return c.row(&w.inBlock, u, &f)
	}
}

// wireStake is a message that staked a supplier, or unstaked it: then without an owner and a stake.
type wireStake struct {
	inBlock
	Tx       string  `json:"transactionId"`
	Signer   string  `json:"signerId"`
	Owner    string  `json:"ownerId"`
	Supplier string  `json:"supplierId"`
	Stake    *amount `json:"stakeAmount"`
}

// stake makes an event of a message, which tells owner and stake but neither services nor session.
func (c *Client) stake(w *wireStake) (row, error) {
	f := fields{names: c.names}
	s := pocket.SupplierStake{At: w.at(&f), Supplier: f.address("supplierId", w.Supplier)}
	s.TxHash = w.Tx
	s.Config = &pocket.Supplier{
		Operator: s.Supplier, Owner: f.optionalAddress("ownerId", w.Owner), Stake: f.needAmount("stakeAmount", w.Stake),
	}
	return c.row(&w.inBlock, s, &f)
}

// The kinds of events that the service tells, in the order of a claim's life.
var (
	knownKinds = []pocket.Kind{
		pocket.KindSettlement, pocket.KindClaimExpiry, pocket.KindSlash, pocket.KindOverservicing,
		pocket.KindSupplierStake, pocket.KindUnbondingBegin, pocket.KindUnbondingEnd,
		pocket.KindClaimCreation, pocket.KindProofSubmission, pocket.KindProofCheck,
	}
	usualKinds = knownKinds[:7]
)

// Kinds returns the kinds of events that the service tells of. It does not tell of discarded claims, for one: the indexer keeps none.
func Kinds() []pocket.Kind { return append([]pocket.Kind(nil), knownKinds...) }

func checkKinds(kinds []pocket.Kind) error {
	for _, kind := range kinds {
		if !isKnown(kind) {
			return fmt.Errorf("events of kind %q: PoktScan does not tell of such: %w", kind, pocket.ErrNotIndexed)
		}
	}
	return nil
}

func isKnown(kind pocket.Kind) bool {
	for _, known := range knownKinds {
		if kind == known {
			return true
		}
	}
	return false
}
