package program

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
	_ "time/tzdata" // zones work on machines without a database of them

	"github.com/poktbot/poktbot/examples"
	"github.com/poktbot/poktbot/examples/bot"
)

// The exit codes that are not 0.
const (
	exitFailed      = 1
	exitArguments   = 2
	exitInterrupted = 130
	exitTerminated  = 143
)

// patience is how long the parts of a program may take to end in good order. Docker and systemd are told to wait longer.
const patience = 20 * time.Second

// A Serve serves a chat platform until ctx ends, and returns why it cannot go on before. When ctx ends it is to return soon, with whatever error.
type Serve func(ctx context.Context, b *bot.Bot, c bot.Config, log *slog.Logger) error

// Main is the main function of the program of that name. Needs are keys of the configuration that it cannot do without, such as
// "telegram.token". It does not return.
func Main(name string, serve Serve, needs ...string) {
	signal.Ignore(syscall.SIGPIPE) // writing to nobody is no reason to end
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	p := &program{
		name: name, serve: serve, needs: needs, environ: os.Environ(), out: os.Stdout, err: os.Stderr, signals: signals, exit: os.Exit,
		reloads: make(chan struct{}, 1),
	}
	os.Exit(p.run(context.Background(), os.Args[1:]))
}

type program struct {
	name     string
	serve    Serve
	needs    []string
	environ  []string
	out, err io.Writer
	signals  <-chan os.Signal
	reloads  chan struct{}
	exit     func(int)
	options  options
	log      *slog.Logger
	lines    *discreet // what the log is written to
}

// errEnded: the program was asked to end.
var errEnded = errors.New("asked to end")

// run is the whole program; it returns the exit code.
func (p *program) run(ctx context.Context, args []string) int {
	var err error
	p.options, err = parse(p.name, args, p.err)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return exitArguments
	case p.options.version:
		fmt.Fprintln(p.out, "poktbot "+p.name+" "+bot.Version())
		return 0
	case p.options.example:
		fmt.Fprint(p.out, examples.Config())
		return 0
	case p.options.imports != "":
		return p.importOriginal()
	case p.options.check:
		return p.check()
	case p.options.health:
		return p.askHealth(time.Now())
	}
	config, err := p.load()
	if err != nil {
		p.tell(err)
		return exitArguments
	}
	if p.options.invite != "" {
		return p.invite(ctx, config)
	}
	p.lines = &discreet{w: p.err}
	p.log = newLog(p.lines, p.options.verbose).With("program", p.name)
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	go p.listen(ctx, stop)
	err = p.work(ctx, config)
	switch {
	case err != nil:
		p.log.Error("ended", "error", err)
		return exitFailed
	default:
		p.log.Info("ended in good order")
		return 0
	}
}

// listen turns signals into what they mean, until the program ends.
func (p *program) listen(ctx context.Context, stop context.CancelCauseFunc) {
	for caught := range p.signals {
		switch {
		case caught == syscall.SIGHUP:
			select {
			case p.reloads <- struct{}{}:
			default: // one is waiting already, and it will read the newest file
			}
		case ctx.Err() == nil:
			p.log.Info("ending", "signal", caught.String())
			stop(errEnded)
		case caught == os.Interrupt: // by hand, as the first process of a container is not ended by signals that it does not handle
			p.exit(exitInterrupted)
		default:
			p.exit(exitTerminated)
		}
	}
}

// work runs the bot with one configuration after another.
func (p *program) work(ctx context.Context, config bot.Config) error {
	b, err := p.open(ctx, config)
	for err == nil {
		var next *bot.Config
		if next, err = p.live(ctx, b, config); err != nil || next == nil {
			return err
		}
		var opened error
		if b, opened = p.open(ctx, *next); opened == nil {
			config = *next
			p.log.Info("the configuration was read anew")
			continue
		}
		p.log.Error("the bot does not open with the new configuration; the old one goes on", "error", opened)
		b, err = p.open(ctx, config)
	}
	if ctx.Err() != nil {
		return nil // asked to end while it was opening
	}
	return err
}

func (p *program) open(ctx context.Context, config bot.Config) (*bot.Bot, error) {
	p.lines.hide(config.Hidden())
	for _, warning := range config.Warnings() {
		p.log.Warn(warning)
	}
	open := bot.New
	if p.options.demo {
		open = bot.NewDemo
	}
	b, err := open(ctx, config, bot.WithLogger(p.log))
	if err != nil {
		return nil, err
	}
	if notice := b.Notice(); notice != "" {
		p.log.Info(notice)
	}
	if p.options.demo {
		if err := p.printInvitation(ctx, b, p.err, "sysadmin"); err != nil {
			return nil, errors.Join(err, b.Close())
		}
		return b, nil
	}
	if users, err := b.Authority().Users(ctx, byShell); err == nil && len(users) == 0 && !config.Access.Public {
		p.log.Warn("nobody may ask anything yet: the flag -invite sysadmin prints a code that lets you in")
	}
	return b, nil
}

// live serves the platform and follows the chain until the program is to end, cannot go on, or has a new configuration, which it returns. Then
// it ends what it began and closes the bot.
func (p *program) live(ctx context.Context, b *bot.Bot, config bot.Config) (next *bot.Config, err error) {
	living, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	h := &health{file: healthFile(config), bot: b, log: p.log}
	var working sync.WaitGroup
	served := make(chan error, 1)
	working.Go(func() { served <- p.serve(context.WithValue(living, healthKey{}, h), b, config, p.log) })
	working.Go(func() { p.follow(living, b, h) })
	working.Go(func() { h.run(living) })
	p.log.Info("started", "version", bot.Version(), "configuration", config.File())
	for done := false; !done; {
		select {
		case <-ctx.Done():
			done = true
		case err = <-served:
			if ctx.Err() != nil {
				err = nil
			}
			done = true
		case <-p.reloads:
			next = p.reload()
			done = next != nil
		}
	}
	stop(errEnded)
	ended := make(chan struct{})
	go func() {
		working.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return next, errors.Join(err, b.Close())
	case <-time.After(patience): // closing what is in use could break more than leaving it open: every write is whole or not at all
		return nil, errors.Join(err, fmt.Errorf("not all has ended within %v", patience))
	}
}

// reload reads the configuration anew, and returns nil after saying why when it is bad.
func (p *program) reload() *bot.Config {
	config, err := p.load()
	if err == nil {
		return &config
	}
	for _, fault := range lines(err) {
		p.log.Error("the new configuration is bad; the old one goes on", "error", fault)
	}
	return nil
}
