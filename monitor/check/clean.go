package check

import (
	"strings"
	"unicode"
)

// cleaned makes a stranger's text fit to be shown in one line: without control and formatting characters, of valid characters, and cut to a
// number of them. It does not escape it for where it goes.
func cleaned(text string, most int) string {
	var b strings.Builder
	n, space := 0, false
	for _, r := range text {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			space = n > 0
			continue
		}
		if unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Co, r) || unicode.Is(unicode.Cs, r) { // turns of direction, nothings of no width
			continue
		}
		if n >= most {
			b.WriteRune('…')
			break
		}
		if space {
			b.WriteRune(' ')
			space = false
			n++
		}
		b.WriteRune(r) // invalid bytes come as U+FFFD
		n++
	}
	return b.String()
}
