package shannon_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/pockettest"
	"github.com/poktbot/poktbot/pocket/shannon"
)

// What a supplier was paid in the last two hours, read from the blocks themselves.
func Example() {
	node := pockettest.NewNode(pockettest.NewChain(pockettest.Config{Seed: 1, Blocks: 200}))
	defer node.Close()
	client, err := shannon.New([]string{node.RPC}, []string{node.REST}, shannon.WithChainID(pockettest.ChainID))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	ctx := context.Background()
	status, err := client.Status(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	operator := node.Chain().Operators()[0]
	wanted := pocket.Selection{Kinds: []pocket.Kind{pocket.KindSettlement}, Mentions: []pocket.Address{operator}}
	var claimed, minted pocket.Upokt
	for block, err := range client.Headers(ctx, status.Latest-119, status.Latest) {
		if err != nil {
			fmt.Println(err)
			return
		}
		for event, err := range client.Events(ctx, block, wanted) {
			if err != nil {
				fmt.Println(err)
				return
			}
			if settlement, ok := event.(pocket.Settlement); ok && settlement.Supplier == operator {
				claimed += settlement.Claimed
				minted += settlement.Minted
			}
		}
	}
	fmt.Println(status.Latest, claimed > 0, claimed >= minted)
	// Output: 200 true true
}

func ExampleClient_Supplier() {
	node := pockettest.NewNode(pockettest.NewChain(pockettest.Config{Seed: 1, Blocks: 100}))
	defer node.Close()
	client, err := shannon.New(nil, []string{node.REST})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	supplier, err := client.Supplier(context.Background(), node.Chain().Operators()[0])
	fmt.Println(supplier.Operator == node.Chain().Operators()[0], err)

	_, err = client.Supplier(context.Background(), pocket.MustParseAddress("pokt1zspdpphvzqlc72dng4sj8yg98zzm80cu9k7e4x"))
	fmt.Println("not staked:", errors.Is(err, pocket.ErrNotFound))
	// Output:
	// true <nil>
	// not staked: true
}

// Heads follows the chain. Here the loop is left after the third block; a program would let it run until its context ends.
func ExampleClient_Heads() {
	node := pockettest.NewNode(pockettest.NewChain(pockettest.Config{Seed: 1, Blocks: 100}))
	defer node.Close()
	client, err := shannon.New([]string{node.RPC}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	for block, err := range client.Heads(context.Background(), 97) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(block.Height)
		if block.Height == 100 {
			break
		}
	}
	// Output:
	// 98
	// 99
	// 100
}

// Several nodes stand in for each other.
func ExampleNew() {
	node := pockettest.NewNode(pockettest.NewChain(pockettest.Config{Seed: 1, Blocks: 100}))
	defer node.Close()
	nobody := "http://127.0.0.1:1"
	client, err := shannon.New([]string{nobody, node.RPC}, []string{node.REST})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	status, err := client.Status(context.Background())
	fmt.Println(status.Latest, err)

	_, err = shannon.New([]string{"node.example:26657"}, nil)
	fmt.Println(err)
	// Output:
	// 100 <nil>
	// RPC: URL has no scheme: want http:// or https:// in front: invalid request
}
