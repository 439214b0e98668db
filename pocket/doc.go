// Package pocket holds the words of Pocket Network's protocol as types: amounts ([Upokt]), who ([Address], [Supplier],
// [Application], [Gateway], [Validator]), when ([Height], [Session], [Windows]), what happened ([Event]: settlements, expiries,
// slashes, stakes, transactions), what may be asked ([EventQuery]) and what may go wrong ([APIError]).
//
// It imports nothing else of this module and opens no connection. Chain clients translate what they read into these
// types at their edge, and all that adds up, alerts and reports stands on them. Everything here is a plain value: safe to copy, and safe for
// concurrent use as long as nobody changes it.
//
// Amounts are in upokt, of which 1,000,000 make a POKT. Times are in UTC. Heights count from 1. Of one settlement
// claimed ≥ settled ≥ minted. The facts were read from the protocol's version v0.1.35 and checked against bodies recorded from
// running nodes.
package pocket
