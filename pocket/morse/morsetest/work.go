package morsetest

import (
	"cmp"
	"crypto/sha256"
	"slices"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// A work is a block in the making.
type work struct {
	chain *Chain
	block *block
	state *state
}

// begin does what a block does before its transactions.
func (w *work) begin(mishaps []Mishap) {
	s, h := w.state, w.block.height
	for feature, params := range featureParams {
		if s.feature(feature) == h {
			for key, value := range params {
				s.params[key] = value
			}
		}
	}
	for _, claim := range s.pending(pocket.Address{}) {
		if claim.expires <= h {
			delete(s.claims, claim.key())
			w.chain.Expired = append(w.chain.Expired, Expired{h, claim.made, claim.Claim})
		}
	}
	w.split()
	for a, n := range s.nodes {
		if n.jailed {
			n.jailedBlocks++
			s.nodes[a] = n
		}
	}
	for _, m := range mishaps {
		n, ok := s.nodes[m.Node]
		if !ok {
			continue
		}
		n.missed = m.Missed
		n.tokens -= m.Slash
		s.balances[nodePool] -= m.Slash
		if m.Jail > 0 {
			n.jailed, n.jailUntil, n.jailedBlocks = true, w.block.time.Add(m.Jail), 0
		}
		s.nodes[m.Node] = n
		if m.Leave {
			s.waiting = append(s.waiting, m.Node)
		}
	}
}

// deliver puts a transaction into the block.
func (w *work) deliver(tx Tx, position int) {
	_, _, kind, _, _ := tx.Message.wire()
	fee := w.state.fee(kind)
	p := &placed{tx: tx, height: w.block.height, position: position, raw: tx.sign(fee, w.block.height, position), fee: fee}
	sum := sha256.Sum256(p.raw)
	p.hash = upperHex(sum[:])
	w.block.txs = append(w.block.txs, p)
	w.chain.txs[p.hash] = p
	if tx.Refused {
		p.code, p.codespace = 4, "sdk"
		return
	}
	signer := tx.Signer.Address()
	w.state.keys[signer] = tx.Signer
	w.move(signer, feePool, fee)
	if tx.Fails != 0 {
		p.code, p.codespace = tx.Fails, tx.Codespace
		return
	}
	p.events = append(p.events, event{"message", [][2]string{{"action", kind}}})
	switch m := tx.Message.(type) {
	case Send:
		w.send(p, m)
	case Stake:
		w.stake(p, m, signer)
	case Unstake:
		w.unstake(p, m)
	case Unjail:
		w.unjail(p, m)
	case Claim:
		w.claim(p, m)
	case Proof:
		w.prove(p, m)
	case ChangeParam:
		w.state.params[m.Key] = m.Value
	case Upgrade:
		w.state.features = append(w.state.features, m.Features...)
		slices.Sort(w.state.features)
	case DAOTransfer:
		p.events = append(p.events, w.move(daoPool, m.To, m.Amount)...)
	}
}

func (p *placed) fail(codespace string, code uint32) {
	p.code, p.codespace = code, codespace
	p.events = p.events[:1]
}

func (w *work) send(p *placed, m Send) {
	if w.state.balances[m.From] < m.Amount {
		p.fail("sdk", 10)
		return
	}
	p.events = append(p.events, w.move(m.From, m.To, m.Amount)...)
}

func (w *work) stake(p *placed, m Stake, signer pocket.Address) {
	a := m.Key.Address()
	n, known := w.state.nodes[a]
	switch {
	case known && n.status != 2:
		p.fail("pos", 117)
		return
	case known && m.Value < n.tokens:
		p.fail("pos", 122)
		return
	case m.Value < w.state.param("pos/StakeMinimum"):
		p.fail("pos", 111)
		return
	case w.state.balances[signer] < m.Value-n.tokens:
		p.fail("pos", 112)
		return
	}
	p.events = append(p.events, w.move(signer, nodePool, m.Value-n.tokens)...)
	if !known {
		n.since = w.block.height
	}
	n.stake, n.tokens, n.status = m, m.Value, 2
	w.state.nodes[a] = n
}

func (w *work) unstake(p *placed, m Unstake) {
	n, ok := w.state.nodes[m.Node]
	if !ok || n.status != 2 {
		p.fail("pos", 110)
		return
	}
	w.state.waiting = append(w.state.waiting, m.Node)
}

func (w *work) unjail(p *placed, m Unjail) {
	n := w.state.nodes[m.Node]
	switch {
	case !n.jailed:
		p.fail("pos", 105)
	case w.block.time.Before(n.jailUntil):
		p.fail("pos", 104)
	default:
		n.jailed, n.jailedBlocks = false, 0
		w.state.nodes[m.Node] = n
	}
}

func (w *work) blocksPerSession(session int64) int64 {
	if s := w.chain.at(session); s != nil {
		return s.param("pos/BlocksPerSession")
	}
	return w.state.param("pos/BlocksPerSession")
}

func (w *work) claim(p *placed, m Claim) {
	h, b := w.block.height, w.blocksPerSession(m.Session)
	then := w.chain.at(m.Session)
	if then == nil {
		then = w.state
	}
	switch {
	case h <= m.Session+b-1:
		p.fail("pocketcore", 60)
		return
	case h > m.Session+w.state.param("pocketcore/ClaimSubmissionWindow")*b:
		p.fail("pocketcore", 69)
		return
	}
	w.state.claims[m.key()] = pending{m, h, h + then.param("pocketcore/ClaimExpiration")*b}
	p.events = append(p.events, event{"claim", [][2]string{{"validator", m.Node.String()}}})
}

func (w *work) prove(p *placed, m Proof) {
	a := m.Servicer.Address()
	key := claimKey{a, m.App, m.Chain, m.Session, m.Challenges}
	claim, ok := w.state.claims[key]
	if !ok {
		p.fail("pocketcore", 65)
		return
	}
	relays := claim.Relays
	if m.Challenges {
		relays /= 100
	}
	coins, mints := w.reward(relays, m.Chain, a)
	for _, mint := range mints {
		w.state.balances[nodePool] += mint.Amount
		p.events = append(p.events, w.move(nodePool, mint.To, mint.Amount)...)
	}
	p.events = append(p.events, event{"proof", [][2]string{{"validator", a.String()}}})
	delete(w.state.claims, key)
	w.chain.Settled = append(w.chain.Settled, Settled{w.block.height, p.position, p.hash, claim.Claim, coins, mints})
}

// end does what a block does after its transactions.
func (w *work) end() {
	s, b := w.state, w.state.param("pos/BlocksPerSession")
	for _, a := range sorted(s.nodes) {
		n := s.nodes[a]
		if n.status == 1 && n.unstaking.Before(w.block.time) {
			to := a
			if !n.stake.Output.IsZero() {
				to = n.stake.Output
			}
			w.move(nodePool, to, n.tokens)
			delete(s.nodes, a)
		}
	}
	if w.block.height%b != 0 {
		return
	}
	for _, a := range s.waiting {
		if n, ok := s.nodes[a]; ok && n.status == 2 {
			n.status, n.unstaking = 1, w.block.time.Add(time.Duration(s.param("pos/UnstakingTime")))
			s.nodes[a] = n
		}
	}
	s.waiting = nil
}

func sorted[V any](m map[pocket.Address]V) []pocket.Address {
	list := make([]pocket.Address, 0, len(m))
	for a := range m {
		list = append(list, a)
	}
	slices.SortFunc(list, pocket.Address.Compare)
	return list
}

func (m Claim) key() claimKey { return claimKey{m.Node, m.App, m.Chain, m.Session, m.Challenges} }

// pending returns the claims of a node, or of everybody, in order.
func (s *state) pending(a pocket.Address) []pending {
	var list []pending
	for key, claim := range s.claims {
		if a.IsZero() || key.node == a {
			list = append(list, claim)
		}
	}
	slices.SortFunc(list, func(x, y pending) int {
		return cmp.Or(x.Node.Compare(y.Node), cmp.Compare(x.Session, y.Session), cmp.Compare(x.Chain, y.Chain),
			cmp.Compare(x.App.String(), y.App.String()), cmp.Compare(evidence(x.Challenges), evidence(y.Challenges)))
	})
	return list
}
