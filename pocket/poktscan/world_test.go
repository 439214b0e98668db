package poktscan

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/poktscan/poktscantest"
)

// begin is the time of block 1 of the worlds here, whose blocks come every minute.
var begin = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func timeAt(h pocket.Height) time.Time { return begin.Add(time.Duration(h-1) * time.Minute) }

func blockAt(h pocket.Height) pocket.Block {
	return pocket.Block{Height: h, Time: timeAt(h), Hash: poktscantest.Hash(h), ChainID: poktscantest.ChainID}
}

func at(h pocket.Height) pocket.At { return pocket.At{Height: h, Time: timeAt(h), Index: -1} }

// account returns a made-up address.
func account(n int) pocket.Address {
	raw := make([]byte, 20)
	raw[0], raw[1], raw[19] = byte(n>>8), byte(n), 7
	a, err := pocket.AccountFromBytes(raw)
	if err != nil {
		panic(err)
	}
	return a
}

// An era is what a version of the protocol told of a settlement.
type era int

const (
	today       era = iota
	byAddress       // shares without reasons, no amounts
	operations      // bank operations
	claimedOnly     // nothing but the claim
)

// settle makes a settlement of a session that ended ten blocks before. Its numbers are of r.
func settle(r *rand.Rand, e era, h pocket.Height, supplier, owner, application pocket.Address, service pocket.ServiceID) pocket.Settlement {
	s := pocket.Settlement{
		At: at(h), Supplier: supplier, Owner: owner, Application: application, Service: service, SessionEnd: h - 10,
		SessionID: fmt.Sprintf("%064x", r.Uint64()), Relays: 1 + r.Int64N(5000), EstimatedRelays: 1 + r.Int64N(20000),
		ClaimedComputeUnits: r.Int64N(1e7), EstimatedComputeUnits: r.Int64N(4e7), Claimed: pocket.Upokt(1000 + r.Int64N(3e6)),
		Requirement: pocket.ProofRequirement(r.IntN(3)), Proof: pocket.ProofStatus(r.IntN(2)), MintRatio: "0.975",
	}
	s.Settled = s.Claimed
	if r.IntN(10) == 0 {
		s.Settled = s.Claimed * 6 / 10
	}
	s.Minted = s.Settled * 975 / 1000
	rest := s.Minted
	for i, p := range []struct {
		who     pocket.Address
		reason  pocket.Reason
		percent pocket.Upokt
	}{
		{delegator, pocket.ReasonSupplier, 62}, {owner, pocket.ReasonSupplier, 16}, {dao, "TLM_RELAY_BURN_EQUALS_MINT_DAO_REWARD_DISTRIBUTION", 10},
		{svcOwner, "TLM_RELAY_BURN_EQUALS_MINT_SOURCE_OWNER_REWARD_DISTRIBUTION", 7},
	} {
		if i == 0 && r.IntN(4) == 0 {
			p.who = supplier
		}
		amount := s.Minted * p.percent / 100
		s.Shares = append(s.Shares, pocket.Share{Recipient: p.who, Reason: p.reason, Amount: amount})
		rest -= amount
	}
	s.Shares[2].Amount += rest
	switch e {
	case operations:
		s.Minted, s.MintRatio, s.Owner, s.EstimatedRelays = s.Settled, "1", pocket.Address{}, 0
	case byAddress:
		s.Owner, s.EstimatedRelays, s.SessionID = pocket.Address{}, 0, ""
		s.Settled, s.Minted, s.MintRatio = 0, 0, ""
		s.Lacks = pocket.LacksAmounts | pocket.LacksReasons
		for i := range s.Shares {
			s.Shares[i].Reason = ""
		}
	case claimedOnly:
		s.Owner, s.EstimatedRelays, s.Shares = pocket.Address{}, 0, nil
		s.Settled, s.Minted, s.MintRatio = 0, 0, ""
		s.Lacks = pocket.LacksAmounts | pocket.LacksShares
	}
	if !s.Lacks.Has(pocket.LacksAmounts) {
		s.Overserviced, s.Deflated = s.Claimed-s.Settled, s.Settled-s.Minted
	}
	return s
}

// A world is made-up events of some suppliers, by block, oldest first.
type world struct {
	last      pocket.Height
	suppliers []pocket.Supplier
	events    []pocket.Event
	eras      []era // each for an equal part of the heights
}

// makeWorld makes a world of heights up to last, in which every hour the claims of all suppliers settle.
func makeWorld(seed uint64, last pocket.Height, suppliers int, eras ...era) *world {
	r := rand.New(rand.NewPCG(seed, 1))
	w := &world{last: last, eras: eras}
	for i := range suppliers {
		p := pocket.Supplier{Operator: account(i + 1), Owner: ownerA, Stake: pocket.POKT(60_000)}
		if i%3 == 2 {
			p.Owner = ownerB
		}
		w.suppliers = append(w.suppliers, p)
		staked := p
		stake := pocket.SupplierStake{At: at(2), Supplier: p.Operator, Config: &staked}
		stake.TxHash = fmt.Sprintf("%064X", i)
		w.events = append(w.events, stake)
	}
	for h := pocket.Height(70); h <= last; h += 60 {
		e := eras[min(len(eras)-1, int(h)*len(eras)/int(last+1))]
		for i, p := range w.suppliers {
			for _, service := range []pocket.ServiceID{"base", "eth"} {
				if r.IntN(5) == 0 {
					continue
				}
				w.events = append(w.events, w.claim(r, e, h, p, []pocket.Address{app1, app2}[(i+int(h))%2], service)...)
			}
		}
	}
	return w
}

// claim settles a claim, or lets it expire.
func (w *world) claim(r *rand.Rand, e era, h pocket.Height, p pocket.Supplier, application pocket.Address, service pocket.ServiceID) []pocket.Event {
	s := settle(r, e, h, p.Operator, p.Owner, application, service)
	work := pocket.Work{
		Supplier: s.Supplier, Application: s.Application, Service: s.Service, SessionEnd: s.SessionEnd, Relays: s.Relays, EstimatedRelays: s.Relays * 4,
		ClaimedComputeUnits: s.ClaimedComputeUnits, EstimatedComputeUnits: s.EstimatedComputeUnits, Claimed: s.Claimed,
	}
	if r.IntN(20) == 0 {
		return []pocket.Event{
			pocket.ClaimExpiry{At: at(h), Work: work, Reason: "PROOF_MISSING"},
			pocket.Slash{
				At: at(h), Supplier: s.Supplier, Application: application, Service: service, SessionEnd: s.SessionEnd,
				Penalty: pocket.POKT(10), StakeAfter: pocket.POKT(59_000),
			},
		}
	}
	events := []pocket.Event{s}
	if s.Overserviced > 0 {
		events = append(events, pocket.Overservicing{
			At: at(h), Supplier: s.Supplier, Application: application, Service: service, SessionEnd: s.SessionEnd,
			Expected: s.Claimed, Effective: s.Settled, SpendLimitExceeded: true,
		})
	}
	return events
}

// serve puts a world into a service.
func (w *world) serve(t testing.TB) *poktscantest.Server {
	t.Helper()
	s := poktscantest.New()
	t.Cleanup(s.Close)
	s.AddRange(1, w.last, begin, time.Minute)
	s.AddSuppliers(w.suppliers...)
	s.AddEvents(w.events...)
	return s
}

// told reads what a client tells of a range, block by block.
func told(t *testing.T, c *Client, about []pocket.Address, from, to pocket.Height) []pocket.Told {
	t.Helper()
	var list []pocket.Told
	for block, err := range c.Told(t.Context(), about, from, to) {
		require.NoError(t, err)
		list = append(list, block)
	}
	return list
}

// byBlock groups the events of a world that match.
func (w *world) byBlock(from, to pocket.Height, match func(pocket.Event) bool) []pocket.Told {
	var list []pocket.Told
	for _, e := range w.events {
		h := e.Where().Height
		if h < from || h > to || !match(e) {
			continue
		}
		if n := len(list); n == 0 || list[n-1].Block.Height != h {
			list = append(list, pocket.Told{Block: blockAt(h), Newest: h == w.last})
		}
		last := &list[len(list)-1]
		last.Events = append(last.Events, e)
	}
	return list
}

func everything(pocket.Event) bool { return true }
