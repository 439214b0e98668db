package notify

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/poktbot/poktbot/monitor"
)

// A Log writes messages to a log, one record for each event. Make it with [NewLog].
type Log struct {
	log   *slog.Logger
	words Words
}

// NewLog returns a notifier that logs each event: a critical one as an error, a warning as a warning, all else as information, and so all
// that ends well. The record has the keys kind, alert, subject, part, severity, event, and late when it is late.
func NewLog(log *slog.Logger, words Words) *Log { return &Log{log: log, words: words} }

// Notify logs what m tells.
func (n *Log) Notify(ctx context.Context, m monitor.Message) error {
	for _, event := range m.Events {
		one := m
		one.Events = []monitor.Event{event}
		title, _, err := n.words(one)
		if err != nil {
			return fmt.Errorf("words of event %s: %w", event.ID, err)
		}
		attrs := []slog.Attr{
			slog.String("kind", string(event.Kind)), slog.String("alert", string(event.Alert.Name)),
			slog.String("subject", event.Alert.Subject), slog.String("severity", event.Alert.Severity.String()), slog.String("event", event.ID),
		}
		if event.Alert.Part != "" {
			attrs = append(attrs, slog.String("part", event.Alert.Part))
		}
		if m.Late > 0 {
			attrs = append(attrs, slog.Duration("late", m.Late))
		}
		n.log.LogAttrs(ctx, level(event), visible(title), attrs...)
	}
	return nil
}

func level(event monitor.Event) slog.Level {
	switch event.Kind {
	case monitor.Fired, monitor.Reminded, monitor.Changed, monitor.Escalated, monitor.Unmuted, monitor.CaughtUp:
		switch event.Alert.Severity {
		case monitor.Critical:
			return slog.LevelError
		case monitor.Warning:
			return slog.LevelWarn
		}
	}
	return slog.LevelInfo
}
