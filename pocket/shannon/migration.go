package shannon

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/poktbot/poktbot/pocket"
)

const claimables = protocol + "/migration/morse_claimable_account"

// wireClaimable is a Morse account as the REST API writes it. Its addresses are upper-case hexadecimal digits, or none at all: Morse had
// accounts whose address is too short, too long or no number.
type wireClaimable struct {
	Destination      string `json:"shannon_dest_address"`
	Morse            string `json:"morse_src_address"`
	Output           string `json:"morse_output_address"`
	Balance          *coin  `json:"unstaked_balance"`
	SupplierStake    *coin  `json:"supplier_stake"`
	ApplicationStake *coin  `json:"application_stake"`
	ClaimedAt        number `json:"claimed_at_height"`
}

func (w wireClaimable) claimable() (pocket.MorseClaimable, error) {
	if w.Morse == "" || w.Balance == nil || w.SupplierStake == nil || w.ApplicationStake == nil {
		return pocket.MorseClaimable{}, fmt.Errorf("account of Morse %.60q without its address, balance or stakes", w.Morse)
	}
	m := pocket.MorseClaimable{
		Morse: morseAddress(w.Morse), MorseOutput: morseAddress(w.Output), ClaimedAt: pocket.Height(w.ClaimedAt),
		Balance: pocket.Upokt(*w.Balance), SupplierStake: pocket.Upokt(*w.SupplierStake), ApplicationStake: pocket.Upokt(*w.ApplicationStake),
	}
	if w.Destination == "" {
		return m, nil
	}
	var err error
	m.Destination, err = pocket.ParseAddress(w.Destination)
	return m, err
}

// MorseClaimable returns what a Morse account may claim on Shannon, and who has. [pocket.ErrNotFound] means that Morse had no such account
// when its state was taken over. (By the protocol's query.proto; no body was recorded.)
func (c *Client) MorseClaimable(ctx context.Context, morse pocket.Address) (pocket.MorseClaimable, error) {
	if err := needs(morse, pocket.MorseAddress, "an account of Morse"); err != nil {
		return pocket.MorseClaimable{}, err
	}
	m, err := askState(ctx, c, claimables+"/"+strings.ToUpper(morse.String()), nil, func(w struct {
		Account *wireClaimable `json:"morseClaimableAccount"`
		Snake   *wireClaimable `json:"morse_claimable_account"` // as gateways write that keep the names of fields
	}) (pocket.MorseClaimable, error) {
		if w.Account == nil {
			w.Account = w.Snake
		}
		if w.Account == nil || morseAddress(w.Account.Morse) != morse {
			return pocket.MorseClaimable{}, errors.New("an answer without the Morse account asked for")
		}
		return w.Account.claimable()
	})
	return m, of(err, "Morse account", morse)
}

// MorseClaimables yields all accounts that were taken over from Morse, claimed or not, in the order of the chain's store: tens of thousands.
// One whose Morse address is none has the zero Address there. An error is yielded last.
func (c *Client) MorseClaimables(ctx context.Context) iter.Seq2[pocket.MorseClaimable, error] {
	return walk(ctx, c, claimables, nil, func(w struct {
		Accounts   []wireClaimable `json:"morseClaimableAccount"`
		Snake      []wireClaimable `json:"morse_claimable_account"`
		Pagination paging          `json:"pagination"`
	}) (page[pocket.MorseClaimable], error) {
		return pageOf(append(w.Accounts, w.Snake...), w.Pagination, wireClaimable.claimable)
	})
}
