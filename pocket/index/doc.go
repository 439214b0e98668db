// Package index keeps what a chain did in a local database, so that questions about a year take milliseconds and no node.
//
// An [Index] lives in SQLite ([github.com/poktbot/poktbot/pocket/index/sqlite]) or PostgreSQL ([…/postgres]) and holds blocks, events,
// transactions and the history of suppliers. It takes in what concerns the addresses that were given to [Index.Watch], or everything:
// see [Index.SetMode]. A [Follower] keeps it up with a chain; [Index.Backfill] fills in the past; [Index.Put] takes events from any
// other source, and [Index.BackfillFrom] the past that a [Feed] has gathered, such as PoktScan. Events are known again by what they say, so
// that two sources of the same blocks double nothing; where they contradict each other it is a [Conflict]. What is known of which heights
// is kept for each address ([Index.Coverage]), so that an address watched later gets its past and nothing is read twice.
//
// Rows keep the name of who told of them ([Index.Source]). [Index.Recheck] compares them with a chain, and a [ChainSource] lets
// [rewards.Verify] do so; [Index.Repair] sets right what was wrong. [Index.Aliases] tells what Morse addresses became.
//
// [Index.Heads] hands on each block that a follower has stored, for those who act on what happens.
//
// It answers [Index.Events], [Index.Settlements] and [Index.Transactions] as streams, [Index.Sums] and [Index.Stays] as package rewards
// wants them: an Index is a [rewards.Source]. Sums are exact to the upokt for any span, zone, dimension and filter, also of what
// [Index.Prune] has removed. With prices in the question they have their worth, as exactly. [Index.CachedPrices] keeps what a source of prices told.
//
// An Index is safe for concurrent use, and several processes may share a database. Reading does not wait for writing. Amounts are in
// upokt; times are UTC and kept to the microsecond. Nothing depends on the machine's clock but [Index.LastUpdate].
package index
