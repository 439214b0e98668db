package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/poktbot/poktbot/examples/bot"
)

// errNoReader: whoever read the output has gone.
var errNoReader = errors.New("nobody reads the output")

// A screen shows the parts of replies. It is safe for concurrent use; one part is shown whole before the next.
type screen struct {
	mu      sync.Mutex
	out     io.Writer // replies
	err     io.Writer // progress and errors
	person  bool      // a terminal shows the replies
	colours bool
	lively  bool // progress may overwrite its own line
	width   func() int
	folder  string
	now     func() time.Time

	progress string    // what stands in the line of progress now
	told     time.Time // when progress was last told
	doing    string
}

// newScreen finds out what the two outputs can do.
func newScreen(out, errOut io.Writer, environ func(string) string, folder string) *screen {
	s := &screen{out: out, err: errOut, folder: folder, now: time.Now, width: func() int { return 0 }}
	plain := environ("TERM") == "dumb"
	if file, ok := out.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		s.person = !plain
		s.colours = environ("NO_COLOR") == "" && !plain
		s.width = func() int {
			columns, _, err := term.GetSize(int(file.Fd()))
			if err != nil || columns < 20 {
				return 80
			}
			return columns
		}
	}
	if file, ok := errOut.(*os.File); ok {
		s.lively = term.IsTerminal(int(file.Fd())) && !plain
	}
	return s
}

const (
	bold = "\x1b[1m"
	dim  = "\x1b[2m"
	red  = "\x1b[31m"
)

func (s *screen) paint(style, text string) string {
	if !s.colours || text == "" {
		return text
	}
	return style + text + "\x1b[0m"
}

// show shows one part. Text of it was chosen by strangers: what could drive the terminal is taken out.
func (s *screen) show(ctx context.Context, part bot.Part) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, ok := part.(bot.Progress); ok {
		return s.showProgress(p)
	}
	s.endProgress()
	var b strings.Builder
	switch p := part.(type) {
	case bot.Text:
		s.writeText(&b, p)
	case bot.Table:
		if err := s.writeTable(ctx, &b, p); err != nil {
			return err
		}
	case bot.Menu:
		s.writeMenu(&b, p)
	case bot.Prompt:
		s.writeText(&b, bot.Text{Lines: []string{p.Question, "Type it behind " + p.Line}})
		s.writeButtons(&b, p.Choices)
	case bot.Picture:
		path, err := p.Save(s.folder)
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%s\n", s.saved(p.Caption, path))
	case bot.File:
		path, err := p.Save(s.folder)
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%s\n", s.saved(p.Caption, path))
	}
	return s.write(s.out, b.String())
}

func (s *screen) saved(caption, path string) string {
	if caption == "" {
		return path
	}
	return bot.Plain(caption) + ": " + path
}

func (s *screen) writeText(b *strings.Builder, p bot.Text) {
	if p.Title != "" {
		b.WriteString(s.paint(bold, bot.Plain(p.Title)) + "\n")
	}
	indent := ""
	if p.Title != "" {
		indent = "  "
	}
	for _, line := range p.Lines {
		for i, piece := range wrap(bot.Plain(line), s.width()-len(indent)-len(hang)) {
			if i > 0 {
				piece = hang + piece
			}
			b.WriteString(strings.TrimRight(indent+piece, " ") + "\n")
		}
	}
}

// writeMenu shows the lines of buttons: here they are typed.
func (s *screen) writeMenu(b *strings.Builder, p bot.Menu) {
	s.writeText(b, bot.Text{Title: p.Title, Lines: p.Lines})
	s.writeButtons(b, p.Rows)
}

func (s *screen) writeButtons(b *strings.Builder, rows [][]bot.Button) {
	for _, row := range rows {
		for _, button := range row {
			b.WriteString("  " + bot.Plain(button.Line) + s.paint(dim, "  "+bot.Plain(button.Label)) + "\n")
		}
	}
}

// hang is how far the later pieces of a wrapped line stand in.
const hang = "  "

// wrap cuts a line between words into pieces of at most width characters; a longer word stays whole. Without a terminal there
// is no width, and nothing is cut.
func wrap(line string, width int) []string {
	if width < 20 || utf8.RuneCountInString(line) <= width {
		return []string{line}
	}
	var pieces []string
	piece, length := "", 0
	for _, word := range strings.Split(line, " ") {
		n := utf8.RuneCountInString(word)
		if length > 0 && length+1+n > width {
			pieces = append(pieces, piece)
			piece, length = "", 0
		}
		if length > 0 {
			piece, length = piece+" ", length+1
		}
		piece, length = piece+word, length+n
	}
	return append(pieces, piece)
}

func (s *screen) writeTable(ctx context.Context, b *strings.Builder, p bot.Table) error {
	title, notes := p.Title, p.Notes
	p.Title, p.Notes = "", nil
	text, err := p.Text(ctx, s.width())
	if err != nil {
		return err
	}
	if title != "" {
		b.WriteString(s.paint(bold, bot.Plain(title)) + "\n")
	}
	b.WriteString(text)
	for _, note := range notes {
		for _, piece := range wrap(bot.Plain(note), s.width()) {
			b.WriteString(s.paint(dim, piece) + "\n")
		}
	}
	return nil
}

// fail tells an error.
func (s *screen) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endProgress()
	for line := range strings.Lines(err.Error()) {
		_ = s.write(s.err, s.paint(red, "error: "+bot.Plain(line))+"\n")
	}
}

// remark tells something beside the replies.
func (s *screen) remark(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endProgress()
	_ = s.write(s.err, s.paint(dim, text)+"\n")
}

const (
	quickly = 100 * time.Millisecond // between changes of a line of progress
	slowly  = 5 * time.Second        // between lines of progress
)

func (s *screen) showProgress(p bot.Progress) error {
	now, every := s.now(), slowly
	if s.lively {
		every = quickly
	}
	finished := p.Total > 0 && p.Done >= p.Total
	if p.Doing == s.doing && now.Sub(s.told) < every && !finished {
		return nil
	}
	s.told, s.doing = now, p.Doing
	line := p.String()
	if !s.lively {
		return s.write(s.err, line+"\n")
	}
	clear := ""
	if s.progress != "" {
		clear = "\r\x1b[K"
	}
	s.progress = line
	return s.write(s.err, clear+s.paint(dim, line))
}

// endProgress clears the line of progress, so that what follows stands alone.
func (s *screen) endProgress() {
	if s.progress != "" {
		_ = s.write(s.err, "\r\x1b[K")
		s.progress = ""
	}
	s.doing = ""
}

func (s *screen) write(w io.Writer, text string) error {
	_, err := io.WriteString(w, text)
	if errors.Is(err, syscall.EPIPE) {
		return errNoReader
	}
	return err
}
