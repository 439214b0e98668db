package bot

import (
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/poktbot/poktbot/report"
)

// Plain returns text as one line that is safe to print: strangers chose the names and memos in it.
func Plain(text string) string { return report.Line(text, 0) }

// Save writes the picture into the folder, whole or not at all, in place of one of the same name, and returns where it is.
func (p Picture) Save(folder string) (string, error) {
	return save(folder, p.Name, func(w io.Writer) error {
		_, err := w.Write(p.PNG)
		return err
	})
}

// Save writes the file into the folder, whole or not at all, in place of one of the same name, and returns where it is.
func (f File) Save(folder string) (string, error) {
	return save(folder, f.Name, func(w io.Writer) error {
		_, err := io.Copy(w, f.Body)
		return err
	})
}

func save(folder, name string, write func(io.Writer) error) (string, error) {
	path := filepath.Join(folder, filepath.Base(name))
	if err := report.WriteFile(path, write); err != nil {
		return "", fmt.Errorf("save: %w", err)
	}
	return path, nil
}

// String tells the progress in one line: "reading the chain: 1,234 of 5,000 blocks, 24 %, about 2 minutes left".
func (p Progress) String() string {
	text := Plain(p.Doing)
	switch {
	case p.Total > 0:
		percent := min(max(p.Done, 0), p.Total) * 100 / p.Total
		text += fmt.Sprintf(": %s of %s %s, %d %%", report.Count(p.Done), report.Count(p.Total), p.Unit, percent)
	case p.Done > 0:
		text += fmt.Sprintf(": %s %s", report.Count(p.Done), p.Unit)
	}
	if p.Left >= time.Second {
		text += ", " + about(p.Left) + " left"
	}
	return text
}

// about is a reckoned time for people: "about 2 minutes", "less than a minute".
func about(d time.Duration) string {
	text := report.Duration(d)
	if d < time.Minute {
		return text
	}
	return "about " + text
}
