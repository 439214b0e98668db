// Package poktscantest holds a fake PoktScan for tests, benchmarks and comparisons: a [Server] that speaks GraphQL over real HTTP, as the
// query service over the indexer does.
//
// It answers from what is put into it ([Server.AddEvents] and the like), with the real one's habits: pages cut down without a word, cursors,
// numbers as text, null where nothing is, zones dropped from times, bounds that include their end, what the indexer makes of old versions of
// the protocol, statements that are cancelled, an indexer that lags. [Server.Fail] lets it fail as proxies and services do. Or it answers
// recorded questions as the real one did ([NewRecorded]); [Recordings] holds those.
//
// Where it is simpler: it knows the tables and functions that package poktscan asks for, and of these only the fields that it fills; past
// states it keeps of balances and params; it does not check the types of variables.
//
// It works on any machine without a network. Amounts are in upokt and times in UTC. Everything here is safe for concurrent use.
package poktscantest
