// Package morse reads Pocket Network's first chain, Morse (v0), from its nodes: from their RPC, mostly at port 8081, and where it is open
// from their Tendermint RPC. The chain ended in 2025; what it paid still has to be told.
//
// A [Client] is safe for concurrent use. [New] opens no connection. Amounts are in upokt, times in UTC, heights count from 1. State is
// asked for as of after a block, with 0 for now. Lists are sequences that ask for pages as the loop needs them and yield an error last.
// Morse has words of its own (node, chain, jailed); they are translated into package pocket's at the edge, so that *Client is what package
// index calls a Chain.
//
// # The way through
//
//   - Is the node there: [Client.Status], [Client.Version], [Client.Height].
//   - What happened, in pocket's words: [Client.Block] and [Client.Events] for one block, [Client.Heads] to follow the chain, [Client.Search]
//     for the blocks that concern an address, so that the years of a few nodes need not read every block.
//   - What happened, in the chain's words: [Client.Tx], [Client.BlockTxs], [Client.AccountTxs], [Client.BlockResults].
//   - What is, or was: [Client.Node], [Client.Nodes], [Client.Balance], [Client.Claims], [Client.NodeParams], [Client.SigningInfo] and others.
//   - What a claim is paid, without any node: [Reward] and [Formula], and [SplitFees] for the proposer's part.
//
// # How a reward is known
//
// A proof's block mints it, and no answer of the RPC tells the coins. Nodes that give the events of transactions, and the Tendermint RPC
// ([WithTendermint]), tell every mint: then rewards are read. Otherwise they are computed by the node program's own rules, digit by digit,
// from the claim, the parameters and the node's record after the block before, with what changed earlier in the block itself: stakes and
// parameters by its transactions, slashes at its start. On a recorded chain this gives what was minted for every one of 470 proofs,
// through every change of the rules.
//
// # What cannot be known
//
//   - In which order delegators were paid: they are told by address.
//   - Which part of a settlement a mint is for, when mints are read that no rule explains. The amounts are right; the reasons are a guess.
//   - Why a stake was slashed.
//   - What a claim that was never proved would have been paid: it is told as what it was worth when it was made.
//   - Transactions whose signature, fee or memo was refused: nodes do not index them. They cost nothing and did nothing.
//   - Changes of a wallet's nodes between two looks ten days apart, by somebody else's transactions, when they were undone before the
//     second. See [Client.Search].
//   - Anything before the first height that a node has kept: history needs an archival node. [Client.Status] tells.
//
// What a proposer got of the fee pool is not among the events of blocks: see [Client.ProposerReward].
//
// # Several nodes, and errors
//
// All URLs given to [New] are to serve one chain. A call goes to the first node that is healthy and moves on to the next when that fails.
// Nodes answer 400 to whatever goes wrong, so that the kind of an error is told by its words. Test it with errors.Is: [pocket.ErrNotFound],
// [pocket.ErrPruned], [pocket.ErrFutureHeight], [pocket.ErrRateLimited], [pocket.ErrUnavailable], [pocket.ErrMalformed],
// [pocket.ErrTooLarge], [pocket.ErrWrongChain], [pocket.ErrInvalid]. A [pocket.APIError] tells the host and the words. What passes is tried
// again within the call. Nothing is said not to exist unless a node itself said so.
//
// The facts were read from the node's program, RC-0.12.0, and checked against bodies recorded from running nodes; see package morsetest.
package morse
