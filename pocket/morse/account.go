package morse

import (
	"context"
	"encoding/json"
	"iter"
	"time"

	"github.com/poktbot/poktbot/internal/rest"
	"github.com/poktbot/poktbot/pocket"
)

// An Account is an address that the chain knows.
type Account struct {
	Address   pocket.Address
	Balance   pocket.Upokt
	PublicKey string // 64 hexadecimal digits; "" until the chain recorded it
	Module    Module // the name of one of the chain's own accounts, "" for a person's
}

type wireAccount struct {
	Address   pocket.Address `json:"address"`
	Coins     coins          `json:"coins"`
	PublicKey string         `json:"public_key"`
	Module    Module         `json:"name"`
}

func (w wireAccount) account() (Account, error) {
	return Account{w.Address, w.Coins.upokt(), w.PublicKey, w.Module}, nil
}

// Balance returns what an account holds as of after block h; 0 is now. An account that the chain does not know holds nothing. Stakes are
// not in it. Nodes round balances above 9 billion POKT.
func (c *Client) Balance(ctx context.Context, address pocket.Address, h pocket.Height) (pocket.Upokt, error) {
	if err := needs(address, "an account"); err != nil {
		return 0, err
	}
	if err := checkHeight(h); err != nil {
		return 0, err
	}
	type wire struct {
		Balance *number `json:"balance"`
	}
	w, err := ask(ctx, c, "/query/balance", atHeight{h, address}, func(a *rest.Answer, w *wire) error {
		if w.Balance == nil {
			return a.Fail(pocket.ErrMalformed, "an answer without a balance")
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return pocket.Upokt(*w.Balance), nil
}

// Account returns an account as of after block h; 0 is now. [pocket.ErrNotFound]: the chain did not know it then.
func (c *Client) Account(ctx context.Context, address pocket.Address, h pocket.Height) (Account, error) {
	if err := needs(address, "an account"); err != nil {
		return Account{}, err
	}
	if err := checkHeight(h); err != nil {
		return Account{}, err
	}
	var account Account
	_, err := ask(ctx, c, "/query/account", atHeight{h, address}, func(a *rest.Answer, raw *json.RawMessage) (err error) {
		if isNull(*raw) {
			return a.Fail(pocket.ErrNotFound, "the chain does not know the account")
		}
		var w wireAccount
		if err := json.Unmarshal(*raw, &w); err != nil {
			return err
		}
		account, err = w.account()
		return err
	})
	return account, err
}

// Accounts yields every account as of after block h, by address; 0 is now. Nodes have this since 0.9. An error is yielded last, with a zero
// Account.
func (c *Client) Accounts(ctx context.Context, h pocket.Height) iter.Seq2[Account, error] {
	return listState(ctx, c, "/query/accounts", h, statePageOf(pocket.Address{}), wireAccount.account)
}

// statePageOf makes the bodies of lists that take their page beside the height.
func statePageOf(address pocket.Address) func(pocket.Height, int, int) any {
	return func(h pocket.Height, page, perPage int) any {
		return struct {
			atHeight
			Page    int `json:"page"`
			PerPage int `json:"per_page"`
		}{atHeight{h, address}, page, perPage}
	}
}

// SigningInfo is how well a validator has signed lately. Nodes that never were validators may have one, too, all zero.
type SigningInfo struct {
	Address      pocket.Address
	StartHeight  pocket.Height
	MissedBlocks int64 // within the window
	JailedBlocks int64 // since it was jailed; at pos/MaxJailedBlocks it is unstaked
	// JailedUntil is since when it may be unjailed, UTC; zero when it never was jailed. Unjailing leaves it: it means something only while
	// the node is jailed.
	JailedUntil time.Time
	IndexOffset int64
}

type wireSigningInfo struct {
	Address      pocket.Address `json:"address"`
	StartHeight  number         `json:"start_height"`
	MissedBlocks number         `json:"missed_blocks_counter"`
	JailedBlocks number         `json:"jailed_blocks_counter"`
	JailedUntil  time.Time      `json:"jailed_until"`
	IndexOffset  number         `json:"index_offset"`
}

func (w wireSigningInfo) info() (SigningInfo, error) {
	s := SigningInfo{
		Address: w.Address, StartHeight: pocket.Height(w.StartHeight), MissedBlocks: int64(w.MissedBlocks), JailedBlocks: int64(w.JailedBlocks),
		IndexOffset: int64(w.IndexOffset),
	}
	if w.JailedUntil.Unix() > 0 { // never jailed is 1970, or the year 1
		s.JailedUntil = w.JailedUntil.UTC()
	}
	return s, nil
}

// SigningInfo returns a validator's record as of after block h; 0 is now. [pocket.ErrNotFound]: there was none.
func (c *Client) SigningInfo(ctx context.Context, address pocket.Address, h pocket.Height) (SigningInfo, error) {
	if err := needs(address, "a node"); err != nil {
		return SigningInfo{}, err
	}
	for info, err := range listState(ctx, c, "/query/signinginfo", h, statePageOf(address), wireSigningInfo.info) {
		if err != nil {
			return SigningInfo{}, err
		}
		if info.Address == address {
			return info, nil
		}
	}
	return SigningInfo{}, &pocket.APIError{Reason: pocket.ErrNotFound, Call: "/v1/query/signinginfo", Message: "there is none of " + address.String()}
}

// SigningInfos yields the records of all validators as of after block h, by address; 0 is now. An error is yielded last, with a zero
// SigningInfo.
func (c *Client) SigningInfos(ctx context.Context, h pocket.Height) iter.Seq2[SigningInfo, error] {
	return listState(ctx, c, "/query/signinginfo", h, statePageOf(pocket.Address{}), wireSigningInfo.info)
}
