package morse

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/poktbot/poktbot/internal/rest"
	"github.com/poktbot/poktbot/pocket"
)

// Supply is where all coins are.
type Supply struct {
	Total         pocket.Upokt
	NodeStaked    pocket.Upokt
	AppStaked     pocket.Upokt
	DAO           pocket.Upokt
	TotalStaked   pocket.Upokt // the three before
	TotalUnstaked pocket.Upokt
}

type wireSupply struct {
	Total    number `json:"total"`
	Nodes    number `json:"node_staked"`
	Apps     number `json:"app_staked"`
	DAO      number `json:"dao"`
	Staked   number `json:"total_staked"`
	Unstaked number `json:"total_unstaked"`
}

// Supply returns where all coins were as of after block h; 0 is now.
func (c *Client) Supply(ctx context.Context, h pocket.Height) (Supply, error) {
	if err := checkHeight(h); err != nil {
		return Supply{}, err
	}
	w, err := ask[wireSupply](ctx, c, "/query/supply", atHeight{Height: h}, nil)
	return Supply{
		pocket.Upokt(w.Total), pocket.Upokt(w.Nodes), pocket.Upokt(w.Apps), pocket.Upokt(w.DAO), pocket.Upokt(w.Staked), pocket.Upokt(w.Unstaked),
	}, err
}

// An Upgrade is the last upgrade that was announced, and every feature with the height from which on it is active.
type Upgrade struct {
	Height    pocket.Height // of the version
	Version   string
	OldHeight pocket.Height // of the version before; 0 when there was none
	Features  map[string]pocket.Height
}

// Rewards returns the features that decide rewards.
func (u Upgrade) Rewards() Features {
	return Features{
		NonCustodial: u.Features["NCUST"], StakeWeight: u.Features["RSCAL"], ChainMultipliers: u.Features["PerChainRTTM"],
		Delegators: u.Features["RewardDelegators"],
	}
}

type wireUpgrade struct {
	Height   number   `json:"Height"`
	Version  string   `json:"Version"`
	Old      number   `json:"OldUpgradeHeight"`
	Features []string `json:"Features"`
}

func (w wireUpgrade) upgrade() Upgrade {
	u := Upgrade{Height: pocket.Height(w.Height), Version: w.Version, OldHeight: pocket.Height(w.Old)}
	for _, text := range w.Features {
		name, digits, _ := strings.Cut(text, ":")
		if u.Features == nil {
			u.Features = map[string]pocket.Height{}
		}
		u.Features[name] = height(digits)
	}
	return u
}

// Upgrade returns the version and features as of after block h; 0 is now. Features announced later are not among them.
func (c *Client) Upgrade(ctx context.Context, h pocket.Height) (Upgrade, error) {
	if err := checkHeight(h); err != nil {
		return Upgrade{}, err
	}
	w, err := ask[wireUpgrade](ctx, c, "/query/upgrade", atHeight{Height: h}, nil)
	return w.upgrade(), err
}

// SupportedChains returns the chains whose relays can be claimed, as of after block h; 0 is now.
func (c *Client) SupportedChains(ctx context.Context, h pocket.Height) ([]pocket.ServiceID, error) {
	var chains []pocket.ServiceID
	err := c.askInner(ctx, "/query/supportedchains", h, &chains)
	return chains, err
}

// ACL returns who may change which parameter, by its key, as of after block h; 0 is now.
func (c *Client) ACL(ctx context.Context, h pocket.Height) (map[string]pocket.Address, error) {
	var w struct {
		Value []struct {
			Key     string         `json:"acl_key"`
			Address pocket.Address `json:"address"`
		} `json:"value"`
	}
	if err := c.askInner(ctx, "/query/acl", h, &w); err != nil {
		return nil, err
	}
	acl := map[string]pocket.Address{}
	for _, entry := range w.Value {
		acl[entry.Key] = entry.Address
	}
	return acl, nil
}

// DAOOwner returns who governs now: nodes look at no height.
func (c *Client) DAOOwner(ctx context.Context) (pocket.Address, error) {
	var owner pocket.Address
	err := c.askInner(ctx, "/query/daoowner", 0, &owner)
	return owner, err
}

// askInner asks for state that comes as JSON in a JSON string.
func (c *Client) askInner(ctx context.Context, path string, h pocket.Height, v any) error {
	if err := checkHeight(h); err != nil {
		return err
	}
	_, err := ask(ctx, c, path, atHeight{Height: h}, func(a *rest.Answer, raw *json.RawMessage) error { return inner(*raw, v) })
	return err
}

// State reads the whole state as of after block h, in the form of a genesis file; 0 is now. It is gigabytes on mainnet: a node may need
// many minutes, and its memory. Each entry of a list and each other value is given to visit with its path, such as "app_state",
// "pos", "validators"; nothing more is held. An error of visit ends it.
func (c *Client) State(ctx context.Context, h pocket.Height, visit func(path []string, value json.RawMessage) error) error {
	if err := checkHeight(h); err != nil {
		return err
	}
	body, err := json.Marshal(atHeight{Height: h})
	if err != nil {
		return fmt.Errorf("/query/state: %w", err)
	}
	var refused error
	err = c.rpc.Do(ctx, rest.Call{
		Method: http.MethodPost, Path: "/v1/query/state", Header: http.Header{"Content-Type": {"application/json"}}, Body: body,
		Repeatable: true, Stream: true,
		Read: func(a *rest.Answer) error {
			if a.Status != http.StatusOK {
				return streamFailure(a)
			}
			err := walkState(json.NewDecoder(a.Stream), nil, func(path []string, value json.RawMessage) error {
				a.Commit()
				refused = visit(path, value)
				return refused
			})
			if refused != nil {
				return nil // the node is not to blame
			}
			return err
		},
	})
	return cmp.Or(refused, err)
}

// deepestPath is where values are given away whole: beneath app_state, a module and its field.
const deepestPath = 3

// walkState gives away the values of an object, and the entries of lists that are deep enough, one by one.
func walkState(d *json.Decoder, path []string, visit func([]string, json.RawMessage) error) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	switch token {
	case json.Delim('{'):
		for d.More() {
			key, err := d.Token()
			if err != nil {
				return err
			}
			name, _ := key.(string)
			if err := walkValue(d, append(path[:len(path):len(path)], name), visit); err != nil {
				return err
			}
		}
	case json.Delim('['):
		for d.More() {
			var entry json.RawMessage
			if err := d.Decode(&entry); err != nil {
				return err
			}
			if err := visit(path, entry); err != nil {
				return err
			}
		}
	default:
		value, err := json.Marshal(token)
		if err != nil {
			return err
		}
		return visit(path, value)
	}
	_, err = d.Token()
	return err
}

func walkValue(d *json.Decoder, path []string, visit func([]string, json.RawMessage) error) error {
	if len(path) <= deepestPath && path[0] == "app_state" {
		return walkState(d, path, visit)
	}
	var value json.RawMessage
	if err := d.Decode(&value); err != nil {
		return err
	}
	return visit(path, value)
}
