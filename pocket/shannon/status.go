package shannon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
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

// Peers returns how many other nodes the node is connected with. Ask a client of one node.
func (c *Client) Peers(ctx context.Context) (int, error) {
	var peers int
	_, err := askRPC(ctx, c.nodes, "/net_info", nil, func(a *rest.Answer, w *struct {
		Peers *number `json:"n_peers"`
	}) error {
		if w.Peers == nil || *w.Peers < 0 || *w.Peers > math.MaxInt32 {
			return a.Fail(pocket.ErrMalformed, "an answer without a number of peers")
		}
		peers = int(*w.Peers)
		return nil
	})
	return peers, err
}

// AppVersion returns the version of the protocol that the node runs, such as 0.1.35; "" when its binary was built without one. Ask a
// client of one node.
func (c *Client) AppVersion(ctx context.Context) (string, error) {
	w, err := askRPC(ctx, c.nodes, "/abci_info", nil, func(a *rest.Answer, w *wireAppInfo) error {
		if w.Response == nil {
			return a.Fail(pocket.ErrMalformed, "an answer without a response")
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	return w.Response.Version, nil
}

// wireAppInfo is what /abci_info answers.
type wireAppInfo struct {
	Response *struct {
		Version string `json:"version"`
	} `json:"response"`
}

// Upgrade returns the upgrade of the protocol that is planned, the zero Upgrade when none is.
func (c *Client) Upgrade(ctx context.Context) (pocket.Upgrade, error) {
	return askState(ctx, c, "/cosmos/upgrade/v1beta1/current_plan", nil, func(w struct {
		Plan json.RawMessage `json:"plan"`
	}) (pocket.Upgrade, error) {
		var plan *struct {
			Name   string `json:"name"`
			Height number `json:"height"`
			Info   string `json:"info"`
		}
		if w.Plan == nil {
			return pocket.Upgrade{}, errors.New("an answer without a plan, be it null")
		}
		if err := json.Unmarshal(w.Plan, &plan); err != nil {
			return pocket.Upgrade{}, err
		}
		if plan == nil {
			return pocket.Upgrade{}, nil
		}
		if plan.Height < 1 {
			return pocket.Upgrade{}, fmt.Errorf("an upgrade planned for height %d", plan.Height)
		}
		return pocket.Upgrade{Name: plan.Name, Height: pocket.Height(plan.Height), Info: plan.Info}, nil
	})
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
