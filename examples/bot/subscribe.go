package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/poktbot/poktbot/examples/bot/keep"
	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/rbac"
	"github.com/poktbot/poktbot/report/alert"
)

// spaceChats keeps, for each chat in which something was set, on whose behalf: what is told there is what that account may see.
const spaceChats = "chats"

const (
	defaultHour     = 8         // of digests
	defaultSeverity = "warning" // from which on alerts are told to who begins to talk to the bot
)

// A Subscription is what a chat wants to be told without asking.
type Subscription struct {
	Chat     string // as a platform calls it: "telegram:123"
	Subject  string // on whose behalf: what is told is what this account may see
	Severity monitor.Severity
	Filter   monitor.Filter // what of it, by the account's scope and by the kinds chosen
	Audience alert.Audience
	Manages  bool // may acknowledge and mute what is told

	Daily, Weekly, Monthly bool // digests
	Hour                   int  // of the day in Zone at which they come
	Zone                   *time.Location
	TimeLayout             string // of times, as the account wants them
}

// Digests reports whether the chat wants any.
func (s Subscription) Digests() bool { return s.Daily || s.Weekly || s.Monthly }

// Kind is the platform of the chat: "telegram".
func (s Subscription) Kind() string {
	kind, _, _ := strings.Cut(s.Chat, ":")
	return kind
}

// A Teller tells alerts in the chats of a platform.
type Teller interface {
	Kind() string // how the names of its chats begin: "telegram"
	// Notifier returns what tells alerts in one chat. It does not connect.
	Notifier(Subscription) (monitor.Notifier, error)
}

// Attach makes the bot tell alerts through a platform, to every chat of it that wants them, whenever [Bot.Run] watches. Call it before Run.
func (b *Bot) Attach(t Teller) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tellers = append(b.tellers, t)
}

// Subscriptions returns what all chats want to be told, by their names. Those of accounts that may see nothing any more are left out.
func (b *Bot) Subscriptions(ctx context.Context) ([]Subscription, error) {
	var list []Subscription
	for entry, err := range b.keep.List(ctx, spaceChats) {
		if err != nil {
			return nil, fmt.Errorf("subscriptions: %w", err)
		}
		s, err := b.subscription(ctx, entry.Key, string(entry.Value))
		if err != nil {
			return nil, err
		}
		if s.Severity > 0 || s.Digests() {
			list = append(list, s)
		}
	}
	return list, nil
}

// subscription returns what a chat wants; nothing when the account behind it may see nothing.
func (b *Bot) subscription(ctx context.Context, chat, subject string) (Subscription, error) {
	s := Subscription{Chat: chat, Subject: subject, Hour: defaultHour}
	who, err := b.caller(ctx, subject)
	if err != nil {
		return s, err
	}
	v, err := b.viewOf(ctx, who)
	if err != nil {
		return s, err
	}
	values, err := b.kept(ctx, chat)
	if err != nil {
		return s, err
	}
	s.Audience, s.Manages, s.Zone, s.TimeLayout = audienceOf(who), who.may(rbac.ManageAlerts), v.zone, v.dates.Go()+" 15:04"
	if values["audience"] == string(alert.Investor) {
		s.Audience = alert.Investor
	}
	if hour, err := strconv.Atoi(values["hour"]); err == nil {
		s.Hour = hour
	}
	if who.may(rbac.SeeAlerts) {
		_ = s.Severity.UnmarshalText([]byte(strings.TrimPrefix(values["alerts"], "off"))) // it was checked
	}
	if who.may(rbac.SeeRewards) {
		digests := strings.Fields(values["digest"])
		s.Daily, s.Weekly, s.Monthly = slices.Contains(digests, "daily"), slices.Contains(digests, "weekly"), slices.Contains(digests, "monthly")
	}
	s.Filter.Severity = s.Severity
	matches, except, err := b.alertsOf(ctx, who)
	if err != nil {
		return s, err
	}
	if !s.Manages {
		except = append(except, monitor.Match{Name: "monitor.*"}, monitor.Match{Name: "bot.*"}) // what the watching itself lacks is for who can mend it
	}
	s.Filter.Match, s.Filter.Except = ofKinds(matches, values["kinds"]), except
	return s, nil
}

// ofKinds narrows matches to the names and patterns chosen.
func ofKinds(matches []monitor.Match, kinds string) []monitor.Match {
	words := strings.Fields(kinds)
	if len(words) == 0 || kinds == "all" {
		return matches
	}
	if len(matches) == 0 {
		matches = []monitor.Match{{}}
	}
	var narrowed []monitor.Match
	for _, m := range matches {
		for _, word := range words {
			if m.Name == "" {
				n := m
				n.Name = word
				narrowed = append(narrowed, n)
			}
		}
	}
	if len(narrowed) == 0 {
		return []monitor.Match{{Name: "none"}}
	}
	return narrowed
}

// audienceOf is which text of an alert is for somebody: who manages alerts is told what to do, others what it costs.
func audienceOf(who caller) alert.Audience {
	if who.may(rbac.ManageAlerts) {
		return alert.Sysadmin
	}
	return alert.Investor
}

// begin makes a direct chat be told alerts, unless that was chosen before, and says so.
func (c *call) begin() (string, error) {
	if !c.direct || c.chat == "" || !c.may(rbac.SeeAlerts) || !c.bot.config.Alerts.Enabled {
		return "", nil
	}
	if _, err := c.bot.keep.Get(c.ctx, spaceChats, c.chat); err == nil || !errors.Is(err, keep.ErrNone) {
		return "", err
	}
	err := c.bot.keep.Put(c.ctx,
		keep.Entry{Space: spaceChats, Key: c.chat, Value: []byte(c.subject)},
		keep.Entry{Space: spaceSettings(c.chat), Key: "alerts", Value: []byte(defaultSeverity)})
	if err != nil {
		return "", fmt.Errorf("settings: %w", err)
	}
	return "Alerts are told here from " + defaultSeverity + " on; /settings alerts changes that.", c.bot.subscriptionChanged(c.ctx, c.chat)
}

// AlertTexts are the words in which a chat is told of alerts: the configuration's own where it has some, for the chat's audience and by its clock.
func (b *Bot) AlertTexts(s Subscription) (*alert.Texts, error) {
	o, err := b.config.textOptions(b.worth)
	if err != nil {
		return nil, err
	}
	o.Audience, o.Zone, o.TimeLayout = s.Audience, s.Zone, s.TimeLayout
	return alert.New(o)
}

// Gone says that a chat cannot be written to any more: nothing is told there until somebody begins anew.
func (b *Bot) Gone(ctx context.Context, chat string) error {
	if err := b.keep.Delete(ctx, spaceChats, chat); err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	return b.subscriptionChanged(ctx, chat)
}

// untell makes a chat no destination of the watcher's any more. That it was none is fine.
func untell(ctx context.Context, watcher *monitor.Watcher, chat string) error {
	if err := watcher.Untell(ctx, chat); err != nil && !errors.Is(err, monitor.ErrNoDestination) {
		return fmt.Errorf("alerts to %s: %w", chat, err)
	}
	return nil
}

// subscriptionChanged makes the watcher tell a chat what it wants now, also when it had given up on it.
func (b *Bot) subscriptionChanged(ctx context.Context, chat string) error {
	watcher := b.watcher.Load()
	if watcher == nil || chat == "" {
		return nil // it is asked for when the watching begins
	}
	return b.tellChats(ctx, watcher, chat)
}

// tellChat makes a chat a destination of the watcher's.
func (b *Bot) tellChat(ctx context.Context, watcher *monitor.Watcher, s Subscription) error {
	b.mu.Lock()
	i := slices.IndexFunc(b.tellers, func(t Teller) bool { return t.Kind() == s.Kind() })
	var teller Teller
	if i >= 0 {
		teller = b.tellers[i]
	}
	b.mu.Unlock()
	if teller == nil {
		return nil // another program serves that platform
	}
	notifier, err := teller.Notifier(s)
	if err != nil {
		return fmt.Errorf("alerts to %s: %w", s.Chat, err)
	}
	return watcher.Tell(ctx, monitor.Destination{Name: s.Chat, Notifier: notifier, Filter: s.Filter, PerMinute: chatPace, CatchUp: true})
}

// chatPace is how many messages a minute a chat is told at most: what comes faster is told together.
const chatPace = 20

// tellChats makes the chats that want alerts, and whose accounts may see any, the watcher's destinations: they, as they want it now, and no others. Chats
// that are named are told of anew even if nothing about them changed.
func (b *Bot) tellChats(ctx context.Context, watcher *monitor.Watcher, anew ...string) error {
	b.telling.Lock()
	defer b.telling.Unlock()
	list, err := b.Subscriptions(ctx)
	if err != nil {
		return err
	}
	for _, chat := range anew {
		b.told[chat] = ""
	}
	wanted := map[string]bool{}
	var errs []error
	for _, s := range list {
		if s.Severity == 0 {
			continue
		}
		wanted[s.Chat] = true
		if as := fmt.Sprint(s); b.told[s.Chat] != as {
			if err := b.tellChat(ctx, watcher, s); err != nil {
				errs = append(errs, err)
				continue
			}
			b.told[s.Chat] = as
		}
	}
	for chat := range b.told {
		if wanted[chat] {
			continue
		}
		if err := untell(ctx, watcher, chat); err != nil {
			errs = append(errs, err)
			continue
		}
		delete(b.told, chat)
	}
	return errors.Join(errs...)
}

// accessEvery is how often it is looked at who may see what: another program on the same database may have changed it.
const accessEvery = time.Minute

// keepTelling looks again and again at who may see what, until ctx ends. What could not be changed is tried again.
func (b *Bot) keepTelling(ctx context.Context, watcher *monitor.Watcher) {
	tick := time.NewTicker(accessEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-b.peopleChanged:
		}
		if err := b.tellChats(ctx, watcher); err != nil && ctx.Err() == nil {
			b.log.Warn("chats are told what they were told before", "error", err)
		}
	}
}

// peopleDid says that somebody's rights, links or nodes have changed.
func (b *Bot) peopleDid() {
	select {
	case b.peopleChanged <- struct{}{}:
	default: // it is known already
	}
}
