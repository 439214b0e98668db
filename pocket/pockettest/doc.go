// Package pockettest holds a fake full node for tests and demonstrations: a [Node] that speaks the wire formats of a Shannon node over
// real HTTP and websocket, and a [Chain] that simulates one, deterministically, from a seed.
//
// A Node serves either a simulated Chain ([NewNode]) or answers recorded from a running node ([NewRecorded]). It can be made to fail in
// the ways real nodes fail ([Node.Fail]), and counts what it is asked ([Node.Requests]).
//
// A Chain keeps no bodies: each block is made when it is asked for, from the seed and its height, so a year of a thousand suppliers fits
// in little memory. The same [Config] gives the same bytes on every machine. What the simulator believes it paid is told by
// [Chain.Truth], which does not read the simulator's own JSON, so that a whole pipeline can be compared with it. Simulated data says so:
// its chain id is [ChainID], and its monikers, service names and memos contain the word "simulated".
//
// Where the simulator is simpler than a chain: hashes, signatures and account sequences are made up from the height (only the hash of a
// transaction is its own); an application's stake stays as it is until it runs out; mining difficulty never changes; a searched
// transaction is looked for block by block, so on a long chain name a range of heights; nobody grants anything, and nothing can be
// broadcast.
//
// Amounts are in upokt and times in UTC. Everything here is safe for concurrent use.
package pockettest
