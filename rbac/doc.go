// Package rbac knows who may do what: it is asked before every command of a bot and every request of an API.
//
// A [Subject] is an account as a platform numbers it, "telegram:123". Its [Assignment] gives it a [Role], of which each may all that the one
// before it may, and a [Scope], the nodes that it sees: all, some by name, or what it linked itself. What can be asked for is a closed list of
// [Permission]s. An [Authority] answers [Authority.May], and changes people: [Authority.Assign], [Authority.Dismiss], or by a code that is good
// once, [Authority.Invite] and [Authority.Redeem], so that nobody has to look for a number. Nobody gives more than he has, nobody changes who may
// more than he, and the last admin stays. In public mode everybody else is an investor of what he links ([Authority.Link]), within a quota.
//
// Every change, and every attempt that was refused, is in the audit trail, written in one transaction with the change. An account can have all that
// is kept about it ([Authority.Export]), and have it deleted ([Authority.Forget]).
//
// People are kept in memory ([NewMemory]), or in SQLite or PostgreSQL ([NewStore]). Nothing is cached: a right that is taken ends with the next
// question, also in other programs on the same database. [Middleware] guards an http.Handler, by keys made with [Authority.NewKey] or however
// requests are identified.
//
// An Authority is safe for concurrent use. Times are in UTC.
package rbac
