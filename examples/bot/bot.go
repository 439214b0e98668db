package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/poktbot/poktbot/examples/bot/keep"
	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/monitor/check"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
	"github.com/poktbot/poktbot/pocket/morse"
	"github.com/poktbot/poktbot/pocket/pockettest"
	"github.com/poktbot/poktbot/pocket/poktscan"
	"github.com/poktbot/poktbot/pocket/shannon"
	"github.com/poktbot/poktbot/rbac"
	"github.com/poktbot/poktbot/report/plot"
	"github.com/poktbot/poktbot/rewards"
)

// A Bot reads a chain into an index, follows it, and answers commands. Make one with [New] or [NewDemo], and close it. It is safe for
// concurrent use.
type Bot struct {
	config    Config
	zone      *time.Location
	log       *slog.Logger
	clock     func() time.Time
	client    *shannon.Client // nil when only Morse is read
	store     *index.Index
	index     source // the same, as commands see it
	painter   *plot.Painter
	commands  []command
	simulated bool
	chain     *pockettest.Chain // of a demonstration

	feed       *poktscan.Client // nil without one
	morse      *morse.Client    // nil without Morse
	morseStore *index.Index

	latest atomic.Pointer[rewards.Prices] // of the last days, for alerts; nil before they are loaded
	gecko  rewards.PriceSource            // CoinGecko, remembered; nil when the configuration does without

	authority *rbac.Authority
	own       *index.DB  // of SQLite, beside the index
	keep      keep.Store // settings and what else survives a restart
	shared    shared

	alertStore  monitor.Store
	watcher     atomic.Pointer[monitor.Watcher] // the one that runs, nil while none does
	hearing     hearing                         // what its checks say
	checkMemory check.Memory                    // what they must still know after a restart
	stakes      *check.Stakes                   // of the watched nodes, which several of them look at

	mu      sync.Mutex
	loaded  map[string]loadedPrices // by currency
	tellers []Teller
	pacing  time.Duration
	pacedAt time.Time
	closers []func() error // run from the last to the first

	telling sync.Mutex
	told    map[string]string // what the watcher tells each chat, as text; of the watcher that runs

	peopleChanged chan struct{} // somebody's rights, links or nodes
	reading       chan struct{} // held by who reads the past of what he linked
}

// An Option changes a default of [New] and [NewDemo].
type Option func(*Bot)

// WithLogger reports what goes on to log. By default nothing is.
func WithLogger(log *slog.Logger) Option { return func(b *Bot) { b.log = log } }

// WithClock takes the time from now in place of the machine's clock.
func WithClock(now func() time.Time) Option { return func(b *Bot) { b.clock = now } }

// New returns a bot on the chain and the database of config. It opens the database, and brings it to the present schema, but does not
// connect to the chain: [Bot.CatchUp] does.
func New(ctx context.Context, config Config, opts ...Option) (*Bot, error) {
	b := newBot(config, opts)
	if err := b.open(ctx); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

func newBot(config Config, opts []Option) *Bot {
	b := &Bot{config: config, log: slog.New(slog.DiscardHandler), clock: time.Now, commands: everyCommand(), peopleChanged: make(chan struct{}, 1), reading: make(chan struct{}, 1)}
	for _, opt := range opts {
		opt(b)
	}
	return b
}

// open makes the client, the index and the painter that config asks for.
func (b *Bot) open(ctx context.Context) (err error) {
	if err := b.config.Validate(); err != nil {
		return err
	}
	if b.zone, err = ParseZone(b.config.Zone); err != nil {
		return err
	}
	if b.painter, err = plot.New(); err != nil {
		return fmt.Errorf("pictures: %w", err)
	}
	if err := b.openChain(); err != nil {
		return err
	}
	for _, open := range []func(context.Context) error{b.openIndex, b.openMorse, b.openSources, b.openPrices, b.openAccess, b.openAlerts} {
		if err := open(ctx); err != nil {
			return err
		}
	}
	return nil
}

// openChain makes the clients of the live chain and of who tells its past.
func (b *Bot) openChain() (err error) {
	if !b.config.hasShannon() {
		return nil
	}
	if b.client, err = shannon.New(reveal(b.config.Chain.RPC), reveal(b.config.Chain.REST), b.clientOptions()...); err != nil {
		return fmt.Errorf("chain: %w", err)
	}
	b.closers = append(b.closers, func() error { b.client.Close(); return nil })
	b.stakes = check.NewStakes(b.client, b.operators, check.StakesConfig{Clock: b.now})
	return b.openFeed()
}

func (b *Bot) clientOptions() []shannon.Option {
	options := []shannon.Option{shannon.WithLogger(b.log), shannon.WithPollInterval(time.Duration(b.config.Poll))}
	if b.config.Chain.ID != "" {
		options = append(options, shannon.WithChainID(b.config.Chain.ID))
	}
	return options
}

func reveal(secrets []Secret) []string {
	var texts []string
	for _, s := range secrets {
		texts = append(texts, s.Reveal())
	}
	return texts
}

// Close closes the index and whatever else the bot opened. Call it when Run and all answers have ended.
func (b *Bot) Close() error {
	var errs []error
	for i := len(b.closers) - 1; i >= 0; i-- {
		errs = append(errs, b.closers[i]())
	}
	b.closers = nil
	return errors.Join(errs...)
}

func (b *Bot) now() time.Time { return b.clock().In(b.zone) }

// Keep returns what survives a restart, for the programs around the bot: each takes spaces of its own names.
func (b *Bot) Keep() keep.Store { return b.keep }

// Authority returns who may do what.
func (b *Bot) Authority() *rbac.Authority { return b.authority }

// stores are the indexes: that of the live chain, and that of Morse if it is read.
func (b *Bot) stores() []*index.Index {
	if b.morseStore == nil {
		return []*index.Index{b.store}
	}
	return []*index.Index{b.store, b.morseStore}
}

// leading is the index by whose newest block the others are told to be fresh: that of the live chain, unless only Morse is read.
func (b *Bot) leading() *index.Index {
	if b.client == nil {
		return b.morseStore
	}
	return b.store
}

// A source is what most commands need of the index: tests put another in its place.
type source interface {
	rewards.Source
	Cursor(context.Context) (pocket.Height, error)
	LastUpdate(context.Context) (time.Time, error)
	Watched(context.Context) ([]pocket.Address, error)
}

// owners returns who owns each supplier that the indexes know, for events that do not tell.
func (b *Bot) owners(ctx context.Context) (map[pocket.Address]pocket.Address, error) {
	owners := map[pocket.Address]pocket.Address{}
	for _, store := range b.stores() {
		known, err := store.Suppliers(ctx)
		if err != nil {
			return nil, fmt.Errorf("owners: %w", err)
		}
		for _, s := range known {
			if !s.Owner.IsZero() {
				owners[s.Operator] = s.Owner
			}
		}
	}
	return owners, nil
}

// watched returns the nodes watched. The indexes watch wallets, too, for what they receive and pay.
func (b *Bot) watched(ctx context.Context) ([]pocket.Address, error) {
	list, err := b.index.Watched(ctx)
	if err != nil {
		return nil, fmt.Errorf("watched nodes: %w", err)
	}
	return slices.DeleteFunc(list, func(a pocket.Address) bool {
		return slices.Contains(b.config.Wallets, a) && !slices.Contains(b.config.Nodes, a) && !b.isNode(ctx, a)
	}), nil
}

// isNode reports whether the indexes know a supplier of that address.
func (b *Bot) isNode(ctx context.Context, a pocket.Address) bool {
	for _, store := range b.stores() {
		if _, err := store.Supplier(ctx, a); err == nil {
			return true
		}
	}
	return false
}
