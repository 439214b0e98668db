// Package check has the checks that look from outside: at what a chain does with suppliers, claims, proofs, rewards and validators, and at
// nodes, endpoints, certificates and balances over the network.
//
// A check is a small type with a constructor that takes the sources it reads, each as an interface declared beside it: a chain client, an
// index or a fake. There are two kinds. A [monitor.BlockCheck] is handed every block in turn and says what the block changes; events tell
// it nearly all, so that it costs next to nothing while nothing happens. A [monitor.Check] looks at intervals, at what no event tells.
// Both return results; what is worth telling whom, rules decide. A check says what it knows: readings and facts, hardly ever a severity.
//
// What could not be looked at is unknown, and neither healthy nor failing. Amounts are in upokt, times in UTC, times left are reckoned
// from the blocks seen last.
package check
