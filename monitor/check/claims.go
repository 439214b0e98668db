package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
)

// A ClaimChain has the sessions, claims and parameters of a chain: *shannon.Client is one.
type ClaimChain interface {
	ParamsSource
	// Session returns the session of an application and service that holds a block, and who serves it. ErrNotFound: there is none.
	Session(ctx context.Context, application pocket.Address, service pocket.ServiceID, h pocket.Height) (pocket.SessionInfo, error)
	// Applications yields all applications, or those of a gateway when it is not zero. An error is yielded last.
	Applications(ctx context.Context, gateway pocket.Address) iter.Seq2[pocket.Application, error]
	// ClaimsOf yields the claims of a session, by its id, that have not settled yet. An error is yielded last.
	ClaimsOf(ctx context.Context, session string) iter.Seq2[pocket.Claim, error]
}

// A ClaimPast has the blocks, events and suppliers that a follower stored: *index.Index is one.
type ClaimPast interface {
	Events(context.Context, pocket.EventQuery) iter.Seq2[pocket.Event, error]
	Block(context.Context, pocket.Height) (pocket.Block, error)
	TimeOf(context.Context, pocket.Height) (t time.Time, exact bool, err error)
	Suppliers(context.Context) ([]index.KnownSupplier, error)
}

// ClaimsConfig says when claims and proofs are missed. Its zero value takes the defaults that the fields name.
type ClaimsConfig struct {
	// Lead is how many blocks before a window closes what is missing is told of; 0 is 4. It is at most half of the window, so that nobody is
	// told of what had no time to come.
	Lead int64
	// Recent is for how many sessions a supplier that claimed for an application and service is expected to claim again; 0 is 5.
	Recent int
	// Alone is how long a supplier may be in no session before that is told; 0 is a day.
	Alone time.Duration
	// Lookups is how many sessions, at most, a block may be asked about; 0 is 256. What is left comes with the next block.
	Lookups int
	// AtOnce is how many of them at the same time; 0 is 8.
	AtOnce int
}

func (c ClaimsConfig) withDefaults() ClaimsConfig {
	c.Lead, c.Recent, c.Alone = cmp.Or(c.Lead, 4), cmp.Or(c.Recent, 5), cmp.Or(c.Alone, 24*time.Hour)
	c.Lookups, c.AtOnce = cmp.Or(c.Lookups, 256), cmp.Or(c.AtOnce, 8)
	return c
}

// Claims watches from outside that suppliers claim what they served and prove what they claimed, in time. It is a [monitor.BlockCheck] and
// belongs to one goroutine. The part of a key is SERVICE/SESSION-END/APPLICATION where it says nothing else.
//
//   - [monitor.ClaimMissing]: a claim window closes within a few blocks and a claim that was to be expected has not come. Facts: service,
//     application, session_end, usual (what it claimed for them last), blocks_left, time_left. When the window has closed it is an
//     occurrence with the fact outcome "lost".
//   - [monitor.ProofMissing]: likewise of a proof that is due. Facts: the same but usual, and claimed, reward (about what the supplier's
//     side would get), penalty, requirement ("threshold", "drawn", "possible") and refused, why the chain did not accept the one that came.
//     One that was refused is told of at once. It is over when a proof came, or when the claim has settled or is lost, with outcome "lost".
//   - [monitor.ClaimExpired]: an occurrence; service, application, session_end, claimed, reward, reason.
//   - [monitor.ClaimDiscarded]: an occurrence; service, application, session_end, claimed and reward where the claim was seen, error.
//   - [monitor.SupplierOverserviced]: an occurrence of SERVICE/APPLICATION, whose reading is the part that was not paid; lost, expected,
//     session_end.
//   - [monitor.RelayNone]: a condition of SERVICE: the supplier was in a session and claimed nothing for the service, though others did or are
//     not known. Facts: service, sessions (in a row), application. Judged when the session's claim window has closed.
//   - [monitor.SupplierNoSession]: a condition: in no session of any of its services for long. Facts: since, services.
//
// A claim is expected of a supplier that is in the session of an application and service, if it claimed for the service in one of the last
// sessions and somebody who is not watched has claimed for this session already: so there were relays. Where nobody else is in the session,
// or that cannot be told, it is expected of who claimed for the same application in one of the last sessions, and as a warning only. Who
// is in a session, and who has claimed for it, the chain is asked, once for each session and only where something is missing. Where it does not say who
// is, those who claimed for the two in each of the last three sessions are taken to be.
//
// A proof is due of a claim worth at least the threshold, and of a smaller one that the chain has drawn: see [pocket.ProofParams.Draws].
// Where the draw cannot be reckoned, since the claim cannot be read, the proof is told of as possible, as a warning.
//
// While blocks are read that are not the newest, only occurrences are told, and that what was missing has come. When the parameters cannot
// be read, [monitor.ClaimMissing] of the chain's own id is unknown.
type Claims struct {
	watched  watched
	past     ClaimPast
	chain    ClaimChain
	config   ClaimsConfig
	protocol protocol
	pace     pace

	book     *claimBook
	members  membership
	relays   relays
	first    pocket.Height // the first block looked at
	caughtUp bool          // some block was the newest
	blind    bool          // the parameters could not be read at the last block
}

// NewClaims returns a check of the claims and proofs of suppliers. The operators are asked for at every block; addresses that are no
// suppliers do no harm.
func NewClaims(operators Operators, past ClaimPast, chain ClaimChain, c ClaimsConfig) *Claims {
	return &Claims{
		watched: watched{operators: operators}, past: past, chain: chain, config: c.withDefaults(), protocol: protocol{source: chain},
		book: newClaimBook(), members: newMembership(chain), relays: newRelays(),
	}
}

// A claimsBlock is a block that is being looked at.
type claimsBlock struct {
	*Claims
	head    monitor.Head
	params  pocket.Params
	lookups int // how many sessions may still be asked for
	results []monitor.Result
}

// Block implements [monitor.BlockCheck].
func (c *Claims) Block(ctx context.Context, head monitor.Head) ([]monitor.Result, error) {
	came, went, err := c.watched.look(ctx)
	if err != nil {
		return nil, fmt.Errorf("suppliers to watch: %w", err)
	}
	c.pace.see(ctx, c.past, head.Block)
	if c.first == 0 {
		c.first = head.Height
	}
	b := &claimsBlock{Claims: c, head: head, lookups: c.config.Lookups}
	params, paramsErr := c.protocol.now(ctx, head.Height)
	b.params = params
	if err := b.remember(ctx, came); err != nil {
		return nil, err
	}
	b.unwatch(went)
	b.absorb()
	if !head.CaughtUp {
		c.watched.settle()
		return b.results, nil
	}
	if paramsErr == nil {
		paramsErr = b.judge(ctx)
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	b.sight(paramsErr)
	c.caughtUp = c.caughtUp || paramsErr == nil
	c.watched.settle()
	return b.results, nil
}

// sight tells whether claims can be judged at all.
func (b *claimsBlock) sight(err error) {
	r := monitor.Result{Key: monitor.Key{Name: monitor.ClaimMissing, Subject: b.head.ChainID}, At: b.head.Time, Height: b.head.Height}
	switch {
	case err != nil:
		r.Err = fmt.Errorf("parameters: %w", err)
	case b.blind:
		r.Health = monitor.Healthy
	default:
		return
	}
	b.blind = err != nil
	b.results = append(b.results, r)
}

// usualReach is how far back is read when the parameters are not known.
const usualReach = 400

// remember reads what those who are newly watched did in the last sessions before the block.
func (b *claimsBlock) remember(ctx context.Context, came []pocket.Address) error {
	if len(came) == 0 {
		return nil
	}
	reach := pocket.Height(usualReach)
	if n := b.params.Shared.BlocksPerSession; n > 0 {
		reach = pocket.Height(n*int64(b.config.Recent+2)) + b.params.Shared.Windows(0).Settlement
	}
	from, _, err := b.past.TimeOf(ctx, max(1, b.head.Height-reach))
	if err != nil {
		if errors.Is(err, pocket.ErrNotFound) {
			return nil
		}
		return fmt.Errorf("past of claims: %w", err)
	}
	q := pocket.EventQuery{Span: pocket.Span{From: from, To: b.head.Time}, Filter: pocket.Filter{Suppliers: came}, Kinds: claimKinds}
	if !from.Before(b.head.Time) {
		return nil
	}
	for event, err := range b.past.Events(ctx, q) {
		if errors.Is(err, pocket.ErrPruned) {
			return nil // then nothing is expected of them yet
		}
		if err != nil {
			return fmt.Errorf("past of claims: %w", err)
		}
		b.book.take(event)
	}
	return nil
}

// claimKinds are those of a claim's life.
var claimKinds = []pocket.Kind{
	pocket.KindClaimCreation, pocket.KindProofSubmission, pocket.KindProofCheck, pocket.KindSettlement, pocket.KindClaimExpiry,
	pocket.KindClaimDiscard,
}

// quiet reports whether nothing bad was found in the block, so that there is time to ask the chain.
func (b *claimsBlock) quiet() bool {
	return !slices.ContainsFunc(b.results, func(r monitor.Result) bool { return r.Occurrence != "" || r.Health == monitor.Failing })
}

// result begins a result about a claim, or about a service of a supplier when part says so.
func (b *claimsBlock) result(name monitor.Name, supplier pocket.Address, service pocket.ServiceID, part string, facts ...monitor.Fact) monitor.Result {
	return monitor.Result{
		Key: monitor.Key{Name: name, Subject: supplier.String(), Part: part}, At: b.head.Time, Height: b.head.Height, Facts: facts,
		Labels: Labels{Chain: b.head.ChainID, Owner: b.book.owners[supplier], Operator: supplier, Service: service}.Map(),
	}
}

// about begins a result about one claim.
func (b *claimsBlock) about(name monitor.Name, k claimKey, end pocket.Height) monitor.Result {
	return b.result(name, k.supplier, k.service, k.part(end), monitor.Text("service", string(k.service)),
		monitor.Address("application", k.application), monitor.Height("session_end", end))
}

func (b *claimsBlock) healthy(r monitor.Result) {
	r.Health = monitor.Healthy
	b.results = append(b.results, r)
}

func (b *claimsBlock) occurred(r monitor.Result, occurrence string) {
	r.Health, r.Occurrence = monitor.Failing, occurrence
	b.results = append(b.results, r)
}

// reward is the fact of what a claim would about bring to its supplier's side, none while the parameters are not known.
func (b *claimsBlock) reward(claimed pocket.Upokt) monitor.Facts {
	part, known := b.params.Tokenomics.Split["supplier"]
	if !known || claimed <= 0 {
		return nil
	}
	minted := claimed
	if ratio := b.params.Tokenomics.MintRatio; ratio.IsPositive() {
		minted = times(claimed, ratio)
	}
	return monitor.Facts{monitor.Amount("reward", times(minted, part))}
}
