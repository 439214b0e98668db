package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/poktbot/poktbot/pocket"
)

// TextContext is what [Text] may know beside the event.
type TextContext struct {
	Names   map[pocket.Address]string // users' own words for addresses; others are shortened
	Wallets []pocket.Address          // whose part of a settlement is told
	// MinStake is the supplier module's min_stake, 0 when not known: what a node that fell below it needs.
	MinStake pocket.Upokt
	// UnbondingEnd is when the stake of a node that is leaving comes back, by [pocket.SharedParams.UnbondingEnd]; 0 when not known. The
	// event's own height misleads.
	UnbondingEnd pocket.Height
}

// Text tells an event to a person, in one line of plain text: who, what, how much, where on the chain, and what to do about it if there is
// something to do. A stranger's words in it are made safe by [Line]; escape the whole for where it goes, by [Markdown] or [HTML].
func Text(event pocket.Event, about TextContext) string {
	t := teller{about}
	switch e := event.(type) {
	case pocket.Settlement:
		return t.settlement(e)
	case pocket.ClaimExpiry:
		return t.expiry(e)
	case pocket.ClaimDiscard:
		return fmt.Sprintf("%s lost a claim of %s: the chain could not process it (%s)%s. Its worth is not told and nobody is slashed. "+
			"It happens when services were removed before a session's claims settled: stake them again.",
			t.name(e.Supplier), t.service(e.Service), reason(e.Error), t.session(e.SessionEnd, e.At))
	case pocket.Slash:
		return t.slash(e)
	case pocket.Overservicing:
		return t.overservicing(e)
	case pocket.Reimbursement:
		return fmt.Sprintf("%s asks the DAO to give back %s that it prepaid for work of %s with %s%s.",
			upper(t.application(e.Application)), Amount(e.Amount), t.name(e.Supplier), t.service(e.Service), t.block(e.At))
	case pocket.ClaimCreation:
		return fmt.Sprintf("%s %s for %s of %s, worth %s%s.", t.name(e.Supplier), either(e.Updated, "changed its claim", "claimed"),
			count(e.Relays, "relay", "relays"), t.service(e.Service), Amount(e.Claimed), t.session(e.SessionEnd, e.At))
	case pocket.ProofSubmission:
		return fmt.Sprintf("%s sent a proof%s for its claim of %s with %s%s.", t.name(e.Supplier), either(e.Updated, " again", ""),
			Amount(e.Claimed), t.service(e.Service), t.session(e.SessionEnd, e.At))
	case pocket.ProofCheck:
		return t.proofCheck(e)
	case pocket.SupplierStake:
		return t.stake(e)
	case pocket.ServiceActivation:
		return fmt.Sprintf("%s now serves %s%s.", t.name(e.Supplier), t.service(e.Service), t.block(e.At))
	case pocket.Unbonding:
		return t.unbonding(e)
	case pocket.StakeStuck:
		return fmt.Sprintf("The stake of %s, %s, could not be returned to %s (%s)%s. It lies in the supplier module's pool: ask Pocket Network's "+
			"core team with this block's height.", t.name(e.Supplier), Amount(e.Amount), t.name(e.Owner), reason(e.Reason), t.block(e.At))
	case pocket.ApplicationUnbonding:
		return t.applicationUnbonding(e)
	case pocket.Migration:
		return t.migration(e)
	}
	return t.other(event)
}

// other tells what concerns validators and the chain itself.
func (t teller) other(event pocket.Event) string {
	switch e := event.(type) {
	case pocket.ValidatorReward:
		return fmt.Sprintf("Validator %s was paid %s: %s commission, %s on its own stake, %s to %s%s.", t.name(e.Validator),
			Amount(e.PoolShare), Amount(e.Commission), Amount(e.SelfDelegation), Amount(e.Delegators),
			count(e.NumDelegators, "delegator", "delegators"), t.block(e.At))
	case pocket.SettlementBatch:
		return fmt.Sprintf("The bank operation %s of %s for %s%s.", cmp.Or(Line(e.Operation, 40), "without a name"), Amount(e.Amount),
			count(e.Claims, "settled claim", "settled claims"), t.block(e.At))
	case pocket.RevShareFallback:
		return fmt.Sprintf("The rev share of %s for %s is not valid (%s), so its owner %s got all of the %s%s. Stake the service again with rev "+
			"shares that add up to 100.", t.name(e.Supplier), t.service(e.Service), reason(e.Reason), t.name(e.Owner), Amount(e.Amount), t.block(e.At))
	case pocket.DifficultyUpdate:
		return fmt.Sprintf("The mining difficulty of %s was computed anew: about %s a session, %s before%s.", t.service(e.Service),
			count(e.Relays, "relay", "relays"), Count(e.RelaysBefore), t.block(e.At))
	case pocket.Transaction:
		return t.transaction(e)
	case nil:
		return "Nothing happened."
	}
	return fmt.Sprintf("Something of the kind %s happened%s.", Line(string(event.Kind()), 40), t.block(event.Where()))
}

// A teller knows what the sentences have in common.
type teller struct{ TextContext }

// name is how an address is called: by its user's word, else shortened.
func (t teller) name(a pocket.Address) string {
	if name := Line(t.Names[a], 40); name != "" {
		return name
	}
	if a.IsZero() {
		return "somebody"
	}
	return a.Short()
}

func (t teller) application(a pocket.Address) string {
	if a.IsZero() {
		return "an application"
	}
	return "application " + t.name(a)
}

func (t teller) service(id pocket.ServiceID) string {
	return cmp.Or(Line(string(id), 40), "a service that was not named")
}

// session tells where a claim stands: the end of its session and the block.
func (t teller) session(end pocket.Height, at pocket.At) string {
	if end == 0 {
		return t.block(at)
	}
	return fmt.Sprintf(" (session to %s, block %s)", Count(int64(end)), Count(int64(at.Height)))
}

func (t teller) block(at pocket.At) string {
	return fmt.Sprintf(" (block %s)", Count(int64(at.Height)))
}

// reason is a stranger's or the chain's explanation.
func reason(s string) string {
	if s = strings.TrimRight(Line(s, 200), ". "); s == "" {
		return "no reason given"
	}
	return s
}

// upper begins a sentence with s, which begins with a letter of ours.
func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func either(condition bool, yes, no string) string {
	if condition {
		return yes
	}
	return no
}

func (t teller) settlement(s pocket.Settlement) string {
	var b strings.Builder
	gross, mine := shares(&s, t.Wallets)
	switch {
	case s.Lacks.Has(pocket.LacksShares) || s.Lacks.Has(pocket.LacksReasons):
		fmt.Fprintf(&b, "%s was paid for a claim of %s with %s; the protocol's version did not tell how much its side got",
			t.name(s.Supplier), Amount(s.Claimed), t.service(s.Service))
	default:
		fmt.Fprintf(&b, "%s earned %s with %s", t.name(s.Supplier), Amount(gross), t.service(s.Service))
	}
	if len(t.Wallets) > 0 && s.Lacks&(pocket.LacksShares|pocket.LacksReasons) == 0 {
		fmt.Fprintf(&b, ", %s of it to your wallets", Amount(mine))
	}
	b.WriteString(t.session(s.SessionEnd, s.At))
	b.WriteByte('.')
	if s.Overserviced > 0 && !s.Lacks.Has(pocket.LacksAmounts) {
		fmt.Fprintf(&b, " Of %s claimed, %s was not paid: %s did not have enough stake left for all it was served.",
			Amount(s.Claimed), Amount(s.Overserviced), t.application(s.Application))
	}
	return b.String()
}

func (t teller) expiry(e pocket.ClaimExpiry) string {
	why := "it expired (" + reason(e.Reason) + ")"
	do := "Check that the relay miner runs, reaches its full node, and that the operator's account has POKT for fees."
	switch strings.Trim(e.Reason, `"`) {
	case "PROOF_MISSING":
		why = "no proof came in time"
	case "PROOF_INVALID":
		why = "its proof was not valid"
		do = "Check the relay miner's version and its store of relays."
	}
	return fmt.Sprintf("%s lost a claim of %s with %s: %s%s. A slash usually follows. %s",
		t.name(e.Supplier), Amount(e.Claimed), t.service(e.Service), why, t.session(e.SessionEnd, e.At), do)
}

func (t teller) slash(e pocket.Slash) string {
	text := fmt.Sprintf("%s was slashed %s for an expired claim of %s%s.", t.name(e.Supplier), Amount(e.Penalty), t.service(e.Service),
		t.session(e.SessionEnd, e.At))
	switch {
	case e.StakeUnknown:
		return text + " The stake that is left was not told: look it up."
	case t.MinStake > 0 && e.StakeAfter < t.MinStake:
		return text + fmt.Sprintf(" Its stake is %s now, %s below the minimum of %s: the owner must add at least that much.",
			Amount(e.StakeAfter), Amount(t.MinStake-e.StakeAfter), Amount(t.MinStake))
	}
	return text + fmt.Sprintf(" Its stake is %s now.", Amount(e.StakeAfter))
}

func (t teller) overservicing(e pocket.Overservicing) string {
	text := fmt.Sprintf("%s could not pay %s all it served with %s: %s of %s were paid", t.application(e.Application), t.name(e.Supplier),
		t.service(e.Service), Amount(e.Effective), Amount(e.Expected))
	text = upper(text) + t.session(e.SessionEnd, e.At) + "."
	if e.SpendLimitExceeded {
		return text + " It set itself a limit per session, which was reached."
	}
	return text + " If it happens often, limit how much the relay miner serves beyond what applications can pay."
}

func (t teller) proofCheck(e pocket.ProofCheck) string {
	if e.Status == pocket.ProofInvalid {
		return fmt.Sprintf("The proof of %s for %s does not hold (%s)%s. The claim will expire and the stake be slashed: check the relay miner's "+
			"version and its store of relays.", t.name(e.Supplier), t.service(e.Service), reason(e.Failure), t.session(e.SessionEnd, e.At))
	}
	return fmt.Sprintf("The proof of %s for %s holds%s.", t.name(e.Supplier), t.service(e.Service), t.session(e.SessionEnd, e.At))
}

func (t teller) stake(e pocket.SupplierStake) string {
	if e.Config == nil {
		return fmt.Sprintf("%s was staked, or its services were changed%s.", t.name(e.Supplier), t.block(e.At))
	}
	return fmt.Sprintf("%s was staked, or its services were changed: %s, %s%s.", t.name(e.Supplier), Amount(e.Config.Stake),
		count(int64(len(e.Config.Services)), "active service", "active services"), t.block(e.At))
}

func (t teller) unbonding(e pocket.Unbonding) string {
	who := t.name(e.Supplier.Operator)
	switch {
	case e.Phase == pocket.UnbondingCanceled:
		return fmt.Sprintf("%s does not leave after all%s. It earns nothing until its operator stakes its services again.", who, t.block(e.At))
	case e.Phase == pocket.UnbondingEnded:
		return fmt.Sprintf("%s has left: %s went back to %s%s.", who, Amount(e.Supplier.Stake), t.name(e.Supplier.Owner), t.block(e.At))
	case e.Forced:
		need := "the minimum"
		if t.MinStake > 0 {
			need = "the minimum of " + Amount(t.MinStake)
		}
		return fmt.Sprintf("A slash took the stake of %s to %s, below %s%s. It looks like leaving but no end comes, and the stake is not returned: "+
			"the owner must stake at least the minimum again.", who, Amount(e.Supplier.Stake), need, t.block(e.At))
	}
	text := fmt.Sprintf("%s begins to leave%s. It serves until the session's end at block %s", who, t.block(e.At), Count(int64(e.SessionEnd)))
	if t.UnbondingEnd > 0 {
		text += fmt.Sprintf(", and its %s come back at block %s", Amount(e.Supplier.Stake), Count(int64(t.UnbondingEnd)))
	}
	return text + ". If nobody of yours asked for this, the owner can still cancel it by staking again."
}

func (t teller) applicationUnbonding(e pocket.ApplicationUnbonding) string {
	who := upper(t.application(e.Application.Address))
	switch {
	case e.Phase == pocket.UnbondingCanceled:
		return fmt.Sprintf("%s does not leave after all%s.", who, t.block(e.At))
	case e.Phase == pocket.UnbondingEnded:
		return fmt.Sprintf("%s has left%s. Work for it is not paid any more.", who, t.block(e.At))
	case e.Forced:
		return fmt.Sprintf("%s ran out of stake and leaves with the session to %s%s. Work for it after that is not paid.",
			who, Count(int64(e.SessionEnd)), t.block(e.At))
	}
	return fmt.Sprintf("%s leaves with the session to %s%s. Work for it after that is not paid.", who, Count(int64(e.SessionEnd)), t.block(e.At))
}

func (t teller) migration(e pocket.Migration) string {
	morse := "a Morse account"
	if !e.Morse.IsZero() {
		morse = "Morse account " + t.name(e.Morse)
	}
	var got string
	switch e.As {
	case pocket.MigratedSupplier:
		morse = strings.Replace(morse, "account", "node", 1)
		got = fmt.Sprintf("is now the node %s of %s, with %s from Morse in its stake", t.name(e.Destination), t.name(e.Owner), Amount(e.Stake))
	case pocket.MigratedApplication:
		got = fmt.Sprintf("is now %s, with %s from Morse in its stake", t.application(e.Destination), Amount(e.Stake))
	case pocket.MigratedRecovery:
		got = fmt.Sprintf("was out of reach, and %s of it were recovered to %s", Amount(e.Balance), t.name(e.Destination))
		return upper(morse) + " " + got + t.block(e.At) + "."
	default:
		got = "is now " + t.name(e.Destination)
	}
	return fmt.Sprintf("%s %s; %s of its balance came along%s.", upper(morse), got, Amount(e.Balance), t.block(e.At))
}

func (t teller) transaction(e pocket.Transaction) string {
	var kinds []string
	for _, message := range e.Messages {
		kind := cmp.Or(Line(message[strings.LastIndexByte(message, '.')+1:], 60), "a message without a type")
		if !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	text := "A transaction"
	if len(kinds) > 0 {
		text += " (" + strings.Join(kinds, ", ") + ")"
	}
	if !e.FeePayer.IsZero() {
		text += " of " + t.name(e.FeePayer)
	}
	if e.Failed() {
		text += fmt.Sprintf(" failed and had no effect but its fee of %s: %s", Amount(e.Fee), reason(e.Log))
	} else {
		text += fmt.Sprintf(" succeeded, for a fee of %s", Amount(e.Fee))
	}
	for i, transfer := range e.Transfers {
		if i == 3 {
			text += fmt.Sprintf("; and %s", count(int64(len(e.Transfers)-i), "more transfer", "more transfers"))
			break
		}
		text += fmt.Sprintf("; %s from %s to %s", Amount(transfer.Amount), t.name(transfer.From), t.name(transfer.To))
	}
	if memo := Line(e.Memo, 100); memo != "" {
		text += fmt.Sprintf("; memo “%s”", memo)
	}
	return text + t.block(e.At) + "."
}
