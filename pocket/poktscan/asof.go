package poktscan

import (
	"context"
	"fmt"
	"time"

	"github.com/poktbot/poktbot/internal/rest"
	"github.com/poktbot/poktbot/pocket"
)

// wireMetadata is what the service tells of its indexer. Heights are null as long as their keys are not written.
type wireMetadata struct {
	Chain     string  `json:"chain"`
	Start     *number `json:"startHeight"`
	Processed *number `json:"lastProcessedHeight"`
	Updated   *number `json:"lastProcessedTimestamp"` // milliseconds since 1970, by the indexer's clock
	Target    *number `json:"targetHeight"`
	Verified  *number `json:"lastFinalizedVerifiedHeight"`
	Healthy   *bool   `json:"indexerHealthy"`
	Indexer   string  `json:"indexerNodeVersion"`
	Query     string  `json:"queryNodeVersion"`
}

type wireBlock struct {
	ID        number `json:"id"`
	Hash      string `json:"hash"`
	Timestamp stamp  `json:"timestamp"`
	Proposer  string `json:"proposerAddress"`
}

type wireBlocks struct {
	Nodes []wireBlock `json:"nodes"`
}

// header is the part of an answer that tells how far the indexer is. Every answer has one, so that it speaks for itself.
type header struct {
	Metadata *wireMetadata `json:"_metadata"`
	Tip      *wireBlocks   `json:"tip"` // of sums
}

func (h *header) head() *header { return h }

// An AsOf tells how far the indexer had come when it answered. All that it tells of the past holds up to there.
type AsOf struct {
	Height pocket.Height // the last block that it has whole; 0 when it does not say
	// Time is that block's; zero when it was not asked or is not told. Sums come with it.
	Time time.Time
	// Chain is the newest block of the chain, as the indexer knows it or, with [WithTipOf], as a node tells if that is newer; 0 when nobody says.
	Chain pocket.Height
	// Updated is when the indexer last wrote anything, by its own clock; zero when it does not say.
	Updated time.Time
	// Stale says that the last block is older than five minutes, although a block comes every minute: the indexer or its node stands still, or
	// the chain does. It is false when Time is not known.
	Stale bool
	// Healthy is what the indexer says of itself when HealthTold. It was seen false for days without a block missing: the lag decides.
	Healthy, HealthTold bool
}

// Behind returns by how many blocks the indexer is behind the chain, and whether that is known.
func (a AsOf) Behind() (blocks int64, known bool) {
	if a.Height == 0 || a.Chain == 0 {
		return 0, false
	}
	return max(0, int64(a.Chain-a.Height)), true
}

// String says it in a line.
func (a AsOf) String() string {
	text := fmt.Sprintf("as of block %d", a.Height)
	if a.Height == 0 {
		text = "as of an unknown block"
	}
	if !a.Time.IsZero() {
		text += " of " + a.Time.Format(time.RFC3339)
	}
	if behind, known := a.Behind(); known && behind > 0 {
		text += fmt.Sprintf(", %d behind the chain", behind)
	}
	if a.Stale {
		text += ", which is old"
	}
	return text
}

// A LagError says that the indexer is too far behind for its word on how things are now. A node of the chain knows; what was true at
// AsOf.Height can be read with [Client.At]. It is [pocket.ErrUnavailable].
type LagError struct{ AsOf AsOf }

func (e *LagError) Error() string {
	if e.AsOf.Height == 0 {
		return "the indexer does not say how far it is: ask a node of the chain"
	}
	return fmt.Sprintf("the indexer is %v: ask a node of the chain, or for the state at that block", e.AsOf)
}

// Is reports whether target is [pocket.ErrUnavailable].
func (e *LagError) Is(target error) bool { return target == pocket.ErrUnavailable }

// staleAfter is how old the newest block of a chain that makes one a minute may be.
const staleAfter = 5 * time.Minute

// asOf reads a header. chainTip is the newest height that a node told, 0 when none was asked.
func (c *Client) asOf(h *header, chainTip pocket.Height) AsOf {
	a := AsOf{Chain: chainTip}
	m := h.Metadata
	if m == nil {
		return a
	}
	if m.Processed != nil {
		a.Height = pocket.Height(max(0, *m.Processed))
	}
	if m.Target != nil {
		a.Chain = max(a.Chain, pocket.Height(*m.Target))
	}
	if m.Updated != nil {
		a.Updated = time.UnixMilli(int64(*m.Updated)).UTC()
	}
	if m.Healthy != nil {
		a.Healthy, a.HealthTold = *m.Healthy, true
	}
	if h.Tip != nil && len(h.Tip.Nodes) > 0 && pocket.Height(h.Tip.Nodes[0].ID) >= a.Height {
		// A block is written before the rest of it is: then the tip is a block ahead, and its time as good.
		a.Time = h.Tip.Nodes[0].Timestamp.Time
		a.Stale = c.now().Sub(a.Time) > staleAfter
	}
	return a
}

// A need is what an answer must have.
type need struct {
	upTo pocket.Height // everything up to this height; 0 is nothing
	now  bool          // the present: the indexer must not lag
}

// state is the need of a question about state as of the client's height.
func (c *Client) state() need { return need{upTo: c.height, now: c.height == 0} }

// checkHeader holds an answer to the client's chain and to what it needs.
func (c *Client) checkHeader(a *rest.Answer, h *header, n need, chainTip pocket.Height) error {
	if h.Metadata == nil {
		return a.Fail(pocket.ErrMalformed, "the answer does not tell how far the indexer is")
	}
	if err := c.belongs(a, h.Metadata.Chain); err != nil {
		return err
	}
	asOf := c.asOf(h, chainTip)
	if asOf.Height > 0 {
		a.Saw(int64(asOf.Height))
	}
	start := pocket.Height(0)
	if h.Metadata.Start != nil {
		start = pocket.Height(*h.Metadata.Start)
	}
	switch {
	case n.upTo > 0 && asOf.Height < n.upTo:
		e := a.Fail(pocket.ErrFutureHeight, fmt.Sprintf("the indexer is %v, want block %d", asOf, n.upTo))
		e.Latest = asOf.Height
		return e
	case n.upTo > 0 && n.upTo < start:
		e := a.Fail(pocket.ErrPruned, fmt.Sprintf("the indexer began at block %d", start))
		e.Lowest = start
		return e
	case n.now && c.lag >= 0 && c.lags(asOf):
		e := a.Fail(pocket.ErrNotIndexed, "") // another service may be further; [Client.ask] makes it unavailable
		e.Cause = &LagError{asOf}
		return e
	}
	return nil
}

// lags tells whether the indexer is too far behind to speak of the present. One that does not say is not trusted.
func (c *Client) lags(a AsOf) bool {
	behind, known := a.Behind()
	return !known || behind > int64(c.lag)
}

// chainTip is the newest height of the chain, by tipOf, and when it was asked.
type chainTip struct {
	height pocket.Height
	asked  time.Time
}

// tipAge is how long a tip of the chain is good for.
const tipAge = 10 * time.Second

// chainHeight returns what tipOf tells, 0 when there is none or it fails.
func (c *Client) chainHeight(ctx context.Context) pocket.Height {
	if c.tipOf == nil {
		return 0
	}
	now := c.now()
	c.mu.Lock()
	known := c.tip
	c.mu.Unlock()
	if known.height > 0 && now.Sub(known.asked) < tipAge {
		return known.height
	}
	height, err := c.tipOf(ctx)
	if err != nil {
		c.log.Warn("the chain does not tell its newest block", "error", err)
		return 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if height > c.tip.height || c.tip.height == 0 {
		c.tip = chainTip{height, now}
	}
	return height
}
