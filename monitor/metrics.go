package monitor

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Metrics returns a handler that serves the watcher's own numbers in the text format of Prometheus.
func (w *Watcher) Metrics() http.Handler {
	return http.HandlerFunc(func(response http.ResponseWriter, _ *http.Request) {
		response.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_, _ = response.Write(w.exposition()) // who asked may be gone
	})
}

// An exposition is a page of metrics.
type exposition struct{ bytes.Buffer }

// family begins a metric.
func (e *exposition) family(name, kind, help string) {
	fmt.Fprintf(e, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

var labelEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// sample writes a value, with labels given as name after value.
func (e *exposition) sample(name string, value float64, labels ...string) {
	e.WriteString(name)
	for i := 0; i+1 < len(labels); i += 2 {
		e.WriteString(map[bool]string{true: "{", false: ","}[i == 0])
		fmt.Fprintf(e, `%s="%s"`, labels[i], labelEscapes.Replace(strings.ToValidUTF8(labels[i+1], "\uFFFD")))
	}
	if len(labels) > 0 {
		e.WriteString("}")
	}
	e.WriteString(" " + strconv.FormatFloat(value, 'g', -1, 64) + "\n")
}

func seconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}

func (w *Watcher) exposition() []byte {
	var e exposition
	healthy := 0.0
	if w.Healthy() == nil {
		healthy = 1
	}
	e.family("poktbot_monitor_healthy", "gauge", "Whether the watcher works: 1, or 0.")
	e.sample("poktbot_monitor_healthy", healthy)
	w.exposeLooks(&e)
	w.exposeSendings(&e)
	w.exposeStore(&e)
	w.exposeCore(&e)
	return e.Bytes()
}

func (w *Watcher) exposeLooks(e *exposition) {
	w.stats.mu.Lock()
	defer w.stats.mu.Unlock()
	looks := func(name, kind, help string, value func(*lookStats) float64) {
		e.family(name, kind, help)
		for _, check := range sortedKeys(w.stats.looks) {
			e.sample(name, value(w.stats.looks[check]), "check", check)
		}
	}
	looks("poktbot_monitor_looks_total", "counter", "Looks of checks, and blocks that block checks judged.",
		func(l *lookStats) float64 { return float64(l.count) })
	looks("poktbot_monitor_look_failures_total", "counter", "Looks that found out nothing at all.",
		func(l *lookStats) float64 { return float64(l.failed) })
	looks("poktbot_monitor_unknowns_total", "counter", "Results that say that something could not be looked at.",
		func(l *lookStats) float64 { return float64(l.unknown) })
	looks("poktbot_monitor_look_seconds_total", "counter", "Time that looks took.",
		func(l *lookStats) float64 { return l.spent.Seconds() })
	looks("poktbot_monitor_last_look_timestamp_seconds", "gauge", "When a check last looked.",
		func(l *lookStats) float64 { return seconds(l.last) })
}

func (w *Watcher) exposeSendings(e *exposition) {
	names := w.names()
	w.stats.mu.Lock()
	defer w.stats.mu.Unlock()
	sendings := func(name, kind, help string, value func(*sendStats) float64) {
		e.family(name, kind, help)
		for _, destination := range names {
			e.sample(name, value(statsOf(w.stats.sendings, destination)), "destination", destination)
		}
	}
	sendings("poktbot_monitor_messages_total", "counter", "Messages that arrived.", func(s *sendStats) float64 { return float64(s.arrived) })
	sendings("poktbot_monitor_message_failures_total", "counter", "Attempts to deliver a message that failed.",
		func(s *sendStats) float64 { return float64(s.failed) })
	sendings("poktbot_monitor_message_seconds_total", "counter", "Time that attempts to deliver took.",
		func(s *sendStats) float64 { return s.spent.Seconds() })
	sendings("poktbot_monitor_last_message_timestamp_seconds", "gauge", "When a message last arrived, 0 when none has.",
		func(s *sendStats) float64 { return seconds(s.last) })
}

func (w *Watcher) exposeStore(e *exposition) {
	w.stats.mu.Lock()
	defer w.stats.mu.Unlock()
	e.family("poktbot_monitor_store_changes_total", "counter", "Changes that the store was asked to make.")
	e.sample("poktbot_monitor_store_changes_total", float64(w.stats.commits))
	e.family("poktbot_monitor_store_failures_total", "counter", "Changes that the store did not make.")
	e.sample("poktbot_monitor_store_failures_total", float64(w.stats.commitFails))
	e.family("poktbot_monitor_store_seconds_total", "counter", "Time that the store took.")
	e.sample("poktbot_monitor_store_seconds_total", w.stats.commitTime.Seconds())
	e.family("poktbot_monitor_heartbeats_total", "counter", "Heartbeats that arrived.")
	e.sample("poktbot_monitor_heartbeats_total", float64(w.stats.beats))
	e.family("poktbot_monitor_heartbeat_failures_total", "counter", "Heartbeats that did not arrive or were withheld.")
	e.sample("poktbot_monitor_heartbeat_failures_total", float64(w.stats.beatFails))
}

func (w *Watcher) exposeCore(e *exposition) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.core == nil {
		return
	}
	firing := map[Severity]int{}
	waiting, muted, held := 0, 0, 0
	for _, s := range w.core.states {
		switch a := &s.Alert; {
		case a.Held:
			held++
		case s.Firing() && a.Muted:
			muted++
		case s.Firing():
			firing[a.Severity]++
		case s.Wrong():
			waiting++
		}
	}
	e.family("poktbot_monitor_alerts_firing", "gauge", "Alerts that fire and are told.")
	for _, severity := range []Severity{Info, Warning, Critical} {
		e.sample("poktbot_monitor_alerts_firing", float64(firing[severity]), "severity", severity.String())
	}
	e.family("poktbot_monitor_alerts_quiet", "gauge", "What is wrong and not told: it waits to be sure, is muted, or is explained by something else.")
	for _, quiet := range []struct {
		why string
		n   int
	}{{"waiting", waiting}, {"muted", muted}, {"explained", held}} {
		e.sample("poktbot_monitor_alerts_quiet", float64(quiet.n), "why", quiet.why)
	}
	e.family("poktbot_monitor_outbox_events", "gauge", "Events that a destination is still to be told of.")
	for _, name := range w.core.order {
		e.sample("poktbot_monitor_outbox_events", float64(w.core.boxes[name].depth()), "destination", name)
	}
	e.family("poktbot_monitor_destination_stopped", "gauge", "Whether a destination takes nothing any more, so that nothing is sent there: 1, or 0.")
	for _, name := range w.core.order {
		e.sample("poktbot_monitor_destination_stopped", float64(flag(w.core.boxes[name].stopped)), "destination", name)
	}
	e.family("poktbot_monitor_outbox_oldest_timestamp_seconds", "gauge", "When the oldest of them happened, 0 when there is none.")
	for _, name := range w.core.order {
		e.sample("poktbot_monitor_outbox_oldest_timestamp_seconds", seconds(w.core.boxes[name].oldest()), "destination", name)
	}
	e.family("poktbot_monitor_block_height", "gauge", "The last block that a block check has judged.")
	for _, check := range sortedKeys(w.core.cursors) {
		e.sample("poktbot_monitor_block_height", float64(w.core.cursors[check]), "check", check)
	}
	e.family("poktbot_monitor_sequence", "counter", "The number of the last event or message of the store.")
	e.sample("poktbot_monitor_sequence", float64(w.core.sequence))
}
