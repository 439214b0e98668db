package morse

import (
	"context"
	"io"

	"github.com/poktbot/poktbot/internal/rest"
	"github.com/poktbot/poktbot/pocket"
)

// A Session is which nodes serve an application on a chain for some blocks.
type Session struct {
	AppKey string // the application's public key
	App    pocket.Address
	Chain  pocket.ServiceID
	Start  pocket.Height // its first block
	Nodes  []Node
	Height pocket.Height // the newest block of the node that was asked
}

type wireDispatch struct {
	Height  number `json:"block_height"`
	Session struct {
		Header struct {
			AppKey string           `json:"app_public_key"`
			Chain  pocket.ServiceID `json:"chain"`
			Start  number           `json:"session_height"`
		} `json:"header"`
		Nodes []wireNode `json:"nodes"`
	} `json:"session"`
}

// Dispatch returns the session of an application, by its public key, and a chain; start is the session's first block, or 0 for the present
// one. A key that belongs to no application gets a session, too. [pocket.ErrNotFound]: too few nodes serve the chain.
func (c *Client) Dispatch(ctx context.Context, appKey string, chain pocket.ServiceID, start pocket.Height) (Session, error) {
	app, err := addressOfKey(appKey)
	if err != nil {
		return Session{}, of(pocket.ErrInvalid, "dispatch for", err)
	}
	if err := checkHeight(start); err != nil {
		return Session{}, err
	}
	s := Session{AppKey: appKey, App: app}
	_, err = ask(ctx, c, "/client/dispatch", struct {
		AppKey string           `json:"app_public_key"`
		Chain  pocket.ServiceID `json:"chain"`
		Start  pocket.Height    `json:"session_height"`
	}{appKey, chain, start}, func(a *rest.Answer, w *wireDispatch) (err error) {
		s.Chain, s.Start, s.Height = w.Session.Header.Chain, pocket.Height(w.Session.Header.Start), pocket.Height(w.Height)
		s.Nodes, err = convertAll(w.Session.Nodes, wireNode.node)
		return err
	})
	return s, err
}

// streamFailure reads an error from an answer that was to be a stream.
func streamFailure(a *rest.Answer) error {
	const most = 1 << 20
	var err error
	if a.Body, err = io.ReadAll(io.LimitReader(a.Stream, most)); err != nil {
		return err
	}
	return failure(a)
}
