package morse

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// Events yields what a block did, in pocket's words, as far as sel chooses it:
//
//   - [pocket.Settlement]: a claim that was proved. Height, time and TxHash are the proof's, Service is the chain's number, Owner the output
//     address or the node itself. Claimed, Settled and Minted are the same, but where the chain failed to pay: see [Formula.Reward].
//   - [pocket.ClaimCreation]: a claim, worth what it would be paid as things stand. [pocket.ClaimExpiry]: one that the block dropped, worth
//     the same as when it was made. [pocket.ProofCheck]: a proof that was refused.
//   - [pocket.SupplierStake]: a node that staked or changed its stake. [pocket.Unbonding]: one that asked to leave, is made to leave, or got
//     its stake back. [pocket.Slash]: a stake that became less; why is not told.
//   - [pocket.Transaction]: each transaction, with the coins that a Send or the DAO moved; Messages holds its kind, such as send. Coins that
//     a proof minted are in its settlement.
//
// With sel.Mentions only what concerns those addresses is read: of a block's transactions those of the few accounts, in pages that answer
// for many blocks. A wallet is mentioned by the rewards of the nodes that pay it. An empty sel.Mentions reads everything, which takes a list
// of all nodes and of all pending claims for each block.
//
// Amounts are exact: read where nodes tell what a proof minted (see [WithTendermint]), and else computed as the chain does it from
// the parameters and the record that the proof ran on. What cannot be known is in the package's documentation.
//
// An error is yielded last, with a nil event: [pocket.ErrPruned] where state of the time is needed that the nodes dropped.
func (c *Client) Events(ctx context.Context, block pocket.Block, sel pocket.Selection) iter.Seq2[pocket.Event, error] {
	return func(yield func(pocket.Event, error) bool) {
		events, err := c.events(ctx, block, sel)
		for _, e := range events {
			if !yield(e, nil) {
				return
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

// How the events of a block are numbered. Four numbers belong to each transaction, by its place in the block: itself and what it did. What
// the block did by itself comes after them, by the claim or the node that it is about, so that a number does not depend on what else is
// read.
const (
	numbersOfTx   = 4
	mostPositions = 1<<17 - 1
	firstExpiry   = 1 << 29 // and how many blocks ago the claim was made, and its place there
	firstOfNode   = 1 << 30 // and 28 bits of its address, and what happened to it
)

func expiryIndex(age pocket.Height, position int) int {
	return firstExpiry + int(age%4096)<<17 + position
}

// What may happen to a node at the end of a block, as numbers.
const (
	nodeSlashed = iota
	nodeLeaves
	nodeLeft
)

func nodeIndex(a pocket.Address, what int) int {
	raw := a.Bytes()
	bits := int(raw[0])<<20 | int(raw[1])<<12 | int(raw[2])<<4 | int(raw[3])>>4
	return firstOfNode + bits<<2 + what
}

// A blockReader reads the events of one block.
type blockReader struct {
	c        *Client
	ctx      context.Context // of the one call that it serves
	block    pocket.Block
	kinds    []pocket.Kind
	mentions map[pocket.Address]bool // nil for everything
	paying   map[pocket.Address]bool // nodes that pay those that are mentioned
	many     bool                    // transactions of so many accounts that the block is read whole

	params  *chainParams  // that the transactions begin with
	changes []placedParam // of parameters, within the block
	stakes  []Tx          // that succeeded
	events  []pocket.Event
}

type placedParam struct {
	position int
	ChangeParam
}

func (c *Client) events(ctx context.Context, block pocket.Block, sel pocket.Selection) ([]pocket.Event, error) {
	if block.Height < 1 {
		return nil, fmt.Errorf("heights count from 1: %w", pocket.ErrInvalid)
	}
	if block.Txs == nil || block.Time.IsZero() {
		whole, err := c.Block(ctx, block.Height)
		if err != nil {
			return nil, err
		}
		block = whole
	}
	if err := c.reached(ctx, block.Height); err != nil {
		return nil, err
	}
	r := &blockReader{c: c, ctx: ctx, block: block, kinds: sel.Kinds}
	if len(sel.Mentions) > 0 {
		r.mentions = map[pocket.Address]bool{}
		for _, a := range sel.Mentions {
			if a.Kind() == pocket.MorseAddress {
				r.mentions[a] = true
			}
		}
		if len(r.mentions) == 0 {
			return nil, nil // addresses of another chain
		}
	}
	err := r.read()
	slices.SortStableFunc(r.events, func(a, b pocket.Event) int { return a.Where().Index - b.Where().Index })
	return r.events, err
}

func (r *blockReader) wants(k pocket.Kind) bool {
	return len(r.kinds) == 0 || slices.Contains(r.kinds, k)
}

// concerns reports whether one of the addresses is wanted.
func (r *blockReader) concerns(addresses ...pocket.Address) bool {
	return r.mentions == nil || slices.ContainsFunc(addresses, func(a pocket.Address) bool { return r.mentions[a] })
}

func (r *blockReader) at(index int, hash string) pocket.At {
	return pocket.At{Height: r.block.Height, Time: r.block.Time, Index: index, TxHash: hash}
}

func (r *blockReader) add(e pocket.Event) {
	if r.wants(e.Kind()) {
		r.events = append(r.events, e)
	}
}

func (r *blockReader) read() error {
	if r.mentions != nil {
		var err error
		if r.paying, err = r.c.nodes.payers(r.ctx, sortedKeys(r.mentions), r.block.Height, r.block.Height); err != nil {
			return err
		}
	}
	txs, err := r.txs()
	if err != nil {
		return err
	}
	for _, tx := range txs {
		if err := r.tx(tx); err != nil {
			return of(err, "transaction", tx.Hash)
		}
	}
	if r.wants(pocket.KindClaimExpiry) {
		if err := r.expiries(); err != nil {
			return err
		}
	}
	if r.wants(pocket.KindSlash) || r.wants(pocket.KindUnbondingBegin) || r.wants(pocket.KindUnbondingEnd) {
		return r.nodes()
	}
	return nil
}

// mostSigners is of how many accounts the transactions are read one by one. Of more it is cheaper to read the block whole.
const mostSigners = 24

// txs returns the transactions of the block that are wanted, in order, as far as the chain executed them. On the way it notes what else
// of the block decides rewards.
func (r *blockReader) txs() ([]Tx, error) {
	if r.mentions == nil {
		txs, err := r.whole()
		if err != nil {
			return nil, err
		}
		r.learn(txs)
		r.note(txs)
		return txs, nil
	}
	signed := r.signed()
	wanted, aside, whole := r.choose(signed)
	r.many = whole
	if whole {
		txs, err := r.whole()
		if err != nil {
			return nil, err
		}
		r.note(txs)
		if len(wanted) == 0 { // what concerns whom cannot be told from the bytes
			return txs, nil
		}
		return slices.DeleteFunc(txs, func(t Tx) bool { return !wanted[t.Hash] }), nil
	}
	var txs, others []Tx
	signers := map[pocket.Address]bool{}
	for _, t := range signed {
		if wanted[t.hash] || aside[t.hash] {
			signers[t.signer] = true
		}
	}
	for _, a := range sortedKeys(signers) {
		list, err := r.c.accounts.between(r.ctx, a, r.block.Height, r.block.Height)
		if err != nil {
			return nil, err
		}
		for _, tx := range list {
			if wanted[tx.Hash] {
				txs = append(txs, tx)
			}
			if wanted[tx.Hash] || aside[tx.Hash] {
				others = append(others, tx)
			}
		}
	}
	if err := r.indexed(len(others), len(wanted)+len(aside)); err != nil {
		return nil, err
	}
	slices.SortFunc(txs, func(a, b Tx) int { return a.Position - b.Position })
	slices.SortFunc(others, func(a, b Tx) int { return a.Position - b.Position })
	r.note(others)
	return txs, nil
}

// indexed checks that transactions of the block that are missing from the node's index are missing for good, as those are whose fee or
// signature was refused. The index of the newest block may be behind for a moment.
func (r *blockReader) indexed(found, want int) error {
	if found >= want || time.Since(r.block.Time) > indexedAfter {
		return nil
	}
	newest, err := r.c.committed(r.ctx)
	if err != nil || newest > r.block.Height {
		return err
	}
	return fmt.Errorf("%d of %d transactions are not in the node's index, which may be behind while the block is the newest: %w",
		want-found, want, pocket.ErrUnavailable)
}

// indexedAfter is after how long a node's index is not behind a block any more, also where no other follows.
const indexedAfter = 10 * time.Minute

// A placedTx is a transaction of the block by its bytes.
type placedTx struct {
	signedTx
	hash string
	err  error
}

func (r *blockReader) signed() []placedTx {
	list := make([]placedTx, len(r.block.Txs))
	for i, raw := range r.block.Txs {
		sum := sha256.Sum256(raw)
		list[i].hash = strings.ToUpper(hex.EncodeToString(sum[:]))
		list[i].signedTx, list[i].err = decodeTx(raw)
	}
	return list
}

// choose finds in the block's bytes which transactions are wanted, and which others may decide what those are paid: changes of parameters,
// and stakes of nodes with a proof. whole tells that the block must be read whole: bytes cannot be decoded, or too many accounts are
// concerned.
func (r *blockReader) choose(signed []placedTx) (wanted, aside map[string]bool, whole bool) {
	wanted, aside = map[string]bool{}, map[string]bool{}
	signers, proving := map[pocket.Address]bool{}, map[pocket.Address]bool{}
	for _, t := range signed {
		if t.err != nil || t.signer.IsZero() {
			return nil, nil, true
		}
		proof := t.typ == "pocketcore/proof"
		leaving, leaves := t.message.(BeginUnstake)
		if r.concerns(t.mentions...) || proof && r.paying[t.signer] || leaves && r.paying[leaving.Node] {
			wanted[t.hash], signers[t.signer] = true, true
			proving[t.signer] = proving[t.signer] || proof
		}
	}
	for _, t := range signed {
		if len(proving) == 0 || wanted[t.hash] {
			continue
		}
		_, governs := t.message.(ChangeParam)
		stake, stakes := t.message.(Stake)
		if governs || stakes && proving[stake.Node] {
			aside[t.hash], signers[t.signer] = true, true
		}
	}
	return wanted, aside, len(signers) > mostSigners
}

// whole reads all of the block's transactions.
func (r *blockReader) whole() ([]Tx, error) {
	if len(r.block.Txs) == 0 {
		return nil, nil
	}
	var txs []Tx
	for tx, err := range r.c.BlockTxs(r.ctx, r.block.Height) {
		if err != nil {
			return nil, err
		}
		tx.Raw = nil
		txs = append(txs, tx)
	}
	if err := r.indexed(len(txs), len(r.block.Txs)); err != nil {
		return nil, err
	}
	slices.SortFunc(txs, func(a, b Tx) int { return a.Position - b.Position })
	return txs, nil
}

// learn remembers the block's claims for the proofs that follow.
func (r *blockReader) learn(txs []Tx) {
	var made []madeClaim
	for _, tx := range txs {
		if m, ok := tx.Message.(ClaimWork); ok && !tx.Failed() {
			made = append(made, madeClaim{m.Claim, tx.Height, tx.Position})
		}
	}
	r.c.claims.learn(r.block.Height, made)
}

// note keeps what of the block decides rewards of later transactions in it.
func (r *blockReader) note(txs []Tx) {
	for _, tx := range txs {
		if tx.Failed() {
			continue
		}
		switch m := tx.Message.(type) {
		case ChangeParam:
			r.changes = append(r.changes, placedParam{tx.Position, m})
		case Stake:
			r.stakes = append(r.stakes, tx)
		}
	}
}

// paramsBefore returns the parameters that a transaction of the block ran on.
func (r *blockReader) paramsBefore(position int) (*chainParams, error) {
	if r.params == nil {
		var err error
		if r.params, err = r.c.params.running(r.ctx, r.block.Height); err != nil {
			return nil, err
		}
	}
	var changes []ChangeParam
	for _, m := range r.changes {
		if m.position < position {
			changes = append(changes, m.ChangeParam)
		}
	}
	return r.params.changed(changes)
}
