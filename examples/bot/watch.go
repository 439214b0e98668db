package bot

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/monitor/check"
	"github.com/poktbot/poktbot/monitor/notify"
	"github.com/poktbot/poktbot/report/alert"
)

// screenName is the destination of whoever called [Bot.Run].
const screenName = "screen"

// A screen is a notifier that hands alerts to the caller of Run, for as long as Run lasts.
type screen struct {
	texts *alert.Texts
	tell  func(Part) error
}

// Notify implements monitor.Notifier.
func (s *screen) Notify(_ context.Context, m monitor.Message) error {
	title, lines, err := s.texts.Message(m)
	if err != nil {
		return err
	}
	return s.tell(Text{Title: title, Lines: lines})
}

// openAlerts opens what is known of alerts. Nothing is watched before [Bot.Run].
func (b *Bot) openAlerts(ctx context.Context) (err error) {
	db, err := b.ownDatabase(ctx)
	if err != nil {
		return err
	}
	place := monitor.StoreDB{Write: db.Write, Read: db.Read, Dialect: monitor.Dialect(db.Dialect), Explain: db.Explain}
	if b.alertStore, err = monitor.NewStore(ctx, place); err != nil || !b.config.Alerts.Enabled {
		return err
	}
	if b.checkMemory, err = check.NewSQLMemory(ctx, place); err != nil {
		return err
	}
	_, err = b.newWatcher(ctx, nil) // what is wrong is said before anything is read
	return err
}

// newWatcher makes the watcher that the configuration asks for, which tells alerts to the screen as well.
func (b *Bot) newWatcher(ctx context.Context, tell func(Part) error) (*monitor.Watcher, error) {
	texts, err := b.config.valuedTexts(b.worth)
	if err != nil {
		return nil, err
	}
	options, err := b.watcherOptions(ctx, &screen{texts: texts, tell: tell})
	if err != nil {
		return nil, err
	}
	watcher, err := monitor.New(b.alertStore, options...)
	if err != nil {
		return nil, fmt.Errorf("alerts: %w", err)
	}
	return watcher, nil
}

func (b *Bot) watcherOptions(ctx context.Context, s *screen) ([]monitor.Option, error) {
	rules, err := b.config.rules()
	if err != nil {
		return nil, err
	}
	destinations, err := notifiers(&b.config, s.texts.Message)
	if err != nil {
		return nil, err
	}
	options := []monitor.Option{
		monitor.WithLogger(b.log), monitor.WithRules(rules),
		monitor.To(monitor.Destination{Name: screenName, Notifier: s, PerMinute: -1}),
	}
	for _, d := range destinations {
		options = append(options, monitor.To(d))
	}
	if least := b.config.Alerts.Log; least != "" {
		d := monitor.Destination{Name: "log", Notifier: notify.NewLog(b.log, s.texts.Message), PerMinute: -1}
		_ = d.Filter.Severity.UnmarshalText([]byte(least)) // it was checked
		options = append(options, monitor.To(d))
	}
	if targets := b.config.Alerts.Connectivity; len(targets) > 0 {
		options = append(options, monitor.WithGate(monitor.Dial(targets...)))
	}
	if url := b.config.Alerts.Heartbeat; !url.IsZero() {
		options = append(options, monitor.WithHeartbeat(url.Reveal(), time.Duration(b.config.Alerts.Beat), nil))
	}
	checks, err := b.checks(ctx)
	return append(options, checks...), err
}

// watch runs the watcher until ctx ends. When another program on the same database takes it over, that one watches.
func (b *Bot) watch(ctx context.Context, tell func(Part) error) error {
	if !b.config.Alerts.Enabled {
		return nil
	}
	watcher, err := b.newWatcher(ctx, tell)
	if err != nil {
		return err
	}
	b.telling.Lock()
	b.told = map[string]string{}
	b.telling.Unlock()
	if err := b.tellChats(ctx, watcher); err != nil {
		return err
	}
	b.watcher.Store(watcher)
	defer b.watcher.Store(nil)
	var telling sync.WaitGroup
	defer telling.Wait()
	ctx, stopTelling := context.WithCancel(ctx)
	defer stopTelling()
	telling.Go(func() { b.keepTelling(ctx, watcher) })
	stop, err := b.serveMetrics(watcher)
	if err != nil {
		return err
	}
	defer stop()
	priced, enough := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { b.keepPrices(priced) })
	defer wg.Wait()
	defer enough()
	err = watcher.Run(ctx)
	if errors.Is(err, monitor.ErrTaken) {
		return tell(Text{Lines: []string{"Another program on this database watches now, and tells of alerts in place of this one."}})
	}
	return err
}

// serveMetrics serves the watcher's own metrics for Prometheus, if that is asked for.
func (b *Bot) serveMetrics(watcher *monitor.Watcher) (stop func(), err error) {
	address := b.config.Alerts.Metrics
	if address == "" {
		return func() {}, nil
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("alerts.metrics: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", watcher.Metrics())
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener) // until it is closed
	}()
	return func() { _ = server.Close(); <-done }, nil
}

// texts are what alerts are called in lists, for who asks.
func (c *call) texts() (*alert.Texts, error) {
	return alert.New(alert.Options{Audience: audienceOf(c.caller), Zone: c.zone, TimeLayout: c.dates.Go() + " 15:04", Plain: true, Worth: c.bot.worth})
}
