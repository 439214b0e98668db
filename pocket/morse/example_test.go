package morse_test

import (
	"context"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/morse"
	"github.com/poktbot/poktbot/pocket/morse/morsetest"
)

func ExampleClient_Events() {
	node := morsetest.NewNode(morsetest.Replay(false), morsetest.NodeConfig{})
	defer node.Close()
	client, err := morse.New([]string{node.URL})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	ctx := context.Background()
	block, err := client.Block(ctx, 85)
	if err != nil {
		fmt.Println(err)
		return
	}
	selection := pocket.Selection{Kinds: []pocket.Kind{pocket.KindSettlement}, Mentions: []pocket.Address{morsetest.Actor("nc").Address()}}
	for event, err := range client.Events(ctx, block, selection) {
		if err != nil {
			fmt.Println(err)
			return
		}
		s := event.(pocket.Settlement)
		name, _ := morse.ChainName(s.Service)
		fmt.Println(s.Relays, "relays of", name, "minted", s.Minted)
		for _, share := range s.Shares {
			fmt.Println(share.Recipient.Short(), share.Reason, share.Amount)
		}
	}
	// Output:
	// 12 relays of Ethereum minted 0.05278 POKT
	// 7779b02a8…fac5c MORSE_COST 0.02 POKT
	// 6f0bcdde8…99440 MORSE_DELEGATOR 0.005395 POKT
	// e953a7dbf…b4e09 MORSE_DELEGATOR 0.001348 POKT
	// 033ea9ad8…af5ab MORSE_RELAYS 0.020232 POKT
	// f1829676d…3e29f MORSE_FEES 0.005805 POKT
}

func ExampleReward() {
	node, output := pocket.MustParseAddress("7779b02a83414392f5325640b702deffd58fac5c"), pocket.MustParseAddress("033ea9ad832a1941124871c18cb5c4ce0a2af5ab")
	split, err := morse.Reward(morse.RewardParams{
		Multiplier: 1000, ChainMultipliers: map[pocket.ServiceID]int64{"0021": 2500}, DAO: 10, Proposer: 1,
		Floor: pocket.POKT(15_000), Ceiling: pocket.POKT(60_000), Exponent: decimal.RequireFromString("0.7"), Weight: decimal.RequireFromString("1.5"),
		ClaimFee: 10_000, ProofFee: 10_000,
		Features: morse.Features{NonCustodial: 69_232, StakeWeight: 69_243, ChainMultipliers: 100_000, Delegators: 150_000},
	}, morse.Work{
		Height: 160_000, Relays: 12, Chain: "0021", Node: morse.Servicer{Operator: node, Output: output, Stake: pocket.POKT(60_500)},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(split.Coins.Coin())
	for _, share := range split.Shares {
		fmt.Println(share.Recipient.Short(), share.Reason, share.Amount.Coin())
	}
	// Output:
	// 52780upokt
	// 7779b02a8…fac5c MORSE_COST 20000upokt
	// 033ea9ad8…af5ab MORSE_RELAYS 26975upokt
	// f1829676d…3e29f MORSE_FEES 5805upokt
}
