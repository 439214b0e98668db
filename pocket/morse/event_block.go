package morse

import (
	"errors"
	"slices"

	"github.com/poktbot/poktbot/pocket"
)

// expiries adds the claims that the block dropped before its transactions: those that were to expire with it and were pending until then.
func (r *blockReader) expiries() error {
	if r.block.Height < 2 {
		return nil
	}
	if r.mentions == nil {
		for c, err := range r.c.Claims(r.ctx, pocket.Address{}, r.block.Height-1) {
			if err != nil {
				return err
			}
			if c.Expires == r.block.Height {
				if err := r.expire(c); err != nil {
					return err
				}
			}
		}
		return nil
	}
	for _, a := range sortedKeys(r.mentions) {
		made, err := r.madeFor(a)
		if err != nil {
			return err
		}
		for _, m := range made {
			c, err := r.c.Claim(r.ctx, m.ClaimKey, r.block.Height-1)
			if errors.Is(err, pocket.ErrNotFound) {
				continue // it was proved, or another took its place
			}
			if err != nil {
				return err
			}
			if c.Expires == r.block.Height {
				if err := r.expire(c); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// madeFor returns the claims of a node that expire with the block and that no transaction of it has proved.
func (r *blockReader) madeFor(node pocket.Address) ([]madeClaim, error) {
	params, err := r.c.params.at(r.ctx, r.block.Height-1)
	if err != nil {
		return nil, err
	}
	// Which parameters count is told by the session of the claim, which is older than the claim.
	age := pocket.Height(params.pocket.ClaimExpiration * params.nodes.BlocksPerSession)
	ages := []pocket.Height{age}
	if old, err := r.c.params.at(r.ctx, max(1, r.block.Height-age-2*cellBlocks)); err == nil {
		if before := pocket.Height(old.pocket.ClaimExpiration * old.nodes.BlocksPerSession); before != age {
			ages = append(ages, before)
		}
	} else if !errors.Is(err, pocket.ErrPruned) {
		return nil, err
	}
	var made []madeClaim
	for _, age := range ages {
		at := r.block.Height - age
		if at < 1 {
			continue
		}
		claims, err := r.c.accounts.between(r.ctx, node, at, at)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(claims, func(t Tx) bool { return t.Kind == "claim" && !t.Failed() }) {
			continue
		}
		left, err := r.unproved(node, at)
		if err != nil {
			return nil, err
		}
		made = append(made, left...)
	}
	return made, nil
}

// unproved returns the claims that a node made in a block and did not prove before this one.
func (r *blockReader) unproved(node pocket.Address, at pocket.Height) ([]madeClaim, error) {
	open := map[ClaimKey]madeClaim{}
	for from := at; from < r.block.Height; { // step by step: nearly all are proved soon
		to := min(r.block.Height-1, from+cellBlocks/2)
		txs, err := r.c.accounts.between(r.ctx, node, from, to)
		if err != nil {
			return nil, err
		}
		for _, tx := range txs {
			open = tx.settle(open, at)
		}
		if len(open) == 0 {
			return nil, nil
		}
		from = to + 1
	}
	var list []madeClaim
	for _, m := range open {
		list = append(list, m)
	}
	return list, nil
}

// settle takes a transaction into account: claims of the block at a height are open until they are proved.
func (t *Tx) settle(open map[ClaimKey]madeClaim, at pocket.Height) map[ClaimKey]madeClaim {
	if t.Failed() {
		return open
	}
	switch m := t.Message.(type) {
	case ClaimWork:
		if t.Height == at {
			open[m.ClaimKey] = madeClaim{m.Claim, t.Height, t.Position}
		}
	case ProveWork:
		delete(open, ClaimKey{Node: t.Signer, AppKey: m.AppKey, Chain: m.Chain, SessionHeight: m.SessionHeight, Evidence: m.Evidence})
	}
	return open
}

// expire adds the expiry of a claim of the state.
func (r *blockReader) expire(c Claim) error {
	if !r.concerns(c.Node, c.App) {
		return nil
	}
	work, err := r.work(c)
	if err != nil {
		return err
	}
	made, refused, err := r.historyOf(c)
	if err != nil {
		return err
	}
	reason := "PROOF_MISSING"
	if refused {
		reason = "PROOF_INVALID"
	}
	then := &blockReader{c: r.c, ctx: r.ctx, block: pocket.Block{Height: made.height}, mentions: map[pocket.Address]bool{}, many: true}
	if work.Claimed, err = then.worth(c, made.position); errors.Is(err, pocket.ErrPruned) {
		work.Claimed, err = r.worth(c, 0) // as things stand now
	}
	if err != nil {
		return err
	}
	r.add(pocket.ClaimExpiry{
		At: r.at(expiryIndex(r.block.Height-made.height, made.position), ""), Work: work, Reason: reason,
	})
	return nil
}

// historyOf returns where a claim that expires with the block was made, and whether a proof of it was refused.
func (r *blockReader) historyOf(c Claim) (made madeClaim, refused bool, err error) {
	txs, err := r.c.accounts.between(r.ctx, c.Node, c.SessionHeight, r.block.Height-1)
	if err != nil {
		return madeClaim{}, false, err
	}
	for _, tx := range txs {
		switch m := tx.Message.(type) {
		case ClaimWork:
			if m.ClaimKey == c.ClaimKey && !tx.Failed() {
				made = madeClaim{c, tx.Height, tx.Position}
			}
		case ProveWork:
			key := ClaimKey{Node: tx.Signer, AppKey: m.AppKey, Chain: m.Chain, SessionHeight: m.SessionHeight, Evidence: m.Evidence}
			refused = refused || tx.Failed() && key == c.ClaimKey
		}
	}
	if made.height == 0 { // its transaction is not known; the state is
		params, err := r.sessionParams(c.SessionHeight)
		if err != nil {
			return madeClaim{}, false, err
		}
		age := pocket.Height(params.pocket.ClaimExpiration * params.nodes.BlocksPerSession)
		made = madeClaim{c, max(1, r.block.Height-age), 0}
	}
	return made, refused, nil
}

// nodes adds what happened to nodes by the block itself: what its transactions did to them is told by those.
func (r *blockReader) nodes() error {
	if r.block.Height < 2 {
		return nil
	}
	if r.mentions == nil {
		before, err := r.c.nodes.all(r.ctx, r.block.Height-1)
		if err != nil {
			return err
		}
		after, err := r.c.nodes.all(r.ctx, r.block.Height)
		if err != nil {
			return err
		}
		for a, was := range before.nodes {
			if err := r.change(was, after.nodes[a]); err != nil {
				return err
			}
		}
		return nil
	}
	tracked := map[pocket.Address]bool{}
	for a := range r.mentions {
		tracked[a] = true
	}
	for a := range r.paying {
		tracked[a] = true
	}
	if len(tracked) > mostSigners { // one list of all nodes is cheaper than as many questions
		err := r.c.within(r.ctx, r.block.Height-1, cellBlocks, func(low, high pocket.Height) error {
			_, errLow := r.c.nodes.all(r.ctx, low)
			_, errHigh := r.c.nodes.all(r.ctx, high)
			return errors.Join(errLow, errHigh)
		})
		if err != nil {
			return err
		}
	}
	for _, a := range sortedKeys(tracked) {
		was, err := r.c.nodes.at(r.ctx, a, r.block.Height-1, false)
		if err != nil {
			return err
		}
		if was == nil {
			continue
		}
		is, err := r.c.nodes.at(r.ctx, a, r.block.Height, false)
		if err != nil {
			return err
		}
		if err := r.change(was, is); err != nil {
			return err
		}
	}
	return nil
}

// change adds what made a node's record another; is is nil when the node is gone.
func (r *blockReader) change(was, is *Node) error {
	if !r.concerns(was.Address, was.Owner()) || was.same(is) {
		return nil
	}
	state := was.supplier()
	switch {
	case is == nil && was.Status == Staked && was.Jailed: // before NCUST: jailed for too long, its stake is burned
		r.slash(was, 0)
		state.Stake = 0
		r.add(pocket.Unbonding{At: r.at(nodeIndex(was.Address, nodeLeft), ""), Phase: pocket.UnbondingEnded, Supplier: state, SessionEnd: r.block.Height})
	case is == nil:
		r.add(pocket.Unbonding{At: r.at(nodeIndex(was.Address, nodeLeft), ""), Phase: pocket.UnbondingEnded, Supplier: state, SessionEnd: r.block.Height})
	default:
		if is.Stake < was.Stake {
			r.slash(was, is.Stake)
		}
		if was.Status == Staked && is.Status == Unstaking {
			return r.madeToLeave(was, is)
		}
	}
	return nil
}

func (r *blockReader) slash(was *Node, left pocket.Upokt) {
	if r.concerns(was.Address) {
		r.add(pocket.Slash{
			At: r.at(nodeIndex(was.Address, nodeSlashed), ""), Supplier: was.Address, Penalty: was.Stake - left, StakeAfter: left,
		})
	}
}

// madeToLeave adds that a node begins to unstake, unless it asked for that in the session that ends.
func (r *blockReader) madeToLeave(was, is *Node) error {
	start := pocket.Height(1)
	params, err := r.paramsBefore(0)
	if err != nil {
		return err
	}
	start = max(start, r.block.Height-pocket.Height(params.nodes.BlocksPerSession)+1)
	for _, signer := range []pocket.Address{was.Address, was.Owner()} {
		txs, err := r.c.accounts.between(r.ctx, signer, start, r.block.Height)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(txs, func(t Tx) bool {
			m, ok := t.Message.(BeginUnstake)
			return ok && !t.Failed() && m.Node == was.Address
		}) {
			return nil
		}
	}
	state := is.supplier()
	state.UnstakeSessionEnd = r.block.Height
	r.add(pocket.Unbonding{
		At: r.at(nodeIndex(was.Address, nodeLeaves), ""), Phase: pocket.UnbondingBegan, Supplier: state, SessionEnd: r.block.Height,
		EventEndHeight: r.block.Height,
	})
	return nil
}
