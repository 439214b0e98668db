package shannon

import (
	"context"
	"errors"
	"net/url"

	"github.com/poktbot/poktbot/pocket"
)

// Balance returns what an address holds. An address that never held anything has 0: the chain does not know the difference.
func (c *Client) Balance(ctx context.Context, address pocket.Address) (pocket.Upokt, error) {
	if err := needs(address, pocket.AccountAddress, "an account"); err != nil {
		return 0, err
	}
	path := "/cosmos/bank/v1beta1/balances/" + address.String() + "/by_denom"
	amount, err := askState(ctx, c, path, url.Values{"denom": {"upokt"}}, func(w struct {
		Balance *coin `json:"balance"`
	}) (pocket.Upokt, error) {
		if w.Balance == nil {
			return 0, errors.New("an answer without a balance")
		}
		return pocket.Upokt(*w.Balance), nil
	})
	return amount, of(err, "balance of", address)
}

// wireKey is a public key; null until an account first signs.
type wireKey struct {
	Key []byte `json:"key"`
}

type wireBaseAccount struct {
	Address  pocket.Address `json:"address"`
	PubKey   *wireKey       `json:"pub_key"`
	Number   number         `json:"account_number"`
	Sequence number         `json:"sequence"`
}

// wireAccount is an account of one of several types: a person's is flat, a module's and a vesting one wrap it.
type wireAccount struct {
	wireBaseAccount
	Base    *wireBaseAccount `json:"base_account"`
	Module  string           `json:"name"`
	Vesting *struct {
		Base *wireBaseAccount `json:"base_account"`
	} `json:"base_vesting_account"`
}

func (w wireAccount) account() (pocket.Account, error) {
	base := w.wireBaseAccount
	if w.Base != nil {
		base = *w.Base
	}
	if w.Vesting != nil && w.Vesting.Base != nil {
		base = *w.Vesting.Base
	}
	if base.Address.IsZero() || base.Number < 0 || base.Sequence < 0 {
		return pocket.Account{}, errors.New("an account without its address or with negative numbers")
	}
	a := pocket.Account{Address: base.Address, Number: uint64(base.Number), Sequence: uint64(base.Sequence), Module: w.Module}
	if base.PubKey != nil {
		a.PubKey = base.PubKey.Key
	}
	return a, nil
}

// Account returns what the chain knows of an address. [pocket.ErrNotFound] means that it never received anything.
func (c *Client) Account(ctx context.Context, address pocket.Address) (pocket.Account, error) {
	if err := needs(address, pocket.AccountAddress, "an account"); err != nil {
		return pocket.Account{}, err
	}
	a, err := askState(ctx, c, "/cosmos/auth/v1beta1/accounts/"+address.String(), nil, func(w struct {
		Account *wireAccount `json:"account"`
	}) (pocket.Account, error) {
		if w.Account == nil {
			return pocket.Account{}, errors.New("an answer without an account")
		}
		a, err := w.Account.account()
		if err == nil && a.Address != address {
			err = errors.New("an answer with another account")
		}
		return a, err
	})
	return a, of(err, "account", address)
}
