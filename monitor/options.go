package monitor

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"
)

// An Option says what a watcher watches, whom it tells and how.
type Option func(*config)

type config struct {
	polls        []*poll
	blocks       []*blockWatch
	source       BlockSource
	destinations []Destination
	rules        *Rules
	gate         Gate
	grouping     Grouping
	log          *slog.Logger
	atOnce       int
	keep         time.Duration
	heartbeat    heartbeat
	errs         []error
}

func (c *config) fault(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf(format, args...))
}

// Every makes the watcher look by check at an uneven interval that is this long on average. The first look comes soon after the start. The
// name is for ever: the alerts that the check raised are remembered by it.
func Every(name string, check Check, interval time.Duration, opts ...LookOption) Option {
	return func(c *config) {
		p := &poll{name: name, check: check, interval: interval, timeout: min(interval, 30*time.Second), gated: true}
		for _, o := range opts {
			o(p)
		}
		if check == nil || interval <= 0 || p.timeout <= 0 {
			c.fault("check %q: want a check, an interval and a timeout above 0", name)
		}
		c.polls = append(c.polls, p)
	}
}

// A LookOption says how a check is looked by.
type LookOption func(*poll)

// Timeout ends a look that takes longer. By default that is the interval, but at most 30 seconds.
func Timeout(d time.Duration) LookOption { return func(p *poll) { p.timeout = d } }

// Local says that a check needs no network, so that its results count also while the [Gate] is closed.
func Local() LookOption { return func(p *poll) { p.gated = false } }

// OnBlock makes the watcher look at every block by check. The name is for ever: how far the check has come is remembered by it.
func OnBlock(name string, check BlockCheck) Option {
	return func(c *config) {
		if check == nil {
			c.fault("block check %q: want a check", name)
		}
		c.blocks = append(c.blocks, &blockWatch{name: name, check: check})
	}
}

// WithBlocks says where blocks come from.
func WithBlocks(source BlockSource) Option { return func(c *config) { c.source = source } }

// To makes the watcher tell a destination.
func To(d Destination) Option {
	return func(c *config) {
		if err := d.validate(); err != nil {
			c.errs = append(c.errs, err)
		}
		c.destinations = append(c.destinations, d)
	}
}

// WithRules judges by rules other than the [DefaultRules].
func WithRules(r *Rules) Option { return func(c *config) { c.rules = r } }

// WithGate asks gate whether the watcher's own network works before it believes that something out there does not. Without one it always
// believes it.
func WithGate(gate Gate) Option { return func(c *config) { c.gate = gate } }

// WithGrouping tells storms in another way than the zero Grouping.
func WithGrouping(g Grouping) Option { return func(c *config) { c.grouping = g } }

// WithLogger reports what goes wrong with watching to log. By default it is not reported.
func WithLogger(log *slog.Logger) Option { return func(c *config) { c.log = log } }

// AtOnce is how many checks look at the same time; the default is 32.
func AtOnce(n int) Option { return func(c *config) { c.atOnce = n } }

// Keep is how long events and messages are kept in the store; the default is 400 days, and 0 keeps them for ever.
func Keep(d time.Duration) Option { return func(c *config) { c.keep = d } }

// WithHeartbeat asks for the URL at an interval for as long as the watcher is healthy, so that a dead man's switch there raises the alarm
// when it is not, or is no more. The URL is a secret; it is in no log and no error. Client may be nil.
func WithHeartbeat(target string, interval time.Duration, client *http.Client) Option {
	return func(c *config) {
		u, err := url.Parse(target)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || interval <= 0 {
			c.fault("heartbeat: want a URL that begins with http, and an interval above 0")
			return
		}
		c.heartbeat = heartbeat{url: target, interval: interval, client: client}
	}
}

// isCleanName reports whether every store takes a name as it is.
func isCleanName(name string) bool { return (Key{Subject: name}).clean().Subject == name }

// check reports what does not fit together, and writes out the defaults.
func (c *config) check() error {
	names := map[string]bool{own: true}
	unique := func(kind, name string) {
		if name == "" || names[name] || !isCleanName(name) {
			c.fault("%s %q: want a name of its own", kind, name)
		}
		names[name] = true
	}
	for _, p := range c.polls {
		unique("check", p.name)
	}
	for _, b := range c.blocks {
		unique("block check", b.name)
	}
	clear(names)
	for _, d := range c.destinations {
		unique("destination", d.Name)
	}
	if len(c.blocks) > 0 && c.source == nil {
		c.fault("block checks want a source of blocks: WithBlocks")
	}
	if c.atOnce < 1 || c.keep < 0 {
		c.fault("want at least one check at once, and a time to keep that is not below 0")
	}
	if c.rules == nil {
		rules, err := NewRules()
		c.errs = append(c.errs, err)
		c.rules = rules
	}
	return errors.Join(c.errs...)
}
