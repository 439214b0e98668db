package morse

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/poktbot/poktbot/internal/rest"
	"github.com/poktbot/poktbot/pocket"
)

// askTendermint puts a question to the Tendermint RPC.
func askTendermint[W any](ctx context.Context, c *Client, path string, query url.Values, check func(*rest.Answer, *W) error) (W, error) {
	var result W
	if c.tendermint == nil {
		return result, fmt.Errorf("%s: the client has no Tendermint RPC: %w", path, pocket.ErrInvalid)
	}
	err := c.tendermint.Do(ctx, rest.Call{Path: path, Query: query.Encode(), Read: func(a *rest.Answer) error {
		var wire W
		if err := readTendermint(a, &wire); err != nil {
			return err
		}
		if check != nil {
			if err := check(a, &wire); err != nil {
				return err
			}
		}
		result = wire
		return nil
	}})
	return result, err
}

// readTendermint takes the result out of its envelope, or gives an error in it its type.
func readTendermint[W any](a *rest.Answer, result *W) error {
	var envelope struct {
		Result *W `json:"result"`
		Error  *struct {
			Code          int
			Message, Data string
		} `json:"error"`
	}
	if err := a.JSON(&envelope); err != nil {
		return err
	}
	switch e := envelope.Error; {
	case e != nil:
		words := strings.TrimSpace(e.Message + ": " + e.Data)
		known := classify(words)
		if missingTx.MatchString(e.Data) {
			known.Reason = pocket.ErrNotFound
		}
		failed := a.Fail(known.Reason, words)
		failed.Code, failed.Lowest, failed.Latest = e.Code, known.Lowest, known.Latest
		return failed
	case envelope.Result == nil:
		return a.Odd("an answer without a result")
	}
	*result = *envelope.Result
	return nil
}

type wireStatus struct {
	Node struct {
		Network string `json:"network"`
		Version string `json:"version"`
		Moniker string `json:"moniker"`
		Other   struct {
			TxIndex string `json:"tx_index"`
		} `json:"other"`
	} `json:"node_info"`
	Sync struct {
		Latest     number    `json:"latest_block_height"`
		LatestTime time.Time `json:"latest_block_time"`
		Earliest   number    `json:"earliest_block_height"`
		CatchingUp bool      `json:"catching_up"`
	} `json:"sync_info"`
	Validators []struct {
		Address string `json:"address"`
		Power   number `json:"voting_power"`
	} `json:"validator_info"`
}

// tendermintStatus returns what the Tendermint RPC says of its node.
func (c *Client) tendermintStatus(ctx context.Context) (pocket.Status, error) {
	w, err := askTendermint(ctx, c, "/status", nil, func(a *rest.Answer, w *wireStatus) error {
		a.Saw(int64(w.Sync.Latest))
		return c.belongs(a, w.Node.Network)
	})
	s := pocket.Status{
		ChainID: w.Node.Network, Version: w.Node.Version, Latest: pocket.Height(w.Sync.Latest), LatestTime: w.Sync.LatestTime.UTC(),
		Earliest: pocket.Height(w.Sync.Earliest), CatchingUp: w.Sync.CatchingUp, TxIndex: w.Node.Other.TxIndex == "on", Moniker: w.Node.Moniker,
	}
	if len(w.Validators) > 0 { // a node may run several
		s.ValidatorHex, s.VotingPower = strings.ToUpper(w.Validators[0].Address), int64(w.Validators[0].Power)
	}
	return s, err
}

func (c *Client) admitTendermint(ctx context.Context, ask func(context.Context, rest.Call) error) error {
	return ask(ctx, rest.Call{Path: "/status", Read: func(a *rest.Answer) error {
		var w wireStatus
		if err := readTendermint(a, &w); err != nil {
			return err
		}
		return c.belongs(a, w.Node.Network)
	}})
}

// A TxOutcome is what became of a transaction, as the Tendermint RPC tells it.
type TxOutcome struct {
	Hash      string // "" in [Client.BlockResults], whose entries are in the order of the block's transactions
	Code      uint32
	Codespace string
	Kind      string
	Signer    pocket.Address
	Events    []TxEvent
}

// BlockResults is what a block did.
type BlockResults struct {
	Height pocket.Height
	Txs    []TxOutcome
	Begin  []TxEvent // before its transactions: the fee pool of the block before is shared out
	End    []TxEvent
}

type wireOutcome struct {
	Code      uint32      `json:"code"`
	Codespace string      `json:"codespace"`
	Kind      string      `json:"message_type"`
	Signer    []byte      `json:"signer"`
	Events    []wireEvent `json:"events"`
}

func (w wireOutcome) outcome() (TxOutcome, error) {
	o := TxOutcome{Code: w.Code, Codespace: w.Codespace, Kind: w.Kind, Events: events(w.Events)}
	if o.Events == nil {
		o.Events = []TxEvent{} // known to be none
	}
	if len(w.Signer) == 20 {
		o.Signer = addressOfBytes(w.Signer)
	}
	return o, nil
}

type wireResults struct {
	Height number        `json:"height"`
	Txs    []wireOutcome `json:"txs_results"`
	Begin  []wireEvent   `json:"begin_block_events"`
	End    []wireEvent   `json:"end_block_events"`
}

// BlockResults returns what a block did, from the Tendermint RPC.
func (c *Client) BlockResults(ctx context.Context, h pocket.Height) (BlockResults, error) {
	if h < 1 {
		return BlockResults{}, fmt.Errorf("results of block %d: heights count from 1: %w", h, pocket.ErrInvalid)
	}
	w, err := askTendermint(ctx, c, "/block_results", url.Values{"height": {fmt.Sprint(h)}}, func(a *rest.Answer, w *wireResults) error {
		if pocket.Height(w.Height) != h {
			return a.Fail(pocket.ErrMalformed, fmt.Sprintf("asked for block %d, got block %d", h, w.Height))
		}
		return nil
	})
	if err != nil {
		return BlockResults{}, err
	}
	r := BlockResults{Height: h, Begin: events(w.Begin), End: events(w.End)}
	r.Txs, err = convertAll(w.Txs, wireOutcome.outcome)
	return r, err
}

// TxOutcome returns what became of a transaction, from the Tendermint RPC. [pocket.ErrNotFound]: no block holds it.
func (c *Client) TxOutcome(ctx context.Context, hash string) (TxOutcome, error) {
	hash = strings.ToUpper(strings.TrimSpace(hash))
	if !hash64.MatchString(hash) {
		return TxOutcome{}, fmt.Errorf("transaction %.80q: want 64 hexadecimal digits: %w", hash, pocket.ErrInvalid)
	}
	type wire struct {
		Hash   string      `json:"hash"`
		Result wireOutcome `json:"tx_result"`
	}
	var o TxOutcome
	_, err := askTendermint(ctx, c, "/tx", url.Values{"hash": {"0x" + hash}}, func(a *rest.Answer, w *wire) (err error) {
		if strings.ToUpper(w.Hash) != hash {
			return a.Fail(pocket.ErrMalformed, fmt.Sprintf("asked for transaction %s, got %.80q", hash, w.Hash))
		}
		o, err = w.Result.outcome()
		o.Hash = hash
		return err
	})
	return o, err
}
