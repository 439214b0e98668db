// Package tax makes files of income that tax programs import, a plain ledger, and the summary of a year.
//
// [Income] turns what happened on the chain into income: one [Event] for each share of a settlement that a wallet got, with its price and
// value, and slashes and fees as losses when asked for. [ByDay] makes one event of a wallet's day. [Write] writes them in one of the
// [Formats] in constant memory, whatever their number, and tells in a [Summary] what the file holds and what it lacks. [Table] is the
// same as a table, for a workbook of report/xlsx. [Year] adds a year up by month.
//
// # What counts
//
// Income is what the wallets got, in whatever role, at the moment of the block that paid it, worth what the price of that moment
// makes it. A settlement whose version of the protocol did not tell who got what is in no line; the summary counts it. Without
// wallets it is what the nodes' sides got. Delegators' rewards are not told one by one, so they are never in it.
//
// Amounts are exact: POKT with six places, values with eight, so that sums of many small ones come out right to the cent. The summaries
// add up what is not rounded, and round last. An event without a price has no value, which is not a value of 0.
//
// # Formats
//
// The columns and dates of the formats are those of the platforms' public pages:
//
//   - CoinTracking: the columns of its CSV template as the original PoktBot wrote them, with four of its own behind. Types as in
//     https://cointracking.freshdesk.com/en/support/solutions/articles/29000042783-transaction-types
//   - Koinly: the universal template of
//     https://support.koinly.io/en/articles/9489976-how-to-create-a-custom-csv-file-with-your-data
//   - CoinLedger: the universal manual import template of
//     https://help.coinledger.io/en/articles/6028758-universal-manual-import-template-guide
//   - Ledger: a format of our own with everything there is to know
//
// Programs leave out what they imported before by the line's reference. That of what a transaction did begins with its hash. Settlements on
// Shannon are done by the block and have no hash: theirs is the block's height and sixteen digits made of the claim and the wallet, such as
// 883667-d8944ad6eee673e0. It is the same in each export, whatever the source.
package tax
