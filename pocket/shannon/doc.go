// Package shannon reads Pocket Network's Shannon chain from full nodes: from their CometBFT RPC (blocks, events, transactions, search) and
// from their Cosmos REST API (suppliers, params, balances and all other state).
//
// A [Client] is safe for concurrent use. [New] opens no connection. Amounts are in upokt, times in UTC, heights count from 1. Lists are
// sequences that ask for pages as the loop needs them and yield an error last.
//
// # The way through
//
//   - Is the node there, and fresh: [Client.Status].
//   - What happened: [Client.Block] and [Client.Events] for one block, [Client.Headers] for a stretch, [Client.Heads] to follow the chain.
//     Settlements, expiries, slashes and unbondings are events of blocks, not of transactions.
//   - Where something happened: [Client.SearchBlocks], [Client.SearchTransactions], [Client.TransactionsOf]. Nodes may index only a part, or
//     nothing, and do not say so: a search is fast, and only reading every block is complete.
//   - What is: [Client.Supplier], [Client.Suppliers], [Client.Claims], [Client.Session], [Client.Params], [Client.Balance] and others;
//     [Client.At] gives them as of a past height.
//   - Bodies that come from elsewhere: [DecodeBlock].
//
// # Several nodes
//
// All URLs given to [New] are to serve one chain. A call goes to the first node that is healthy and fresh and moves on to the next when
// that fails, is pruned, keeps no index, is behind, or gives an answer that cannot be true: another height than asked, another chain,
// headers that do not follow from each other. A node of another chain is never asked again.
//
// # Errors
//
// Test them with errors.Is: [pocket.ErrNotFound], [pocket.ErrPruned], [pocket.ErrFutureHeight], [pocket.ErrRateLimited],
// [pocket.ErrUnavailable], [pocket.ErrMalformed], [pocket.ErrTooLarge], [pocket.ErrWrongChain], [pocket.ErrNotIndexed],
// [pocket.ErrInvalid]. A [pocket.APIError] tells the host, the lowest or newest height, and how long to wait. No error holds the path,
// query or password of a URL. Nothing is said not to exist unless a node itself said so: a proxy's 404 is [pocket.ErrMalformed].
//
// What passes is tried again within the call, with growing pauses; see the options for how often.
package shannon
