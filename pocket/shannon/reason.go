package shannon

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/poktbot/poktbot/pocket"
)

// A reason is what a node's words mean. Reason is nil when they are not known.
type reason struct {
	Reason         error
	Lowest, Latest pocket.Height
}

var (
	prunedBlock   = regexp.MustCompile(`height (\d+) is not available, lowest height is (\d+)`)
	futureBlock   = regexp.MustCompile(`must be less than or equal to the current blockchain height (\d+)`)
	futureSession = regexp.MustCompile(`is ahead of the last committed block height (\d+)`)
	noState       = regexp.MustCompile(`failed to load state at height (\d+)`)
	latestState   = regexp.MustCompile(`\(latest height: (\d+)\)`)
)

// The words that need no number of them, in the order in which they are looked for. Nodes tell most things only in words: RPC errors
// all have the same code, and REST puts several different things under gRPC codes 2 and 13.
var phrases = []struct {
	words  string
	reason error
}{
	{"indexing is disabled", pocket.ErrNotIndexed},
	{"not persisting finalize block responses", pocket.ErrNotIndexed},
	{"could not find results for height", pocket.ErrPruned},
	{"cannot query with height in the future", pocket.ErrFutureHeight},
	{"block height is bigger then the chain length", pocket.ErrFutureHeight}, // sic
	{"version does not exist", pocket.ErrPruned},
	{"application for session not found", pocket.ErrNotFound},
	{"application in session not staked for requested service", pocket.ErrNotFound},
	{"authorization not found", pocket.ErrNotFound},
	{"tx not found", pocket.ErrNotFound},
	{"decoding bech32 failed", pocket.ErrInvalid},
	{"hrp does not match bech32 prefix", pocket.ErrInvalid},
	{"height must be greater than 0", pocket.ErrInvalid},
	{"can't be greater than max height", pocket.ErrInvalid},
	{"page should be within", pocket.ErrInvalid},
	{"expected order_by to be either", pocket.ErrInvalid},
	{"query cannot be empty", pocket.ErrInvalid},
	{"either offset or key is expected", pocket.ErrInvalid},
	{"encoding/hex: ", pocket.ErrInvalid},
	{"failed to parse query", pocket.ErrInvalid},
}

var (
	missingTx   = regexp.MustCompile(`^tx \([0-9A-Fa-f]*\) not found`)
	querySyntax = regexp.MustCompile(`(^|: )offset \d+: `)
)

// classify tells what a node's words mean.
func classify(words string) reason {
	if m := prunedBlock.FindStringSubmatch(words); m != nil {
		return reason{Reason: pocket.ErrPruned, Lowest: height(m[2])}
	}
	for _, future := range []*regexp.Regexp{futureBlock, futureSession} {
		if m := future.FindStringSubmatch(words); m != nil {
			return reason{Reason: pocket.ErrFutureHeight, Latest: height(m[1])}
		}
	}
	if m := noState.FindStringSubmatch(words); m != nil {
		if latest := latestState.FindStringSubmatch(words); latest != nil && height(m[1]) > height(latest[1]) {
			return reason{Reason: pocket.ErrFutureHeight, Latest: height(latest[1])}
		}
		return reason{Reason: pocket.ErrPruned}
	}
	for _, phrase := range phrases {
		if strings.Contains(words, phrase.words) {
			return reason{Reason: phrase.reason}
		}
	}
	switch {
	case missingTx.MatchString(words):
		return reason{Reason: pocket.ErrNotFound}
	case querySyntax.MatchString(words):
		return reason{Reason: pocket.ErrInvalid}
	}
	return reason{}
}

func height(digits string) pocket.Height {
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0 // too long to be a height: not told
	}
	return pocket.Height(n)
}
