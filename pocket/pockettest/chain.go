package pockettest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// A Chain is a simulated chain. Its blocks are made when they are asked for, from the seed and the height alone; only blocks up
// to the head can be asked for. It is safe for concurrent use.
type Chain struct {
	mu      sync.Mutex
	world   *world
	head    pocket.Height
	changed chan struct{} // closed when head moves
	stalled int           // steps that Run still has to skip, for a halt

	balances ledgerBook
}

// NewChain works out a chain. It panics when an incident of c is impossible: those are constants of tests and demonstrations; what
// a person chooses goes through [Chain.Inject].
func NewChain(c Config) *Chain {
	cfg := c.withDefaults()
	nobody := &world{cfg: cfg, cast: newCast(cfg)}
	for _, incident := range cfg.Incidents {
		if err := nobody.check(incident); err != nil {
			panic("pockettest: " + err.Error())
		}
	}
	w := newWorld(cfg, nobody.cast, slices.Clone(cfg.Incidents), pocket.Height(cfg.Blocks+4*nobody.blocksIn(7*24*time.Hour)))
	return &Chain{world: w, head: pocket.Height(cfg.Blocks), changed: make(chan struct{})}
}

// now returns the world and the head, which belong together.
func (c *Chain) now() (*world, pocket.Height) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.world, c.head
}

// Head returns the height of the newest block.
func (c *Chain) Head() pocket.Height {
	_, head := c.now()
	return head
}

// SetHead makes h the newest block. It may go back, as a node does that is restored from a backup.
func (c *Chain) SetHead(h pocket.Height) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.move(h)
}

// move makes h the head, with c.mu held.
func (c *Chain) move(h pocket.Height) {
	c.head = max(1, h)
	c.world = c.world.reaching(c.head)
	close(c.changed)
	c.changed = make(chan struct{})
}

// Advance adds n blocks and returns the new head.
func (c *Chain) Advance(n int64) pocket.Height {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.move(c.head + pocket.Height(n))
	return c.head
}

// Changed returns a channel that is closed when the head next moves.
func (c *Chain) Changed() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.changed
}

// Run adds a block each time every has passed, until ctx ends, and returns the cause. A [Halt] stops it for as many steps
// as its duration has block times.
func (c *Chain) Run(ctx context.Context, every time.Duration) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C:
			c.step()
		}
	}
}

// step adds a block unless the chain is halted.
func (c *Chain) step() {
	c.mu.Lock()
	if c.stalled > 0 {
		c.stalled--
		c.mu.Unlock()
		return
	}
	w := c.world
	for _, incident := range w.incidents {
		if incident.Kind == Halt && incident.Height == c.head+1 {
			c.stalled += int(incident.Duration / w.cfg.BlockTime)
		}
	}
	c.mu.Unlock()
	c.Advance(1)
}

// Inject makes something happen at a coming height; with a Height of 0, as soon as possible. An error says why it cannot.
func (c *Chain) Inject(incident Incident) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if incident.Height == 0 {
		incident.Height = c.head + 1
	}
	if incident.Height <= c.head {
		return fmt.Errorf("incident %q at height %d: the chain is at %d already: %w", incident.Kind, incident.Height, c.head, pocket.ErrInvalid)
	}
	if err := c.world.check(incident); err != nil {
		return err
	}
	c.world = c.world.with(incident)
	c.balances.forget(incident.Height)
	return nil
}

// TimeOf returns when block h is or will be made.
func (c *Chain) TimeOf(h pocket.Height) time.Time {
	w, _ := c.now()
	return w.timeOf(h)
}

// Params returns the parameters in force at h.
func (c *Chain) Params(h pocket.Height) pocket.Params {
	w, _ := c.now()
	p := w.paramsAt(h)
	p.Tokenomics.DAO = w.dao
	return p
}

// Suppliers returns the suppliers that are staked after the newest block, by the order of their making.
func (c *Chain) Suppliers() []pocket.Supplier {
	w, head := c.now()
	var staked []pocket.Supplier
	for i := range w.suppliers {
		if s, ok := w.supplierAt(i, head); ok {
			staked = append(staked, s)
		}
	}
	return staked
}

// Operators returns the operators of all suppliers of the chain, whether they are staked now or not.
func (c *Chain) Operators() []pocket.Address {
	w, _ := c.now()
	operators := make([]pocket.Address, len(w.suppliers))
	for i, s := range w.suppliers {
		operators[i] = s.operator
	}
	return operators
}

// Owners returns who owns the suppliers.
func (c *Chain) Owners() []pocket.Address {
	w, _ := c.now()
	return slices.Clone(w.owners)
}

// Wallets returns strangers who send coins to each other and to owners.
func (c *Chain) Wallets() []pocket.Address {
	w, _ := c.now()
	return slices.Clone(w.wallets)
}

// Applications returns the addresses of the applications.
func (c *Chain) Applications() []pocket.Address {
	w, _ := c.now()
	var applications []pocket.Address
	for _, a := range w.applications {
		applications = append(applications, a.address)
	}
	return applications
}

// Validators returns the operators of the validators, poktvaloper1….
func (c *Chain) Validators() []pocket.Address {
	w, _ := c.now()
	var operators []pocket.Address
	for _, v := range w.validators {
		operators = append(operators, v.operator)
	}
	return operators
}

// Services returns the services, by id.
func (c *Chain) Services() []pocket.Service {
	w, _ := c.now()
	var services []pocket.Service
	for _, s := range w.services {
		services = append(services, s.Service)
	}
	return services
}

// supplierAt returns a supplier as the chain shows it after block h, false when it is not staked then.
func (w *world) supplierAt(i int, h pocket.Height) (pocket.Supplier, bool) {
	who, state := w.suppliers[i], w.lives[i].at(h)
	s := pocket.Supplier{Operator: who.operator, Owner: who.owner, Stake: state.stake, UnstakeSessionEnd: state.unstakeEnd}
	if state.serves(h) {
		s.Services = who.configs
	}
	for _, config := range who.configs {
		for _, e := range state.eras {
			s.History = append(s.History, pocket.ServiceUpdate{ServiceConfig: config, Activation: e.activation, Deactivation: e.deactivation})
		}
	}
	return s, state.staked
}
