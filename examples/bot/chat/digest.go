package chat

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/poktbot/poktbot/examples/bot"
	"github.com/poktbot/poktbot/examples/bot/keep"
	"github.com/poktbot/poktbot/report"
)

// A digest is sent once for each period: a day, a week from Monday, a month. What is kept of it says for which period it was sent last, or is being sent:
// the note that it is being sent is written before the first message leaves, the note that it was sent after the last one. A program that
// ends in between finds the first note, cannot know whether the message left, and sends it once more with a word that it may have come before. So
// none is lost, and none comes twice in silence.
type digestMark struct {
	Period  string `json:"period"`            // the local date on which it is due, "2026-11-30"; later ones compare greater
	Sending bool   `json:"sending,omitempty"` // it may have been sent, or not
}

const (
	digestEvery   = 20 * time.Second // how often it is looked whether one is due
	digestLate    = 15 * time.Minute // from when on one says that it is late
	digestTooLate = 24 * time.Hour   // from when on it is not sent any more
	digestAgain   = 5 * time.Minute  // after one that could not be sent
	digestsAtOnce = 4
)

// digestKinds are the periods, as /digest calls them.
var digestKinds = []string{"day", "week", "month"}

func wants(s bot.Subscription, kind string) bool {
	switch kind {
	case "day":
		return s.Daily
	case "week":
		return s.Weekly
	}
	return s.Monthly
}

// lastDue returns when a digest was due last, at now: at the hour of the subscription's clock, of every day, of Mondays or of the first of a month.
func lastDue(kind string, hour int, zone *time.Location, now time.Time) time.Time {
	local := now.In(zone)
	day := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, time.UTC) // a date, for counting
	switch kind {
	case "week":
		day = day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
	case "month":
		day = day.AddDate(0, 0, 1-day.Day())
	}
	due := atHour(day, hour, zone)
	for due.After(now) {
		switch kind {
		case "day":
			day = day.AddDate(0, 0, -1)
		case "week":
			day = day.AddDate(0, 0, -7)
		default:
			day = day.AddDate(0, -1, 0)
		}
		due = atHour(day, hour, zone)
	}
	return due
}

// atHour is the first moment of a day at which its clock shows that hour, or a later one where clocks are put forward over it.
func atHour(day time.Time, hour int, zone *time.Location) time.Time {
	at := time.Date(day.Year(), day.Month(), day.Day(), hour, 0, 0, 0, zone)
	for at.Day() == day.Day() && at.Hour() < hour || at.Day() != day.Day() && at.Before(time.Date(day.Year(), day.Month(), day.Day(), 12, 0, 0, 0, zone)) {
		at = at.Add(15 * time.Minute)
	}
	if earlier := at.Add(-time.Hour); earlier.Day() == day.Day() && earlier.Hour() == at.Hour() { // the hour comes twice
		at = earlier
	}
	return at
}

// digests sends what is due until ctx ends.
func (e *Engine) digests(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	var mu sync.Mutex
	later := map[string]time.Time{} // of those that are being sent, or failed, until when to leave them alone
	room := make(chan struct{}, digestsAtOnce)
	tick := time.NewTicker(digestEvery)
	defer tick.Stop()
	for {
		list, err := e.bot.Subscriptions(ctx)
		if err != nil && ctx.Err() == nil {
			e.log.Warn("digests wait", "error", err)
		}
		for _, s := range list {
			if s.Kind() != e.Kind() {
				continue // its engine sends them
			}
			for _, kind := range digestKinds {
				if !wants(s, kind) {
					continue
				}
				key := s.Chat + "\x00" + kind
				mu.Lock()
				wait := later[key].After(time.Now())
				mu.Unlock()
				if wait {
					continue
				}
				due, last, err := e.dueDigest(ctx, s, kind)
				if err != nil && ctx.Err() == nil {
					e.log.Warn("a digest waits", "chat", s.Chat, "error", err)
				}
				if err != nil || due.IsZero() {
					continue
				}
				mu.Lock()
				later[key] = time.Now().Add(digestTooLate)
				mu.Unlock()
				wg.Go(func() {
					again := time.Time{}
					select {
					case room <- struct{}{}:
						defer func() { <-room }()
						if err := e.sendDigest(ctx, s, kind, due, last); err != nil && ctx.Err() == nil {
							e.log.Warn("a digest could not be sent, and will be tried again", "chat", s.Chat, "digest", kind, "error", err)
							again = time.Now().Add(digestAgain)
						}
					case <-ctx.Done():
					}
					mu.Lock()
					defer mu.Unlock()
					if later[key] = again; again.IsZero() {
						delete(later, key)
					}
				})
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// dueDigest returns when a digest was due that was not sent yet, the zero time for none, and what is kept of it.
func (e *Engine) dueDigest(ctx context.Context, s bot.Subscription, kind string) (due time.Time, mark digestMark, err error) {
	zone := s.Zone
	if zone == nil {
		zone = time.UTC
	}
	now := time.Now()
	due = lastDue(kind, s.Hour, zone, now)
	period := due.In(zone).Format(time.DateOnly)
	key := s.Chat + "\x00" + kind
	entry, err := e.keep.Get(ctx, e.space("digests"), key)
	if errors.Is(err, keep.ErrNone) { // it was just asked for: the next one is the first
		return time.Time{}, mark, e.markDigest(ctx, key, digestMark{Period: period})
	}
	if err != nil {
		return time.Time{}, mark, fmt.Errorf("digests: %w", err)
	}
	if err := json.Unmarshal(entry.Value, &mark); err != nil {
		return time.Time{}, mark, e.markDigest(ctx, key, digestMark{Period: period})
	}
	switch {
	case !mark.perhaps(period) && mark.Period >= period:
		return time.Time{}, mark, nil
	case now.Sub(due) >= digestTooLate:
		e.log.Info("a digest is too late and left out", "chat", s.Chat, "digest", kind, "due", due)
		return time.Time{}, mark, e.markDigest(ctx, key, digestMark{Period: period})
	}
	return due, mark, nil
}

// perhaps reports whether the digest of a period may have been sent.
func (m digestMark) perhaps(period string) bool { return m.Sending && m.Period == period }

func (e *Engine) markDigest(ctx context.Context, key string, mark digestMark) error {
	value, err := json.Marshal(mark)
	if err == nil {
		err = e.keep.Put(ctx, keep.Entry{Space: e.space("digests"), Key: key, Value: value})
	}
	if err != nil {
		return fmt.Errorf("digests: %w", err)
	}
	return nil
}

// sendDigest sends one. last is what was kept of it before. An error means that it is to be tried again.
func (e *Engine) sendDigest(ctx context.Context, s bot.Subscription, kind string, due time.Time, last digestMark) error {
	out, err := e.opened(s.Chat)
	if err != nil {
		return err
	}
	out.once = true
	key, zone := s.Chat+"\x00"+kind, s.Zone
	if zone == nil {
		zone = time.UTC
	}
	mark := digestMark{Period: due.In(zone).Format(time.DateOnly), Sending: true}
	ctx, cancel := context.WithTimeoutCause(ctx, e.patience, errPatience)
	defer cancel()
	r := e.reply(Update{From: s.Subject, Chat: s.Chat}, out, "/digest "+kind)
	r.quiet = true
	r.before = func(ctx context.Context) error { return e.markDigest(ctx, key, mark) }
	var remarks []string
	if late := time.Since(due); late >= digestLate {
		remarks = append(remarks, "Delivered "+report.Duration(late.Truncate(time.Minute))+" late: it was due at "+due.In(zone).Format(cmp.Or(s.TimeLayout, "2006-01-02 15:04"))+".")
	}
	if last.perhaps(mark.Period) {
		remarks = append(remarks, "It may have come before: it is not known whether that arrived.")
	}
	r.remark = strings.Join(remarks, " ")
	err = r.answer(ctx)
	switch {
	case !r.delivered && err != nil && (isStranger(err) || errors.Is(err, bot.ErrDenied) || Is(err, Blocked)):
		if Is(err, Blocked) {
			e.gone.add(s.Chat)
		}
		e.log.Info("a digest is left out", "chat", s.Chat, "digest", kind, "error", err)
	case !r.delivered && err != nil:
		if _, refused := errors.AsType[*Error](err); refused && r.said { // it certainly did not arrive
			err = errors.Join(err, e.markDigest(context.WithoutCancel(ctx), key, last))
		}
		return err
	case err != nil && ctx.Err() == nil:
		e.log.Warn("a digest was not sent whole", "chat", s.Chat, "digest", kind, "error", err)
	case err != nil:
		return err // the program ends: the mark says that it may have been sent
	}
	mark.Sending = false
	return e.markDigest(context.WithoutCancel(ctx), key, mark)
}
