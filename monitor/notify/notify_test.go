package notify

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/monitor"
)

var t0 = time.Date(2026, 11, 24, 3, 10, 0, 0, time.UTC)

func message(events ...monitor.Event) monitor.Message {
	if len(events) == 0 {
		events = []monitor.Event{fired("supplier.slashed", "pokt1abc", monitor.Critical)}
	}
	return monitor.Message{ID: "m-17", Destination: "ops", Sequence: 17, Events: events, Created: t0, Attempt: 1}
}

func fired(name monitor.Name, subject string, severity monitor.Severity) monitor.Event {
	return monitor.Event{ID: "e-" + subject, Kind: monitor.Fired, At: t0, Alert: monitor.Alert{
		Key: monitor.Key{Name: name, Subject: subject, Part: "eth"}, Severity: severity, Since: t0, Fired: t0, Count: 1,
		Facts: monitor.Facts{monitor.Amount("penalty", 1)},
	}}
}

func hostile(monitor.Message) (string, []string, error) {
	return "title\r\nBcc: all@example.org", []string{"\x1b[2Jline\u202e one", "two\x00\xff"}, nil
}

func broken(monitor.Message) (string, []string, error) {
	return "", nil, errors.New("template is broken")
}

func TestAWriterWritesOneMessageAtOnceAndNothingThatATerminalObeys(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, NewWriter(&out, hostile).Notify(t.Context(), message()))
	assert.Equal(t, "title\ufffd Bcc: all@example.org\n  \ufffd[2Jline\ufffd one\n  two\ufffd\ufffd\n", out.String())
}

func TestBareWordsNameWhatHappenedToEachAlert(t *testing.T) {
	var out bytes.Buffer
	n := NewWriter(&out, Bare)
	require.NoError(t, n.Notify(t.Context(), message()))
	require.NoError(t, n.Notify(t.Context(), message(fired("tls.expired", "a:443", monitor.Critical), fired("tls.expired", "b:443", 0))))
	assert.Equal(t, "fired: supplier.slashed pokt1abc eth (critical)\n"+
		"alerts\n  fired: tls.expired a:443 eth (critical)\n  fired: tls.expired b:443 eth\n", out.String())
}

func TestALogHasARecordForEachEventWithALevelBySeverity(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&out, nil))
	m := message(fired("a.b", "s", monitor.Critical), fired("a.b", "s", monitor.Warning), fired("a.b", "s", monitor.Info))
	resolved := fired("a.b", "s", monitor.Critical)
	resolved.Kind = monitor.Resolved
	m.Events = append(m.Events, resolved)
	m.Late = 14 * time.Minute
	require.NoError(t, NewLog(log, Bare).Notify(t.Context(), m))
	var levels []string
	for decoder := json.NewDecoder(&out); decoder.More(); {
		var record struct{ Level, Kind, Alert, Subject, Part, Severity, Msg string }
		require.NoError(t, decoder.Decode(&record))
		assert.Equal(t, "a.b", record.Alert)
		assert.Equal(t, "eth", record.Part)
		levels = append(levels, record.Level)
	}
	assert.Equal(t, []string{"ERROR", "WARN", "INFO", "INFO"}, levels)
}

func TestWordsThatFailAreAnErrorThatIsTriedAgain(t *testing.T) {
	for name, n := range map[string]monitor.Notifier{
		"writer": NewWriter(&bytes.Buffer{}, broken), "log": NewLog(slog.New(slog.DiscardHandler), broken),
		"webhook": must(NewWebhook("https://hooks.example/x", broken)),
		"e-mail":  must(NewEmail(EmailConfig{Host: "127.0.0.1", Plain: true, From: "a@example.org", To: []string{"b@example.org"}}, broken)),
	} {
		err := n.Notify(t.Context(), message())
		require.ErrorContains(t, err, "template is broken", name)
		if e, ok := errors.AsType[*monitor.DeliveryError](err); ok {
			assert.False(t, e.Permanent || e.Refused, name)
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
