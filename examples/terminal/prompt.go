package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"

	"github.com/poktbot/poktbot/examples/bot"
)

// prompt is what a person types behind.
const prompt = "> "

// ctrlC is what Ctrl-C sends while the terminal is raw, when it makes no signal.
const ctrlC = 3

// typed yields the lines that come from in until ctx or they end, and then calls stop. On a terminal they can be edited, with a history and
// completion of commands by Tab, while news is printed above. Call the returned function when nothing is read or shown any more.
func typed(ctx context.Context, s *screen, in *os.File, commands []bot.Command, interrupt, stop func(error)) (iter.Seq[string], func() error, error) {
	var next func() (string, error)
	end := func() error { return nil }
	person := term.IsTerminal(int(in.Fd())) && s.person
	if person {
		before, err := term.MakeRaw(int(in.Fd()))
		if err != nil {
			return nil, nil, fmt.Errorf("terminal: %w", err)
		}
		restore := func() error { return term.Restore(int(in.Fd()), before) }
		keys := &keyboard{in: in, interrupt: func(times int) {
			if times > 1 {
				_ = restore()
				os.Exit(exitInterrupted)
			}
			interrupt(errInterrupted)
		}}
		line := term.NewTerminal(struct {
			io.Reader
			io.Writer
		}{keys, s.out}, prompt)
		line.AutoCompleteCallback = completion(commands)
		next, end = line.ReadLine, s.share(line, restore)
	} else {
		scanner := bufio.NewScanner(in)
		next = func() (string, error) {
			if scanner.Scan() {
				return scanner.Text(), nil
			}
			if err := scanner.Err(); err != nil {
				return "", fmt.Errorf("standard input: %w", err)
			}
			return "", io.EOF
		}
	}
	return func(yield func(string) bool) {
		type result struct {
			line string
			err  error
		}
		results := make(chan result)
		go func() { // nothing can stop a read of standard input: it ends with the process
			for {
				line, err := next()
				select {
				case results <- result{line, err}:
				case <-ctx.Done():
					return
				}
				if err != nil {
					return
				}
			}
		}()
		for count := 0; ; count++ {
			select {
			case <-ctx.Done():
				return
			case r := <-results:
				switch word := strings.ToLower(strings.Trim(strings.TrimSpace(r.line), "/")); {
				case r.err != nil && count == 0 && !person && r.err == io.EOF:
					<-ctx.Done() // in the background there is no input: go on following
					return
				case r.err != nil && r.err != io.EOF:
					stop(r.err)
					return
				case r.err != nil, word == "quit", word == "exit":
					stop(errQuit)
					return
				case word == "":
				case !yield(r.line):
					return
				}
			}
		}
	}, end, nil
}

// share makes s show everything through the line editor, which keeps what is being typed below. It returns how to undo that.
func (s *screen) share(line *term.Terminal, restore func() error) func() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	out, errOut, lively := s.out, s.err, s.lively
	s.out, s.err, s.lively = &editor{line, s.width}, &editor{line, s.width}, false
	return func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		_, _ = io.WriteString(out, "\r\x1b[K")
		s.out, s.err, s.lively = out, errOut, lively
		return restore()
	}
}

// An editor writes above the line that is being typed, which it lays out anew when the window has changed.
type editor struct {
	line  *term.Terminal
	width func() int
}

func (e *editor) Write(p []byte) (int, error) {
	if err := e.line.SetSize(e.width(), 24); err != nil {
		return 0, err
	}
	return e.line.Write(p)
}

// A keyboard passes on what is typed and counts Ctrl-C, which it keeps to itself.
type keyboard struct {
	in        io.Reader
	interrupt func(times int)
	times     int
}

func (k *keyboard) Read(p []byte) (int, error) {
	for {
		n, err := k.in.Read(p)
		kept := slices.DeleteFunc(p[:n], func(b byte) bool { return b == ctrlC })
		for range n - len(kept) {
			k.times++
			k.interrupt(k.times)
		}
		if len(kept) > 0 || err != nil {
			return len(kept), err
		}
	}
}

// completion completes the name of a command as far as it is certain.
func completion(commands []bot.Command) func(string, int, rune) (string, int, bool) {
	return func(line string, pos int, key rune) (string, int, bool) {
		if key != '\t' || pos != len(line) || strings.ContainsRune(line, ' ') {
			return "", 0, false
		}
		word := strings.ToLower(strings.TrimPrefix(line, "/"))
		var common []byte
		matches := 0
		for _, c := range commands {
			if !strings.HasPrefix(c.Name, word) {
				continue
			}
			if matches++; matches == 1 {
				common = []byte(c.Name)
				continue
			}
			for !bytes.HasPrefix([]byte(c.Name), common) {
				common = common[:len(common)-1]
			}
		}
		if matches == 0 {
			return "", 0, false
		}
		completed := "/" + string(common)
		if matches == 1 {
			completed += " "
		}
		return completed, len(completed), true
	}
}
