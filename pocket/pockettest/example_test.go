package pockettest_test

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/pockettest"
)

// A node answers like a real one, here over plain HTTP.
func ExampleNewNode() {
	node := pockettest.NewNode(pockettest.NewChain(pockettest.Config{Seed: 1, Days: 2}))
	defer node.Close()

	response, err := http.Get(node.RPC + "/status")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer response.Body.Close()
	var status struct {
		Result struct {
			Node struct {
				Network string `json:"network"`
			} `json:"node_info"`
			Sync struct {
				Height string `json:"latest_block_height"`
			} `json:"sync_info"`
		} `json:"result"`
	}
	err = json.NewDecoder(response.Body).Decode(&status)
	fmt.Println(status.Result.Node.Network, status.Result.Sync.Height, err)
	// Output: pocket-simulated 2880 <nil>
}

// What the simulator paid can be asked of it, to compare with what a program reads.
func ExampleChain_Truth() {
	chain := pockettest.NewChain(pockettest.Config{Seed: 1, Params: pockettest.SmallParams(), Blocks: 100, Rates: pockettest.Calm()})
	var claims int
	var claimed, minted pocket.Upokt
	for event, err := range chain.Truth(1, chain.Head(), pocket.KindSettlement) {
		if err != nil {
			fmt.Println(err)
			return
		}
		s := event.(pocket.Settlement)
		claims, claimed, minted = claims+1, claimed+s.Claimed, minted+s.Minted
	}
	fmt.Println(claims > 0, claimed > minted)
	// Output: true true
}

// Trouble can be made to happen, so that a program can be seen to notice.
func ExampleChain_Inject() {
	chain := pockettest.NewChain(pockettest.Config{Seed: 1, Params: pockettest.SmallParams(), Blocks: 100, ClaimsPerSession: 50, Rates: pockettest.Calm()})
	operator := chain.Operators()[0]
	if err := chain.Inject(pockettest.Incident{Kind: pockettest.Expire, Supplier: operator}); err != nil {
		fmt.Println(err)
		return
	}
	head := chain.Advance(30)
	for event := range chain.Truth(101, head, pocket.KindSlash) {
		slash := event.(pocket.Slash)
		fmt.Println(slash.Supplier == operator, slash.Penalty)
	}
	// Output: true 200 POKT
}

// A node can be made to fail, as often as is said.
func ExampleNode_Fail() {
	node := pockettest.NewNode(pockettest.NewChain(pockettest.Config{Seed: 1, Blocks: 10}))
	defer node.Close()
	node.Fail(pockettest.Fault{Kind: pockettest.Status, Status: http.StatusTooManyRequests, Path: "/block", Times: 1})
	for range 2 {
		response, err := http.Get(node.RPC + "/block")
		if err != nil {
			fmt.Println(err)
			return
		}
		response.Body.Close()
		fmt.Println(response.Status)
	}
	fmt.Println(node.Count("/block"), "requests")
	// Output:
	// 429 Too Many Requests
	// 200 OK
	// 2 requests
}

// Blocks recorded from a running node are there for every package's tests.
func ExampleRecordedBlocks() {
	blocks := pockettest.RecordedBlocks()
	block, err := blocks[27].Decoded()
	fmt.Println(len(blocks), block.Height, block.ChainID, block.Time.Format("15:04:05"), err)
	// Output: 460 28 pocket-local 08:32:45 <nil>
}
