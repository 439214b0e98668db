package check_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/monitor/check"
	"github.com/poktbot/poktbot/pocket/pockettest"
	"github.com/poktbot/poktbot/pocket/shannon"
)

func TestAValidatorThatStopsSigningIsToldLongBeforeItIsJailed(t *testing.T) {
	long(t)
	play(t, scene{config: calm(100), checks: func(s *stage) []monitor.Option {
		validators := check.NewValidators(check.Fixed(s.chain.Validators()...), s.client, check.ValidatorsConfig{Chain: pockettest.ChainID})
		return []monitor.Option{monitor.Every("validators", validators, time.Minute)}
	}}, func(s *stage) {
		who := " " + s.chain.Validators()[0].String() + " "
		s.to(105)
		assert.Empty(t, s.heard())
		s.inject(pockettest.Incident{Kind: pockettest.Jail, Height: 110, Validator: s.chain.Validators()[0], Duration: 90 * time.Minute})
		s.to(160)
		assert.Equal(t, []string{"fired warning validator.missing_blocks" + who}, s.heard())
		told := facts(s.last(monitor.ValidatorMissingBlocks))
		assert.Equal(t, "180", told["most"])
		assert.Equal(t, told["missed"], upokt(181-number(t, told["jailed_in"])), "it misses every block")
		jailed, err := time.Parse(time.RFC3339, told["jailed_at"])
		assert.NoError(t, err)
		assert.WithinDuration(t, s.chain.TimeOf(290), jailed, 10*time.Minute)
		s.to(289)
		assert.Equal(t, []string{"changed critical validator.missing_blocks" + who}, s.heard())
		s.to(295)
		assert.Equal(t, []string{"fired critical validator.jailed" + who, "resolved critical validator.missing_blocks" + who}, s.heard())
		s.to(400)
		assert.Equal(t, []string{"resolved critical validator.jailed" + who}, s.heard())
	})
}

func number(t *testing.T, text string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(text, 10, 64)
	require.NoError(t, err)
	return n
}

// A validator of a simulated chain has stopped to sign: it is told how much of what it may miss it has missed, and when it will be jailed.
func ExampleNewValidators() {
	chain := pockettest.NewChain(pockettest.Config{Blocks: 100})
	who := chain.Validators()[0]
	if err := chain.Inject(pockettest.Incident{Kind: pockettest.Jail, Height: 101, Validator: who}); err != nil {
		panic(err)
	}
	chain.Advance(50)
	client, stop := clientOf(chain)
	defer stop()
	validators := check.NewValidators(check.Fixed(who), client, check.ValidatorsConfig{})
	for range 2 {
		results, err := validators.Look(context.Background())
		fmt.Println(len(results), results[1].Name, results[1].Reading.Decimal, results[1].Facts[1:], err)
		chain.Advance(10)
	}
	// Output:
	// 3 validator.missing_blocks 0.278 [{missed count 50} {most count 180} {window count 200}] <nil>
	// 3 validator.missing_blocks 0.333 [{missed count 60} {most count 180} {window count 200} {jailed_in count 121} {jailed_at time 2026-01-01T04:40:00Z}] <nil>
}

// clientOf returns a client of a node that serves the chain without a socket.
func clientOf(chain *pockettest.Chain) (client *shannon.Client, stop func()) {
	node := pockettest.Unserved(chain)
	client, err := shannon.New([]string{node.RPC}, []string{node.REST}, shannon.WithTransport(node.Transport()), shannon.WithoutWebsocket())
	if err != nil {
		panic(err)
	}
	return client, func() {
		client.Close()
		node.Close()
	}
}
