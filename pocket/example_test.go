package pocket_test

import (
	"fmt"

	"github.com/poktbot/poktbot/pocket"
)

func Example() {
	stake := pocket.POKT(60_000)
	left, err := stake.Sub(pocket.Upokt(200_000_000))
	fmt.Println(left, err)

	_, err = pocket.ParseAddress("pokt1cctzyqv68ss06lmqnhyf07yggxwsv4329rcuuq")
	fmt.Println(err)
	// Output:
	// 59800 POKT <nil>
	// address "pokt1cctzyqv68ss06lmqnhyf07yggxwsv4329rcuuq": character 43, 'q', looks mistyped
}

// When is the claim of the present session due, and when is it paid?
func ExampleSharedParams_Windows() {
	params := pocket.SharedParams{BlocksPerSession: 20, ClaimOpenOffset: 11, ClaimCloseOffset: 10, ProofOpenOffset: 1, ProofCloseOffset: 10}
	session := params.Session(1234)
	windows := params.Windows(session.End)
	fmt.Printf("session %d to %d, claim from %d to %d, paid at %d\n",
		session.Start, session.End, windows.ClaimOpen, windows.ClaimClose, windows.Settlement)
	// Output: session 1221 to 1240, claim from 1252 to 1262, paid at 1273
}
