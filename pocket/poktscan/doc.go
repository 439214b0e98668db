// Package poktscan asks PoktScan: GraphQL services over an indexer of the Shannon chain, such as https://data.pocket.network/graphql. They are
// somebody else's, and fast where a node is slow: years of settlements by supplier, owner or recipient, and sums of them.
//
// A [Client] reads the past as package pocket's events ([Client.Told] by heights, [Client.Events] and [Client.Settlements] by time), adds
// it up ([Client.Sums], [Client.Stays]: it is a rewards.Source), or lets the service add it up ([Client.Rewards], [Client.ClaimTotals] and
// the like). It reads how things are ([Client.Supplier], [Client.Balance], [Client.Params], and as of any block with [Client.At]), blocks,
// transactions, transfers, and which Morse accounts were claimed ([Client.MorseClaimables]). [Client.Query] puts a question of one's own.
//
// # How far it is
//
// An indexer may lag or stand still. Every answer tells the last block that it has whole, and is refused where it must know more: a service
// that is behind another one leaves no hole in a list. How things are now is told only while the indexer is a few blocks behind the chain
// ([WithLag]); else the answer is a [LagError]. Sums come as an [Answer], which tells as of which block it is, of which times it knows
// nothing, and whether the span was over. [Client.Status], [Client.AsOf] and [Client.Check] ask for nothing else.
//
// # What is exact
//
// Events are what a node tells of the same blocks, to the upokt, with three exceptions: At.Index is -1, because the service numbers events
// otherwise than the chain; times are cut to the millisecond; and some events are not kept at all ([Kinds] names those that are). What old
// versions of the protocol did not tell the service fills in by reckoning; here it is left out, as Settlement.Lacks says. The service's
// own sums have faults of their own, which their methods name.
//
// Lists come in pages of the service's size and are read to their end. Errors are *pocket.APIErrors, those of the service with a
// [QueryError] as cause. A key ([WithKey]) is in no error.
//
// The queries (queries/*.graphql) and the shapes of answers were checked against bodies recorded from the real software over made-up data, of
// which package poktscantest has a copy, and against the indexer's sources of August 2026. What newer indexers have besides (catalog.go)
// follows their sources of October 2026 and was not seen running.
//
// A Client is safe for concurrent use. Amounts are in upokt and times in UTC.
package poktscan
