package poktscantest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

func num[T ~int64 | ~int | ~uint32](n T) string { return strconv.FormatInt(int64(n), 10) }

func orNull(text string) string {
	if text == "" {
		return null
	}
	return text
}

func asJSON(v any) string {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err) // of our own values
	}
	return string(body)
}

// AddBlocks adds blocks. Their times are cut to the millisecond, as the service does.
func (s *Server) AddBlocks(blocks ...pocket.Block) {
	s.set(func() {
		for _, b := range blocks {
			s.tables["blocks"].put("id", num(b.Height), "hash", b.Hash, "timestamp", stamp(b.Time), "proposerAddress", b.Proposer)
		}
	})
}

// AddRange adds blocks from one height to another, one every interval from begin on, with made-up hashes.
func (s *Server) AddRange(from, to pocket.Height, begin time.Time, interval time.Duration) {
	s.set(func() {
		t := s.tables["blocks"]
		for h := from; h <= to; h++ {
			t.add("id", num(h), "hash", Hash(h), "timestamp", stamp(begin.Add(interval*time.Duration(h-from))), "proposerAddress", "27B10ED8D22CE9F8279B93FABE1370500C535CA1")
		}
	})
}

// Hash returns the made-up hash of a block that [Server.AddRange] adds.
func Hash(h pocket.Height) string { return fmt.Sprintf("%064X", int64(h)) }

func stamp(t time.Time) string {
	return t.UTC().Truncate(time.Millisecond).Format("2006-01-02T15:04:05.000")
}

// AddEvents adds events, each as the real indexer would keep it; those of kinds that it does not keep are left out. Their blocks must be there
// before they are asked for. Events get their ids in the order in which they come.
func (s *Server) AddEvents(events ...pocket.Event) {
	s.set(func() {
		for _, e := range events {
			s.addEvent(e)
		}
	})
}

func (s *Server) addEvent(e pocket.Event) {
	at := e.Where()
	number := s.events[at.Height]
	s.events[at.Height]++
	id := fmt.Sprintf("%d-EndBlock-%d", at.Height, number)
	message := fmt.Sprintf("%s-%d", at.TxHash, number)
	h := num(at.Height)
	switch e := e.(type) {
	case pocket.Settlement:
		s.addSettlement(id, h, &e)
	case pocket.ClaimExpiry:
		s.tables["eventClaimExpireds"].add(append(work(e.Work), "id", id, "blockId", h, "expirationReason", e.Reason, "proofValidationStatus", status(e.Proof))...)
	case pocket.Slash:
		after := num(e.StakeAfter)
		if e.StakeUnknown {
			after = null
		}
		s.tables["eventSupplierSlasheds"].add("id", id, "blockId", h, "supplierId", e.Supplier.String(), "applicationId", e.Application.String(),
			"serviceId", string(e.Service), "sessionEndHeight", num(e.SessionEnd), "proofMissingPenalty", num(e.Penalty), "afterStakeAmount", after)
	case pocket.Overservicing:
		s.tables["eventApplicationOverserviceds"].add("id", id, "blockId", h, "supplierId", e.Supplier.String(), "applicationId", e.Application.String(),
			"serviceId", orNull(string(e.Service)), "sessionEndBlockHeight", num(e.SessionEnd), "expectedBurn", num(e.Expected),
			"effectiveBurn", num(e.Effective), "spendLimitExceeded", strconv.FormatBool(e.SpendLimitExceeded))
	case pocket.Unbonding:
		s.addUnbonding(id, h, &e)
	case pocket.SupplierStake:
		row := []string{"id", message, "blockId", h, "transactionId", at.TxHash, "supplierId", e.Supplier.String()}
		if e.Config != nil {
			row = append(row, "ownerId", e.Config.Owner.String(), "signerId", e.Config.Owner.String(), "stakeAmount", num(e.Config.Stake))
		}
		s.tables["msgStakeSuppliers"].add(row...)
	case pocket.ClaimCreation:
		s.tables["msgCreateClaims"].add(append(work(e.Work), "id", message, "blockId", h, "transactionId", at.TxHash)...)
	case pocket.ProofSubmission:
		s.tables["msgSubmitProofs"].add("id", message, "blockId", h, "transactionId", at.TxHash, "supplierId", e.Supplier.String(),
			"applicationId", e.Application.String(), "serviceId", string(e.Service), "sessionEndHeight", num(e.SessionEnd))
	case pocket.ProofCheck: // the real indexer keeps the quotation marks of these texts
		s.tables["eventProofValidityCheckeds"].add("id", id, "blockId", h, "supplierId", strconv.Quote(e.Supplier.String()),
			"applicationId", strconv.Quote(e.Application.String()), "serviceId", strconv.Quote(string(e.Service)),
			"sessionEndHeight", num(e.SessionEnd), "proofValidationStatus", status(e.Status), "failureReason", strconv.Quote(e.Failure))
	case pocket.Transaction:
		s.addTransaction(h, &e)
	}
}

func (s *Server) addUnbonding(id, h string, u *pocket.Unbonding) {
	if u.TxHash != "" {
		_, number, _ := strings.Cut(id, "-EndBlock-")
		id = u.TxHash + "-Message-" + number
	}
	reason := "VOLUNTARY"
	if u.Forced {
		reason = "BELOW_MIN_STAKE"
	}
	name := map[pocket.UnbondingPhase]string{pocket.UnbondingBegan: "eventSupplierUnbondingBegins", pocket.UnbondingEnded: "eventSupplierUnbondingEnds"}[u.Phase]
	if name == "" {
		return // a change of mind is not kept
	}
	s.tables[name].add("id", id, "blockId", h, "supplierId", u.Supplier.Operator.String(), "reason", reason,
		"sessionEndHeight", num(u.SessionEnd), "unbondingEndHeight", num(u.EventEndHeight))
}

// work returns the columns of a claim's life.
func work(w pocket.Work) []string {
	return []string{
		"supplierId", w.Supplier.String(), "applicationId", w.Application.String(), "serviceId", string(w.Service), "sessionEndHeight", num(w.SessionEnd),
		"numRelays", num(w.Relays), "numEstimatedRelays", num(w.EstimatedRelays), "numClaimedComputedUnits", num(w.ClaimedComputeUnits),
		"numEstimatedComputedUnits", num(w.EstimatedComputeUnits), "claimedAmount", num(w.Claimed),
	}
}

func status(p pocket.ProofStatus) string {
	return [...]string{null, "VALIDATED", "INVALID"}[p] // the real indexer drops the chain's 0
}

// addSettlement adds a settled claim as rows of its time are: see what the client says of eras.
func (s *Server) addSettlement(id, h string, e *pocket.Settlement) {
	row := []string{
		"id", id, "blockId", h, "supplierId", e.Supplier.String(), "supplierOwnerId", orNull(e.Owner.String()), "applicationId", e.Application.String(),
		"serviceId", string(e.Service), "sessionId", e.SessionID, "sessionEndHeight", num(e.SessionEnd),
		"proofRequirement", [...]string{"NOT_REQUIRED", "PROBABILISTIC", "THRESHOLD"}[e.Requirement], "proofValidationStatus", status(e.Proof),
		"numRelays", num(e.Relays), "numEstimatedRelays", num(max(e.EstimatedRelays, 1)), "numClaimedComputedUnits", num(e.ClaimedComputeUnits),
		"numEstimatedComputedUnits", num(e.EstimatedComputeUnits), "claimedDenom", "upokt",
	}
	settled, minted, ratio := e.Settled, e.Minted, e.MintRatio
	if e.Lacks.Has(pocket.LacksAmounts) { // the indexer takes the claim for settled, and all of that for minted
		settled, minted, ratio = e.Claimed, e.Claimed, "1"
	}
	row = append(row, "claimedAmount", num(settled), "settledAmount", num(settled), "mintedAmount", num(minted), "mintRatio", ratio,
		"overservicingLossAmount", num(e.Claimed-settled), "deflationLossAmount", num(settled-minted))
	module := "" // the indexer's own guess names none
	if e.Owner.IsZero() && !e.Lacks.Has(pocket.LacksAmounts) {
		module = "supplier"
	}
	mints, burns := "[]", "[]"
	if !e.Lacks.Has(pocket.LacksShares) {
		mints = asJSON([]any{map[string]any{"opReason": 1, "destinationModule": module, "amount": num(minted) + "n", "denom": "upokt"}})
		burns = asJSON([]any{map[string]any{"opReason": 2, "destinationModule": module, "amount": num(settled) + "n", "denom": "upokt"}})
	}
	s.tables["eventClaimSettleds"].add(append(row, "mints", mints, "burns", burns)...)
	for i, share := range e.Shares {
		reason := "UNSPECIFIED"
		if share.Reason != "" {
			reason = shorten(string(share.Reason))
		}
		s.tables["modToAcctTransfers"].add("id", fmt.Sprintf("%s-%d", id, i), "eventClaimSettledId", id, "blockId", h,
			"recipientId", share.Recipient.String(), "opReason", reason, "amount", num(share.Amount), "denom", "upokt")
		s.summarize(h, share, reason, e.Service)
	}
}

// summarize adds a share to the payments of its block by recipient, reason and service.
func (s *Server) summarize(h string, share pocket.Share, reason string, service pocket.ServiceID) {
	t := s.tables["modToAcctTransfersSummarizeds"]
	id := strings.Join([]string{h, share.Recipient.String(), reason, "upokt", string(service)}, "-")
	if s.sums == nil {
		s.sums = map[string]int{}
	}
	if row, ok := s.sums[id]; ok {
		for column, more := range map[string]int64{"amount": int64(share.Amount), "transferCount": 1} {
			had, _ := strconv.ParseInt(t.value(row, column), 10, 64)
			t.rows[row][t.places[column]] = num(had + more)
		}
		return
	}
	s.sums[id] = len(t.rows)
	t.add("id", id, "blockId", h, "recipientId", share.Recipient.String(), "opReason", reason, "denom", "upokt", "serviceId", string(service),
		"amount", num(share.Amount), "transferCount", "1")
}

// shorten writes a reason as the database does, for which five are too long.
func shorten(reason string) string {
	if reason == "TLM_RELAY_BURN_EQUALS_MINT_TOKENOMICS_CLAIM_DISTRIBUTION_MINT" {
		return "TLM_RELAY_BURN_EQUALS_MINT_TOKENOMICS_MINT"
	}
	for _, who := range []string{"SUPPLIER_SHAREHOLDER", "SOURCE_OWNER", "APPLICATION", "VALIDATOR", "DELEGATOR"} {
		if reason == "TLM_RELAY_BURN_EQUALS_MINT_"+who+"_REWARD_DISTRIBUTION" {
			return "TLM_RELAY_BURN_EQUALS_MINT_" + who + "_RD"
		}
	}
	return reason
}

func (s *Server) addTransaction(h string, t *pocket.Transaction) {
	counts := map[string]int{}
	var types []map[string]any
	for _, m := range t.Messages {
		if counts[m]++; counts[m] == 1 {
			types = append(types, map[string]any{"type": m})
		}
	}
	for _, m := range types {
		m["amount"] = counts[m["type"].(string)]
	}
	outcome := "Success"
	if t.Failed() {
		outcome = "Error"
	}
	coins := func(amount pocket.Upokt) string {
		return asJSON([]any{map[string]any{"denom": "upokt", "amount": num(amount)}})
	}
	s.tables["transactions"].add("id", t.TxHash, "blockId", h, "idx", num(t.Position), "code", num(t.Code), "codespace", t.Codespace, "status", outcome,
		"log", t.Log, "memo", t.Memo, "signerAddress", t.FeePayer.String(), "gasUsed", num(t.GasUsed), "gasWanted", num(t.GasWanted),
		"fees", coins(t.Fee), "amountOfMessages", asJSON(types))
	for i, transfer := range t.Transfers {
		s.tables["nativeTransfers"].add("id", fmt.Sprintf("%s-%d", t.TxHash, i), "blockId", h, "senderId", transfer.From.String(),
			"recipientId", transfer.To.String(), "amounts", coins(transfer.Amount), "status", outcome, "transactionId", t.TxHash)
	}
}

// AddSuppliers adds suppliers, or changes those that are there. One with an UnstakeSessionEnd is leaving; one without a stake has left.
// Services that its History does not date are not in force yet.
func (s *Server) AddSuppliers(suppliers ...pocket.Supplier) {
	s.set(func() {
		for i := range suppliers {
			s.addSupplier(&suppliers[i])
		}
	})
}

func (s *Server) addSupplier(p *pocket.Supplier) {
	state := "Staked"
	if p.UnstakeSessionEnd > 0 {
		state = "Unstaking"
	}
	if p.Stake == 0 {
		state = "Unstaked"
	}
	operator := p.Operator.String()
	row := []string{"id", operator, "operatorId", operator, "ownerId", p.Owner.String(), "stakeAmount", num(p.Stake), "stakeDenom", "upokt", "stakeStatus", state}
	if p.UnstakeSessionEnd > 0 {
		row = append(row, "unstakingBeginBlockId", num(p.UnstakeSessionEnd-1), "unstakingReason", "VOLUNTARY")
	}
	s.tables["suppliers"].put(row...)
	for _, config := range p.Services {
		since := null
		for _, update := range p.History {
			if update.Service == config.Service {
				since = num(update.Activation)
			}
		}
		shares, endpoints := []any{}, []any{}
		for _, share := range config.RevShares {
			shares = append(shares, map[string]any{"address": share.Address, "revSharePercentage": num(share.Percent)})
		}
		for _, e := range config.Endpoints {
			endpoints = append(endpoints, map[string]any{"url": e.URL, "configs": []any{}, "rpcType": rpcTypes[e.RPCType]})
		}
		s.tables["supplierServiceConfigs"].put("id", operator+"-"+string(config.Service), "supplierId", operator, "serviceId", string(config.Service),
			"revShare", asJSON(shares), "endpoints", asJSON(endpoints), "activatedAtId", since)
	}
}

var rpcTypes = map[string]int{"GRPC": 1, "WEBSOCKET": 2, "JSON_RPC": 3, "REST": 4, "COMET_BFT": 5}

// AddBalance sets what an address holds since a height.
func (s *Server) AddBalance(address pocket.Address, amount pocket.Upokt, since pocket.Height) {
	s.set(func() {
		s.tables["balances"].put("id", address.String()+"-upokt", "accountId", address.String(), "denom", "upokt", "amount", num(amount), "lastUpdatedBlockId", num(since))
	})
}

// AddParam sets a parameter of a module since a height.
func (s *Server) AddParam(module, key, value string, since pocket.Height) {
	s.set(func() {
		s.tables["params"].put("id", module+"-"+key, "namespace", module, "key", key, "value", value, "blockId", num(since))
	})
}

// AddService adds a service, with its difficulty if it has one.
func (s *Server) AddService(service pocket.Service, difficulty *pocket.Difficulty) {
	s.set(func() {
		row := []string{"id", string(service.ID), "name", service.Name, "computeUnitsPerRelay", num(service.ComputeUnitsPerRelay), "ownerId", service.Owner.String()}
		if difficulty != nil {
			row = append(row, "newNumRelaysEma", num(difficulty.RelaysEMA), "newTargetHashHexEncoded", fmt.Sprintf("%x", difficulty.TargetHash))
		}
		s.tables["services"].put(row...)
	})
}

// AddMorse adds a Morse account.
func (s *Server) AddMorse(m pocket.MorseClaimable) {
	s.set(func() {
		row := []string{
			"id", strings.ToUpper(m.Morse.String()), "claimed", strconv.FormatBool(m.ClaimedAt > 0), "morseOutputAddress", orNull(strings.ToUpper(m.MorseOutput.String())),
			"shannonDestAddress", orNull(m.Destination.String()), "unstakedBalanceAmount", num(m.Balance), "supplierStakeAmount", num(m.SupplierStake),
			"applicationStakeAmount", num(m.ApplicationStake),
		}
		if m.ClaimedAt > 0 {
			row = append(row, "claimedAtId", num(m.ClaimedAt))
		}
		s.tables["morseClaimableAccounts"].put(row...)
	})
}
