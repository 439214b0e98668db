package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	_ "time/tzdata" // zones work on machines without a database of them
	"unicode"

	"github.com/poktbot/poktbot/examples/bot"
)

// The exit codes that are not 0.
const (
	exitFailed      = 1
	exitArguments   = 2
	exitInterrupted = 130
	exitTerminated  = 143
)

// errInterrupted and errTerminated are why the work ends before its end.
var (
	errInterrupted = errors.New("interrupted")
	errTerminated  = errors.New("terminated")
	errQuit        = errors.New("quit")
)

func main() {
	signal.Ignore(syscall.SIGPIPE) // writing to nobody is an error that ends the program in good order
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		caught := <-signals
		signal.Reset(os.Interrupt, syscall.SIGTERM) // a second one ends the program at once
		if caught == os.Interrupt {
			cancel(errInterrupted)
			return
		}
		cancel(errTerminated)
	}()
	os.Exit(run(ctx, cancel, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is the whole program; it returns the exit code.
func run(ctx context.Context, cancel context.CancelCauseFunc, args []string, in, out, errOut *os.File) int {
	o, err := parse(args, os.Environ(), errOut)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return exitArguments
	case o.version:
		fmt.Fprintln(out, "poktbot terminal "+bot.Version())
		return 0
	case o.check:
		fmt.Fprintln(errOut, "the configuration is good")
		return 0
	}
	s := newScreen(out, errOut, os.Getenv, o.out)
	code := 0
	err = work(ctx, cancel, o, s, in, &code)
	s.mu.Lock()
	s.endProgress()
	s.mu.Unlock()
	cause := context.Cause(ctx)
	switch {
	case errors.Is(err, errNoReader):
		return 0
	case errors.Is(cause, errInterrupted):
		s.remark("interrupted; the index is closed and goes on where it was")
		return exitInterrupted
	case errors.Is(cause, errTerminated):
		s.remark("terminated; the index is closed and goes on where it was")
		return exitTerminated
	case errors.Is(err, errQuit), err == nil:
		return code
	default:
		s.fail(err)
		return exitFailed
	}
}

// work opens the bot, catches up with the chain, and answers.
func work(ctx context.Context, interrupt func(error), o options, s *screen, in *os.File, code *int) (err error) {
	log := slog.New(slog.DiscardHandler)
	if o.verbose {
		log = slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	open := bot.New
	if o.demo {
		open = bot.NewDemo
	}
	b, err := open(ctx, o.config, bot.WithLogger(log))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	if notice := b.Notice(); notice != "" {
		s.remark(notice)
	}
	if err := b.CatchUp(ctx, func(p bot.Progress) { _ = s.show(ctx, p) }); err != nil {
		return err
	}
	if len(o.commands) > 0 {
		for _, command := range o.commands {
			if err := answer(ctx, b, s, command); err != nil {
				if errors.Is(err, errNoReader) || context.Cause(ctx) != nil {
					return err
				}
				s.fail(err)
				*code = exitFailed
			}
		}
		return nil
	}
	if err := answer(ctx, b, s, "/stats"); err != nil {
		return err
	}
	return converse(ctx, interrupt, b, s, in, code)
}

// answer shows the reply to one line. A missing slash is forgiven: here everything typed is a command.
func answer(ctx context.Context, b *bot.Bot, s *screen, line string) error {
	line = strings.TrimSpace(line)
	if !strings.HasPrefix(line, "/") {
		line = "/" + line
	}
	for part, err := range b.Answer(ctx, bot.Request{Text: line, From: whoami(), Direct: true}) {
		if err != nil {
			return err
		}
		if err := s.show(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

// whoami is who types, for the record.
func whoami() string {
	name := strings.Map(func(r rune) rune {
		if r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '-' || r == '.') {
			return r
		}
		return -1
	}, cmp.Or(os.Getenv("USER"), os.Getenv("USERNAME")))
	return "local:" + cmp.Or(name, "somebody")
}

// converse follows the chain, tells its news, and answers what is typed, until one of both ends.
func converse(ctx context.Context, interrupt func(error), b *bot.Bot, s *screen, in *os.File, code *int) (err error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	commands, err := b.Commands(ctx, whoami())
	if err != nil {
		return err
	}
	lines, end, err := typed(ctx, s, in, commands, interrupt, stop)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	var following sync.WaitGroup
	following.Go(func() {
		stop(b.Run(ctx, func(news bot.Part) error { return s.show(ctx, news) }))
	})
	defer following.Wait()
	for line := range lines {
		if err := answer(ctx, b, s, line); err != nil {
			if errors.Is(err, errNoReader) {
				stop(err)
			}
			if context.Cause(ctx) != nil {
				break
			}
			s.fail(err)
			*code = exitFailed
		}
	}
	<-ctx.Done()
	return context.Cause(ctx)
}
