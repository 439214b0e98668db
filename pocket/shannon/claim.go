package shannon

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math"
	"net/url"
	"strconv"

	"github.com/poktbot/poktbot/pocket"
)

type wireSessionHeader struct {
	Application pocket.Address   `json:"application_address"`
	Service     pocket.ServiceID `json:"service_id"`
	ID          string           `json:"session_id"`
	Start       number           `json:"session_start_block_height"`
	End         number           `json:"session_end_block_height"`
}

type wireClaim struct {
	Supplier pocket.Address     `json:"supplier_operator_address"`
	Session  *wireSessionHeader `json:"session_header"`
	RootHash []byte             `json:"root_hash"`
	Status   string             `json:"proof_validation_status"`
}

func (w wireClaim) claim() (pocket.Claim, error) {
	if w.Supplier.IsZero() || w.Session == nil || w.Session.End < 1 {
		return pocket.Claim{}, fmt.Errorf("claim of %q without its supplier or session", w.Supplier)
	}
	c := pocket.Claim{
		Supplier: w.Supplier, Application: w.Session.Application, Service: w.Session.Service, SessionID: w.Session.ID,
		SessionStart: pocket.Height(w.Session.Start), SessionEnd: pocket.Height(w.Session.End), RootHash: w.RootHash,
	}
	switch w.Status {
	case "", "PENDING_VALIDATION": // proto JSON leaves out what is 0 in some versions
		c.Status = pocket.ProofPending
	case "VALIDATED":
		c.Status = pocket.ProofValidated
	case "INVALID":
		c.Status = pocket.ProofInvalid
	default:
		return pocket.Claim{}, fmt.Errorf("claim of %s has the status %.40q", w.Supplier, w.Status)
	}
	var err error
	c.ComputeUnits, c.Relays, err = rootSums(w.RootHash)
	return c, err
}

// rootSums reads what a claim's root hash adds up to: after the hash of 32 bytes come the sum of compute units and the count of relays, 8
// bytes each, big-endian. A hash without them gives zeros.
func rootSums(root []byte) (units, relays int64, err error) {
	const hash, word = 32, 8
	if len(root) < hash+2*word {
		return 0, 0, nil
	}
	sum, count := binary.BigEndian.Uint64(root[hash:]), binary.BigEndian.Uint64(root[hash+word:])
	if sum > math.MaxInt64 || count > math.MaxInt64 {
		return 0, 0, fmt.Errorf("root hash with %d compute units of %d relays", sum, count)
	}
	return int64(sum), int64(count), nil
}

// A ClaimFilter chooses claims by one of its fields; at most one may be set. The zero filter chooses all.
type ClaimFilter struct {
	Supplier   pocket.Address // the operator
	SessionID  string         // 64 hexadecimal digits
	SessionEnd pocket.Height
}

func (f ClaimFilter) query() (url.Values, error) {
	query := url.Values{}
	if !f.Supplier.IsZero() {
		if err := needs(f.Supplier, pocket.AccountAddress, "a supplier's operator"); err != nil {
			return nil, err
		}
		query.Set("supplier_operator_address", f.Supplier.String())
	}
	if f.SessionID != "" {
		if !sessionID.MatchString(f.SessionID) {
			return nil, fmt.Errorf("session %.80q: want 64 hexadecimal digits: %w", f.SessionID, pocket.ErrInvalid)
		}
		query.Set("session_id", f.SessionID)
	}
	if f.SessionEnd != 0 {
		query.Set("session_end_height", strconv.FormatInt(int64(f.SessionEnd), 10))
	}
	if len(query) > 1 || f.SessionEnd < 0 {
		return nil, fmt.Errorf("claims by supplier, session and session end: want at most one of them: %w", pocket.ErrInvalid)
	}
	return query, nil
}

// Claims yields the claims that f chooses, each once, in the order of the chain's store: those that were made and have not settled yet.
// An error is yielded last.
func (c *Client) Claims(ctx context.Context, f ClaimFilter) iter.Seq2[pocket.Claim, error] {
	return func(yield func(pocket.Claim, error) bool) {
		query, err := f.query()
		if err != nil {
			yield(pocket.Claim{}, err)
			return
		}
		type key struct {
			supplier pocket.Address
			session  string
		}
		known := map[key]bool{}
		for claim, err := range walk(ctx, c, protocol+"/proof/claim", query, claimPage) {
			this := key{claim.Supplier, claim.SessionID}
			if err == nil && known[this] {
				continue
			}
			known[this] = true
			if !yield(claim, err) {
				return
			}
		}
	}
}

// ClaimsOf yields the claims of a session, named by its id, that have not settled yet. An error is yielded last.
func (c *Client) ClaimsOf(ctx context.Context, session string) iter.Seq2[pocket.Claim, error] {
	if session == "" { // which would choose all
		return func(yield func(pocket.Claim, error) bool) {
			yield(pocket.Claim{}, fmt.Errorf("claims of a session without an id: %w", pocket.ErrInvalid))
		}
	}
	return c.Claims(ctx, ClaimFilter{SessionID: session})
}

type wireClaims struct {
	Claims     []wireClaim `json:"claims"`
	Pagination paging      `json:"pagination"`
}

func claimPage(w wireClaims) (page[pocket.Claim], error) {
	return pageOf(w.Claims, w.Pagination, wireClaim.claim)
}

// ClaimOf returns the claim of a supplier's operator for a session. [pocket.ErrNotFound] means that there is none now: it was not made, or
// it has settled.
func (c *Client) ClaimOf(ctx context.Context, session string, operator pocket.Address) (pocket.Claim, error) {
	if err := needs(operator, pocket.AccountAddress, "a supplier's operator"); err != nil {
		return pocket.Claim{}, err
	}
	if !sessionID.MatchString(session) {
		return pocket.Claim{}, fmt.Errorf("session %.80q: want 64 hexadecimal digits: %w", session, pocket.ErrInvalid)
	}
	claim, err := askState(ctx, c, protocol+"/proof/claim/"+session+"/"+operator.String(), nil, func(w struct {
		Claim *wireClaim `json:"claim"`
	}) (pocket.Claim, error) {
		if w.Claim == nil {
			return pocket.Claim{}, errors.New("an answer without a claim")
		}
		claim, err := w.Claim.claim()
		if err == nil && (claim.Supplier != operator || claim.SessionID != session) {
			err = errors.New("an answer with another claim")
		}
		return claim, err
	})
	return claim, of(err, "claim of", operator)
}
