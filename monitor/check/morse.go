package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/morse"
)

// A MorseSource has the state of the chain before Shannon: *morse.Client is one.
type MorseSource interface {
	Status(context.Context) (pocket.Status, error)
	NodeParams(context.Context, pocket.Height) (morse.NodeParams, error)
	PocketParams(context.Context, pocket.Height) (morse.PocketParams, error)
	Node(context.Context, pocket.Address, pocket.Height) (morse.Node, error)
	SigningInfo(context.Context, pocket.Address, pocket.Height) (morse.SigningInfo, error)
	Claims(context.Context, pocket.Address, pocket.Height) iter.Seq2[morse.Claim, error]
}

// MorseConfig says how [MorseNodes] look. Its zero value takes the defaults that the fields name.
type MorseConfig struct {
	Timeout time.Duration // for one node; 0 is 30 seconds
	AtOnce  int           // nodes at the same time; 0 is 4
}

// MorseNodes looks at nodes of the chain before Shannon: that they stay, are not in jail and sign, and that what they claim is proved. It is a
// [monitor.Check] and belongs to one goroutine. All of a look is as of one block.
//
// The subject is the node's address; the facts of nodes are in Shannon's words, with network "morse":
//
//   - [monitor.SupplierUnbonding]: stake, ends_at.
//   - [monitor.SupplierUnstaked], once: stake, as it was seen last.
//   - [monitor.ValidatorJailed]: stake, jailed_until, jailed_blocks, longest.
//   - [monitor.ValidatorMissingBlocks]: as [Validators] has it. A node that never makes blocks misses none.
//   - [monitor.ValidatorForceUnstakeNear]: the reading is the part that has passed of the longest that a node may be in jail, after which it
//     is made to leave; jailed_blocks, longest, blocks_left.
//   - [monitor.ProofMissing] of a claim whose node had its turn to prove it in two sessions and did not, a warning until a tenth of the
//     time is left: service, session, relays, blocks_left.
//   - [monitor.ClaimExpired], once: service, session, relays, reason. Of claims that were seen while they were pending.
type MorseNodes struct {
	who    Operators
	source MorseSource
	memory Memory
	config MorseConfig

	misses  misses
	pending map[pocket.Address]map[morse.ClaimKey]morse.Claim // as of the last look that could read them
}

// NewMorseNodes returns a check of nodes. Addresses that are not of Morse, and those of no node, do no harm. memory knows after a restart who
// was staked, so that who has left meanwhile is told.
func NewMorseNodes(who Operators, source MorseSource, memory Memory, c MorseConfig) *MorseNodes {
	c.Timeout, c.AtOnce = cmp.Or(c.Timeout, 30*time.Second), cmp.Or(c.AtOnce, 4)
	return &MorseNodes{
		who: who, source: source, memory: memory, config: c, misses: misses{},
		pending: map[pocket.Address]map[morse.ClaimKey]morse.Claim{},
	}
}

// A morseBlock is what holds for all nodes of a look.
type morseBlock struct {
	status pocket.Status
	node   morse.NodeParams
	pocket morse.PocketParams
}

// A morseState is a node as it was read.
type morseState struct {
	node   morse.Node
	gone   bool // there is no such node
	info   morse.SigningInfo
	signs  bool // info is known
	claims map[morse.ClaimKey]morse.Claim
	err    error
}

// Look implements [monitor.Check]. What the deadline of ctx leaves no time for is unknown.
func (m *MorseNodes) Look(ctx context.Context) ([]monitor.Result, error) {
	list, err := m.who(ctx)
	if err != nil {
		return nil, fmt.Errorf("nodes of Morse to watch: %w", err)
	}
	list = slices.DeleteFunc(slices.Clone(list), func(a pocket.Address) bool { return a.Kind() != pocket.MorseAddress })
	slices.SortFunc(list, pocket.Address.Compare)
	if list = slices.Compact(list); len(list) == 0 {
		return nil, nil
	}
	now, err := asked(ctx, m.config.Timeout, m.block)
	if err != nil {
		return nil, fmt.Errorf("morse: %w", err)
	}
	states := slices.Repeat([]morseState{{err: errUnfinished}}, len(list))
	parallel(ctx, len(list), m.config.AtOnce, func(i int) {
		state, err := asked(ctx, m.config.Timeout, func(ctx context.Context) (morseState, error) { return m.read(ctx, list[i], now.status.Latest) })
		state.err = err
		states[i] = state
	})
	if stopped(ctx) {
		return nil, context.Cause(ctx)
	}
	var results []monitor.Result
	known := map[string]bool{}
	for i, who := range list {
		known[who.String()] = true
		more, err := m.judge(ctx, who, states[i], now)
		if err != nil {
			return nil, err
		}
		results = append(results, more...)
	}
	m.forget(known)
	return results, nil
}

func (m *MorseNodes) block(ctx context.Context) (b morseBlock, err error) {
	if b.status, err = m.source.Status(ctx); err != nil {
		return b, err
	}
	if b.node, err = m.source.NodeParams(ctx, b.status.Latest); err != nil {
		return b, err
	}
	b.pocket, err = m.source.PocketParams(ctx, b.status.Latest)
	return b, err
}

func (m *MorseNodes) read(ctx context.Context, who pocket.Address, h pocket.Height) (s morseState, err error) {
	s.node, err = m.source.Node(ctx, who, h)
	if errors.Is(err, pocket.ErrNotFound) {
		s.gone = true
	} else if err != nil {
		return s, err
	}
	if !s.gone {
		s.info, err = m.source.SigningInfo(ctx, who, h)
		if s.signs = err == nil; err != nil && !errors.Is(err, pocket.ErrNotFound) {
			return s, err
		}
	}
	s.claims = map[morse.ClaimKey]morse.Claim{}
	for claim, err := range m.source.Claims(ctx, who, h) {
		if err != nil {
			return s, err
		}
		s.claims[claim.ClaimKey] = claim
	}
	return s, nil
}

// forget drops what is remembered of nodes that are not watched any more.
func (m *MorseNodes) forget(known map[string]bool) {
	m.misses.keep(known)
	for who := range m.pending {
		if !known[who.String()] {
			delete(m.pending, who)
		}
	}
}

// result begins a result about a node.
func (b morseBlock) result(name monitor.Name, who pocket.Address, s morseState) monitor.Result {
	owner := pocket.Address{}
	if !s.node.Address.IsZero() {
		owner = s.node.Owner()
	}
	return monitor.Result{
		Key: key(name, who.String()), Health: monitor.Healthy, At: b.status.LatestTime, Height: b.status.Latest,
		Labels: Labels{Chain: b.status.ChainID, Owner: owner, Operator: who}.Map(), Facts: monitor.Facts{monitor.Text("network", "morse")},
	}
}

// morseConditions are what is told of a node at every look.
var morseConditions = []monitor.Name{
	monitor.SupplierUnbonding, monitor.ValidatorJailed, monitor.ValidatorMissingBlocks, monitor.ValidatorForceUnstakeNear,
}

func (m *MorseNodes) judge(ctx context.Context, who pocket.Address, s morseState, b morseBlock) ([]monitor.Result, error) {
	var results []monitor.Result
	if s.err != nil {
		reason, _ := faultOf(s.err)
		for _, name := range morseConditions {
			r := b.result(name, who, s)
			r.Health, r.Err = monitor.Unknown, fmt.Errorf("node %s: %s", who, reason)
			results = append(results, r)
		}
		for _, claim := range m.pending[who] { // a proof that is late stays so while nobody can look
			if r := m.proof(who, claim, s, b); r.Health == monitor.Failing {
				r.Health, r.Err, r.Reading = monitor.Unknown, fmt.Errorf("claims of %s: %s", who, reason), decimal.NullDecimal{}
				results = append(results, r)
			}
		}
		return results, nil
	}
	left, err := m.left(ctx, who, s, b)
	if err != nil {
		return nil, err
	}
	results = append(results, left...)
	if !s.gone {
		results = append(results, m.conditions(who, s, b)...)
	}
	return append(results, m.claims(who, s, b)...), nil
}

// left tells once that a node that was staked is none any more.
func (m *MorseNodes) left(ctx context.Context, who pocket.Address, s morseState, b morseBlock) ([]monitor.Result, error) {
	name := "morse node " + who.String()
	kept, err := m.memory.Recall(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("memory of %s: %w", who, err)
	}
	if !s.gone {
		now := strconv.FormatInt(int64(s.node.Stake), 10)
		if string(kept) == now {
			return nil, nil
		}
		return nil, m.memory.Keep(ctx, name, []byte(now))
	}
	stake, err := strconv.ParseInt(string(kept), 10, 64)
	if err != nil {
		return nil, nil // it was no node, or that it has left was told
	}
	r := b.result(monitor.SupplierUnstaked, who, s)
	r.Health, r.Occurrence = monitor.Failing, "gone-"+strconv.FormatInt(int64(b.status.Latest), 10)
	r.Facts = append(r.Facts, monitor.Amount("stake", pocket.Upokt(stake)))
	return []monitor.Result{r}, m.memory.Keep(ctx, name, []byte("gone"))
}

// conditions are how a node stands.
func (m *MorseNodes) conditions(who pocket.Address, s morseState, b morseBlock) []monitor.Result {
	stake := monitor.Amount("stake", s.node.Stake)
	leaving, jailed := b.result(monitor.SupplierUnbonding, who, s), b.result(monitor.ValidatorJailed, who, s)
	missing, forced := b.result(monitor.ValidatorMissingBlocks, who, s), b.result(monitor.ValidatorForceUnstakeNear, who, s)
	missing.Causes = []monitor.Key{jailed.Key, leaving.Key}
	if s.node.Status == morse.Unstaking {
		leaving.Health = monitor.Failing
		leaving.Facts = append(leaving.Facts, stake)
		if !s.node.UnstakingTime.IsZero() {
			leaving.Facts = append(leaving.Facts, monitor.Instant("ends_at", s.node.UnstakingTime))
		}
	}
	longest := b.node.MaxJailedBlocks
	counts := monitor.Facts{monitor.Count("jailed_blocks", s.info.JailedBlocks), monitor.Count("longest", longest)}
	if s.node.Jailed {
		jailed.Health = monitor.Failing
		jailed.Facts = append(jailed.Facts, stake)
		if !s.info.JailedUntil.IsZero() {
			jailed.Facts = append(jailed.Facts, monitor.Instant("jailed_until", s.info.JailedUntil))
		}
		if s.signs && longest > 0 {
			jailed.Facts = append(jailed.Facts, counts...)
			forced.Reading = decimal.NewNullDecimal(decimal.NewFromInt(s.info.JailedBlocks).DivRound(decimal.NewFromInt(longest), 3))
			forced.Facts = append(append(forced.Facts, counts...), monitor.Count("blocks_left", max(0, longest-s.info.JailedBlocks)))
		}
		delete(m.misses, who.String())
	}
	if s.signs && !s.node.Jailed && s.node.Status == morse.Staked {
		signing := pocket.SigningParams{Window: b.node.SignedBlocksWindow, MinSigned: b.node.MinSignedPerWindow}
		m.misses.see(who.String(), missed{s.info.MissedBlocks, b.status.Latest, b.status.LatestTime}, signing.Window)
		m.misses.judge(&missing, signing.MostMissed(), signing.Window)
	}
	return []monitor.Result{leaving, jailed, missing, forced}
}

// claims tells of claims that are pending for long, and of those that expired since the last look.
func (m *MorseNodes) claims(who pocket.Address, s morseState, b morseBlock) []monitor.Result {
	var results []monitor.Result
	for _, claim := range s.claims {
		results = append(results, m.proof(who, claim, s, b))
	}
	for name, claim := range m.pending[who] {
		if _, still := s.claims[name]; still {
			continue
		}
		done := b.result(monitor.ProofMissing, who, s)
		done.Part = claimPart(name)
		results = append(results, done)
		if claim.Expires == 0 || b.status.Latest < claim.Expires {
			continue // it was proved
		}
		r := b.result(monitor.ClaimExpired, who, s)
		r.Part, r.Health, r.Occurrence = claimPart(name), monitor.Failing, fmt.Sprintf("expired-%d-%s", claim.Expires, claimPart(name))
		r.Facts = append(r.Facts, claimFacts(claim)...)
		r.Facts = append(r.Facts, monitor.Text("reason", "PROOF_MISSING"))
		results = append(results, r)
	}
	m.pending[who] = s.claims
	slices.SortFunc(results, func(a, b monitor.Result) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Part, b.Part)) })
	return results
}

// claimPart names a claim among those of its node.
func claimPart(k morse.ClaimKey) string {
	return fmt.Sprintf("%s %d %.8s", k.Service(), k.SessionHeight, k.AppKey)
}

func claimFacts(c morse.Claim) monitor.Facts {
	return monitor.Facts{
		monitor.Text("service", string(c.Service())), monitor.Height("session", c.SessionHeight), monitor.Count("relays", c.Relays),
	}
}

// proof tells whether a claim waits for its proof for longer than it should. Proofs are due once claims are no longer, and a node sends them
// in one block of each session, which its address chooses.
func (m *MorseNodes) proof(who pocket.Address, claim morse.Claim, s morseState, b morseBlock) monitor.Result {
	r := b.result(monitor.ProofMissing, who, s)
	r.Part = claimPart(claim.ClaimKey)
	session := pocket.Height(b.node.BlocksPerSession)
	due := claim.SessionHeight + pocket.Height(b.pocket.ClaimSubmissionWindow)*session
	r.Facts = append(r.Facts, claimFacts(claim)...)
	if b.status.Latest <= due+2*session {
		return r
	}
	r.Health, r.Severity = monitor.Failing, monitor.Warning
	if claim.Expires > 0 {
		left := max(0, claim.Expires-b.status.Latest)
		r.Facts = append(r.Facts, monitor.Count("blocks_left", int64(left)))
		if left*10 < claim.Expires-due {
			r.Severity = monitor.Critical
		}
	}
	return r
}
