package bot

import (
	"context"
	"fmt"
	"iter"
	"net/netip"
	"slices"
	"time"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/monitor/check"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
	"github.com/poktbot/poktbot/pocket/shannon"
)

// How often the network is looked at. Whatever the chain tells is judged with each block.
const (
	everyNode        = 15 * time.Second
	everySource      = 5 * time.Minute
	everyEndpoint    = time.Minute
	everyCertificate = 10 * time.Minute
	everyName        = 5 * time.Minute
	everyAccount     = 10 * time.Minute
	everyParam       = 10 * time.Minute
	everyRelease     = 6 * time.Hour
	everyValidator   = time.Minute
	everyReward      = time.Hour
	everyMorse       = 5 * time.Minute
)

// checks are what is looked at: the chain's blocks as they are stored, and the network from time to time.
func (b *Bot) checks(ctx context.Context) ([]monitor.Option, error) {
	if b.client == nil {
		return b.morseChecks()
	}
	options := []monitor.Option{
		monitor.WithBlocks(check.Heads(b.store)),
		monitor.OnBlock("suppliers", check.NewSuppliers(b.operators, b.store, b.client)),
		monitor.OnBlock("claims", check.NewClaims(b.operators, b.store, b.client, check.ClaimsConfig{})),
	}
	for _, make := range []func(context.Context) ([]monitor.Option, error){b.accountChecks, b.nodeChecks, b.outsideChecks, b.validatorChecks, b.rewardChecks, b.textChecks, b.releaseChecks} {
		more, err := make(ctx)
		if err != nil {
			return nil, fmt.Errorf("alerts: %w", err)
		}
		options = append(options, more...)
	}
	more, err := b.morseChecks()
	return append(options, more...), err
}

// morseChecks look at nodes of the chain before Shannon, where one that still runs is configured.
func (b *Bot) morseChecks() ([]monitor.Option, error) {
	if b.morse == nil {
		return nil, nil
	}
	memory, err := b.memory()
	if err != nil {
		return nil, err
	}
	nodes := func(ctx context.Context) ([]pocket.Address, error) {
		list, err := b.morseStore.Watched(ctx)
		return slices.DeleteFunc(ofKind(pocket.MorseAddress, list), func(a pocket.Address) bool {
			return slices.Contains(b.config.Wallets, a) && !slices.Contains(b.config.Nodes, a)
		}), err
	}
	look := check.NewMorseNodes(nodes, b.morse, memory, check.MorseConfig{})
	return []monitor.Option{monitor.Every("morse", b.hearing.of(look), everyMorse, monitor.Timeout(everyMorse*9/10))}, nil
}

// accountChecks look at what accounts hold, move and can sign, and at what governance changes.
func (b *Bot) accountChecks(ctx context.Context) ([]monitor.Option, error) {
	chain, err := b.chainID(ctx)
	if err != nil || chain == "" {
		return nil, err
	}
	memory, err := b.memory()
	if err != nil {
		return nil, err
	}
	least, err := parseAmount(b.config.Alerts.LowBalance)
	if err != nil {
		return nil, err
	}
	options := []monitor.Option{
		monitor.OnBlock("payments", check.NewPayments(b.payees, b.operators, chain)),
		monitor.Every("public keys", check.NewPubKeys(b.stakes, b.client, check.PubKeysConfig{Chain: chain}), everyAccount),
		monitor.Every("params", check.NewParamChanges(b.client, memory, chain, nil), everyParam),
	}
	if !b.simulated { // there blocks are an hour apart and operators live on nothing
		options = append(options,
			monitor.Every("funds", check.NewRunway(b.stakes, b.client, b.client, b.paid, check.RunwayConfig{Chain: chain}), everyAccount),
			monitor.Every("upgrades", check.NewUpgrades(b.client, check.UpgradesConfig{Chain: chain}), everyParam))
	}
	var limits []check.WalletLimit
	for _, wallet := range ofKind(pocket.AccountAddress, b.config.Wallets) {
		limits = append(limits, check.WalletLimit{Address: wallet, Least: least})
	}
	if least > 0 && len(limits) > 0 {
		balances, err := check.NewBalances(b.client, limits, memory, check.BalancesConfig{Chain: chain})
		if err != nil {
			return nil, err
		}
		options = append(options, monitor.Every("balances", balances, everyAccount))
	}
	return options, nil
}

// validatorChecks look at the validators that the configuration names, and at those whose accounts are watched as nodes.
func (b *Bot) validatorChecks(ctx context.Context) ([]monitor.Option, error) {
	chain, err := b.chainID(ctx)
	if err != nil || b.simulated { // there is none of theirs in the demonstration
		return nil, err
	}
	who := func(ctx context.Context) ([]pocket.Address, error) {
		nodes, err := b.operators(ctx)
		return append(nodes, b.config.Alerts.Validators...), err
	}
	validators := check.NewValidators(who, b.client, check.ValidatorsConfig{Chain: chain})
	return []monitor.Option{monitor.Every("validators", b.hearing.of(validators), everyValidator)}, nil
}

// rewardChecks compare what the nodes earn with what they did, and with what others do where the index holds everything.
func (b *Bot) rewardChecks(ctx context.Context) ([]monitor.Option, error) {
	chain, err := b.chainID(ctx)
	if err != nil || b.simulated { // there an hour takes a second
		return nil, err
	}
	look := check.NewRewards(b.stakes, b.store, check.Covered(b.store), check.RewardsConfig{Chain: chain, Clock: b.now})
	return []monitor.Option{monitor.Every("rewards", look, everyReward, monitor.Timeout(10*time.Minute))}, nil
}

// payees are the wallets whose payments are told, from the configured amount on.
func (b *Bot) payees(context.Context) ([]check.Wallet, error) {
	least, err := parseAmount(b.config.Alerts.MinTransfer)
	if err != nil || least == 0 {
		return nil, err
	}
	var wallets []check.Wallet
	for _, wallet := range ofKind(pocket.AccountAddress, b.config.Wallets) {
		wallets = append(wallets, check.Wallet{Address: wallet, Received: least, Sent: least})
	}
	return wallets, nil
}

// paid are the transactions that an address paid the fees of, as far as they are indexed.
func (b *Bot) paid(ctx context.Context, payer pocket.Address, span pocket.Span) iter.Seq2[pocket.Transaction, error] {
	return func(yield func(pocket.Transaction, error) bool) {
		for tx, err := range b.store.Transactions(ctx, index.TransactionQuery{Span: span, Parties: []pocket.Address{payer}}) {
			if err == nil && tx.FeePayer != payer {
				continue
			}
			if !yield(tx, err) || err != nil {
				return
			}
		}
	}
}

// nodeChecks look at the full nodes that the configuration names, each by itself. Before the first block is stored, the chain may not be known.
func (b *Bot) nodeChecks(ctx context.Context) ([]monitor.Option, error) {
	chain, err := b.chainID(ctx)
	if err != nil || chain == "" || b.simulated {
		return nil, err
	}
	var nodes []check.Node
	named := map[string]int{}
	for _, url := range b.config.Chain.RPC {
		client, err := shannon.New([]string{url.Reveal()}, nil, shannon.WithAnyChain(), shannon.WithRetries(0), shannon.WithLogger(b.log))
		if err != nil {
			return nil, err
		}
		name := url.Host()
		if named[name]++; named[name] > 1 {
			name = fmt.Sprintf("%s #%d", name, named[name])
		}
		nodes = append(nodes, check.Node{Name: name, Source: client, Host: url.Host()})
	}
	look, err := check.NewNodes(nodes, check.NodesConfig{Chain: chain})
	if err != nil {
		return nil, err
	}
	options := []monitor.Option{monitor.Every("nodes", b.hearing.of(look), everyNode)}
	if b.feed == nil {
		return options, nil
	}
	sources, err := check.NewSources([]check.Source{
		{Name: "full node", Tip: b.tip, Block: b.client.Block, Supplier: b.client.Supplier},
		{Name: "PoktScan", Tip: b.feed.Tip, Block: b.feed.Block, Supplier: b.feed.Supplier},
	}, b.operators, check.SourcesConfig{Chain: chain})
	if err != nil {
		return nil, err
	}
	return append(options, monitor.Every("sources", sources, everySource)), nil
}

// tip is the newest block of the full node.
func (b *Bot) tip(ctx context.Context) (pocket.Block, error) {
	status, err := b.client.Status(ctx)
	return pocket.Block{Height: status.Latest, Time: status.LatestTime, ChainID: status.ChainID}, err
}

// chainID is the chain that the configuration names, or else the one that is indexed; "" before that is known.
func (b *Bot) chainID(ctx context.Context) (string, error) {
	if b.config.Chain.ID != "" {
		return b.config.Chain.ID, nil
	}
	return b.store.ChainID(ctx)
}

// outsideChecks look at the servers that the nodes staked, and at those that the configuration names.
func (b *Bot) outsideChecks(context.Context) ([]monitor.Option, error) {
	a := b.config.Alerts
	guard, err := b.guard()
	if err != nil {
		return nil, err
	}
	var stakes check.StakeList // none of whose servers are looked at unless that is asked for
	var options []monitor.Option
	if a.Endpoints {
		stakes = b.stakes
		memory, err := b.memory()
		if err != nil {
			return nil, err
		}
		names, err := check.NewNames(stakes, memory, check.NamesConfig{Chain: b.config.Chain.ID})
		if err != nil {
			return nil, err
		}
		options = append(options,
			monitor.Every("endpoints", b.hearing.of(check.NewEndpoints(stakes, guard, check.EndpointsConfig{Chain: b.config.Chain.ID})), everyEndpoint,
				monitor.Timeout(everyEndpoint*9/10)),
			monitor.Every("names", names, everyName))
	}
	if a.Endpoints || len(a.Certificates) > 0 {
		certificates, err := check.NewCertificates(stakes, guard, check.CertificatesConfig{Servers: a.Certificates, Chain: b.config.Chain.ID})
		if err != nil {
			return nil, err
		}
		options = append(options, monitor.Every("certificates", b.hearing.of(certificates), everyCertificate))
	}
	if served, err := b.config.served(); err != nil || len(served) > 0 {
		if err != nil {
			return nil, err
		}
		match, err := check.NewEndpointMatch(b.stakes, served, b.config.Chain.ID)
		if err != nil {
			return nil, err
		}
		options = append(options, monitor.Every("served", match, everyEndpoint*5))
	}
	return options, nil
}

// guard keeps what looks at staked URLs out of the operator's own network, but for what the configuration allows.
func (b *Bot) guard() (*check.Guard, error) {
	var c check.GuardConfig
	for _, text := range b.config.Alerts.Private {
		if network, err := netip.ParsePrefix(text); err == nil {
			c.Networks = append(c.Networks, network)
		} else {
			c.Hosts = append(c.Hosts, text)
		}
	}
	guard, err := check.NewGuard(c)
	if err != nil {
		return nil, b.config.fault("alerts.private", "%w", err)
	}
	return guard, nil
}

// memory keeps what checks must still know after a restart, beside the alerts.
func (b *Bot) memory() (check.Memory, error) { return b.checkMemory, nil }

// operators are the watched nodes of the live chain.
func (b *Bot) operators(ctx context.Context) ([]pocket.Address, error) {
	nodes, err := b.watched(ctx)
	return ofKind(pocket.AccountAddress, nodes), err
}
