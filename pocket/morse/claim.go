package morse

import (
	"context"
	"iter"

	"github.com/poktbot/poktbot/internal/rest"
	"github.com/poktbot/poktbot/pocket"
)

// An Evidence is what a claim counts.
type Evidence int

// The kinds of evidence, with the chain's own numbers.
const (
	Relays     Evidence = 1
	Challenges Evidence = 2 // of wrong answers by another node
)

// A ClaimKey names a claim: at most one is pending for each.
type ClaimKey struct {
	Node          pocket.Address
	AppKey        string // the application's public key, 64 hexadecimal digits
	Chain         pocket.ServiceID
	SessionHeight pocket.Height // of the session's first block
	Evidence      Evidence
}

// A Claim is a node's word on how much it served in a session. It is paid when it is proved, and forgotten when it is not.
type Claim struct {
	ClaimKey
	App     pocket.Address
	Relays  int64         // or challenges
	Expires pocket.Height // the block that drops it before its transactions; 0 when not told, as in a transaction
}

// Paid returns for how many relays a proof of the claim is paid: of challenges one for each hundred.
func (c Claim) Paid() int64 {
	if c.Evidence == Challenges {
		return c.Relays / 100
	}
	return c.Relays
}

// Service returns the chain, by a name of its own for challenges: a node may claim relays and challenges of the same session, application
// and chain.
func (k ClaimKey) Service() pocket.ServiceID {
	if k.Evidence == Challenges {
		return k.Chain + challengeSuffix
	}
	return k.Chain
}

const challengeSuffix = "-challenge"

// Claims yields the claims that are pending as of after block h, of a node or, with the zero Address, of everybody, by address; 0 is now.
// An error is yielded last, with a zero Claim.
func (c *Client) Claims(ctx context.Context, node pocket.Address, h pocket.Height) iter.Seq2[Claim, error] {
	if !node.IsZero() {
		if err := needs(node, "a node"); err != nil {
			return failing[Claim](err)
		}
	}
	return listState(ctx, c, "/query/nodeclaims", h, statePageOf(node), wireClaim.claim)
}

// Claim returns the pending claim of that key as of after block h; 0 is now. [pocket.ErrNotFound]: it was never made, or was proved, or
// expired.
func (c *Client) Claim(ctx context.Context, key ClaimKey, h pocket.Height) (Claim, error) {
	if err := needs(key.Node, "a node"); err != nil {
		return Claim{}, err
	}
	if err := checkHeight(h); err != nil {
		return Claim{}, err
	}
	kind := "relay"
	if key.Evidence == Challenges {
		kind = "challenge"
	}
	body := struct {
		atHeight
		AppKey  string           `json:"app_pubkey"`
		Chain   pocket.ServiceID `json:"blockchain"`
		Session pocket.Height    `json:"session_block_height"`
		Kind    string           `json:"receipt_type"`
	}{atHeight{h, key.Node}, key.AppKey, key.Chain, key.SessionHeight, kind}
	type wire struct {
		Value wireClaim `json:"value"`
	}
	var claim Claim
	_, err := ask(ctx, c, "/query/nodeclaim", body, func(a *rest.Answer, w *wire) (err error) {
		claim, err = w.Value.claim()
		return err
	})
	return claim, err
}
