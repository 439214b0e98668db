package notify

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode"

	"github.com/poktbot/poktbot/monitor"
)

// A Writer writes messages to a terminal or a file. Make it with [NewWriter].
type Writer struct {
	mu    sync.Mutex
	w     io.Writer
	words Words
}

// NewWriter returns a notifier that writes each message to w at once: its title, then its lines, indented. Control characters, with which a
// stranger's words could move a terminal's cursor, are replaced.
func NewWriter(w io.Writer, words Words) *Writer { return &Writer{w: w, words: words} }

// Notify writes m.
func (n *Writer) Notify(_ context.Context, m monitor.Message) error {
	title, lines, err := n.words(m)
	if err != nil {
		return fmt.Errorf("words of message %s: %w", m.ID, err)
	}
	var b strings.Builder
	b.WriteString(visible(title) + "\n")
	for _, line := range lines {
		b.WriteString("  " + visible(line) + "\n")
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	_, err = io.WriteString(n.w, b.String()) // in one write, so that a file holds whole messages
	return err
}

// visible returns s as one line without characters that a terminal obeys or hides.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(s, string(unicode.ReplacementChar)))
}
