package bot

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/report"
)

// news tells what a block did to the watched nodes: its settlements in one line, everything else that somebody should know in a line each.
func (b *Bot) news(ctx context.Context, block pocket.Block, events []pocket.Event) (Text, error) {
	if len(events) == 0 {
		return Text{}, nil
	}
	watched, err := b.watched(ctx)
	if err != nil {
		return Text{}, err
	}
	about := report.TextContext{Wallets: b.config.Wallets}
	var settled []pocket.Settlement
	var lines []string
	for _, event := range events {
		operator, worth := newsworthy(event)
		if !worth || !slices.Contains(watched, operator) || b.config.Alerts.Enabled && alarming(event) {
			continue
		}
		switch e := event.(type) {
		case pocket.Settlement:
			settled = append(settled, e)
		case pocket.Unbonding:
			if params, err := b.client.SharedParams(ctx, e.SessionEnd); err == nil {
				about.UnbondingEnd = params.UnbondingEnd(e.SessionEnd)
			}
			lines = append(lines, report.Text(e, about))
		default:
			lines = append(lines, report.Text(e, about))
		}
	}
	if len(settled) > 0 {
		lines = append([]string{settledLine(settled)}, lines...)
	}
	at := block.Time.In(b.zone).Format(b.config.Dates.Go() + " 15:04")
	for i := range lines {
		lines[i] = at + " · " + lines[i]
	}
	return Text{Lines: lines}, nil
}

// newsworthy returns whose event it is, and whether it is worth a line: what is paid, lost or changes a stake. Claims and
// proofs are the daily work before it.
func newsworthy(event pocket.Event) (pocket.Address, bool) {
	switch e := event.(type) {
	case pocket.Settlement:
		return e.Supplier, true
	case pocket.ClaimExpiry:
		return e.Supplier, true
	case pocket.ClaimDiscard:
		return e.Supplier, true
	case pocket.Slash:
		return e.Supplier, true
	case pocket.ProofCheck:
		return e.Supplier, e.Status == pocket.ProofInvalid
	case pocket.SupplierStake:
		return e.Supplier, true
	case pocket.ServiceActivation:
		return e.Supplier, true
	case pocket.Unbonding:
		return e.Supplier.Operator, true
	case pocket.StakeStuck:
		return e.Supplier, true
	case pocket.RevShareFallback:
		return e.Supplier, true
	default:
		return pocket.Address{}, false
	}
}

// alarming reports whether an event is an alert's: who is told of alerts need not be told twice.
func alarming(event pocket.Event) bool {
	switch event.(type) {
	case pocket.Slash, pocket.SupplierStake, pocket.Unbonding, pocket.StakeStuck:
		return true
	}
	return false
}

// settledLine adds up a block's settlements: "+12.34 POKT: 9 claims of 5 nodes settled (eth 8.00, poly 4.34; block 1,234)".
func settledLine(settled []pocket.Settlement) string {
	var gross pocket.Upokt
	nodes := map[pocket.Address]bool{}
	services := map[pocket.ServiceID]pocket.Upokt{}
	for i := range settled {
		side := settled[i].SupplierSide()
		gross += side
		nodes[settled[i].Supplier] = true
		services[settled[i].Service] += side
	}
	names := slices.SortedFunc(maps.Keys(services), func(x, y pocket.ServiceID) int {
		return cmp.Or(cmp.Compare(services[y], services[x]), cmp.Compare(x, y))
	})
	var parts []string
	for _, name := range names {
		parts = append(parts, report.Line(string(name), 40)+" "+strings.TrimSuffix(report.Rounded(services[name], places), " POKT"))
	}
	const most = 4
	if len(parts) > most {
		parts = append(parts[:most], fmt.Sprintf("and %d more", len(parts)-most))
	}
	return fmt.Sprintf("+%s: %s of %s settled (%s; block %s)", report.Rounded(gross, places), counted(int64(len(settled)), "claim"),
		plural(len(nodes), "node"), strings.Join(parts, ", "), report.Count(int64(settled[0].Height)))
}
