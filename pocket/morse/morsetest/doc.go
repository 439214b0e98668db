// Package morsetest is a node of Pocket Network's first chain for tests and demonstrations. It speaks the real wire formats over HTTP, on this
// machine only.
//
//   - [NewRecorded] answers with bodies that a real node gave (version RC-0.12.0 on a private chain), byte for byte. [Recordings] lists them,
//     and [Rewards] tells what that chain really minted.
//   - [NewNode] serves a [Chain]: one that a script made ([NewChain]), the recorded one made again from its transactions ([Replay]), or a small
//     history of some nodes, sessions, rewards and mishaps ([Story]). A chain is the same on every machine, and computes rewards in a way of
//     its own, so that others can be held against it.
//
// A node misbehaves on demand: see [Fault]. Everything here is safe for concurrent use, but a [Chain] while it grows.
package morsetest
