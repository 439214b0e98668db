package check

import (
	"cmp"
	"strconv"
	"strings"
)

// A version is up to four numbers, such as 0.1.35.
type version [4]uint64

// parseVersion reads a version, with or without a v before it and with whatever behind it.
func parseVersion(text string) (version, bool) {
	var v version
	text = strings.TrimPrefix(strings.TrimSpace(text), "v")
	if end := strings.IndexFunc(text, func(r rune) bool { return r != '.' && (r < '0' || r > '9') }); end >= 0 {
		text = text[:end]
	}
	parts := strings.Split(strings.TrimSuffix(text, "."), ".")
	if len(parts) > len(v) {
		parts = parts[:len(v)]
	}
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 64)
		if err != nil {
			return version{}, false
		}
		v[i] = n
	}
	return v, true
}

func (v version) compare(w version) int {
	for i := range v {
		if c := cmp.Compare(v[i], w[i]); c != 0 {
			return c
		}
	}
	return 0
}
