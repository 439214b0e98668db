package morse

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/poktbot/poktbot/pocket"
)

// A reason is what a node's words mean. A node answers 400 to whatever goes wrong, so that the words are all there is.
type reason struct {
	Reason         error
	Lowest, Latest pocket.Height
}

var (
	futureBlock = regexp.MustCompile(`height (\d+) must be less than or equal to the current blockchain height (\d+)`)
	futureState = regexp.MustCompile(`wanted to load target (\d+) but only found up to (\d+)`)
	prunedState = regexp.MustCompile(`heights before (\d+) are pruned`)
	missingTx   = regexp.MustCompile(`^tx \([0-9A-Fa-f]*\) not found`)
)

// The words that need no number of them, in the order in which they are looked for.
var phrases = []struct {
	words  string
	reason error
}{
	{"version does not exist", pocket.ErrPruned},
	{"no versions found while trying to load", pocket.ErrPruned},
	{"block at height not found", pocket.ErrPruned}, // a height below 1 is refused before it is asked for
	{"height must be greater than 0", pocket.ErrInvalid},
	{"validator not found for", pocket.ErrNotFound},
	{"application does not exist for that address", pocket.ErrNotFound},
	{"the claim was not found for the key given", pocket.ErrNotFound},
	{"there are less than the minimum session nodes found", pocket.ErrNotFound},
	{"type in the receipt query is not recognized", pocket.ErrInvalid},
	{"encoding/hex: ", pocket.ErrInvalid},
	{"Incorrect address length", pocket.ErrInvalid},
	{"transaction hash cannot be empty", pocket.ErrInvalid},
	{"unexpected end of JSON input", pocket.ErrInvalid},
	{"json: cannot unmarshal", pocket.ErrInvalid},
	{"invalid character", pocket.ErrInvalid},
	{"wrong authtoken", pocket.ErrInvalid},
	{"indexing is disabled", pocket.ErrNotIndexed},
	{"could not find results for height", pocket.ErrPruned},
}

// classify tells what a node's words mean. Words that are not known are [pocket.ErrUnavailable]: asking again, or elsewhere, may help.
func classify(words string) reason {
	if m := futureBlock.FindStringSubmatch(words); m != nil {
		return reason{Reason: pocket.ErrFutureHeight, Latest: height(m[2])}
	}
	if m := futureState.FindStringSubmatch(words); m != nil {
		if height(m[1]) > height(m[2]) {
			return reason{Reason: pocket.ErrFutureHeight, Latest: height(m[2])}
		}
		return reason{Reason: pocket.ErrPruned}
	}
	if m := prunedState.FindStringSubmatch(words); m != nil {
		return reason{Reason: pocket.ErrPruned, Lowest: height(m[1])}
	}
	if missingTx.MatchString(words) {
		return reason{Reason: pocket.ErrNotFound}
	}
	for _, phrase := range phrases {
		if strings.Contains(words, phrase.words) {
			return reason{Reason: phrase.reason}
		}
	}
	return reason{Reason: pocket.ErrUnavailable}
}

func height(digits string) pocket.Height {
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0 // too long to be a height: not told
	}
	return pocket.Height(n)
}
