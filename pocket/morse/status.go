package morse

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/poktbot/poktbot/internal/rest"
	"github.com/poktbot/poktbot/pocket"
)

// Version returns the version of the node's program, such as RC-0.12.0.
func (c *Client) Version(ctx context.Context) (string, error) {
	var version string
	err := c.rpc.Do(ctx, rest.Call{Path: "/v1", Read: func(a *rest.Answer) error { return read(a, &version) }})
	return version, err
}

// Height returns the newest block that the node has stored. The state after it may take a moment longer: see [Client.Status].
func (c *Client) Height(ctx context.Context) (pocket.Height, error) {
	type wire struct {
		Height number `json:"height"`
	}
	w, err := ask(ctx, c, "/query/height", struct{}{}, func(a *rest.Answer, w *wire) error {
		if w.Height < 1 {
			return a.Fail(pocket.ErrMalformed, fmt.Sprintf("the newest height is %d", w.Height))
		}
		a.Saw(int64(w.Height))
		return nil
	})
	return pocket.Height(w.Height), err
}

// committed returns the newest height whose state can be read, which is the newest or the one before it.
func (c *Client) committed(ctx context.Context) (pocket.Height, error) {
	h, err := c.Height(ctx)
	if err != nil {
		return 0, err
	}
	_, err = c.Balance(ctx, ModuleAddress(FeePool), h)
	var future *pocket.APIError
	if errors.As(err, &future) && errors.Is(future.Reason, pocket.ErrFutureHeight) && h > 1 {
		h, err = h-1, nil
	}
	if err != nil {
		return 0, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.head, c.looked = max(c.head, h), time.Now()
	return h, nil
}

// lookAgain is how long the newest height may be taken from memory. What is reckoned from an old one is right, and may take more questions.
const lookAgain = time.Minute

// known returns a height whose state is there, the newest or not much older.
func (c *Client) known(ctx context.Context) (pocket.Height, error) {
	c.mu.Lock()
	head, looked := c.head, c.looked
	c.mu.Unlock()
	if head > 0 && time.Since(looked) < lookAgain {
		return head, nil
	}
	if _, err := c.committed(ctx); err != nil {
		return 0, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.head, nil
}

// reached checks that the state after block h is there.
func (c *Client) reached(ctx context.Context, h pocket.Height) error {
	c.mu.Lock()
	head := c.head
	c.mu.Unlock()
	if h <= head {
		return nil
	}
	newest, err := c.committed(ctx)
	if err == nil && newest < h {
		err = &pocket.APIError{Reason: pocket.ErrFutureHeight, Call: "state", Message: fmt.Sprintf("height %d, the newest is %d", h, newest), Latest: newest}
	}
	return err
}

// Status returns what the node says of itself: of several the first that is not behind the others. Latest is the newest block whose state
// can be read, and Earliest the first one whose events can be: the one after the first state that the node has kept. Looking for that takes
// some questions, once. Whether the node is still catching up is known
// with [WithTendermint] only, and so are the last three fields. TxIndex is true: nodes have always an index.
func (c *Client) Status(ctx context.Context) (pocket.Status, error) {
	latest, err := c.committed(ctx)
	if err != nil {
		return pocket.Status{}, err
	}
	newest, err := c.Block(ctx, latest)
	if err != nil {
		return pocket.Status{}, err
	}
	s := pocket.Status{ChainID: newest.ChainID, Latest: latest, LatestTime: newest.Time, TxIndex: true}
	if s.Version, err = c.Version(ctx); err != nil {
		return pocket.Status{}, err
	}
	if s.Earliest, err = c.first(ctx, latest); err != nil {
		return pocket.Status{}, err
	}
	if s.Earliest > 1 {
		s.Earliest++
	}
	if c.tendermint == nil {
		return s, nil
	}
	t, err := c.tendermintStatus(ctx)
	if err != nil {
		return pocket.Status{}, err
	}
	s.CatchingUp, s.Moniker, s.VotingPower, s.ValidatorHex = t.CatchingUp, t.Moniker, t.VotingPower, t.ValidatorHex
	return s, nil
}

// first returns the first height whose state can be read: 1, or where a node that prunes begins.
func (c *Client) first(ctx context.Context, latest pocket.Height) (pocket.Height, error) {
	c.mu.Lock()
	low := max(c.earliest, 1)
	c.mu.Unlock()
	readable := func(h pocket.Height) (bool, error) {
		_, err := c.Balance(ctx, ModuleAddress(FeePool), h)
		if errors.Is(err, pocket.ErrPruned) {
			return false, nil
		}
		return err == nil, err
	}
	ok, err := readable(low)
	if err != nil {
		return 0, err
	}
	for high := latest; !ok && low < high; { // low is pruned, high is there
		middle := low + (high-low)/2
		there, err := readable(middle)
		switch {
		case err != nil:
			return 0, err
		case there:
			high = middle
		default:
			low = middle + 1
		}
		if low == high {
			break
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.earliest = max(c.earliest, low)
	return low, nil
}

// admit checks a node's chain before its first use, by the first block, which is small, or else the newest.
func (c *Client) admit(ctx context.Context, ask func(context.Context, rest.Call) error) error {
	block := func(h pocket.Height) error {
		return ask(ctx, rest.Call{
			Method: "POST", Path: "/v1/query/block", Body: fmt.Appendf(nil, `{"height":%d}`, h), Repeatable: true,
			Header: map[string][]string{"Content-Type": {"application/json"}},
			Read: func(a *rest.Answer) error {
				var w wireBlock
				if err := read(a, &w); err != nil {
					return err
				}
				_, err := w.block(c, a)
				return err
			},
		})
	}
	err := block(1)
	if errors.Is(err, pocket.ErrPruned) {
		err = block(0)
	}
	return err
}
