package check

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"
)

// A release is a version by the rules of semver.org, with or without a v before it.
type release struct {
	text    string // without the v and what is built in
	numbers [3]uint64
	before  []string // of a version before the release itself, such as rc and 1
}

var (
	releaseForm = regexp.MustCompile(`^v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+([0-9A-Za-z-.]+))?$`)
	// Go calls a build between releases by its moment and commit.
	betweenReleases = regexp.MustCompile(`(?:^|[.-])\d{14}-[0-9a-f]{12}$`)
)

// longestRelease is more than any version has.
const longestRelease = 64

// parseRelease reads the version of a release. A build between releases has none.
func parseRelease(text string) (release, bool) {
	text = strings.TrimSpace(text)
	form := releaseForm.FindStringSubmatch(text)
	if form == nil || len(text) > longestRelease || betweenReleases.MatchString(form[4]) || strings.Contains(form[5], "dirty") {
		return release{}, false
	}
	var r release
	for i := range r.numbers {
		n, err := strconv.ParseUint(form[i+1], 10, 64)
		if err != nil {
			return release{}, false
		}
		r.numbers[i] = n
	}
	if form[4] != "" {
		r.before = strings.Split(form[4], ".")
	}
	r.text, _, _ = strings.Cut(strings.TrimPrefix(text, "v"), "+")
	return r, true
}

// compare returns which of two came out later. What is built into a version does not count.
func (r release) compare(other release) int {
	for i := range r.numbers {
		if c := cmp.Compare(r.numbers[i], other.numbers[i]); c != 0 {
			return c
		}
	}
	switch {
	case len(r.before) == 0 || len(other.before) == 0: // the release itself comes after all that came before it
		return cmp.Compare(len(other.before), len(r.before))
	}
	for i := range min(len(r.before), len(other.before)) {
		if c := compareBefore(r.before[i], other.before[i]); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(r.before), len(other.before))
}

// compareBefore compares parts of versions before a release: numbers as numbers, and before words.
func compareBefore(a, b string) int {
	x, noA := strconv.ParseUint(a, 10, 64)
	y, noB := strconv.ParseUint(b, 10, 64)
	switch {
	case noA == nil && noB == nil:
		return cmp.Compare(x, y)
	case noA == nil:
		return -1
	case noB == nil:
		return 1
	}
	return strings.Compare(a, b)
}
