package shannon

import (
	"context"
	"errors"
	"iter"

	"github.com/poktbot/poktbot/pocket"
)

type wireDifficulty struct {
	Service    pocket.ServiceID `json:"service_id"`
	Height     number           `json:"block_height"`
	RelaysEMA  number           `json:"num_relays_ema"`
	TargetHash []byte           `json:"target_hash"`
}

func (w wireDifficulty) difficulty() (pocket.Difficulty, error) {
	if w.Service == "" || len(w.TargetHash) != 32 {
		return pocket.Difficulty{}, errors.New("a difficulty without its service or target hash of 32 bytes")
	}
	return pocket.Difficulty{
		Service: w.Service, Height: pocket.Height(w.Height), RelaysEMA: int64(w.RelaysEMA), TargetHash: w.TargetHash,
	}, nil
}

// Difficulty returns the relay mining difficulty of a service. Before the service's first settlement that is the default.
func (c *Client) Difficulty(ctx context.Context, service pocket.ServiceID) (pocket.Difficulty, error) {
	if err := checkService(service); err != nil {
		return pocket.Difficulty{}, err
	}
	d, err := askState(ctx, c, protocol+"/service/relay_mining_difficulty/"+string(service), nil, func(w struct {
		Camel *wireDifficulty `json:"relayMiningDifficulty"`
		Snake *wireDifficulty `json:"relay_mining_difficulty"`
	}) (pocket.Difficulty, error) {
		if w.Camel == nil {
			w.Camel = w.Snake
		}
		if w.Camel == nil || w.Camel.Service != service {
			return pocket.Difficulty{}, errors.New("an answer without the difficulty asked for")
		}
		return w.Camel.difficulty()
	})
	return d, of(err, "difficulty of", service)
}

// Difficulties yields the difficulty of each service that has had a settlement, in the order of the chain's store. An error is yielded
// last.
func (c *Client) Difficulties(ctx context.Context) iter.Seq2[pocket.Difficulty, error] {
	return walk(ctx, c, protocol+"/service/relay_mining_difficulty", nil, func(w struct {
		Camel      []wireDifficulty `json:"relayMiningDifficulty"`
		Snake      []wireDifficulty `json:"relay_mining_difficulty"`
		Pagination paging           `json:"pagination"`
	}) (page[pocket.Difficulty], error) {
		return pageOf(append(w.Camel, w.Snake...), w.Pagination, wireDifficulty.difficulty)
	})
}
