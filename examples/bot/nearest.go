package bot

import "strings"

// nearest returns the candidate that a mistyped word most likely meant, "" when none is near. Case and the
// difference between a space, a hyphen and an underscore do not count.
func nearest(word string, candidates []string) string {
	best, found := "", 1+max(1, len(word)/4)
	folded := foldWord(word)
	for _, candidate := range candidates {
		other := foldWord(candidate)
		d := distance(folded, other, found)
		if d > 0 && len(folded) >= 3 && strings.HasPrefix(other, folded) {
			d = min(d, 1)
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

// distance counts the characters to insert, drop, change or swap with their neighbour to make b of a. It may stop
// counting at limit.
func distance(a, b string, limit int) int {
	x, y := []rune(a), []rune(b)
	if d := len(x) - len(y); d >= limit || -d >= limit {
		return limit
	}
	before, last, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			change := last[j-1]
			if x[i-1] != y[j-1] {
				change++
			}
			row[j] = min(change, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(y)]
}
