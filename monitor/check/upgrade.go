package check

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
)

// An UpgradeSource tells what upgrade of the protocol is planned, and how far the chain is: *shannon.Client is one.
type UpgradeSource interface {
	Upgrade(ctx context.Context) (pocket.Upgrade, error)
	Status(ctx context.Context) (pocket.Status, error)
}

// UpgradesConfig says how [Upgrades] look. Its zero value but for the chain takes the defaults that the fields name.
type UpgradesConfig struct {
	Chain     string        // the chain's id: the subject of results
	BlockTime time.Duration // of the chain; 0 is a minute
	Clock     func() time.Time
}

// Upgrades tells of planned upgrades of the protocol: at the height of one every node that does not run the new version stops.
//
// It reports [monitor.ChainUpgradeDue], whose subject is the chain's id and whose part is the upgrade's name. Its reading is the days left,
// by the blocks to come and BlockTime. Facts: chain, name, height, blocks_left, at, days, info. It is over when the height is passed or
// the plan is taken back.
type Upgrades struct {
	source UpgradeSource
	config UpgradesConfig
	last   string // the upgrade that was reported last
}

// NewUpgrades returns a check of planned upgrades.
func NewUpgrades(source UpgradeSource, c UpgradesConfig) *Upgrades {
	c.BlockTime, c.Clock = cmp.Or(c.BlockTime, time.Minute), clockOr(c.Clock)
	return &Upgrades{source: source, config: c}
}

// Look implements [monitor.Check]. It is not to be called again before it has returned.
func (u *Upgrades) Look(ctx context.Context) ([]monitor.Result, error) {
	plan, err := u.source.Upgrade(ctx)
	if err != nil {
		return nil, fmt.Errorf("planned upgrade: %w", err)
	}
	status, err := u.source.Status(ctx)
	if err != nil {
		return nil, fmt.Errorf("planned upgrade: %w", err)
	}
	result := func(name string) monitor.Result {
		return monitor.Result{
			Key: monitor.Key{Name: monitor.ChainUpgradeDue, Subject: u.config.Chain, Part: name}, Health: monitor.Healthy, Labels: Labels{Chain: u.config.Chain}.Map(),
		}
	}
	name := cleaned(plan.Name, 50)
	blocks := int64(plan.Height - status.Latest)
	var results []monitor.Result
	if u.last != "" && u.last != name {
		results = append(results, result(u.last)) // that one is over, which is better told than left out
	}
	if plan.Height == 0 {
		return results, nil
	}
	u.last = name
	r := result(name)
	if blocks <= 0 {
		return append(results, r), nil
	}
	left := decimal.NewFromInt(blocks).Mul(decimal.NewFromInt(int64(u.config.BlockTime)))
	days := left.DivRound(decimal.NewFromInt(int64(24*time.Hour)), 6) // fine enough for the last hour
	r.Reading = decimal.NewNullDecimal(days)
	r.Facts = monitor.Facts{
		monitor.Text("chain", u.config.Chain), monitor.Text("name", name), monitor.Height("height", plan.Height), monitor.Count("blocks_left", blocks),
	}
	if far := decimal.NewFromInt(int64(100 * 365 * 24 * time.Hour)); left.LessThan(far) {
		r.Facts = append(r.Facts, monitor.Instant("at", u.config.Clock().Add(time.Duration(left.IntPart())).Round(time.Minute)))
	}
	r.Facts = append(r.Facts, monitor.Decimal("days", days))
	if plan.Info != "" {
		r.Facts = append(r.Facts, monitor.Text("info", cleaned(plan.Info, 300)))
	}
	return append(results, r), nil
}
