// Package rewards adds up what suppliers earned and lost. It is pure: it opens no connection, reads no clock and keeps no state.
//
// [Aggregate] adds up a sequence of events by period and by what a [Query] keeps apart; an [Adder] does the same one by one, and merges
// parts. A [Source] has events, sums of them and the times that suppliers were staked: a local index, another host, or
// [Memory]. From a source, [Compute] makes [Statistics], [Daily] the points of a graph, [Compare] the growth since the time before; from rows,
// [Losses] tells what was claimed and not received, and why.
//
// [Join] makes one source of several, such as the two chains that a node earned on; [Verify] compares two of the same chain.
//
// # Money
//
// Sums are whole upokt and exact; one that does not fit is an error. Averages and percentages are decimals, made by one division, rounded half
// away from zero as the last step. What cannot be told is not a zero: an average without nodes or a change from nothing is not valid, and what old
// versions of the protocol did not tell is counted in [Sums.LackAmounts], [Sums.LackShares] and [Sums.Unattributed].
// Of one claim claimed ≥ settled ≥ minted; what suppliers' sides really got is [Sums.Gross], and a set of wallets' part of it [Sums.Mine].
//
// # Prices
//
// With [Query.Prices] every sum has a [Worth] beside it, in the currency of the prices. Each event is valued at the price of its own moment, the nearest
// that is known within a window ([DefaultWindow]); what has none is kept apart ([Worth.Unpriced]) and never taken for zero. Values are added exactly
// and never stored: with other prices, or in another currency, the same question makes other values. Where prices come from is a [PriceSource]: a service
// (package coingecko), a person's file ([ReadPrices]), one after the other ([FirstOf]), kept in an index; [LoadPrices] makes a table of what it tells,
// and [Prices.Missing] says what it could not.
//
// # Time
//
// Days, weeks, months and hours are those of a *time.Location; nil is UTC. A day may have 23 or 25 hours, and begin at one o'clock:
// [DayOf]. Spans hold their start and not their end. An event belongs to the moment of its block.
//
// # Nodes
//
// An average node is reckoned over node-days: a node counts for the part of each day that it was staked. See [Figure].
//
// Values may be copied and read concurrently; an Adder belongs to one goroutine.
package rewards
