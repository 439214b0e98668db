package check

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
)

// A SupplierChain has the state that histories are compared with, and the parameters: *shannon.Client is one.
type SupplierChain interface {
	ParamsSource
	// SupplierAt returns a supplier as it was after a block. ErrNotFound: it was not staked.
	SupplierAt(context.Context, pocket.Address, pocket.Height) (pocket.Supplier, error)
}

// Suppliers watches the lives of suppliers: that they stake, change their stake or services, are slashed, begin to leave, stay after all or
// leave; and how many missed proofs their stakes still bear. It is a [monitor.BlockCheck] and belongs to one goroutine.
//
// Occurrences, and the facts of each beside "owner":
//
//   - [monitor.SupplierStaked]: stake, services, active_from.
//   - [monitor.SupplierMigrated]: morse, stake, added, balance.
//   - [monitor.SupplierStakeChanged]: stake, stake_before, difference. By a new stake only: a slash tells its own.
//   - [monitor.SupplierServicesChanged]: any of added, removed, endpoints and rev_shares, which list services; active_from.
//   - [monitor.SupplierSlashed], once a block: penalty, slashes, stake, stake_before, proofs_left, services, session_end.
//   - [monitor.SupplierUnbondingStopped]: stake, stake_before.
//   - [monitor.SupplierUnstaked]: stake, or seen "gone" when only a look at the state found out.
//   - [monitor.SupplierStakeStuck]: stake, reason, which are the chain's words.
//
// Conditions, which are told again when they change and for all suppliers when the check begins:
//
//   - [monitor.SupplierUnbonding]: reason ("own", "below minimum", "migrated"), session_end, stake, and unless it is below the minimum
//     ends and ends_at. One that a slash made leave is critical: no end comes, whatever the chain's event says, until the owner stakes more.
//   - [monitor.SupplierIdle]: staked, not leaving, and no service in force or to come. At each block while it lasts.
//   - [monitor.SupplierStakeLow]: the reading is how many missed proofs the stake bears before the chain makes the supplier leave; facts stake,
//     minimum, penalty, proofs_left, and once five stakes of a week show a pace of slashing: days until the minimum, minimum_at. Below 0 it
//     is below the minimum already.
//
// While blocks are read that are not the newest, only occurrences are told. When a block brings nothing to tell, one supplier's state is
// read from the chain and compared, each in its turn, so that what no event told is found out, too; the index is given what was found.
type Suppliers struct {
	watched  watched
	lives    Lives
	chain    SupplierChain
	protocol protocol
	pace     pace

	told  pocket.Params // by which stakes were last measured
	begun bool          // all suppliers were told of once
	idle  map[pocket.Address]bool
	due   map[pocket.Address]pocket.Height // whose conditions are to be told at a newest block, and until when one who is not known is waited for

	turn   int           // whose state is compared next
	rested pocket.Height // no comparing before this height, after one failed
}

// NewSuppliers returns a check of suppliers, whose histories a follower keeps up in lives. The operators are asked for at every block;
// addresses that are no suppliers do no harm, so that the method Watched of an index is fit.
func NewSuppliers(operators Operators, lives Lives, chain SupplierChain) *Suppliers {
	return &Suppliers{
		watched: watched{operators: operators}, lives: lives, chain: chain, protocol: protocol{source: chain},
		idle: map[pocket.Address]bool{}, due: map[pocket.Address]pocket.Height{},
	}
}

// A supplierBlock is a block that is being looked at.
type supplierBlock struct {
	*Suppliers
	head      monitor.Head
	params    pocket.Params
	paramsErr error // why they are not known
	standings map[pocket.Address]life
	results   []monitor.Result
}

// Block implements [monitor.BlockCheck].
func (c *Suppliers) Block(ctx context.Context, head monitor.Head) ([]monitor.Result, error) {
	came, went, err := c.watched.look(ctx)
	if err != nil {
		return nil, fmt.Errorf("suppliers to watch: %w", err)
	}
	c.pace.see(ctx, c.lives, head.Block)
	happened, order := c.happened(head.Events)
	b := &supplierBlock{Suppliers: c, head: head}
	for _, who := range order {
		c.due[who] = head.Height
	}
	for _, who := range came {
		c.due[who] = head.Height + meetBlocks
	}
	if len(order) > 0 || head.CaughtUp {
		b.params, b.paramsErr = c.protocol.now(ctx, head.Height)
	}
	measure := b.toMeasure()
	if b.standings, err = livesAt(ctx, c.lives, head.Height, b.params.SupplierMinStake, union(order, measure)); err != nil {
		return nil, fmt.Errorf("histories of suppliers: %w", err)
	}
	for _, who := range order {
		b.tell(who, happened[who])
	}
	for _, who := range measure {
		b.conditions(ctx, who)
	}
	for _, who := range went {
		b.forget(who)
	}
	if head.CaughtUp && b.quiet() {
		if err := b.compare(ctx); err != nil {
			return nil, err
		}
	}
	b.settle()
	return b.results, nil
}

// meetBlocks is for how many blocks one who is newly watched is looked for, until the follower has met it.
const meetBlocks = 10

// settle notes what was told.
func (b *supplierBlock) settle() {
	b.watched.settle()
	if !b.head.CaughtUp {
		return
	}
	b.begun = true
	if b.paramsErr == nil {
		b.told = b.params
	}
	for who, until := range b.due {
		if b.standings[who].after.known || until <= b.head.Height {
			delete(b.due, who)
		}
	}
}

// happened returns the events of watched suppliers that this check tells of, and those suppliers in order.
func (c *Suppliers) happened(events []pocket.Event) (map[pocket.Address][]pocket.Event, []pocket.Address) {
	found := map[pocket.Address][]pocket.Event{}
	var order []pocket.Address
	for _, event := range events {
		switch event.(type) {
		case pocket.SupplierStake, pocket.ServiceActivation, pocket.Slash, pocket.Unbonding, pocket.StakeStuck, pocket.Migration:
		default:
			continue
		}
		who := pocket.SubjectOf(event).Supplier
		if !c.watched.set[who] {
			continue
		}
		if found[who] == nil {
			order = append(order, who)
		}
		found[who] = append(found[who], event)
	}
	return found, order
}

// toMeasure returns the suppliers whose conditions are to be told.
func (b *supplierBlock) toMeasure() []pocket.Address {
	if !b.head.CaughtUp {
		return nil
	}
	changed := b.paramsErr == nil && (b.params.SupplierMinStake != b.told.SupplierMinStake || b.params.Proof.MissingPenalty != b.told.Proof.MissingPenalty)
	if !b.begun || changed {
		return slices.SortedFunc(maps.Keys(b.watched.set), pocket.Address.Compare)
	}
	return union(slices.SortedFunc(maps.Keys(b.due), pocket.Address.Compare), slices.SortedFunc(maps.Keys(b.idle), pocket.Address.Compare))
}

// union returns a and what of b is not in it.
func union(a, b []pocket.Address) []pocket.Address {
	if len(a) == 0 {
		return b
	}
	in := make(map[pocket.Address]bool, len(a))
	for _, x := range a {
		in[x] = true
	}
	all := slices.Clip(a)
	for _, x := range b {
		if !in[x] {
			all = append(all, x)
		}
	}
	return all
}

// quiet reports whether nothing bad was found in the block, so that there is time.
func (b *supplierBlock) quiet() bool {
	return !slices.ContainsFunc(b.results, func(r monitor.Result) bool { return r.Occurrence != "" || r.Health == monitor.Failing })
}

// result begins a result about a supplier.
func (b *supplierBlock) result(name monitor.Name, who pocket.Address, facts ...monitor.Fact) monitor.Result {
	owner := b.standings[who].after.owner
	if owner.IsZero() {
		owner = b.standings[who].before.owner
	}
	r := monitor.Result{
		Key: monitor.Key{Name: name, Subject: who.String()}, At: b.head.Time, Height: b.head.Height, Facts: facts,
		Labels: Labels{Chain: b.head.ChainID, Owner: owner, Operator: who}.Map(),
	}
	if !owner.IsZero() {
		r.Facts = append(r.Facts, monitor.Address("owner", owner))
	}
	return r
}

// occurred adds an occurrence, named by its event's place.
func (b *supplierBlock) occurred(r monitor.Result, at pocket.At) {
	r.Health, r.Occurrence = monitor.Failing, occurrence(at)
	b.results = append(b.results, r)
}

// occurrence names an event for ever.
func occurrence(at pocket.At) string { return fmt.Sprintf("%d-%d", at.Height, at.Index) }

// forget ends the conditions of a supplier that is not watched any more.
func (b *supplierBlock) forget(who pocket.Address) {
	delete(b.idle, who)
	for _, name := range []monitor.Name{monitor.SupplierUnbonding, monitor.SupplierIdle, monitor.SupplierStakeLow} {
		r := b.result(name, who, monitor.Text("outcome", "not watched any more"))
		r.Health = monitor.Healthy
		b.results = append(b.results, r)
	}
}

// list writes services in one line.
func list[T ~string](items []T) string {
	texts := make([]string, len(items))
	for i, item := range items {
		texts[i] = string(item)
	}
	return strings.Join(texts, ", ")
}

// compareTimeout is how long a look at one supplier's state may take.
const compareTimeout = 2 * time.Second

// restBlocks is for how many blocks no state is compared after a look failed.
const restBlocks = 30
