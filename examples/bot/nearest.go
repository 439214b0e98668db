package bot

import "strings"

// nearest returns the candidate that a mistyped word most likely meant, "" when none is near. Case and the
// difference between a space, a hyphen and an underscore do not count.
func nearest(word string, candidates []string) string {
	best, found := "", mistake*max(1, len(word)/4)+1
	folded := foldWord(word)
	for _, candidate := range candidates {
		other := foldWord(candidate)
		d := distance(folded, other)
		if d > 0 && len(folded) >= 3 && strings.HasPrefix(other, folded) {
			d = min(d, swapped)
		}
		if d < found {
			best, found = candidate, d
		}
	}
	return best
}

func foldWord(s string) string {
	return strings.ToLower(strings.NewReplacer(" ", "_", "-", "_").Replace(s))
}

// What mistakes count: two characters swapped are a likelier one than a character missing, wrong or too many.
const (
	mistake = 2
	swapped = 1
)

// distance counts the mistakes that make b of a.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	before, last, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j * mistake
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i * mistake
		for j := 1; j <= len(y); j++ {
			change := last[j-1]
			if x[i-1] != y[j-1] {
				change += mistake
			}
			row[j] = min(change, last[j]+mistake, row[j-1]+mistake)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+swapped)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(y)]
}

// unknownWord says that a command does not take a word, and which of these it does.
func unknownWord(command, word string, words ...string) error {
	if near := nearest(word, words); near != "" {
		return usage("/%s %s is not known; did you mean /%s %s?", command, clip(word), command, near)
	}
	return usage("/%s %s is not known: want %s or %s", command, clip(word), strings.Join(words[:len(words)-1], ", "), words[len(words)-1])
}
