package shannon

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/poktbot/poktbot/internal/rest"
	"github.com/poktbot/poktbot/pocket"
)

// wireStatus is what /status answers.
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
	Validator struct {
		Address string `json:"address"`
		Power   number `json:"voting_power"`
	} `json:"validator_info"`
}

func (w wireStatus) status() pocket.Status {
	return pocket.Status{
		ChainID: w.Node.Network, Version: w.Node.Version, Moniker: w.Node.Moniker, TxIndex: w.Node.Other.TxIndex == "on",
		Latest: pocket.Height(w.Sync.Latest), LatestTime: w.Sync.LatestTime.UTC(), Earliest: pocket.Height(w.Sync.Earliest),
		CatchingUp: w.Sync.CatchingUp, VotingPower: int64(w.Validator.Power), ValidatorHex: strings.ToUpper(w.Validator.Address),
	}
}

// readStatus decodes and checks a status.
func (n *nodes) readStatus(a *rest.Answer, w *wireStatus) error {
	if err := n.belongs(a, w.Node.Network); err != nil {
		return err
	}
	if w.Sync.Latest < 0 || w.Sync.Earliest < 0 {
		return a.Fail(pocket.ErrMalformed, fmt.Sprintf("heights from %d to %d", w.Sync.Earliest, w.Sync.Latest))
	}
	a.Saw(int64(w.Sync.Latest))
	return nil
}

// Status returns what the node says of itself: of several the first that is neither catching up nor behind the others, or the newest
// when all are.
func (c *Client) Status(ctx context.Context) (pocket.Status, error) {
	var best *wireStatus
	_, err := askRPC(ctx, c.nodes, "/status", nil, func(a *rest.Answer, w *wireStatus) error {
		if err := c.readStatus(a, w); err != nil {
			return err
		}
		if best == nil || w.Sync.Latest > best.Sync.Latest {
			best = w
		}
		if c.rpc.Len() > 1 {
			return a.Lagging(w.Sync.CatchingUp)
		}
		return nil
	})
	if best == nil || ctx.Err() != nil {
		return pocket.Status{}, err
	}
	return best.status(), nil
}

// survey asks every RPC node for its status, so that a stalled one is told from the others, and returns the newest height.
func (n *nodes) survey(ctx context.Context) pocket.Height {
	var newest pocket.Height
	n.rpc.Each(ctx, rest.Call{Path: "/status", Read: func(a *rest.Answer) error {
		var w wireStatus
		if err := readRPC(a, &w); err != nil {
			return err
		}
		if err := n.readStatus(a, &w); err != nil {
			return err
		}
		newest = max(newest, pocket.Height(w.Sync.Latest))
		return nil
	}})
	return newest
}

// admitRPC checks a node's chain before its first use.
func (n *nodes) admitRPC(ctx context.Context, ask func(context.Context, rest.Call) error) error {
	return ask(ctx, rest.Call{Path: "/status", Read: func(a *rest.Answer) error {
		var w wireStatus
		if err := readRPC(a, &w); err != nil {
			return err
		}
		return n.readStatus(a, &w)
	}})
}

// admitREST checks a node's chain before its first use. The answer is large, and is asked for once.
func (n *nodes) admitREST(ctx context.Context, ask func(context.Context, rest.Call) error) error {
	return ask(ctx, rest.Call{Path: "/cosmos/base/tendermint/v1beta1/node_info", Read: func(a *rest.Answer) error {
		var w struct {
			Node  *struct{ Network string } `json:"default_node_info"`
			Camel *struct{ Network string } `json:"defaultNodeInfo"`
		}
		if a.Status != http.StatusOK {
			return stateFailure(a)
		}
		if err := a.JSON(&w); err != nil {
			return err
		}
		switch {
		case w.Node != nil:
			return n.belongs(a, w.Node.Network)
		case w.Camel != nil:
			return n.belongs(a, w.Camel.Network)
		default:
			return a.Fail(pocket.ErrMalformed, "the answer does not say of which chain it is")
		}
	}})
}
