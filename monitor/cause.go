package monitor

// explained reports whether something that is wrong explains what is wrong with k. A cause that is itself only explained by k explains
// nothing: of two that point at each other one speaks.
func (b *batch) explained(k Key, causes []Key) bool {
	if len(causes) == 0 {
		return false
	}
	return b.rooted(causes, map[Key]bool{k: true})
}

// rooted reports whether one of causes is wrong and does not need one of those that were visited to be explained.
func (b *batch) rooted(causes []Key, visited map[Key]bool) bool {
	for _, c := range causes {
		if visited[c] {
			continue
		}
		s := b.get(c)
		if !s.Wrong() {
			continue
		}
		visited[c] = true
		if !s.Alert.Held || b.rooted(s.Causes, visited) {
			return true
		}
	}
	return false
}

// causesFirst orders results so that those that may explain others come before them.
func causesFirst(results []Result) []Result {
	caused := false
	for i := range results {
		if len(results[i].Causes) > 0 {
			caused = true
			break
		}
	}
	if !caused {
		return results
	}
	at := make(map[Key][]int, len(results))
	for i := range results {
		at[results[i].Key] = append(at[results[i].Key], i)
	}
	ordered := make([]Result, 0, len(results))
	done := make([]bool, len(results))
	var visit func(i int)
	visit = func(i int) {
		if done[i] {
			return
		}
		done[i] = true
		for _, c := range results[i].Causes {
			for _, j := range at[c] {
				visit(j)
			}
		}
		ordered = append(ordered, results[i])
	}
	for i := range results {
		visit(i)
	}
	return ordered
}
