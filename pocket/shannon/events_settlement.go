package shannon

import (
	"errors"
	"slices"
	"strings"

	"github.com/poktbot/poktbot/pocket"
)

func settlement(f *eventFields, at pocket.At) pocket.Event {
	// In the order in which the chain sorts the attributes: finding each takes one step then.
	s := pocket.Settlement{At: at}
	s.Application = f.claimApplication()
	s.Proof, s.Requirement = f.settledProof(&s)
	s.Claimed = f.amount("claimed_upokt")
	s.ClaimedComputeUnits = f.count("num_claimed_compute_units", "num_compute_units")
	s.EstimatedComputeUnits = f.count("num_estimated_compute_units")
	s.EstimatedRelays = f.count("num_estimated_relays")
	s.Relays = f.count("num_relays")
	f.readShares(&s)
	s.Service = f.claimService()
	s.SessionEnd = f.claimSessionEnd()
	s.SessionID = f.claimSession()
	f.readAmounts(&s)
	s.Supplier = f.claimSupplier()
	s.Owner = f.optionalAddress("supplier_owner_address")
	if f.err != nil {
		return nil
	}
	return s
}

// settledProof reads whether a proof was due and what became of it.
func (f *eventFields) settledProof(s *pocket.Settlement) (pocket.ProofStatus, pocket.ProofRequirement) {
	status, known := f.claimProof()
	a := f.find("proof_requirement_int", "proof_requirement")
	if !known || a == nil {
		s.Lacks |= pocket.LacksProof
	}
	if a == nil {
		return status, 0
	}
	requirement, err := parseEnum(string(f.text(a)), "NOT_REQUIRED", "PROBABILISTIC", "THRESHOLD")
	if err != nil {
		f.fail(string(a.name), err)
	}
	return status, pocket.ProofRequirement(requirement)
}

// readAmounts reads what was burned and minted, which events tell since v0.1.33. Up to v0.1.26 they held each bank operation, see
// readResult.
func (f *eventFields) readAmounts(s *pocket.Settlement) {
	deflated, deflatedKnown := f.optionalAmount("deflation_loss_upokt")
	s.MintRatio = f.word("mint_ratio")
	minted, mintedKnown := f.optionalAmount("minted_upokt")
	overserviced, overservicedKnown := f.optionalAmount("overservicing_loss_upokt")
	settled, settledKnown := f.optionalAmount("settled_upokt")
	switch {
	case mintedKnown && settledKnown:
		if !overservicedKnown {
			overserviced = s.Claimed - settled
		}
		if !deflatedKnown {
			deflated = settled - minted
		}
		s.Settled, s.Minted, s.Overserviced, s.Deflated = settled, minted, overserviced, deflated
	case !f.readResult(s):
		s.MintRatio = ""
		s.Lacks |= pocket.LacksAmounts
	}
}

// readShares reads who got what: with reasons since v0.1.33, by address only since v0.1.27.
func (f *eventFields) readShares(s *pocket.Settlement) {
	plain := f.find("reward_distribution", "mint_distribution")
	f.shares = f.shares[:0]
	if a := f.find("reward_distribution_detailed"); a != nil {
		f.detailedShares(a)
	} else if plain != nil {
		f.plainShares(plain)
		s.Lacks |= pocket.LacksReasons
	} else {
		s.Lacks |= pocket.LacksShares
	}
	s.Shares = slices.Clone(f.shares)
}

var errNotShares = errors.New("it is not a list of shares")

// detailedShares reads [{"recipient_address":"pokt1…","op_reason":"TLM_…","amount":"876upokt"},…].
func (f *eventFields) detailedShares(a *eventAttribute) {
	c := cursor{b: f.json(a)}
	if string(c.b) == "null" {
		return
	}
	c.need('[')
	for first := true; c.element(first); first = false {
		var share pocket.Share
		paid := false
		c.need('{')
		for first := true; ; first = false {
			name, ok := c.field(first)
			if !ok {
				break
			}
			switch string(name) {
			case "recipient_address":
				share.Recipient = f.shareAddress(a, c.text())
			case "op_reason":
				share.Reason = pocket.Reason(f.names.word(f.plain(c.text())))
			case "amount":
				share.Amount = f.shareAmount(a, c.text())
				paid = true
			default:
				c.value()
			}
		}
		if c.bad || f.err != nil {
			break
		}
		if share.Recipient.IsZero() || share.Reason == "" || !paid {
			f.fail(string(a.name), errors.New("a share without a recipient, a reason or an amount"))
			return
		}
		f.shares = append(f.shares, share)
	}
	if !c.end() {
		f.fail(string(a.name), errNotShares)
	}
}

// plainShares reads {"pokt1…":"876upokt",…}.
func (f *eventFields) plainShares(a *eventAttribute) {
	c := cursor{b: f.json(a)}
	if len(c.b) > 0 && c.b[0] == '"' {
		c.b = f.text(a) // the object as text in quotes
	}
	if string(c.b) == "null" {
		return
	}
	c.need('{')
	for first := true; ; first = false {
		name, ok := c.field(first)
		if !ok {
			break
		}
		f.shares = append(f.shares, pocket.Share{Recipient: f.shareAddress(a, name), Amount: f.shareAmount(a, c.text())})
		if f.err != nil {
			return
		}
	}
	if !c.end() {
		f.fail(string(a.name), errNotShares)
	}
}

func (f *eventFields) shareAddress(a *eventAttribute, text []byte) pocket.Address {
	address, err := f.names.address(f.plain(text))
	if err != nil {
		f.fail(string(a.name), err)
	}
	return address
}

func (f *eventFields) shareAmount(a *eventAttribute, text []byte) pocket.Upokt {
	amount, err := parseUpokt(f.plain(text))
	if err != nil {
		f.fail(string(a.name), err)
	}
	return amount
}

const settledResultName = "settlement_result"

// A settledResult holds the bank operations of one claim, as events did up to v0.1.26.
type settledResult struct {
	Mints, Burns []struct {
		Reason string `json:"op_reason"`
		Coin   *coin  `json:"coin"`
	}
	Payments []struct {
		Reason    string `json:"op_reason"`
		Recipient string `json:"RecipientAddress"` // named so in the chain's JSON
		Renamed   string `json:"recipient_address"`
		Coin      *coin  `json:"coin"`
	} `json:"mod_to_acct_transfers"`
}

// readResult reads amounts and shares from the bank operations. It reports whether the amounts are known: they are trusted only when
// claimed ≥ settled = minted, as it was then. Nothing was deflated.
func (f *eventFields) readResult(s *pocket.Settlement) bool {
	var result settledResult
	if !f.object(&result, settledResultName) {
		return false
	}
	if s.Lacks.Has(pocket.LacksShares) && result.Payments != nil {
		s.Lacks &^= pocket.LacksShares
		for _, payment := range result.Payments {
			recipient := payment.Recipient
			if recipient == "" {
				recipient = payment.Renamed
			}
			s.Shares = append(s.Shares, pocket.Share{
				Recipient: f.named(settledResultName, recipient),
				Reason:    pocket.Reason(f.names.word([]byte(payment.Reason))),
				Amount:    f.paid(payment.Coin),
			})
		}
	}
	var burned, minted pocket.Upokt
	for _, burn := range result.Burns {
		if strings.HasSuffix(burn.Reason, "_APPLICATION_STAKE_BURN") {
			burned = f.sum(burned, burn.Coin)
		}
	}
	for _, mint := range result.Mints {
		if strings.HasSuffix(mint.Reason, "_SUPPLIER_STAKE_MINT") {
			minted = f.sum(minted, mint.Coin)
		}
	}
	if len(result.Burns) == 0 || len(result.Mints) == 0 || burned > s.Claimed || minted != burned {
		return false
	}
	s.Settled, s.Minted, s.Overserviced, s.MintRatio = burned, minted, s.Claimed-burned, "1"
	return true
}

// paid returns the coin of a bank operation, which must be there.
func (f *eventFields) paid(amount *coin) pocket.Upokt {
	if amount == nil {
		f.fail(settledResultName, errors.New("an operation without an amount"))
		return 0
	}
	return pocket.Upokt(*amount)
}

// sum adds the coin of a bank operation.
func (f *eventFields) sum(sum pocket.Upokt, amount *coin) pocket.Upokt {
	sum, err := sum.Add(f.paid(amount))
	if err != nil {
		f.fail(settledResultName, err)
	}
	return sum
}
