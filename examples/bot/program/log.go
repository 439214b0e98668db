package program

import (
	"io"
	"log/slog"
	"strings"
	"sync"
)

// shortest is how long a secret must be to be taken out of the log: of shorter ones there is something in every line.
const shortest = 6

// A discreet writer takes secrets out of what is written: clients of others put URLs with tokens into their errors.
type discreet struct {
	w io.Writer

	mu     sync.Mutex
	hidden *strings.Replacer
}

// hide takes these texts out from now on.
func (d *discreet) hide(texts []string) {
	var pairs []string
	for _, text := range texts {
		if len(text) >= shortest {
			pairs = append(pairs, text, "REDACTED")
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.hidden = strings.NewReplacer(pairs...)
}

// Write writes a line of the log.
func (d *discreet) Write(line []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	text := string(line)
	if d.hidden != nil {
		text = d.hidden.Replace(text)
	}
	if _, err := io.WriteString(d.w, text); err != nil {
		return 0, err
	}
	return len(line), nil
}

func newLog(w io.Writer, verbose bool) *slog.Logger {
	level := slog.LevelInfo
	if verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
}
