package bot

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/monitor/check"
	"github.com/poktbot/poktbot/pocket"
)

// How often the network is looked at. Whatever the chain tells is judged with each block.
const (
	everyEndpoint    = time.Minute
	everyCertificate = 10 * time.Minute
	everyName        = 5 * time.Minute
)

// checks are what is looked at: the chain's blocks as they are stored, and the network from time to time.
func (b *Bot) checks() ([]monitor.Option, error) {
	if b.client == nil {
		return nil, nil // Morse has ended: there is nothing to watch
	}
	options := []monitor.Option{monitor.WithBlocks(check.Heads(b.store))}
	outside, err := b.outsideChecks()
	return append(options, outside...), err
}

// outsideChecks look at the servers that the nodes staked, and at those that the configuration names.
func (b *Bot) outsideChecks() ([]monitor.Option, error) {
	a := b.config.Alerts
	guard, err := b.guard()
	if err != nil {
		return nil, err
	}
	var stakes check.StakeList
	var options []monitor.Option
	if a.Endpoints {
		stakes = check.NewStakes(b.client, b.operators, check.StakesConfig{})
		memory, err := b.memory()
		if err != nil {
			return nil, err
		}
		names, err := check.NewNames(stakes, memory, check.NamesConfig{Chain: b.config.Chain.ID})
		if err != nil {
			return nil, fmt.Errorf("alerts: %w", err)
		}
		options = append(options,
			monitor.Every("endpoints", check.NewEndpoints(stakes, guard, check.EndpointsConfig{Chain: b.config.Chain.ID}), everyEndpoint),
			monitor.Every("names", names, everyName))
	}
	if a.Endpoints || len(a.Certificates) > 0 {
		certificates, err := check.NewCertificates(stakes, guard, check.CertificatesConfig{Servers: a.Certificates, Chain: b.config.Chain.ID})
		if err != nil {
			return nil, fmt.Errorf("alerts: %w", err)
		}
		options = append(options, monitor.Every("certificates", certificates, everyCertificate))
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

// memory keeps what checks must still know after a restart, beside the database.
func (b *Bot) memory() (check.Memory, error) {
	place := b.config.beside("memory")
	if b.config.isPostgres() {
		folder, err := os.UserCacheDir()
		if err != nil {
			return check.NewMemory(), nil // on a machine without a home: a restart begins to learn anew
		}
		place = filepath.Join(folder, "poktbot", "memory")
	}
	memory, err := check.NewFileMemory(strings.TrimSuffix(place, filepath.Ext(place)))
	if err != nil {
		return nil, fmt.Errorf("alerts: %w", err)
	}
	return memory, nil
}

// operators are the watched nodes of the live chain.
func (b *Bot) operators(ctx context.Context) ([]pocket.Address, error) {
	nodes, err := b.watched(ctx)
	return ofKind(pocket.AccountAddress, nodes), err
}
