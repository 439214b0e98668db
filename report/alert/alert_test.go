package alert_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/report"
	"github.com/poktbot/poktbot/report/alert"
)

var t0 = time.Date(2026, 11, 24, 3, 10, 0, 0, time.UTC)

const operator = "pokt1cctzyqv68ss06lmqnhyf07yggxwsv4329rcuu5"

// own are the templates of a user, of an alert that only he has.
const own = `
{{define "custom.rack"}}{{.Subject}} is {{.Fact "degrees"}} degrees warm{{with .Part}} in {{.}}{{end}}{{end}}
{{define "custom.rack sysadmin"}}
  Open the door.

  {{if .Is "fan" "off"}}Switch the fan on.{{end}}
{{end}}
{{define "custom.rack investor"}}{{with .Fact "cost"}}It costs {{.}} a day.{{end}}{{end}}`

func rack(kind monitor.EventKind) monitor.Event {
	return monitor.Event{ID: "e1", Kind: kind, At: t0.Add(14 * time.Minute), Alert: monitor.Alert{
		Key: monitor.Key{Name: "custom.rack", Subject: operator, Part: "row 2"}, Severity: monitor.Critical, Since: t0, Count: 1,
		Facts: monitor.Facts{monitor.Count("degrees", 41), monitor.Text("fan", "off"), monitor.Amount("cost", pocket.POKT(1234))},
	}}
}

// untold is the end of an alert of which nobody could be told that it had begun.
func untold() monitor.Event {
	e := rack(monitor.Resolved)
	e.Untold, e.Alert.Resolved = true, e.At
	return e
}

// milder is an occurrence that is less severe than the one before, which the alert is as severe as.
func milder() monitor.Event {
	e := rack(monitor.Changed)
	e.Severity, e.Alert.Count = monitor.Warning, 2
	return e
}

func texts(t *testing.T, o alert.Options) *alert.Texts {
	t.Helper()
	o.Templates += own
	made, err := alert.New(o)
	require.NoError(t, err)
	return made
}

func TestAnEventHasATitleThatSaysWhatHappenedToWhat(t *testing.T) {
	again := rack(monitor.Changed)
	again.Alert.Count = 3
	acked := rack(monitor.Acknowledged)
	acked.By, acked.Note = "ana", "on my way"
	back := rack(monitor.Unacknowledged)
	back.By = "ana"
	for _, test := range []struct {
		event monitor.Event
		want  string
	}{
		{rack(monitor.Fired), "🔴 rack-1 is 41 degrees warm in row 2"},
		{rack(monitor.Reminded), "🔴 Still, for 14 minutes: rack-1 is 41 degrees warm in row 2"},
		{rack(monitor.Changed), "🔴 Now critical: rack-1 is 41 degrees warm in row 2"},
		{again, "🔴 Again (3 times): rack-1 is 41 degrees warm in row 2"},
		{rack(monitor.Escalated), "🚨 Nobody took it for 14 minutes: rack-1 is 41 degrees warm in row 2"},
		{rack(monitor.Resolved), "✅ Over after 14 minutes: rack-1 is 41 degrees warm in row 2"},
		{untold(), "✅ Was from 2026-11-24 03:10 to 2026-11-24 03:24, when it could not be told: rack-1 is 41 degrees warm in row 2"},
		{milder(), "🟠 Again (2 times): rack-1 is 41 degrees warm in row 2"},
		{rack(monitor.Withdrawn), "✅ Not watched any more: rack-1 is 41 degrees warm in row 2"},
		{acked, "👤 Taken by ana: rack-1 is 41 degrees warm in row 2"},
		{back, "👤 Given back by ana: rack-1 is 41 degrees warm in row 2"},
		{rack(monitor.CaughtUp), "🔴 Since 2026-11-24 03:10: rack-1 is 41 degrees warm in row 2"},
		{rack(monitor.Unmuted), "🔴 Not muted any more: rack-1 is 41 degrees warm in row 2"},
	} {
		title, _, err := texts(t, alert.Options{Names: map[string]string{operator: "rack-1"}}).Event(test.event)
		require.NoError(t, err)
		assert.Equal(t, test.want, title)
	}
}

func TestBelowTheTitleEachAudienceReadsItsOwn(t *testing.T) {
	_, lines, err := texts(t, alert.Options{}).Event(rack(monitor.Fired))
	require.NoError(t, err)
	assert.Equal(t, []string{"Open the door.", "Switch the fan on."}, lines)
	_, lines, err = texts(t, alert.Options{Audience: alert.Investor}).Event(rack(monitor.Fired))
	require.NoError(t, err)
	assert.Equal(t, []string{"It costs 1,234 POKT a day."}, lines)
}

func TestWhatIsOverNeedsNoAdvice(t *testing.T) {
	_, lines, err := texts(t, alert.Options{}).Event(rack(monitor.Resolved))
	require.NoError(t, err)
	assert.Empty(t, lines)
}

func TestASubjectWithoutANameIsShortened(t *testing.T) {
	title, _, err := texts(t, alert.Options{Plain: true}).Event(rack(monitor.Fired))
	require.NoError(t, err)
	assert.Equal(t, "pokt1cctz…rcuu5 is 41 degrees warm in row 2", title)
}

func TestAnAlertWithoutATemplateIsToldByItsFacts(t *testing.T) {
	event := rack(monitor.Fired)
	event.Alert.Name = "custom.disk_on_fire"
	event.Alert.Facts = monitor.Facts{
		monitor.Span("burning_for", 90*time.Minute), monitor.Instant("lit", t0), monitor.Text("by\x1b[2J", "=cmd()\n\u202etxt"),
		{Name: "odd", Unit: monitor.UnitUpokt, Value: "many"}, {Name: "huge", Unit: monitor.UnitDecimal, Value: "1e99999999"},
	}
	madrid, err := time.LoadLocation("Europe/Madrid")
	require.NoError(t, err)
	title, lines, err := texts(t, alert.Options{Plain: true, Zone: madrid, TimeLayout: "02/01/2006 15:04"}).Event(event)
	require.NoError(t, err)
	assert.Equal(t, "custom: disk on fire pokt1cctz…rcuu5 row 2", title)
	assert.Equal(t, []string{"burning for: 1 hour 30 minutes", "lit: 24/11/2026 04:10", "by�[2J: =cmd() �txt", "odd: many", "huge: 1e99999999"}, lines)
}

func TestWhatWasLostOrPaidIsToldWithWhatItWasWorthThen(t *testing.T) {
	var asked []time.Time
	worth := func(u pocket.Upokt, at time.Time) string {
		asked = append(asked, at)
		if u > pocket.POKT(1000) {
			return "" // not known
		}
		return report.Money(decimal.NewFromInt(int64(u)).Shift(-6).Div(decimal.NewFromInt(4)), "EUR")
	}
	of := func(name monitor.Name, facts ...monitor.Fact) monitor.Event {
		e := rack(monitor.Fired)
		e.Alert.Name, e.Alert.Part, e.Alert.Facts, e.At = name, "", facts, t0.Add(time.Hour)
		return e
	}
	for _, test := range []struct {
		event    monitor.Event
		audience alert.Audience
		want     string
	}{
		{of(monitor.SupplierSlashed, monitor.Amount("penalty", pocket.POKT(200)), monitor.Amount("stake", pocket.POKT(60_000))), "", "was slashed by 200 POKT (50.00 EUR)"},
		{of(monitor.WalletReceived, monitor.Amount("amount", pocket.POKT(10))), "", "received 10 POKT (2.50 EUR)"},
		{of(monitor.WalletReceived, monitor.Amount("amount", pocket.POKT(10_000))), "", "received 10,000 POKT"},
		{of(monitor.ClaimExpired, monitor.Amount("claimed", pocket.POKT(8)), monitor.Text("service", "eth")), "", "was not paid 8 POKT (2.00 EUR) that it claimed"},
		{of(monitor.ClaimExpired, monitor.Amount("reward", pocket.POKT(6))), alert.Investor, "About 6 POKT (1.50 EUR) are lost"},
		{of("custom.own", monitor.Amount("reward", pocket.POKT(6)), monitor.Amount("stake", pocket.POKT(6))), "", "reward: 6 POKT (1.50 EUR)\nstake: 6 POKT\n"},
	} {
		title, lines, err := texts(t, alert.Options{Plain: true, Audience: test.audience, Worth: worth}).Event(test.event)
		require.NoError(t, err)
		assert.Contains(t, title+"\n"+strings.Join(lines, "\n")+"\n", test.want)
		title, _, err = texts(t, alert.Options{Plain: true}).Event(test.event)
		require.NoError(t, err)
		assert.NotContains(t, title, "EUR")
	}
	for _, at := range asked {
		assert.Equal(t, t0.Add(time.Hour), at, "as of when it was told, however late it arrives")
	}
}

func TestATextOfTheUsersOwnIsToldAsItIs(t *testing.T) {
	event := rack(monitor.Fired)
	event.Alert.Name, event.Alert.Subject, event.Alert.Part = "custom.timeouts", "", ""
	event.Alert.Facts = monitor.Facts{monitor.Text("text", "3 timeouts\x1b[2J on rack 1"), monitor.Count("count", 3)}
	title, lines, err := texts(t, alert.Options{Plain: true}).Event(event)
	require.NoError(t, err)
	assert.Equal(t, "3 timeouts�[2J on rack 1", title)
	assert.Empty(t, lines)
}

func TestAMessageOfSeveralAlikeListsThemUnderOneTitle(t *testing.T) {
	a, b := rack(monitor.Fired), rack(monitor.Fired)
	b.Alert.Subject = "rack-2"
	title, lines, err := texts(t, alert.Options{Plain: true}).Message(monitor.Message{ID: "m", Events: []monitor.Event{a, b}})
	require.NoError(t, err)
	assert.Equal(t, "pokt1cctz…rcuu5 is 41 degrees warm in row 2 — and 1 more like it", title)
	assert.Equal(t, []string{
		"pokt1cctz…rcuu5 is 41 degrees warm in row 2", "rack-2 is 41 degrees warm in row 2", "Open the door.", "Switch the fan on.",
	}, lines)
}

func TestAMessageOfSeveralKindsCountsThemAndShowsTheWorst(t *testing.T) {
	mild := rack(monitor.Fired)
	mild.Alert.Name, mild.Alert.Severity = "custom.other", monitor.Info
	title, lines, err := texts(t, alert.Options{}).Message(monitor.Message{ID: "m", Events: []monitor.Event{mild, rack(monitor.Fired), rack(monitor.Resolved)}})
	require.NoError(t, err)
	assert.Equal(t, "🔴 3 things happened", title)
	assert.Len(t, lines, 3)
	assert.True(t, strings.HasPrefix(lines[2], "✅ Over"), lines[2])
}

func TestAMessageThatComesLateSaysSo(t *testing.T) {
	_, lines, err := texts(t, alert.Options{}).Message(monitor.Message{ID: "m", Events: []monitor.Event{rack(monitor.Fired)}, Created: t0, Late: 14 * time.Minute})
	require.NoError(t, err)
	assert.Equal(t, "Delivered 14 minutes late: it is of 2026-11-24 03:10.", lines[len(lines)-1])
}

func TestATemplateThatCannotRunIsFoundAtTheStart(t *testing.T) {
	for templates, want := range map[string]string{
		`{{define "x"}}{{.Fact}}{{end}}`:    "x",
		`{{define "x"}}{{.Nothing}}{{end}}`: "Nothing",
		`{{define "x"}}{{`:                  "templates of alerts",
	} {
		_, err := alert.New(alert.Options{Templates: templates})
		require.ErrorContains(t, err, want)
	}
	_, err := alert.New(alert.Options{Audience: "boss"})
	require.ErrorContains(t, err, "want sysadmin or investor")
}

func TestAUsersTemplateReplacesOursAndOnlyThat(t *testing.T) {
	event := monitor.Event{Kind: monitor.Fired, Alert: monitor.Alert{Key: monitor.Key{Name: monitor.MonitorTest}}}
	title, lines, err := texts(t, alert.Options{Plain: true, Templates: `{{define "monitor.test"}}Prueba{{end}}`}).Event(event)
	require.NoError(t, err)
	assert.Equal(t, "Prueba", title)
	assert.Equal(t, []string{"If you read this, alerts arrive here."}, lines)
}

func TestTextsAreSafeForConcurrentUse(t *testing.T) {
	made := texts(t, alert.Options{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				_, _, err := made.Event(rack(monitor.Fired))
				assert.NoError(t, err)
			}
		})
	}
	wg.Wait()
}

func FuzzEvent(f *testing.F) {
	f.Add("custom.rack", operator, "row", "degrees", "count", "41")
	f.Add("tls.expiring", "h:443", "", "days", "decimal", "1e9999999")
	f.Add("", "", "\x00", "x", "upokt", "99999999999999999999")
	made, err := alert.New(alert.Options{Templates: own})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, name, subject, part, fact, unit, value string) {
		e := rack(monitor.Fired)
		e.Alert.Key = monitor.Key{Name: monitor.Name(name), Subject: subject, Part: part}
		e.Alert.Facts = append(e.Alert.Facts, monitor.Fact{Name: fact, Unit: monitor.Unit(unit), Value: value})
		title, lines, err := made.Event(e)
		require.NoError(t, err)
		for _, line := range append(lines, title) {
			require.NotContains(t, line, "\x1b")
			require.NotContains(t, line, "\n")
			require.NotContains(t, line, "\u202e")
		}
	})
}

func ExampleTexts_Event() {
	texts, err := alert.New(alert.Options{Audience: alert.Sysadmin, Plain: true})
	if err != nil {
		panic(err)
	}
	title, lines, err := texts.Event(monitor.Event{Kind: monitor.Fired, By: "ana", Alert: monitor.Alert{Key: monitor.Key{Name: monitor.MonitorTest}}})
	fmt.Println(title, lines, err)
	// Output: This is a test alert, asked for by ana [If you read this, alerts arrive here.] <nil>
}

func TestAForcedSupplierIsToldWhatItsOwnerMustDo(t *testing.T) {
	made := texts(t, alert.Options{Plain: true})
	event := monitor.Event{Kind: monitor.Fired, Alert: monitor.Alert{
		Key:   monitor.Key{Name: monitor.SupplierUnbonding, Subject: operator},
		Facts: monitor.Facts{monitor.Text("reason", "below minimum"), monitor.Height("session_end", 1552)},
	}}
	title, lines, err := made.Event(event)
	require.NoError(t, err)
	assert.Equal(t, "pokt1cctz…rcuu5 is leaving: a slash took its stake below the minimum", title)
	assert.Equal(t, []string{"It serves up to block 1552.", "No end follows by itself: the owner must stake it above the minimum again."}, lines)

	event.Alert.Name = monitor.SupplierSlashed
	event.Alert.Facts = monitor.Facts{monitor.Amount("penalty", pocket.POKT(600)), monitor.Amount("stake", pocket.POKT(59_200)), monitor.Count("proofs_left", -2)}
	title, lines, err = made.Event(event)
	require.NoError(t, err)
	assert.Equal(t, "pokt1cctz…rcuu5 was slashed by 600 POKT", title)
	assert.Equal(t, "59,200 POKT are left, which is below the minimum: it is forced out unless its owner stakes more.", lines[0])
	event.Alert.Facts[2] = monitor.Count("proofs_left", 5)
	_, lines, err = made.Event(event)
	require.NoError(t, err)
	assert.Equal(t, "59,200 POKT are left, enough for 5 more missed proofs.", lines[0])
}
