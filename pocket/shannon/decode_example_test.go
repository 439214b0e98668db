package shannon_test

import (
	"fmt"
	"os"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/shannon"
)

func ExampleDecodeBlock() {
	// The answer of a node to /block_results?height=28, kept in a file.
	file, err := os.Open("testdata/blocks/rpc_block_results_settlement_slash.json")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer file.Close()
	mine := pocket.Selection{
		Kinds:    []pocket.Kind{pocket.KindSettlement, pocket.KindClaimExpiry, pocket.KindSlash},
		Mentions: []pocket.Address{pocket.MustParseAddress("pokt1qymsj23nu6jgs7jadw9ehs00mk5eu7yres85zd")},
	}
	for event, err := range shannon.DecodeBlock(file, pocket.Block{}, mine) {
		if err != nil {
			fmt.Println(err)
			return
		}
		switch e := event.(type) {
		case pocket.Settlement:
			fmt.Println("earned", e.SupplierSide(), "with", e.Service)
		case pocket.ClaimExpiry:
			fmt.Println("lost", e.Claimed, "because", e.Reason)
		case pocket.Slash:
			fmt.Println("slashed by", e.Penalty, "to", e.StakeAfter)
		}
	}
	// Output:
	// earned 0.000339 POKT with svc-static
	// lost 0.017372 POKT because PROOF_MISSING
	// slashed by 200 POKT to 59800 POKT
}
