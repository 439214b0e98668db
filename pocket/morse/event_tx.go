package morse

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/poktbot/poktbot/pocket"
)

func sortedKeys(m map[pocket.Address]bool) []pocket.Address {
	return slices.SortedFunc(maps.Keys(m), pocket.Address.Compare)
}

// addresses returns whom a transaction names.
func (t *Tx) addresses() []pocket.Address {
	list := []pocket.Address{t.Signer, t.Recipient}
	switch m := t.Message.(type) {
	case Send:
		list = append(list, m.From, m.To)
	case Stake:
		list = append(list, m.Node, m.Output)
		for _, d := range m.Delegators {
			list = append(list, d.Address)
		}
	case BeginUnstake:
		list = append(list, m.Node, m.Signer)
	case Unjail:
		list = append(list, m.Node, m.Signer)
	case ClaimWork:
		list = append(list, m.Node, m.App)
	case ProveWork:
		list = append(list, m.App())
	case DAOTransfer:
		list = append(list, m.From, m.To)
	case ChangeParam:
		list = append(list, m.From)
	case ChangeUpgrade:
		list = append(list, m.From)
	}
	return list
}

// tx adds the events of one transaction.
func (r *blockReader) tx(tx Tx) error {
	if r.wants(pocket.KindTransaction) && r.concerns(tx.addresses()...) {
		r.add(r.transaction(tx))
	}
	at := r.at(tx.Position*numbersOfTx+1, tx.Hash)
	if m, ok := tx.Message.(ProveWork); ok {
		return r.proof(at, tx, m)
	}
	if tx.Failed() {
		return nil
	}
	if m, ok := tx.Message.(BeginUnstake); ok {
		return r.beginUnstake(at, tx, m)
	}
	if !r.concerns(tx.addresses()...) {
		return nil
	}
	switch m := tx.Message.(type) {
	case ClaimWork:
		return r.claim(at, tx, m.Claim)
	case Stake:
		return r.stake(at, m)
	}
	return nil
}

// transaction is tx in pocket's words.
func (r *blockReader) transaction(tx Tx) pocket.Transaction {
	t := pocket.Transaction{
		At: r.at(tx.Position*numbersOfTx, tx.Hash), Position: tx.Position, Code: tx.Code, Codespace: tx.Codespace, Fee: tx.Fee,
		FeePayer: tx.Signer, Memo: tx.Memo, Messages: []string{tx.Kind},
	}
	if tx.Message == nil {
		t.MemoAbsent = true
	}
	if tx.Failed() {
		t.Log = FailureText(tx.Codespace, tx.Code)
		return t
	}
	switch m := tx.Message.(type) {
	case Send:
		t.Transfers = []pocket.Transfer{{From: m.From, To: m.To, Amount: m.Amount}}
	case DAOTransfer:
		if !m.To.IsZero() { // else they are burned
			t.Transfers = []pocket.Transfer{{From: ModuleAddress(DAO), To: m.To, Amount: m.Amount}}
		}
	case Stake:
		t.Transfers = transfersOf(tx.Events) // only those tell what was added to a stake
	}
	return t
}

// sessionParams returns the parameters of a session that began at a height; of this block where the nodes have dropped those.
func (r *blockReader) sessionParams(start pocket.Height) (*chainParams, error) {
	params, err := r.c.params.at(r.ctx, start)
	if errors.Is(err, pocket.ErrPruned) {
		return r.paramsBefore(0)
	}
	return params, err
}

// work returns what a claim is about in pocket's words.
func (r *blockReader) work(c Claim) (pocket.Work, error) {
	params, err := r.sessionParams(c.SessionHeight)
	if err != nil {
		return pocket.Work{}, err
	}
	return pocket.Work{
		Supplier: c.Node, Application: c.App, Service: c.Service(), SessionEnd: params.sessionOf(c.SessionHeight).End,
		Relays: c.Relays, EstimatedRelays: c.Relays,
	}, nil
}

// claim adds the creation of a claim.
func (r *blockReader) claim(at pocket.At, tx Tx, c Claim) error {
	if !r.wants(pocket.KindClaimCreation) {
		return nil
	}
	work, err := r.work(c)
	if err != nil {
		return err
	}
	if work.Claimed, err = r.worth(c, tx.Position); err != nil {
		return err
	}
	r.add(pocket.ClaimCreation{At: at, Work: work})
	return nil
}

// worth returns what a claim would be paid as things stand at a place in the block.
func (r *blockReader) worth(c Claim, position int) (pocket.Upokt, error) {
	params, err := r.paramsBefore(position)
	if err != nil {
		return 0, err
	}
	split, err := r.split(params, c, position)
	return split.Coins, err
}

// proof adds what a proof did: a settlement, or the refusal of a proof.
func (r *blockReader) proof(at pocket.At, tx Tx, m ProveWork) error {
	key := ClaimKey{Node: tx.Signer, AppKey: m.AppKey, Chain: m.Chain, SessionHeight: m.SessionHeight, Evidence: m.Evidence}
	if tx.Failed() {
		if !r.wants(pocket.KindProofCheck) || !r.concerns(tx.addresses()...) {
			return nil
		}
		work, err := r.work(Claim{ClaimKey: key, App: m.App()})
		if err != nil {
			return err
		}
		r.add(pocket.ProofCheck{
			At: at, Supplier: work.Supplier, Application: work.Application, Service: work.Service, SessionEnd: work.SessionEnd,
			Status: pocket.ProofInvalid, Failure: FailureText(tx.Codespace, tx.Code),
		})
		return nil
	}
	if !r.wants(pocket.KindSettlement) || !r.concerns(tx.addresses()...) && !r.paying[tx.Signer] {
		return nil
	}
	claim, err := r.claimed(key)
	if err != nil {
		return err
	}
	s, err := r.settlement(at, tx, claim)
	if err != nil {
		return err
	}
	named := []pocket.Address{s.Supplier, s.Owner, s.Application}
	for _, share := range s.Shares {
		named = append(named, share.Recipient)
	}
	if r.concerns(named...) {
		r.add(s)
	}
	return nil
}

// claimed returns the claim that a proof of this block proves: the last that the node made before.
func (r *blockReader) claimed(key ClaimKey) (Claim, error) {
	if r.mentions == nil || r.many {
		if m, ok := r.c.claims.before(key, r.block.Height); ok {
			return m.Claim, nil
		}
	} else {
		txs, err := r.c.accounts.between(r.ctx, key.Node, key.SessionHeight, r.block.Height)
		if err != nil {
			return Claim{}, err
		}
		for _, tx := range slices.Backward(txs) {
			m, ok := tx.Message.(ClaimWork)
			if ok && !tx.Failed() && tx.Height < r.block.Height && m.ClaimKey == key {
				return m.Claim, nil
			}
		}
	}
	c, err := r.c.Claim(r.ctx, key, r.block.Height-1)
	if errors.Is(err, pocket.ErrNotFound) {
		return Claim{}, fmt.Errorf("a proof of %s for chain %s and the session at %d has no claim: %w", key.Node, key.Chain, key.SessionHeight, pocket.ErrMalformed)
	}
	return c, err
}

// settlement returns the settlement that a proof is.
func (r *blockReader) settlement(at pocket.At, tx Tx, c Claim) (pocket.Settlement, error) {
	work, err := r.work(c)
	if err != nil {
		return pocket.Settlement{}, err
	}
	params, err := r.paramsBefore(tx.Position)
	if err != nil {
		return pocket.Settlement{}, err
	}
	node, err := r.servicer(c.Node, tx.Position)
	if err != nil {
		return pocket.Settlement{}, err
	}
	split, err := r.splitFor(params, c, node)
	if err != nil {
		return pocket.Settlement{}, err
	}
	list := tx.Events
	if list == nil && r.c.tendermint != nil {
		outcome, err := r.c.TxOutcome(r.ctx, tx.Hash)
		if err != nil {
			return pocket.Settlement{}, err
		}
		list = outcome.Events
	}
	if list != nil {
		split = split.read(mintsOfProof(list), &node, active(params.features.Delegators, r.block.Height))
	}
	owner := node.Operator
	if !node.Output.IsZero() {
		owner = node.Output
	}
	return pocket.Settlement{
		At: at, Supplier: c.Node, Owner: owner, Application: work.Application, Service: work.Service, SessionEnd: work.SessionEnd,
		Relays: c.Relays, EstimatedRelays: c.Relays, Requirement: pocket.ProofThreshold, Proof: pocket.ProofValidated,
		Claimed: split.Coins, Settled: split.Coins, Minted: split.Minted, Deflated: split.Coins - split.Minted, Shares: split.Shares,
	}, nil
}

// split returns what a claim is worth to its node at a place in the block.
func (r *blockReader) split(params *chainParams, c Claim, position int) (RewardSplit, error) {
	node, err := r.servicer(c.Node, position)
	if err != nil {
		return RewardSplit{}, err
	}
	return r.splitFor(params, c, node)
}

func (r *blockReader) splitFor(params *chainParams, c Claim, node Servicer) (RewardSplit, error) {
	formula, err := params.reward()
	if err != nil {
		return RewardSplit{}, err
	}
	return formula.Reward(Work{Height: r.block.Height, Relays: c.Paid(), Chain: c.Chain, Node: node})
}

// servicer returns a node as a transaction of the block finds it: its record after the block before, less what was slashed at the start of
// this one, with what earlier transactions of the block staked.
func (r *blockReader) servicer(a pocket.Address, position int) (Servicer, error) {
	s := Servicer{Operator: a}
	before, err := r.node(a, r.block.Height-1)
	if err != nil {
		return s, err
	}
	if before != nil {
		s.Stake, s.Output, s.Delegators = before.Stake, before.Output, before.Delegators
	}
	staked := false
	for _, tx := range r.stakes {
		if m := tx.Message.(Stake); m.Node == a && tx.Position < position {
			s.Stake, s.Output, s.Delegators, staked = m.Value, m.Output, m.Delegators, true
		}
	}
	s.Gone = before == nil && !staked
	if before != nil && !slices.ContainsFunc(r.stakes, func(tx Tx) bool { return tx.Message.(Stake).Node == a }) {
		after, err := r.node(a, r.block.Height)
		if err != nil {
			return s, err
		}
		if after != nil {
			s.Stake = min(s.Stake, after.Stake)
		}
	}
	params, err := r.paramsBefore(position)
	if err != nil {
		return s, err
	}
	until := cmp.Or(params.features.OutputPaidUntil, outputPaidUntil)
	if r.block.Height <= until && active(params.features.StakeWeight, r.block.Height) && !s.Output.IsZero() {
		output, err := r.node(s.Output, r.block.Height-1)
		if err != nil {
			return s, err
		}
		s.OutputIsNode = output != nil
	}
	return s, nil
}

// node returns a node's record as of after block h, nil when there was none.
func (r *blockReader) node(a pocket.Address, h pocket.Height) (*Node, error) {
	switch {
	case r.mentions == nil:
		list, err := r.c.nodes.all(r.ctx, max(h, 1))
		if err != nil {
			return nil, err
		}
		return list.nodes[a], nil
	case r.many:
		return r.c.nodes.exactly(r.ctx, a, max(h, 1))
	default:
		return r.c.nodes.at(r.ctx, a, h, true)
	}
}

// stake adds a node's stake as the transaction asked for it.
func (r *blockReader) stake(at pocket.At, m Stake) error {
	if !r.wants(pocket.KindSupplierStake) {
		return nil
	}
	owner := m.Node
	if !m.Output.IsZero() {
		owner = m.Output
	}
	end, err := r.sessionEnd()
	if err != nil {
		return err
	}
	r.add(pocket.SupplierStake{At: at, Supplier: m.Node, SessionEnd: end, Config: &pocket.Supplier{
		Operator: m.Node, Owner: owner, Stake: m.Value, Services: services(m.Chains, m.URL, owner, m.Delegators),
	}})
	return nil
}

// sessionEnd returns the last block of the session that the block lies in.
func (r *blockReader) sessionEnd() (pocket.Height, error) {
	params, err := r.paramsBefore(0)
	if err != nil {
		return 0, err
	}
	b := pocket.Height(params.nodes.BlocksPerSession)
	return (r.block.Height + b - 1) / b * b, nil
}

// beginUnstake adds that a node will leave with the session.
func (r *blockReader) beginUnstake(at pocket.At, tx Tx, m BeginUnstake) error {
	if !r.wants(pocket.KindUnbondingBegin) || !r.concerns(tx.addresses()...) && !r.paying[m.Node] {
		return nil
	}
	end, err := r.sessionEnd()
	if err != nil {
		return err
	}
	n, err := r.node(m.Node, r.block.Height-1)
	if err != nil {
		return err
	}
	u := pocket.Unbonding{At: at, Phase: pocket.UnbondingBegan, Supplier: pocket.Supplier{Operator: m.Node}, SessionEnd: end, EventEndHeight: end}
	if n != nil {
		u.Supplier = n.supplier()
	}
	u.Supplier.UnstakeSessionEnd = end
	if r.concerns(append(tx.addresses(), u.Supplier.Owner)...) {
		r.add(u)
	}
	return nil
}
