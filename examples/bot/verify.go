package bot

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
	"github.com/poktbot/poktbot/report"
	"github.com/poktbot/poktbot/rewards"
)

// maxDifferences is how many differences /verify lists: whoever has more looks for one cause.
const maxDifferences = 200

// verify is /verify: what is indexed, beside what another source tells of the same time.
func (c *call) verify() error {
	nodes, words, err := c.cut(c.args)
	if err != nil {
		return err
	}
	name := "chain"
	if len(words) > 0 {
		switch word := strings.ToLower(words[0]); word {
		case "chain", "poktscan":
			name, words = word, words[1:]
		}
	}
	other, title, err := c.otherSource(name)
	if err != nil {
		return err
	}
	span, named, err := c.span(words, "1d")
	if err != nil {
		return err
	}
	if now := c.now(); span.To.IsZero() || span.To.After(now) {
		updated, err := c.bot.updated(c.ctx)
		if err != nil {
			return err
		}
		span.To = updated.Time.Add(1) // up to what is indexed: what is newer is in one source only
	}
	if len(nodes) == 0 {
		seen, err := c.nodesSeen()
		if err != nil {
			return err
		}
		nodes = ofKind(pocket.AccountAddress, seen)
	}
	found, untold := 0, 0
	differences := rewards.Verify(c.ctx, c.bot.store, other, rewards.VerifyQuery{
		Span: span, Addresses: nodes, Wallets: c.wallets, Zone: c.zone,
	})
	t := report.Differences(c.firstOf(differences, &found, &untold), "index", title)
	t.Title = fmt.Sprintf("Index and %s of %s: %s", title, plural(len(nodes), "node"), named)
	var rows [][]report.Cell
	for row, err := range t.All(c.ctx) { // to the end, before anything is said
		if err != nil {
			return fmt.Errorf("verify: %w", err)
		}
		rows = append(rows, slices.Clone(row))
	}
	if found == untold {
		same := "Both tell the same, to the upokt."
		if untold > 0 {
			same = "Both tell the same, to the upokt, as far as both tell of it. What one of them does not tell:"
		}
		if err := c.say(Text{Title: t.Title, Lines: []string{same, c.asOf()}}); err != nil || untold == 0 {
			return err
		}
	}
	t.Rows = report.Rows(rows...)
	if found >= maxDifferences {
		t.Notes = append(t.Notes, fmt.Sprintf("Only the first %d differences are listed.", maxDifferences))
	}
	return c.say(c.table(t))
}

// otherSource returns the source to compare with, and its name.
func (c *call) otherSource(name string) (rewards.Source, string, error) {
	switch {
	case c.bot.client == nil:
		return nil, "", usage("/verify compares with the live chain, and no full node is configured (chain.rpc)")
	case name == "poktscan" && c.bot.feed == nil:
		return nil, "", usage("PoktScan is not configured (poktscan.url)")
	case name == "poktscan":
		return c.bot.feed, "PoktScan", nil
	}
	return index.NewChainSource(c.bot.client, askers), "the chain", nil
}

// firstOf yields the first differences and counts them, and how many of them are of what cannot be told.
func (c *call) firstOf(all iter.Seq2[rewards.Difference, error], found, untold *int) iter.Seq2[rewards.Difference, error] {
	return func(yield func(rewards.Difference, error) bool) {
		for d, err := range all {
			if err == nil {
				*found++
				if d.Kind == rewards.CannotTell {
					*untold++
				}
			}
			if !yield(d, err) || err != nil || *found >= maxDifferences {
				return
			}
		}
	}
}

var verifyHelp = []string{
	"/verify 7d — what is indexed beside what the chain's full node tells; /verify poktscan november — beside PoktScan",
	"It reads the other source anew, so a long time takes long. What one of both cannot tell is said, and is no difference.",
}
