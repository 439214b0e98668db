package bot

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rbac"
	"github.com/poktbot/poktbot/report"
)

// shownEvents is how many events /events shows when no range is given: about what fits a chat.
const shownEvents = 30

// alertID is what people call an alert: short enough to type, and the same for as long as the alert is about the same thing.
func alertID(k monitor.Key) string {
	sum := sha256.Sum256([]byte(k.String()))
	return hex.EncodeToString(sum[:])[:5]
}

// AlertID is what /ack and /mute call an alert.
func AlertID(k monitor.Key) string { return alertID(k) }

// alerts is /alerts: what is wrong now.
func (c *call) alerts() error {
	if len(c.args) > 0 {
		return usage("/alerts takes nothing; /events tells what was")
	}
	list, err := c.firing()
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return c.say(Text{Title: "Nothing is wrong", Lines: []string{c.bot.watchingLine()}})
	}
	texts, err := c.texts()
	if err != nil {
		return err
	}
	now := time.Now()
	t := report.Table{
		Title: plural(len(list), "alert"),
		Columns: []report.Column{
			{Name: "ID", Kind: report.KindText}, {Name: "Severity", Kind: report.KindText}, {Name: "Since", Kind: report.KindTime},
			{Name: "For", Kind: report.KindText}, {Name: "What", Kind: report.KindText}, {Name: "State", Kind: report.KindText},
		},
		Notes: []string{c.bot.watchingLine()},
	}
	rows := make([][]report.Cell, 0, len(list))
	for _, a := range list {
		what, _, err := texts.Event(monitor.Event{Alert: a, Severity: a.Severity, At: now})
		if err != nil {
			return err
		}
		rows = append(rows, []report.Cell{
			report.String(alertID(a.Key)), report.String(a.Severity.String()), report.Time(a.Since),
			report.String(report.Duration(a.Duration(now))), report.String(what), report.String(standingOf(a)),
		})
	}
	t.Rows = report.Rows(rows...)
	return c.say(Table{Table: t, Options: report.TextOptions{Zone: c.zone, Places: places}})
}

// standingOf says who cares about an alert.
func standingOf(a monitor.Alert) string {
	switch {
	case a.Muted:
		return "muted"
	case a.Held:
		return "explained by another"
	case a.AckedBy != "":
		return "taken by " + report.Line(a.AckedBy, 40)
	case a.Escalations > 0:
		return "escalated"
	}
	return "open"
}

// firing returns the alerts that fire and that the caller may see, the worst and oldest first.
func (c *call) firing() ([]monitor.Alert, error) {
	all, err := c.bot.alertStore.Alerts(c.ctx)
	if err != nil {
		return nil, fmt.Errorf("alerts: %w", err)
	}
	var unseen error
	all = slices.DeleteFunc(all, func(a monitor.Alert) bool {
		if a.Fired.IsZero() || !a.Resolved.IsZero() {
			return true
		}
		seen, err := c.seesAlert(a.Key, a.Labels)
		unseen = cmp.Or(unseen, err)
		return !seen
	})
	if unseen != nil {
		return nil, fmt.Errorf("alerts: %w", unseen)
	}
	slices.SortStableFunc(all, func(x, y monitor.Alert) int {
		return cmp.Or(cmp.Compare(y.Severity, x.Severity), x.Since.Compare(y.Since))
	})
	return all, nil
}

// watchingLine says whether anybody looks at all.
func (b *Bot) watchingLine() string {
	if !b.config.Alerts.Enabled {
		return "Nothing is watched: alerts.enabled is off."
	}
	watcher := b.watcher.Load()
	if watcher == nil {
		return "As of when this program last watched: it does not watch while it only answers commands."
	}
	if err := watcher.Healthy(); err != nil {
		return "⚠ The watching itself has trouble: " + report.Line(err.Error(), 200)
	}
	return "Watching."
}

// chosen returns the firing alerts that the words name: an ID of /alerts, a name or a pattern of names, or all.
func (c *call) chosen(word string) ([]monitor.Alert, error) {
	list, err := c.firing()
	if err != nil {
		return nil, err
	}
	if strings.EqualFold(word, "all") {
		return list, nil
	}
	match := monitor.Match{Name: word}
	if err := match.Validate(); err != nil {
		return nil, usage("%v", err)
	}
	var found []monitor.Alert
	for _, a := range list {
		if strings.EqualFold(alertID(a.Key), word) || match.Matches(a.Key, a.Labels) {
			found = append(found, a)
		}
	}
	if len(found) == 0 {
		return nil, usage("%q is no alert that fires now: /alerts lists them with their IDs", clip(word))
	}
	return found, nil
}

// beginning is how long a command waits for the watching to begin: what is typed at the start of a program may come before.
const beginning = 3 * time.Second

// needsWatching returns the watcher, for a command that only the program that watches can do.
func (c *call) needsWatching() (*monitor.Watcher, error) {
	late := time.After(beginning)
	again := time.NewTicker(beginning / 100)
	defer again.Stop()
	for c.bot.config.Alerts.Enabled {
		if watcher := c.bot.watcher.Load(); watcher != nil {
			return watcher, nil
		}
		select {
		case <-again.C:
		case <-c.ctx.Done():
			return nil, context.Cause(c.ctx)
		case <-late:
			return nil, errNotWatching
		}
	}
	return nil, errNotWatching
}

var errNotWatching = usage("this program does not watch now, so it can change no alert: type it where the watching runs")

// ack is /ack: somebody takes care of it.
func (c *call) ack() error {
	if len(c.args) == 0 {
		return usage("/ack wants the ID of an alert from /alerts, and a note if there is something to say: /ack 1a2b3 on my way")
	}
	watcher, err := c.needsWatching()
	if err != nil {
		return err
	}
	list, err := c.chosen(c.args[0])
	if err != nil {
		return err
	}
	note := strings.Join(c.args[1:], " ")
	done := 0
	for _, a := range list {
		switch err := watcher.Ack(c.ctx, a.Key, c.by(), note); {
		case errors.Is(err, monitor.ErrNotFiring): // it is over meanwhile
		case err != nil:
			return err
		default:
			done++
		}
	}
	return c.say(Text{Lines: []string{plural(done, "alert") + " taken: nobody is reminded until it gets worse or is over."}})
}

// mute is /mute: a list of mutes, or a new one.
func (c *call) mute() error {
	if len(c.args) == 0 {
		return c.mutes()
	}
	watcher, err := c.needsWatching()
	if err != nil {
		return err
	}
	m := monitor.Mute{By: c.by(), Match: monitor.Match{Name: c.args[0]}}
	if list, err := c.chosen(c.args[0]); err == nil && len(list) == 1 && strings.EqualFold(alertID(list[0].Key), c.args[0]) {
		m.Match = monitor.MatchKey(list[0].Key)
	} else if err := c.muteMatch(&m, c.args[0]); err != nil {
		return err
	} else if c.Scope.Kind != rbac.All && m.Match.Subject == "" {
		return usage("you may mute an alert by its ID, or one of your nodes: %s is everybody's", muteName(m))
	}
	words := c.args[1:]
	if len(words) == 0 {
		return usage("/mute wants to know until when: 1h, 8h, 2d, fixed (until it is over), or weekly \"Sun 02:00-04:00\"")
	}
	switch word := strings.ToLower(words[0]); word {
	case "fixed":
		m.UntilFixed = true
		words = words[1:]
	case "weekly":
		if len(words) < 2 {
			return usage("/mute … weekly wants a time of the week: weekly \"Sun 02:00-04:00\"")
		}
		text := words[1]
		if strings.Count(text, " ") < 2 {
			text += " " + c.zone.String() // the clock that people look at
		}
		window, err := monitor.ParseWindow(text)
		if err != nil {
			return usage("%v", err)
		}
		m.Windows = []monitor.Window{window}
		words = words[2:]
	default:
		d, err := ParseDuration(word)
		if err != nil || d <= 0 || d > Duration(366*24*time.Hour) {
			return usage("%q is no time to be quiet: want 1h, 8h, 2d, fixed, or weekly \"Sun 02:00-04:00\"", clip(word))
		}
		m.Until = time.Now().Add(time.Duration(d))
		words = words[1:]
	}
	m.Comment = strings.Join(words, " ")
	made, err := watcher.Mute(c.ctx, m)
	if err != nil {
		return err
	}
	return c.say(Text{Lines: []string{fmt.Sprintf("Quiet %s: %s. /unmute %s ends it.", c.until(made), muteName(made), made.ID)}})
}

// muteMatch reads what is to be quiet: a name or pattern, a node's address, or all.
func (c *call) muteMatch(m *monitor.Mute, word string) error {
	switch {
	case strings.EqualFold(word, "all"):
		m.Match = monitor.Match{}
		return nil
	case looksLikeAddress(word) && !strings.Contains(word, "."):
		node, err := c.findNode(word)
		if err != nil {
			return err
		}
		m.Match = monitor.Match{Subject: node.String()}
		return nil
	}
	return knownAlert(word)
}

func muteName(m monitor.Mute) string {
	if name := m.Match.String(); name != "*" {
		return report.Line(name, 120)
	}
	return "all alerts"
}

func (c *call) until(m monitor.Mute) string {
	switch {
	case m.UntilFixed:
		return "until it is over"
	case len(m.Windows) > 0:
		return "each " + m.Windows[0].String()
	case m.Until.IsZero():
		return "until somebody ends it"
	}
	return "until " + m.Until.In(c.zone).Format(c.dates.Go()+" 15:04")
}

func (c *call) mutes() error {
	list, err := c.bot.alertStore.Mutes(c.ctx)
	if err != nil {
		return fmt.Errorf("mutes: %w", err)
	}
	text := Text{Title: "Nothing is muted"}
	now := time.Now()
	for _, m := range list {
		if m.Over(now) {
			continue
		}
		line := fmt.Sprintf("%s: %s, %s", m.ID, muteName(m), c.until(m))
		if m.By != "" {
			line += ", by " + report.Line(m.By, 40)
		}
		if m.Comment != "" {
			line += ": " + report.Line(m.Comment, 120)
		}
		text.Lines = append(text.Lines, line)
	}
	if len(text.Lines) > 0 {
		text.Title = plural(len(text.Lines), "mute")
	}
	return c.say(text)
}

// unmute is /unmute: a mute, or all of them, ends now.
func (c *call) unmute() error {
	if len(c.args) != 1 {
		return usage("/unmute wants the ID of a mute, or all; /mute lists them")
	}
	watcher, err := c.needsWatching()
	if err != nil {
		return err
	}
	list, err := watcher.Mutes(c.ctx)
	if err != nil {
		return err
	}
	ended := 0
	for _, m := range list {
		if !strings.EqualFold(c.args[0], "all") && !strings.EqualFold(m.ID, c.args[0]) {
			continue
		}
		if c.Scope.Kind != rbac.All && !strings.HasSuffix(m.By, "("+string(c.subject)+")") {
			continue // somebody else's
		}
		switch err := watcher.Unmute(c.ctx, m.ID, c.by(), ""); {
		case errors.Is(err, monitor.ErrNoMute):
		case err != nil:
			return err
		default:
			ended++
		}
	}
	if ended == 0 {
		return usage("%q is no mute: /mute lists them", clip(c.args[0]))
	}
	return c.say(Text{Lines: []string{plural(ended, "mute") + " ended: what still fires is told."}})
}

// events is /events: what happened to alerts, the newest first.
func (c *call) alertEvents() error {
	q := monitor.EventQuery{Limit: shownEvents, Kinds: []monitor.EventKind{ // not that somebody new was told of it
		monitor.Fired, monitor.Reminded, monitor.Changed, monitor.Escalated, monitor.Resolved, monitor.Withdrawn, monitor.Acknowledged,
		monitor.Unacknowledged, monitor.Muted, monitor.Unmuted,
	}}
	words := c.args
	if len(words) > 0 && strings.Contains(words[0], ".") && !strings.ContainsAny(words[0][:1], "0123456789") { // a name, no date
		q.Match.Name, words = words[0], words[1:]
	}
	nodes, words, err := c.cut(words)
	if err != nil {
		return err
	}
	if len(nodes) > 1 {
		return usage("/events tells of one node, or of all")
	}
	if len(nodes) == 1 {
		q.Match.Subject = nodes[0].String()
	}
	named := "the latest"
	if len(words) > 0 {
		if q.Span, named, err = c.spanAt(time.Now(), words); err != nil {
			return err
		}
		q.Limit = 1000
	}
	texts, err := c.texts()
	if err != nil {
		return err
	}
	var rows [][]report.Cell
	for e, err := range c.bot.alertStore.Events(c.ctx, q) {
		if err != nil {
			return fmt.Errorf("events: %w", err)
		}
		what, _, err := texts.Event(e)
		if err != nil {
			return err
		}
		if seen, err := c.seesAlert(e.Alert.Key, e.Alert.Labels); err != nil {
			return err
		} else if !seen {
			continue
		}
		if e.Silent {
			what += " (nobody was told)"
		}
		rows = append(rows, []report.Cell{report.Time(e.At), report.String(alertID(e.Alert.Key)), report.String(what)})
	}
	if len(rows) == 0 {
		return c.say(Text{Title: "Events: " + named, Lines: []string{"Nothing was told.", c.bot.watchingLine()}})
	}
	t := report.Table{
		Title: "Events: " + named, Rows: report.Rows(rows...),
		Columns: []report.Column{{Name: "When", Kind: report.KindTime}, {Name: "Alert", Kind: report.KindText}, {Name: "What happened", Kind: report.KindText}},
	}
	if len(rows) == q.Limit {
		t.Notes = append(t.Notes, fmt.Sprintf("Only the latest %d are shown.", q.Limit))
	}
	return c.say(Table{Table: t, Options: report.TextOptions{Zone: c.zone}})
}

// spanAt reads a range by a clock of its own: alerts go by the wall's, also where the chain's is simulated.
func (c *call) spanAt(now time.Time, words []string) (pocket.Span, string, error) {
	calendar := c.calendar()
	calendar.Now = now.In(c.zone)
	r, err := calendar.ParseRange(words)
	if err != nil {
		return pocket.Span{}, "", err
	}
	return r.Span, cmp.Or(r.Name, strings.Join(words, " ")), nil
}

// test is /test: an alert that says that alerts arrive.
func (c *call) testAlert() error {
	if len(c.args) > 0 {
		return usage("/test takes nothing")
	}
	watcher, err := c.needsWatching()
	if err != nil {
		return err
	}
	deliveries, err := watcher.Test(c.ctx, c.by())
	if err != nil {
		return err
	}
	text := Text{Title: "A test alert was sent"}
	for _, d := range deliveries {
		line := report.Line(d.Destination, 80) + ": "
		switch {
		case d.State == monitor.Delivered:
			line += "arrived"
		case d.Error != "":
			line += "⚠ " + report.Line(d.Error, 200)
		default:
			line += "not yet there"
		}
		text.Lines = append(text.Lines, line)
	}
	if len(deliveries) == 0 {
		text.Lines = append(text.Lines, "There is no destination: see alerts.webhook and alerts.email in the configuration.")
	}
	return c.say(text)
}

// by is who asks, for the record.
func (c *call) by() string {
	if name := report.Line(c.name, 40); name != "" {
		return name + " (" + string(c.subject) + ")"
	}
	return string(c.subject)
}
