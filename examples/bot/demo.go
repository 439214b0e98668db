package bot

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/pockettest"
)

// The demonstration: so many days of a chain of so many nodes, of which some are watched, and then a block each second. Blocks
// are an hour apart, so that two months are read in a few seconds.
const (
	demoSeed      = 20260101
	demoDays      = 62
	demoNodes     = 16
	demoOwners    = 3
	demoWatched   = 2 // owners whose nodes are watched
	demoServices  = 6
	demoBlockTime = time.Hour
	demoPace      = time.Second
	demoCurrency  = "EUR"
)

// DemoConfig returns the configuration of a demonstration: the defaults, with an index in a temporary file.
func DemoConfig() Config {
	c := DefaultConfig()
	c.Database = Secret{}
	c.simulated, c.demoDays = true, demoDays
	c.Prices.Currency = demoCurrency
	c.Alerts.Rules = []Phrase{"supplier.stake_low bands=2:warning,1:critical"} // a missed proof costs so much there that all stakes would be low
	c.Alerts.Endpoints = false                                                 // the simulated nodes are served nowhere
	return c
}

// demoParams are mainnet's, with sessions and windows of fewer blocks, because blocks take longer: a session is two hours, and
// settles five after its end.
func demoParams() pocket.Params {
	p := pockettest.MainnetParams()
	p.Shared.BlocksPerSession = 2
	p.Shared.GraceEndOffset, p.Shared.ClaimOpenOffset, p.Shared.ClaimCloseOffset = 1, 1, 1
	p.Shared.ProofOpenOffset, p.Shared.ProofCloseOffset = 1, 1
	return p
}

// demoChain simulates a chain up to now whose watched nodes have some trouble behind them and some ahead.
func demoChain(now time.Time, days int) *pockettest.Chain {
	config := pockettest.Config{
		Seed: demoSeed, Now: now, BlockTime: demoBlockTime, Params: demoParams(), Days: days,
		Suppliers: demoNodes, Owners: demoOwners, Services: demoServices, Applications: demoServices,
	}
	calm := pockettest.NewChain(config) // tells who there is
	watched := demoWatchedNodes(calm)
	head, day := calm.Head(), pocket.Height(24*time.Hour/demoBlockTime)
	config.Incidents = []pockettest.Incident{
		{Kind: pockettest.Unstake, Height: head - 12*day, Supplier: watched[2]},
		{Kind: pockettest.Expire, Height: head - 5*day, Supplier: watched[5]},
		{Kind: pockettest.Overserve, Height: head - 3*day, Application: calm.Applications()[0]},
		{Kind: pockettest.Expire, Height: head + 4, Supplier: watched[6]},
		{Kind: pockettest.Unstake, Height: head + 30, Supplier: watched[8]},
		{Kind: pockettest.Slash, Height: head + 60, Supplier: watched[5], Sessions: 3},
	}
	return pockettest.NewChain(config)
}

// demoWatchedNodes are the nodes of the first owners.
func demoWatchedNodes(chain *pockettest.Chain) []pocket.Address {
	owners := chain.Owners()[:demoWatched]
	var nodes []pocket.Address
	for _, supplier := range chain.Suppliers() {
		if slices.Contains(owners, supplier.Owner) {
			nodes = append(nodes, supplier.Operator)
		}
	}
	return nodes
}

// NewDemo starts a simulated chain in the process and returns a bot that watches some of its nodes over HTTP, as it would those of a real
// one. Everything it says is marked as simulated. From [Bot.Run] on the chain goes on by a block each second, and the bot's clock is the
// chain's. Close it to end the chain.
func NewDemo(ctx context.Context, config Config, opts ...Option) (*Bot, error) {
	b := newBot(config, opts)
	if err := b.openDemo(ctx); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// openDemo starts the simulated chain and opens the bot on it.
func (b *Bot) openDemo(ctx context.Context) error {
	chain := demoChain(b.clock(), b.config.demoDays)
	node, err := pockettest.Listen(chain)
	if err != nil {
		return fmt.Errorf("demonstration: %w", err)
	}
	b.closers = append(b.closers, func() error { node.Close(); return nil })
	b.simulated, b.chain = true, chain
	b.clock = func() time.Time { return chain.TimeOf(chain.Head()) }
	if b.config.Database.IsZero() {
		folder, err := os.MkdirTemp("", "poktbot-demo-")
		if err != nil {
			return fmt.Errorf("demonstration: %w", err)
		}
		b.closers = append(b.closers, func() error { return os.RemoveAll(folder) })
		b.config.Database = NewSecret(filepath.Join(folder, "demo.db"))
	}
	b.config.Chain = Chain{RPC: []Secret{NewSecret(node.RPC)}, REST: []Secret{NewSecret(node.REST)}, ID: pockettest.ChainID}
	b.config.Wallets = chain.Owners()[:1]
	b.config.Nodes = demoWatchedNodes(chain)
	return b.open(ctx)
}

// Notice says what a user must know before anything else: that all of it is simulated. It is "" for a real chain.
func (b *Bot) Notice() string {
	if !b.simulated {
		return ""
	}
	return fmt.Sprintf("Simulated: %d days of a chain of %d nodes, made up in this process. %d of them are watched.", b.config.demoDays, demoNodes, len(b.config.Nodes))
}
