package poktscan

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/poktbot/poktbot/pocket"
)

var (
	settledQuery = load("settled")
	sharesQuery  = load("shares")
	paidQuery    = load("paid")
)

// inBlock is what every event tells of its block.
type inBlock struct {
	ID     string   `json:"id"`
	Height number   `json:"blockId"`
	Block  *blockOf `json:"block"`
}

type blockOf struct {
	Timestamp stamp  `json:"timestamp"`
	Hash      string `json:"hash"`
}

func (w *inBlock) name() string { return w.ID }

// A row is an event on its way, with what puts it in its place.
type row struct {
	event pocket.Event
	block pocket.Block
	place place
}

// at returns where the event stands. Its Index is not told: the service numbers events without those of fees and signatures, the chain with
// them, and how many there were of those the service does not say.
func (w *inBlock) at(f *fields) pocket.At {
	if w.Height < 1 {
		f.fail("blockId", fmt.Errorf("%d is no height", w.Height))
	}
	at := pocket.At{Height: pocket.Height(w.Height), Index: -1}
	if w.Block == nil || w.Block.Timestamp.IsZero() {
		f.fail("block", errMissing)
		return at
	}
	at.Time = w.Block.Timestamp.Time
	return at
}

func (c *Client) row(w *inBlock, event pocket.Event, f *fields) (row, error) {
	if f.err != nil {
		return row{}, fmt.Errorf("event %.80q: %w", w.ID, f.err)
	}
	at := event.Where()
	return row{event, pocket.Block{Height: at.Height, Time: at.Time, Hash: w.Block.Hash}, placeOf(w.ID)}, nil
}

// A place orders the events of a block as the chain does, as far as their ids tell: those of transactions first, those of one transaction by
// number. Which transaction came first is not told.
type place struct {
	inBlock bool // the block itself did it
	tx      string
	number  int64
	id      string
}

// placeOf reads ids such as 1013950-EndBlock-12, 7318…6039-Message-3 and 2458…FEE1-0.
func placeOf(id string) place {
	p := place{id: id}
	first, rest, _ := strings.Cut(id, "-")
	p.inBlock = len(first) < 64
	if !p.inBlock {
		p.tx = first
	}
	if i := strings.LastIndexByte(rest, '-'); i >= 0 {
		rest = rest[i+1:]
	}
	n, err := strconv.ParseInt(rest, 10, 64)
	if err != nil {
		n = -1 // an event that has no number
	}
	p.number = n
	return p
}

func (p place) compare(q place) int {
	switch {
	case p.inBlock != q.inBlock:
		if q.inBlock {
			return -1
		}
		return 1
	case p.tx != q.tx:
		return strings.Compare(p.tx, q.tx)
	case p.number != q.number:
		if p.number < q.number {
			return -1
		}
		return 1
	default:
		return strings.Compare(p.id, q.id)
	}
}

// wireSettled is a settled claim. What its amounts mean depends on the age of the row: see [Client.settlement].
type wireSettled struct {
	inBlock
	Supplier     string          `json:"supplierId"`
	Owner        string          `json:"supplierOwnerId"`
	Application  string          `json:"applicationId"`
	Service      string          `json:"serviceId"`
	SessionID    string          `json:"sessionId"`
	SessionEnd   number          `json:"sessionEndHeight"`
	Requirement  string          `json:"proofRequirement"`
	Proof        string          `json:"proofValidationStatus"`
	Relays       number          `json:"numRelays"`
	Estimated    number          `json:"numEstimatedRelays"`
	ClaimedUnits number          `json:"numClaimedComputedUnits"`
	Units        number          `json:"numEstimatedComputedUnits"`
	Claimed      *amount         `json:"claimedAmount"` // what was settled, but for rows without a Settled
	Settled      *amount         `json:"settledAmount"`
	Minted       *amount         `json:"mintedAmount"`
	MintRatio    string          `json:"mintRatio"`
	Overserviced *amount         `json:"overservicingLossAmount"`
	Deflated     *amount         `json:"deflationLossAmount"`
	Mints        json.RawMessage `json:"mints"` // asked for when Owner is not there
	Burns        json.RawMessage `json:"burns"`
}

// old tells that the row is of a protocol that did not name the supplier's owner, before v0.1.33.
func (w *wireSettled) old() bool { return w.Owner == "" }

// wireShare is what one recipient got of a claim for one reason.
type wireShare struct {
	ID        string  `json:"id"` // that of the claim and a number
	Claim     string  `json:"eventClaimSettledId"`
	Recipient string  `json:"recipientId"`
	Reason    string  `json:"opReason"`
	Amount    *amount `json:"amount"`
	Denom     string  `json:"denom"`
}

func (w *wireShare) name() string { return w.ID }

// settlement makes a settlement of a row and its shares, in any order.
//
// The service fills in what old versions of the protocol did not tell, by reckoning. Here that is left out, as it is where a node is the
// source:
//   - Since v0.1.33 the event tells everything. The column claimedAmount holds what was settled, and what could not be is beside it.
//   - From v0.1.27 to v0.1.32 it told the claim, and who got how much but not why. All such shares have the reason UNSPECIFIED. Settled and
//     minted amounts in the row are a guess from the parameters.
//   - Up to v0.1.26 it held the bank operations, which tell all. They name the module that minted, which the service's own guesses do not.
//   - Still earlier it told the claim only.
func (c *Client) settlement(w *wireSettled, shares []*wireShare) (row, error) {
	f := fields{names: c.names}
	s := pocket.Settlement{
		At: w.at(&f), Supplier: f.address("supplierId", bare(w.Supplier)), Owner: f.optionalAddress("supplierOwnerId", bare(w.Owner)),
		Application: f.address("applicationId", bare(w.Application)), Service: pocket.ServiceID(c.names.word(w.Service)), SessionID: strings.Clone(w.SessionID), SessionEnd: pocket.Height(w.SessionEnd),
		Relays: int64(w.Relays), EstimatedRelays: int64(w.Estimated), ClaimedComputeUnits: int64(w.ClaimedUnits), EstimatedComputeUnits: int64(w.Units),
	}
	s.Requirement, s.Proof = f.proof(w.Requirement, w.Proof)
	if w.Requirement == "" {
		s.Lacks |= pocket.LacksProof
	}
	s.Claimed = f.claimed(w)
	s.Shares = f.shares(shares)
	if w.old() {
		s.EstimatedRelays = 0
		f.oldAmounts(&s, w)
	} else {
		f.amounts(&s, w)
	}
	return c.row(&w.inBlock, s, &f)
}

// claimed returns what the supplier claimed.
func (f *fields) claimed(w *wireSettled) pocket.Upokt {
	if w.Settled == nil { // rows that were indexed before the service kept what was settled
		return f.needAmount("claimedAmount", w.Claimed)
	}
	claimed, err := upokt(w.Settled).Add(upokt(w.Overserviced))
	if err != nil {
		f.fail("overservicingLossAmount", err)
	}
	return claimed
}

func (f *fields) amounts(s *pocket.Settlement, w *wireSettled) {
	if w.Settled == nil || w.Minted == nil {
		s.Lacks |= pocket.LacksAmounts
	} else {
		s.Settled, s.Minted, s.Overserviced, s.MintRatio = upokt(w.Settled), upokt(w.Minted), upokt(w.Overserviced), f.names.word(w.MintRatio)
		s.Deflated = s.Settled - s.Minted
		if w.Deflated != nil {
			s.Deflated = upokt(w.Deflated)
		}
		if s.Minted > s.Settled {
			f.fail("mintedAmount", errors.New("more was minted than settled"))
		}
	}
	if len(s.Shares) == 0 && s.Minted > 0 {
		s.Lacks |= pocket.LacksShares
	}
}

// An operation is a mint or a burn. Reasons are the protocol's numbers.
type operation struct {
	Reason number `json:"opReason"`
	Module string `json:"destinationModule"`
	Amount amount `json:"amount"`
}

const (
	supplierMint    = 1 // TLM_RELAY_BURN_EQUALS_MINT_SUPPLIER_STAKE_MINT
	applicationBurn = 2 // TLM_RELAY_BURN_EQUALS_MINT_APPLICATION_STAKE_BURN
)

// oldAmounts reads a row without an owner.
func (f *fields) oldAmounts(s *pocket.Settlement, w *wireSettled) {
	var mints, burns []operation
	if err := embedded(orNull(w.Mints), &mints); err != nil {
		f.fail("mints", err)
	}
	if err := embedded(orNull(w.Burns), &burns); err != nil {
		f.fail("burns", err)
	}
	told := slices.ContainsFunc(mints, func(m operation) bool { return m.Module != "" })
	switch {
	case told:
		f.operations(s, mints, burns)
	case len(mints) == 0 && len(s.Shares) == 0:
		s.Lacks |= pocket.LacksAmounts | pocket.LacksShares
	default:
		s.Lacks |= pocket.LacksAmounts | pocket.LacksReasons
		for i := range s.Shares {
			s.Shares[i].Reason = ""
		}
	}
}

// operations reads amounts from the bank operations. They are trusted only when claimed ≥ settled = minted, as it was then.
func (f *fields) operations(s *pocket.Settlement, mints, burns []operation) {
	burned, err := total(burns, applicationBurn)
	if err != nil {
		f.fail("burns", err)
	}
	minted, err := total(mints, supplierMint)
	if err != nil {
		f.fail("mints", err)
	}
	if len(burns) == 0 || burned > s.Claimed || minted != burned {
		s.Lacks |= pocket.LacksAmounts
		return
	}
	s.Settled, s.Minted, s.Overserviced, s.MintRatio = burned, minted, s.Claimed-burned, "1"
}

func total(operations []operation, reason number) (pocket.Upokt, error) {
	var sum pocket.Upokt
	for _, o := range operations {
		if o.Reason == reason {
			var err error
			if sum, err = sum.Add(pocket.Upokt(o.Amount)); err != nil {
				return 0, err
			}
		}
	}
	return sum, nil
}

// shares puts the shares of a claim into the chain's order, which is the number at the end of their ids.
func (f *fields) shares(list []*wireShare) []pocket.Share {
	if len(list) == 0 {
		return nil
	}
	slices.SortFunc(list, func(a, b *wireShare) int { return shareNumber(a.ID) - shareNumber(b.ID) })
	made := make([]pocket.Share, len(list))
	for i, w := range list {
		made[i] = pocket.Share{
			Recipient: f.address("recipientId", w.Recipient), Reason: f.names.reason(w.Reason), Amount: f.needAmount("amount", w.Amount),
		}
		if w.Denom != "upokt" && w.Denom != "" {
			f.fail("denom", fmt.Errorf("a share in %.50q, want upokt", w.Denom))
		}
	}
	return made
}

func shareNumber(id string) int {
	n, _ := strconv.Atoi(id[strings.LastIndexByte(id, '-')+1:])
	return n
}

// reasonFrom returns the chain's word. Some were too long for the service's database.
func reasonFrom(word string) pocket.Reason {
	if word == "UNSPECIFIED" {
		return ""
	}
	if word == "TLM_RELAY_BURN_EQUALS_MINT_TOKENOMICS_MINT" {
		return "TLM_RELAY_BURN_EQUALS_MINT_TOKENOMICS_CLAIM_DISTRIBUTION_MINT"
	}
	if short, ok := strings.CutSuffix(word, "_RD"); ok {
		return pocket.Reason(short + "_REWARD_DISTRIBUTION")
	}
	return pocket.Reason(word)
}

// proof reads what was required of a claim and what became of it. A status of null is the chain's 0: the service drops that.
func (f *fields) proof(requirement, status string) (pocket.ProofRequirement, pocket.ProofStatus) {
	var r pocket.ProofRequirement
	switch requirement {
	case "NOT_REQUIRED", "":
	case "PROBABILISTIC":
		r = pocket.ProofProbabilistic
	case "THRESHOLD":
		r = pocket.ProofThreshold
	default:
		f.fail("proofRequirement", fmt.Errorf("%.50q is not known", requirement))
	}
	return r, f.proofStatus(status)
}

func (f *fields) proofStatus(status string) pocket.ProofStatus {
	switch status {
	case "PENDING_VALIDATION", "":
		return pocket.ProofPending
	case "VALIDATED":
		return pocket.ProofValidated
	case "INVALID":
		return pocket.ProofInvalid
	default:
		f.fail("proofValidationStatus", fmt.Errorf("%.50q is not known", status))
		return 0
	}
}
