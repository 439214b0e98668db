package shannon

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"time"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/pocket"
)

type wireValidator struct {
	Operator    pocket.Address `json:"operator_address"`
	PubKey      *wireKey       `json:"consensus_pubkey"`
	Jailed      bool           `json:"jailed"`
	Status      string         `json:"status"`
	Tokens      *coin          `json:"tokens"` // bare digits of upokt
	Description struct {
		Moniker string `json:"moniker"`
	} `json:"description"`
	Commission struct {
		Rates struct {
			Rate string `json:"rate"`
		} `json:"commission_rates"`
	} `json:"commission"`
}

func (w wireValidator) validator() (pocket.Validator, error) {
	if w.Operator.IsZero() || w.Tokens == nil {
		return pocket.Validator{}, fmt.Errorf("validator %q without its address or tokens", w.Operator)
	}
	v := pocket.Validator{
		Operator: w.Operator, Moniker: w.Description.Moniker, Status: w.Status, Jailed: w.Jailed,
		Tokens: pocket.Upokt(*w.Tokens), Commission: w.Commission.Rates.Rate,
	}
	if w.PubKey != nil {
		v.PubKey = w.PubKey.Key
	}
	return v, nil
}

// Validator returns the validator of that operator (poktvaloper1…). [pocket.ErrNotFound] means that there is none.
func (c *Client) Validator(ctx context.Context, operator pocket.Address) (pocket.Validator, error) {
	if err := needs(operator, pocket.ValidatorAddress, "a validator's operator"); err != nil {
		return pocket.Validator{}, err
	}
	v, err := askState(ctx, c, "/cosmos/staking/v1beta1/validators/"+operator.String(), nil, func(w struct {
		Validator *wireValidator `json:"validator"`
	}) (pocket.Validator, error) {
		if w.Validator == nil || w.Validator.Operator != operator {
			return pocket.Validator{}, errors.New("an answer without the validator asked for")
		}
		return w.Validator.validator()
	})
	return v, of(err, "validator", operator)
}

// Validators yields the validators, in the order of the chain's store: all, or the bonded ones, which make blocks. An error is yielded
// last.
func (c *Client) Validators(ctx context.Context, bonded bool) iter.Seq2[pocket.Validator, error] {
	query := url.Values{}
	if bonded {
		query.Set("status", "BOND_STATUS_BONDED")
	}
	return walk(ctx, c, "/cosmos/staking/v1beta1/validators", query, func(w struct {
		Validators []wireValidator `json:"validators"`
		Pagination paging          `json:"pagination"`
	}) (page[pocket.Validator], error) {
		return pageOf(w.Validators, w.Pagination, wireValidator.validator)
	})
}

type wireSigningInfo struct {
	Address     pocket.Address `json:"address"`
	StartHeight number         `json:"start_height"`
	Missed      number         `json:"missed_blocks_counter"`
	JailedUntil time.Time      `json:"jailed_until"`
	Tombstoned  bool           `json:"tombstoned"`
}

func (w wireSigningInfo) info() (pocket.SigningInfo, error) {
	if w.Address.IsZero() {
		return pocket.SigningInfo{}, errors.New("signing info without an address")
	}
	info := pocket.SigningInfo{
		Address: w.Address, StartHeight: pocket.Height(w.StartHeight), MissedBlocks: int64(w.Missed), Tombstoned: w.Tombstoned,
	}
	if w.JailedUntil.After(time.Unix(0, 0)) { // 1970 is the chain's word for never
		info.JailedUntil = w.JailedUntil.UTC()
	}
	return info, nil
}

type wireSigning struct {
	Window    number           `json:"signed_blocks_window"`
	MinSigned *decimal.Decimal `json:"min_signed_per_window"`
}

// SigningParams returns how many blocks a validator must sign not to be jailed.
func (c *Client) SigningParams(ctx context.Context) (pocket.SigningParams, error) {
	return askState(ctx, c, "/cosmos/slashing/v1beta1/params", nil, func(w wireParams[wireSigning]) (pocket.SigningParams, error) {
		p := w.Params
		if p == nil || p.Window < 1 || p.MinSigned == nil || p.MinSigned.IsNegative() || p.MinSigned.GreaterThan(decimal.NewFromInt(1)) {
			return pocket.SigningParams{}, errors.New("slashing params without a window and the part of it to sign")
		}
		return pocket.SigningParams{Window: int64(p.Window), MinSigned: *p.MinSigned}, nil
	})
}

// SigningInfos yields how well each validator has signed lately, by its consensus address, in the order of the chain's store.
// JailedUntil is zero for one that never was in jail. An error is yielded last.
func (c *Client) SigningInfos(ctx context.Context) iter.Seq2[pocket.SigningInfo, error] {
	return walk(ctx, c, "/cosmos/slashing/v1beta1/signing_infos", nil, func(w struct {
		Info       []wireSigningInfo `json:"info"`
		Pagination paging            `json:"pagination"`
	}) (page[pocket.SigningInfo], error) {
		return pageOf(w.Info, w.Pagination, wireSigningInfo.info)
	})
}
