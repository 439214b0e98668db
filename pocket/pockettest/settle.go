package pockettest

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/pocket"
)

// The reasons of payments that the simulator makes, besides those of package pocket.
const (
	reasonSourceOwner          pocket.Reason = "TLM_RELAY_BURN_EQUALS_MINT_SOURCE_OWNER_REWARD_DISTRIBUTION"
	reasonDAO                  pocket.Reason = "TLM_RELAY_BURN_EQUALS_MINT_DAO_REWARD_DISTRIBUTION"
	reasonValidator            pocket.Reason = "TLM_RELAY_BURN_EQUALS_MINT_VALIDATOR_REWARD_DISTRIBUTION"
	reasonDelegator            pocket.Reason = "TLM_RELAY_BURN_EQUALS_MINT_DELEGATOR_REWARD_DISTRIBUTION"
	reasonMint                 pocket.Reason = "TLM_RELAY_BURN_EQUALS_MINT_TOKENOMICS_CLAIM_DISTRIBUTION_MINT"
	reasonBurn                 pocket.Reason = "TLM_RELAY_BURN_EQUALS_MINT_APPLICATION_STAKE_BURN"
	reasonInflationSourceOwner pocket.Reason = "TLM_GLOBAL_MINT_SOURCE_OWNER_REWARD_DISTRIBUTION"
	reasonInflationDAO         pocket.Reason = "TLM_GLOBAL_MINT_DAO_REWARD_DISTRIBUTION"
	reasonInflationValidator   pocket.Reason = "TLM_GLOBAL_MINT_VALIDATOR_REWARD_DISTRIBUTION"
	reasonInflationDelegator   pocket.Reason = "TLM_GLOBAL_MINT_DELEGATOR_REWARD_DISTRIBUTION"
	reasonInflation            pocket.Reason = "TLM_GLOBAL_MINT_INFLATION"
	reasonEscrow               pocket.Reason = "TLM_GLOBAL_MINT_REIMBURSEMENT_REQUEST_ESCROW_MODULE_TRANSFER"
	reasonReimbursement        pocket.Reason = "TLM_GLOBAL_MINT_REIMBURSEMENT_REQUEST_ESCROW_DAO_TRANSFER"
)

// An outcome is what becomes of a claim at settlement: it is paid, or expires, or is discarded.
type outcome struct {
	*claim
	discarded bool

	settled, minted   pocket.Upokt
	inflation         pocket.Upokt // minted on top
	shares            []pocket.Share
	supplierSide      pocket.Upokt // of minted
	inflationSupplier pocket.Upokt // of inflation
	proposers         pocket.Upokt // of minted: what validators get
	inflationProposer pocket.Upokt // of inflation

	short             bool // the application could not pay all
	expected, burned  pocket.Upokt
	applicationLeaves bool // since its stake is used up
}

// A split is how minted coins are shared out, in parts of 10^12.
type split struct{ supplier, sourceOwner, proposer int64 }

const whole = 1_000_000_000_000

func newSplit(shares map[string]decimal.Decimal) split {
	return split{parts(shares["supplier"]), parts(shares["source_owner"]), parts(shares["proposer"])}
}

func parts(d decimal.Decimal) int64 { return d.Shift(12).IntPart() }

// portion returns amount × part, rounded down.
func portion(amount pocket.Upokt, part int64) pocket.Upokt {
	return pocket.Upokt(mulDiv(int64(amount), part, whole))
}

// portionUp returns amount × part, rounded up.
func portionUp(amount pocket.Upokt, part int64) pocket.Upokt {
	hi, lo := bits.Mul64(uint64(amount), uint64(part))
	quotient, rest := bits.Div64(hi, lo, whole)
	if rest > 0 {
		quotient++
	}
	return pocket.Upokt(quotient)
}

// A cashier settles the claims of one block.
type cashier struct {
	w             *world
	h             pocket.Height
	mintRatio     int64
	inflationRate int64
	minted        split
	inflated      split
}

func (w *world) newCashier(h pocket.Height) cashier {
	t := inForce(w.others, h).params.Tokenomics
	ratio := parts(t.MintRatio)
	if t.MintRatio.IsZero() {
		ratio = whole
	}
	return cashier{
		w: w, h: h, mintRatio: ratio, inflationRate: parts(t.GlobalInflation),
		minted: newSplit(t.Split), inflated: newSplit(t.GlobalInflationSplit),
	}
}

// settle tells what becomes of the claims of a session, in the chain's order.
func (c cashier) settle(p *page) []outcome {
	outcomes := make([]outcome, len(p.claims))
	due := make([]pocket.Upokt, len(c.w.applications))
	for i := range p.claims {
		o := &outcomes[i]
		o.claim = &p.claims[i]
		life := c.w.lives[o.supplier]
		o.discarded = life.discards[p.Start] || life.settling(c.h).forgotten(c.h)
		if !o.discarded && !o.expires() {
			due[o.application] += o.claimed
		}
	}
	budgets := c.budgets(p, due)
	for i := range outcomes {
		if o := &outcomes[i]; !o.discarded && !o.expires() {
			c.pay(o, budgets)
		}
	}
	return outcomes
}

// budgets tells what each application can pay; -1 is enough.
func (c cashier) budgets(p *page, due []pocket.Upokt) []pocket.Upokt {
	budgets := make([]pocket.Upokt, len(due))
	for app := range budgets {
		budgets[app] = -1
		if due[app] > 0 && c.w.cannotPay(p.Session, app) {
			d := throw(c.w.cfg.Seed, forApplication, uint64(p.Start), uint64(app), 1)
			budgets[app] = pocket.Upokt(mulDiv(int64(due[app]), d.between(400, 950), 1000))
		}
	}
	return budgets
}

// pay shares out what a claim is worth.
func (c cashier) pay(o *outcome, budgets []pocket.Upokt) {
	o.settled = o.claimed
	if budget := &budgets[o.application]; *budget >= 0 {
		if *budget < o.claimed {
			o.settled, o.short = *budget, true
			o.applicationLeaves = *budget > 0 // the claim that takes the last of it
		}
		*budget -= o.settled
	}
	o.minted = portion(o.settled, c.mintRatio)
	o.inflation = portionUp(o.settled, c.inflationRate)
	o.expected = o.claimed + portionUp(o.claimed, c.inflationRate)
	o.burned = o.settled + o.inflation

	o.supplierSide = portion(o.minted, c.minted.supplier)
	o.proposers = portion(o.minted, c.minted.proposer)
	source := portion(o.minted, c.minted.sourceOwner)
	o.shares = make([]pocket.Share, 0, 11)
	c.sharePerformer(o, o.supplierSide, pocket.ReasonSupplier)
	c.share(o, c.w.services[o.service].Owner, reasonSourceOwner, source)
	c.share(o, c.w.dao, reasonDAO, o.minted-o.supplierSide-o.proposers-source)

	o.inflationSupplier = portion(o.inflation, c.inflated.supplier)
	o.inflationProposer = portion(o.inflation, c.inflated.proposer)
	source = portion(o.inflation, c.inflated.sourceOwner)
	c.sharePerformer(o, o.inflationSupplier, pocket.ReasonSupplierInflation)
	c.share(o, c.w.services[o.service].Owner, reasonInflationSourceOwner, source)
	c.share(o, c.w.dao, reasonInflationDAO, o.inflation-o.inflationSupplier-o.inflationProposer-source)
	c.share(o, c.w.dao, reasonReimbursement, o.inflation)
}

// sharePerformer shares out the supplier's side: each gets its percentage rounded down, the first also what is left over.
func (c cashier) sharePerformer(o *outcome, amount pocket.Upokt, why pocket.Reason) {
	first, left := len(o.shares), amount
	for _, s := range c.w.suppliers[o.supplier].shares {
		part := amount * pocket.Upokt(s.Percent) / 100
		left -= part
		o.shares = append(o.shares, pocket.Share{Recipient: s.Address, Reason: why, Amount: part})
	}
	o.shares[first].Amount += left
	o.shares = slices.DeleteFunc(o.shares, func(s pocket.Share) bool { return s.Amount == 0 })
}

func (c cashier) share(o *outcome, who pocket.Address, why pocket.Reason, amount pocket.Upokt) {
	if amount > 0 {
		o.shares = append(o.shares, pocket.Share{Recipient: who, Reason: why, Amount: amount})
	}
}

// A payment is a bank operation of a block's settlements.
type payment struct {
	operation         string // mint, burn, mod_to_mod or mod_to_acct
	sender, recipient string // a module's name; a module's name, an address or ""
	reason            pocket.Reason
	amount            pocket.Upokt
	claims            int64
}

// A pool is what validators get of a block's settlements for one reason.
type pool struct {
	validators, delegators pocket.Reason
	amount                 pocket.Upokt
}

// A till adds up what the claims of a block move.
type till struct {
	mint, inflation, escrow, toSupplierInflated, toSupplier, burn payment
	toAccounts                                                    map[payee]*payment
	pools                                                         [2]pool
}

type payee struct {
	recipient string
	reason    pocket.Reason
}

func newTill() *till {
	return &till{
		mint:               payment{operation: "mint", sender: "tokenomics", reason: reasonMint},
		inflation:          payment{operation: "mint", sender: "tokenomics", reason: reasonInflation},
		escrow:             payment{operation: "mod_to_mod", sender: "application", recipient: "tokenomics", reason: reasonEscrow},
		toSupplierInflated: payment{operation: "mod_to_mod", sender: "tokenomics", recipient: "supplier", reason: reasonEscrow},
		toSupplier:         payment{operation: "mod_to_mod", sender: "tokenomics", recipient: "supplier", reason: pocket.ReasonSupplier},
		burn:               payment{operation: "burn", sender: "application", reason: reasonBurn},
		toAccounts:         map[payee]*payment{},
		pools: [2]pool{
			{reasonValidator, reasonDelegator, 0},
			{reasonInflationValidator, reasonInflationDelegator, 0},
		},
	}
}

// add takes in what a paid claim moves.
func (t *till) add(o *outcome) {
	t.mint.add(o.minted)
	t.inflation.add(o.inflation)
	t.escrow.add(o.inflation)
	t.toSupplierInflated.add(o.inflationSupplier)
	t.toSupplier.add(o.supplierSide)
	t.burn.add(o.settled)
	t.pools[0].amount += o.proposers
	t.pools[1].amount += o.inflationProposer
	for i, s := range o.shares {
		same := func(x pocket.Share) bool { return x.Recipient == s.Recipient && x.Reason == s.Reason }
		p := t.toAccount(s.Recipient, s.Reason)
		p.amount += s.Amount
		if slices.IndexFunc(o.shares, same) == i {
			p.claims++
		}
	}
}

func (p *payment) add(amount pocket.Upokt) {
	if amount > 0 {
		p.amount += amount
		p.claims++
	}
}

func (t *till) toAccount(who pocket.Address, why pocket.Reason) *payment {
	key := payee{who.String(), why}
	p, ok := t.toAccounts[key]
	if !ok {
		sender := "tokenomics"
		if why == pocket.ReasonSupplier || why == pocket.ReasonSupplierInflation {
			sender = "supplier"
		}
		p = &payment{operation: "mod_to_acct", sender: sender, recipient: key.recipient, reason: why}
		t.toAccounts[key] = p
	}
	return p
}

// payments returns all bank operations in the chain's order: coins are made, moved between modules, paid out by module and
// recipient, and at last burned. What moves nothing is left out.
func (t *till) payments() []payment {
	all := []payment{t.mint, t.inflation, t.escrow, t.toSupplierInflated, t.toSupplier}
	var out []payment
	for _, p := range t.toAccounts {
		out = append(out, *p)
	}
	slices.SortFunc(out, func(a, b payment) int {
		return cmp.Or(cmp.Compare(a.sender, b.sender), cmp.Compare(a.recipient, b.recipient),
			cmp.Compare(reasonRank(a.reason), reasonRank(b.reason)))
	})
	all = append(append(all, out...), t.burn)
	return slices.DeleteFunc(all, func(p payment) bool { return p.amount == 0 })
}

// reasonRank puts reasons in the order of the protocol's enum.
func reasonRank(r pocket.Reason) int {
	return slices.Index([]pocket.Reason{
		reasonReimbursement, pocket.ReasonSupplier, reasonSourceOwner, reasonDAO, reasonDelegator, reasonValidator,
		pocket.ReasonSupplierInflation, reasonInflationSourceOwner, reasonInflationDAO, reasonInflationDelegator, reasonInflationValidator,
	}, r)
}

// proportional splits an amount by weights: each gets its part rounded down, and what is left goes one by one to those whose
// fractions were largest.
func proportional(amount pocket.Upokt, weights ...pocket.Upokt) []pocket.Upokt {
	var total pocket.Upokt
	for _, weight := range weights {
		total += weight
	}
	out, rests, order := make([]pocket.Upokt, len(weights)), make([]uint64, len(weights)), make([]int, len(weights))
	left := amount
	for i, weight := range weights {
		hi, lo := bits.Mul64(uint64(amount), uint64(weight))
		quotient, rest := bits.Div64(hi, lo, uint64(total))
		out[i], rests[i], order[i] = pocket.Upokt(quotient), rest, i
		left -= out[i]
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rests[b], rests[a]) })
	for _, i := range order[:left] {
		out[i]++
	}
	return out
}
