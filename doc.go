// Package poktbot is the front page of a Go SDK for the people who run Pocket Network nodes. It holds no code; import what you need:
//
//   - [github.com/poktbot/poktbot/pocket] has the protocol's words as types: amounts, addresses, suppliers, sessions, settlements.
//   - [github.com/poktbot/poktbot/pocket/shannon] reads a Shannon full node.
//   - [github.com/poktbot/poktbot/pocket/morse] reads the chain before it, and [github.com/poktbot/poktbot/pocket/poktscan] somebody else's index.
//   - [github.com/poktbot/poktbot/pocket/index] keeps a local copy, in SQLite or PostgreSQL, that follows the chain without gap or double.
//   - [github.com/poktbot/poktbot/pocket/pockettest] is a full node to test against, with a simulated chain.
//   - [github.com/poktbot/poktbot/rewards] adds up what was earned and lost, in POKT and in a currency.
//   - [github.com/poktbot/poktbot/report] turns that into tables, CSV, workbooks, pictures and files for tax programs.
//   - [github.com/poktbot/poktbot/monitor] watches, and tells what is wrong until it has arrived.
//
// The programs under examples are thin: they parse, ask examples/bot, and show the answer. To see it all work, with no node and no
// configuration:
//
//	go run ./examples/terminal -demo
package poktbot
