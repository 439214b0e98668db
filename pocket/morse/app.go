package morse

import (
	"context"
	"iter"
	"time"

	"github.com/poktbot/poktbot/internal/rest"
	"github.com/poktbot/poktbot/pocket"
)

// An App is an application, which nodes serve.
type App struct {
	Address       pocket.Address
	PublicKey     string // 64 hexadecimal digits
	Jailed        bool
	Status        NodeStatus
	Chains        []pocket.ServiceID
	MaxRelays     int64 // that it may ask for in a session
	Stake         pocket.Upokt
	UnstakingTime time.Time // when it gets its stake back, UTC; zero while staked
}

type wireApp struct {
	Address   pocket.Address     `json:"address"`
	PublicKey string             `json:"public_key"`
	Jailed    bool               `json:"jailed"`
	Status    number             `json:"status"`
	Chains    []pocket.ServiceID `json:"chains"`
	MaxRelays number             `json:"max_relays"`
	Stake     pocket.Upokt       `json:"staked_tokens"`
	Unstaking time.Time          `json:"unstaking_time"`
}

func (w wireApp) app() (App, error) {
	a := App{
		Address: w.Address, PublicKey: w.PublicKey, Jailed: w.Jailed, Status: NodeStatus(w.Status), Chains: w.Chains,
		MaxRelays: int64(w.MaxRelays), Stake: w.Stake,
	}
	if !w.Unstaking.IsZero() {
		a.UnstakingTime = w.Unstaking.UTC()
	}
	return a, nil
}

// App returns an application as of after block h; 0 is now. [pocket.ErrNotFound]: there was none then.
func (c *Client) App(ctx context.Context, address pocket.Address, h pocket.Height) (App, error) {
	if err := needs(address, "an application"); err != nil {
		return App{}, err
	}
	if err := checkHeight(h); err != nil {
		return App{}, err
	}
	w, err := ask(ctx, c, "/query/app", atHeight{h, address}, func(a *rest.Answer, w *wireApp) error {
		if w.Address != address {
			return a.Fail(pocket.ErrMalformed, "asked for application "+address.String()+", got "+w.Address.String())
		}
		return nil
	})
	if err != nil {
		return App{}, err
	}
	return w.app()
}

// An AppQuery chooses applications. Its zero value takes all there are now.
type AppQuery struct {
	Height pocket.Height // as of after this block; 0 is now
	Status NodeStatus    // 0 takes all
	Chain  pocket.ServiceID
}

// Apps yields the applications that q chooses, by address, all as of the same block. An error is yielded last, with a zero App.
func (c *Client) Apps(ctx context.Context, q AppQuery) iter.Seq2[App, error] {
	return listState(ctx, c, "/query/apps", q.Height, func(h pocket.Height, page, perPage int) any {
		w := wireNodeQuery{Height: h}
		w.Options.Page, w.Options.PerPage, w.Options.Status, w.Options.Chain = page, perPage, q.Status, q.Chain
		return w
	}, wireApp.app)
}
