// Package rest asks servers for JSON over HTTP: with retries, deadlines, capped bodies, and several base URLs that stand in for each
// other. Every client of this module speaks through it.
//
// A [Client] is safe for concurrent use. Errors are *[pocket.APIError]s, whose text names the host and the call but neither user, path
// nor query of the base URL, so that no key leaks.
//
// # Which server is asked
//
// The base URLs are ranked anew for each call: those that failed lately, asked for quiet, or were seen behind the newest known block come
// last, then slow ones, then the order in which they were given. A failure moves on to the next at once; when all have failed, the round
// is repeated after a growing, uneven pause. A server that cannot answer this question, such as one that pruned the block, is not asked
// again in the same call. What is remembered of a server fades after a while, so that it gets another chance.
//
// # What an error decides
//
// The reader of an answer ([Call.Read]) decodes it and says by its error how to go on. See [Call].
package rest
