package golden

import (
	"bytes"
	"fmt"
	"strings"
)

// most is how many differing lines are shown: enough to see what happened, not a screenful.
const most = 10

// difference lists the lines that differ, quoted so that spaces and line ends can be seen.
func difference(want, got []byte) string {
	w, g := bytes.SplitAfter(want, []byte("\n")), bytes.SplitAfter(got, []byte("\n"))
	var out strings.Builder
	fmt.Fprintf(&out, "want %d lines, got %d\n", len(w), len(g))
	for i, shown := 0, 0; i < max(len(w), len(g)); i++ {
		var a, b []byte
		if i < len(w) {
			a = w[i]
		}
		if i < len(g) {
			b = g[i]
		}
		if bytes.Equal(a, b) {
			continue
		}
		if shown++; shown > most {
			out.WriteString("… and more\n")
			break
		}
		fmt.Fprintf(&out, "line %d\n  want %q\n  got  %q\n", i+1, a, b)
	}
	return out.String()
}
