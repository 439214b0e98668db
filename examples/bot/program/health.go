package program

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/poktbot/poktbot/examples/bot"
)

// HealthFile is the name of the file, in the data folder, that a program touches while it is well.
const HealthFile = "poktbot-health"

// How often the program is looked at, and how old the file may be before the program is not well any more: three looks, and a bit for a busy machine.
const (
	healthPause = 10 * time.Second
	healthAge   = 35 * time.Second
)

// A health knows whether bot and platform are well.
type health struct {
	file string // "" when there is no folder for it
	bot  interface{ Well(context.Context) error }
	log  *slog.Logger

	mu        sync.Mutex
	platforms []func() error
	following error // why the chain cannot be followed now
	ill       bool  // as it was told last
}

type healthKey struct{}

// Health has check asked every ten seconds, from another goroutine, whether the platform is well: it returns nil, or why not. Ctx is what
// [Main] gave to serve. A platform without a check is well for as long as it is served.
func Health(ctx context.Context, check func() error) {
	if h, ok := ctx.Value(healthKey{}).(*health); ok {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.platforms = append(h.platforms, check)
	}
}

// follows says whether the chain can be followed.
func (h *health) follows(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.following = err
}

// look returns why the program is not well.
func (h *health) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, healthPause/2)
	defer cancel()
	h.mu.Lock()
	errs, platforms := []error{h.following}, h.platforms
	h.mu.Unlock()
	for _, check := range platforms {
		errs = append(errs, check())
	}
	return errors.Join(append(errs, h.bot.Well(ctx))...)
}

// run looks and touches the file until ctx ends.
func (h *health) run(ctx context.Context) {
	if h.file == "" {
		return
	}
	_ = os.Remove(h.file) // of another run
	defer func() { _ = os.Remove(h.file) }()
	again := time.NewTicker(healthPause)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		}
		err := h.look(ctx)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			err = touch(h.file)
		}
		if ill := err != nil; ill != h.ill {
			h.ill = ill
			if ill {
				h.log.Warn("not well", "error", err)
			} else {
				h.log.Info("well again")
			}
		}
	}
}

// touch makes the file new.
func touch(name string) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	now := time.Now()
	return errors.Join(f.Close(), os.Chtimes(name, now, now))
}

// healthFile is where the file is, "" when there is no folder for it.
func healthFile(c bot.Config) string {
	if folder := c.DataFolder(); folder != "" {
		return filepath.Join(folder, HealthFile)
	}
	return ""
}

// askHealth says whether the program that runs is well.
func (p *program) askHealth(now time.Time) int {
	c, err := p.load()
	if err != nil {
		p.tell(err)
		return exitArguments
	}
	info, err := os.Stat(healthFile(c))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		fmt.Fprintf(p.err, "%s: not well, or not running: there is no %s\n", p.name, HealthFile)
		return exitFailed
	case err != nil:
		p.tell(err)
		return exitFailed
	}
	if age := now.Sub(info.ModTime()); age > healthAge {
		fmt.Fprintf(p.err, "%s: not well: it was the last time %v ago\n", p.name, age.Round(time.Second))
		return exitFailed
	}
	fmt.Fprintln(p.out, "well")
	return 0
}
