package index_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
)

// genesis is when block 0 of the worlds in these tests would have been: shortly before a change of clocks in Madrid.
var genesis = time.Date(2026, 3, 27, 20, 0, 0, 123_000, time.UTC)

func address(role string, n int) pocket.Address {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", role, n))
	a, err := pocket.AccountFromBytes(sum[:20])
	if err != nil {
		panic(err)
	}
	return a
}

func addresses(role string, n int) []pocket.Address {
	list := make([]pocket.Address, n)
	for i := range list {
		list[i] = address(role, i)
	}
	return list
}

func hash(what ...any) string {
	sum := sha256.Sum256(fmt.Append(nil, what...))
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

// A world is a chain whose every block is made from its height alone, so that it can be asked for in any order and by any process.
type world struct {
	seed                                        uint64
	suppliers, owners, applications, recipients []pocket.Address
	services                                    []pocket.ServiceID
	claims                                      int           // in a settling block
	settleEvery                                 pocket.Height // heights
	spacing                                     time.Duration
}

func newWorld(seed uint64) *world {
	return &world{
		seed: seed, suppliers: addresses("supplier", 5), owners: addresses("owner", 3), applications: addresses("application", 3),
		recipients: addresses("recipient", 4), services: []pocket.ServiceID{"eth", "poly", "sol"}, claims: 6, settleEvery: 3,
		spacing: 7 * time.Minute,
	}
}

var reasons = []pocket.Reason{
	pocket.ReasonSupplier, pocket.ReasonSupplierInflation, "TLM_RELAY_BURN_EQUALS_MINT_DAO_REWARD_DISTRIBUTION",
	"TLM_RELAY_BURN_EQUALS_MINT_SOURCE_OWNER_REWARD_DISTRIBUTION", "",
}

func (w *world) block(h pocket.Height) pocket.Block {
	return pocket.Block{
		Height: h, Time: genesis.Add(time.Duration(h) * w.spacing), Hash: hash("block", w.seed, h), ChainID: "pocket-test",
		Txs: [][]byte{fmt.Appendf(nil, "tx %d", h)},
	}
}

// events returns what block h did.
func (w *world) events(h pocket.Height) []pocket.Event {
	r := rand.New(rand.NewPCG(w.seed, uint64(h)))
	block := w.block(h)
	var events []pocket.Event
	at := func() pocket.At { return pocket.At{Height: h, Time: block.Time, Index: 3 * len(events)} }
	tx := at()
	tx.TxHash = hash("tx", h)
	events = append(events, pocket.Transaction{
		At: tx, Fee: 1, FeePayer: pick(r, w.suppliers), Memo: "héllo \x00 <b>", Messages: []string{"/cosmos.bank.v1beta1.MsgSend"},
		Transfers: []pocket.Transfer{{From: pick(r, w.owners), To: pick(r, w.recipients), Amount: pocket.Upokt(r.IntN(1000))}},
	})
	if r.IntN(8) == 0 {
		events = append(events, pocket.SupplierStake{At: at(), Supplier: pick(r, w.suppliers)})
	}
	if h%w.settleEvery == 0 {
		seen := map[pocket.Subject]bool{}
		for range w.claims {
			s := w.settlement(r, at())
			who := pocket.SubjectOf(s)
			who.Owner = pocket.Address{}
			if !seen[who] {
				seen[who] = true
				events = append(events, s)
			}
		}
		work := pocket.Work{
			Supplier: pick(r, w.suppliers), Application: pick(r, w.applications), Service: pick(r, w.services), SessionEnd: h - 33,
			Relays: 9, Claimed: pocket.Upokt(r.IntN(5000)),
		}
		switch r.IntN(4) {
		case 0:
			events = append(events, pocket.ClaimExpiry{At: at(), Work: work, Reason: "PROOF_MISSING"})
			events = append(events, pocket.Slash{At: at(), Supplier: work.Supplier, Application: work.Application, Service: work.Service,
				SessionEnd: work.SessionEnd, Penalty: pocket.Upokt(r.IntN(100)), StakeAfter: 60_000_000_000})
		case 1:
			events = append(events, pocket.ClaimDiscard{At: at(), Supplier: work.Supplier, Application: work.Application,
				Service: work.Service, SessionEnd: work.SessionEnd, Error: "service not found"})
		case 2:
			events = append(events, pocket.Overservicing{At: at(), Supplier: work.Supplier, Application: work.Application,
				Service: work.Service, Expected: 10, Effective: 7})
		}
		events = append(events, pocket.DifficultyUpdate{At: at(), Service: pick(r, w.services), RelaysBefore: 1, Relays: 2})
	}
	return events
}

func (w *world) settlement(r *rand.Rand, at pocket.At) pocket.Settlement {
	claimed := pocket.Upokt(r.IntN(100_000))
	settled := claimed - pocket.Upokt(r.IntN(2))*claimed/10
	minted := settled * 975 / 1000
	supplier := r.IntN(len(w.suppliers))
	s := pocket.Settlement{
		At: at, Supplier: w.suppliers[supplier], Owner: w.owners[supplier%len(w.owners)], Application: pick(r, w.applications),
		Service: pick(r, w.services), SessionID: strings.ToLower(hash("session", at.Height)), SessionEnd: at.Height - 33,
		Relays: r.Int64N(1000), EstimatedRelays: r.Int64N(2000), ClaimedComputeUnits: r.Int64N(9000), EstimatedComputeUnits: r.Int64N(9000),
		Requirement: pocket.ProofRequirement(r.IntN(3)), Proof: pocket.ProofStatus(r.IntN(3)),
		Claimed: claimed, Settled: settled, Minted: minted, Overserviced: claimed - settled, Deflated: settled - minted, MintRatio: "0.975",
	}
	switch r.IntN(10) {
	case 0:
		s.Owner, s.SessionID, s.EstimatedRelays, s.Lacks = pocket.Address{}, "", 0, pocket.LacksAmounts
		s.Settled, s.Minted, s.Overserviced, s.Deflated, s.MintRatio = 0, 0, 0, 0, ""
	case 1:
		s.Lacks = pocket.LacksShares
		return s
	case 2:
		return s // paid nobody
	}
	for range 1 + r.IntN(5) {
		s.Shares = append(s.Shares, pocket.Share{Recipient: pick(r, w.recipients), Reason: pick(r, reasons), Amount: pocket.Upokt(r.IntN(5000))})
	}
	return s
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// selected keeps what a selection chooses.
func selected(events []pocket.Event, sel pocket.Selection) []pocket.Event {
	return slices.DeleteFunc(slices.Clone(events), func(e pocket.Event) bool {
		return len(sel.Mentions) > 0 && !slices.ContainsFunc(sel.Mentions, func(a pocket.Address) bool { return mentions(e, a) })
	})
}

func mentions(e pocket.Event, a pocket.Address) bool {
	who := pocket.SubjectOf(e)
	if who.Supplier == a || who.Owner == a || who.Application == a {
		return true
	}
	switch e := e.(type) {
	case pocket.Settlement:
		return slices.ContainsFunc(e.Shares, func(s pocket.Share) bool { return s.Recipient == a })
	case pocket.Transaction:
		return e.FeePayer == a ||
			slices.ContainsFunc(e.Transfers, func(t pocket.Transfer) bool { return t.From == a || t.To == a })
	}
	return false
}

// A fakeChain serves a world as an index.Chain. It counts what it is asked.
type fakeChain struct {
	*world
	mu       sync.Mutex
	latest   pocket.Height
	earliest pocket.Height
	grown    chan struct{} // closed when the chain grows
	calls    map[string]int
	lie      func(pocket.Height, []pocket.Event) []pocket.Event // changes what a block tells
	fail     func(call string, h pocket.Height) error
	stakes   map[pocket.Address]pocket.Supplier
}

var _ index.Chain = (*fakeChain)(nil)

func newFakeChain(w *world, latest pocket.Height) *fakeChain {
	return &fakeChain{world: w, latest: latest, earliest: 1, grown: make(chan struct{}), calls: map[string]int{}}
}

func (c *fakeChain) grow(to pocket.Height) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.latest = to
	close(c.grown)
	c.grown = make(chan struct{})
}

func (c *fakeChain) called(call string, h pocket.Height) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls[call]++
	if c.fail != nil {
		if err := c.fail(call, h); err != nil {
			return err
		}
	}
	switch {
	case h > c.latest:
		return pocket.ErrFutureHeight
	case h > 0 && h < c.earliest:
		return pocket.ErrPruned
	}
	return nil
}

func (c *fakeChain) count(call string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls[call]
}

func (c *fakeChain) Status(context.Context) (pocket.Status, error) {
	err := c.called("status", 0)
	c.mu.Lock()
	defer c.mu.Unlock()
	return pocket.Status{ChainID: "pocket-test", Latest: c.latest, Earliest: c.earliest}, err
}

func (c *fakeChain) Block(_ context.Context, h pocket.Height) (pocket.Block, error) {
	if err := c.called("block", h); err != nil {
		return pocket.Block{}, err
	}
	return c.block(h), nil
}

func (c *fakeChain) Events(_ context.Context, b pocket.Block, sel pocket.Selection) iter.Seq2[pocket.Event, error] {
	return func(yield func(pocket.Event, error) bool) {
		if err := c.called("events", b.Height); err != nil {
			yield(nil, err)
			return
		}
		events := c.events(b.Height)
		if c.lie != nil {
			events = c.lie(b.Height, events)
		}
		for _, e := range selected(events, sel) {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func (c *fakeChain) Heads(ctx context.Context, after pocket.Height) iter.Seq2[pocket.Block, error] {
	return func(yield func(pocket.Block, error) bool) {
		for h := after + 1; ; h++ {
			c.mu.Lock()
			latest, grown := c.latest, c.grown
			c.mu.Unlock()
			for h > latest {
				select {
				case <-grown:
				case <-ctx.Done():
					yield(pocket.Block{}, ctx.Err())
					return
				}
				c.mu.Lock()
				latest, grown = c.latest, c.grown
				c.mu.Unlock()
			}
			header := c.block(h)
			header.Txs = nil
			if !yield(header, nil) {
				return
			}
		}
	}
}

func (c *fakeChain) SupplierAt(_ context.Context, a pocket.Address, h pocket.Height) (pocket.Supplier, error) {
	if err := c.called("supplier", h); err != nil {
		return pocket.Supplier{}, err
	}
	if s, ok := c.stakes[a]; ok {
		return s, nil
	}
	return pocket.Supplier{}, pocket.ErrNotFound
}

func (c *fakeChain) SharedParams(_ context.Context, h pocket.Height) (pocket.SharedParams, error) {
	if h > 60 {
		return pocket.SharedParams{BlocksPerSession: 10, GridAnchor: 61, NumberAtAnchor: 4}, c.called("params", h)
	}
	return pocket.SharedParams{BlocksPerSession: 20}, c.called("params", h)
}

// search finds the blocks that mention an address, as a node's index would.
func (c *fakeChain) search(_ context.Context, about pocket.Address, from, to pocket.Height) iter.Seq2[pocket.Block, error] {
	return func(yield func(pocket.Block, error) bool) {
		if err := c.called("search", 0); err != nil {
			yield(pocket.Block{}, err)
			return
		}
		for h := from; h <= to; h++ {
			found := selected(c.events(h), pocket.Selection{Mentions: []pocket.Address{about}})
			if len(found) > 0 && !yield(pocket.Block{Height: h}, nil) {
				return
			}
		}
	}
}
