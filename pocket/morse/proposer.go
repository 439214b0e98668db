package morse

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/poktbot/poktbot/pocket"
)

// ProposerReward returns what block h paid at its start to the proposer of the block before: what that one left in the fee pool, but for the
// DAO's part. Since output addresses it goes to the proposer's, and since delegators to those, too. PoolShare is the whole, Delegators what
// went to delegators and SelfDelegation the rest. [pocket.ErrNotFound]: the pool was empty, or the proposer could not be paid and the coins
// stayed in the pool.
//
// It is not among [Client.Events], for it takes the block before.
func (c *Client) ProposerReward(ctx context.Context, h pocket.Height) (pocket.ValidatorReward, error) {
	if h < 2 {
		return pocket.ValidatorReward{}, fmt.Errorf("proposer's reward in block %d: heights count from 1, and there is none in the first: %w", h, pocket.ErrInvalid)
	}
	block, err := c.Block(ctx, h)
	if err != nil {
		return pocket.ValidatorReward{}, err
	}
	before, err := c.Block(ctx, h-1)
	if err != nil {
		return pocket.ValidatorReward{}, err
	}
	proposer, err := pocket.ParseAddress(strings.ToLower(before.Proposer))
	if err != nil {
		return pocket.ValidatorReward{}, fmt.Errorf("proposer of block %d: %w: %w", h-1, pocket.ErrMalformed, err)
	}
	pool, err := c.Balance(ctx, ModuleAddress(FeePool), h-1)
	if err != nil {
		return pocket.ValidatorReward{}, err
	}
	params, err := c.params.running(ctx, h)
	if err != nil {
		return pocket.ValidatorReward{}, err
	}
	_, cut, err := SplitFees(pool, params.nodes.DAOAllocation, params.nodes.ProposerPercentage)
	if err != nil {
		return pocket.ValidatorReward{}, err
	}
	r := pocket.ValidatorReward{
		At: pocket.At{Height: h, Time: block.Time, Index: -1}, Validator: proposer, Account: proposer, Reason: pocket.ReasonMorseProposer,
		SelfDelegation: cut, PoolShare: cut,
	}
	if cut == 0 {
		return pocket.ValidatorReward{}, fmt.Errorf("proposer's reward in block %d: the pool was empty: %w", h, pocket.ErrNotFound)
	}
	if !active(params.features.NonCustodial, h) {
		return r, nil
	}
	n, err := c.Node(ctx, proposer, h-1)
	if errors.Is(err, pocket.ErrNotFound) {
		return pocket.ValidatorReward{}, fmt.Errorf("proposer's reward in block %d: %s is no node any more: %w", h, proposer, pocket.ErrNotFound)
	}
	if err != nil {
		return pocket.ValidatorReward{}, err
	}
	r.Account = n.Owner()
	if !active(params.features.Delegators, h) {
		return r, nil
	}
	if !delegatorsHold(n.Delegators) {
		return pocket.ValidatorReward{}, fmt.Errorf("proposer's reward in block %d: the delegators of %s do not add up: %w", h, proposer, pocket.ErrNotFound)
	}
	for _, d := range n.Delegators {
		part := percent(cut, d.Percent)
		r.Delegators += part
		r.SelfDelegation -= part
		r.NumDelegators++
	}
	return r, nil
}
