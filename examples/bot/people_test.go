package bot

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

// Accounts of tests, one of each role.
const (
	stranger = "telegram:9"
	investor = "telegram:1"
	admin    = "telegram:2"
	sysadmin = "telegram:3"
)

// withPeople gives the accounts of tests their roles.
func withPeople(c Config) Config {
	c.Access.Investors, c.Access.Admins, c.Access.Sysadmins = []Phrase{investor}, []Phrase{admin}, []Phrase{sysadmin}
	return c
}

// A countingSource counts how often it is asked when nodes were staked.
type countingSource struct {
	source
	stays atomic.Int64
}

func (s *countingSource) Stays(ctx context.Context, suppliers []pocket.Address) ([]rewards.Stay, error) {
	s.stays.Add(1)
	return s.source.Stays(ctx, suppliers)
}

// foreignNode is a node of the simulated chain that the bot does not watch.
func foreignNode(t *testing.T, b *Bot) pocket.Address {
	t.Helper()
	for _, node := range b.chain.Operators() {
		if !slices.Contains(b.config.Nodes, node) {
			return node
		}
	}
	t.Fatal("all nodes are watched")
	return pocket.Address{}
}

// long skips a test where tests are to be short, as under the race detector: it reads a chain, and nothing in it happens at the same time.
func long(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("it reads two weeks of a chain")
	}
}
