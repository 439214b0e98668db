package poktscan

import (
	"context"

	"github.com/poktbot/poktbot/pocket"
)

// A Status is what a service tells of itself, and how far its indexer is.
type Status struct {
	AsOf
	ChainID  string
	Start    pocket.Height // where the indexer began; 0 when it does not say
	Verified pocket.Height // the last block that it took for final; 0 when it does not say
	Tip      pocket.Block  // the newest block there is a row of: without a proposer; zero when there is none
	Indexer  string        // versions of the software
	Service  string
}

var statusQuery = load("status")

// Status asks the service how far it is. Only that it answers at all is checked: [Status.AsOf] says the rest.
func (c *Client) Status(ctx context.Context) (Status, error) {
	data, asOf, err := ask[header](ctx, c, statusQuery, nil, need{})
	if err != nil {
		return Status{}, err
	}
	m := data.Metadata
	s := Status{AsOf: asOf, ChainID: m.Chain, Indexer: m.Indexer, Service: m.Query}
	if m.Start != nil {
		s.Start = pocket.Height(*m.Start)
	}
	if m.Verified != nil {
		s.Verified = pocket.Height(*m.Verified)
	}
	if data.Tip != nil && len(data.Tip.Nodes) > 0 {
		if s.Tip, err = c.block(&data.Tip.Nodes[0]); err != nil {
			return Status{}, malformed(statusQuery, err)
		}
	}
	return s, nil
}

// AsOf asks the service how far its indexer is.
func (c *Client) AsOf(ctx context.Context) (AsOf, error) {
	s, err := c.Status(ctx)
	return s.AsOf, err
}

// Check asks the service whether it is of the right chain and not behind it by more than [WithLag] allows. Its error is
// [pocket.ErrWrongChain] or a [LagError] then.
func (c *Client) Check(ctx context.Context) error {
	s, err := c.Status(ctx)
	switch {
	case err != nil:
		return err
	case c.lag >= 0 && c.lags(s.AsOf):
		return &LagError{s.AsOf}
	default:
		return nil
	}
}
