package alert

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/report"
)

// Event tells one event: a title of one line, and lines below it.
func (t *Texts) Event(e monitor.Event) (title string, lines []string, err error) {
	what, err := t.headline(e)
	if err != nil {
		return "", nil, err
	}
	title = t.symbol(e) + opening(e, t.about(e)) + what
	if note := t.about(e).Note(); note != "" {
		lines = append(lines, "“"+note+"”")
	}
	switch e.Kind {
	case monitor.Fired, monitor.Reminded, monitor.Changed, monitor.Escalated, monitor.Unmuted, monitor.CaughtUp, "": // unmuted may be the first that somebody hears of it
		more, err := t.below(e)
		if err != nil {
			return "", nil, err
		}
		lines = append(lines, more...)
	}
	return title, lines, nil
}

// Message tells a message: one event as [Texts.Event] does, of several a line each. It says when it comes late, and has the shape of
// notify.Words.
func (t *Texts) Message(m monitor.Message) (title string, lines []string, err error) {
	switch len(m.Events) {
	case 0:
		return "", nil, fmt.Errorf("message %s tells nothing", m.ID)
	case 1:
		title, lines, err = t.Event(m.Events[0])
	default:
		title, lines, err = t.several(m.Events)
	}
	if err != nil {
		return "", nil, err
	}
	if m.Late > 0 {
		lines = append(lines, fmt.Sprintf("Delivered %s late: it is of %s.", report.Duration(m.Late), t.moment(m.Created)))
	}
	return title, lines, nil
}

// several tells events that belong together: how many of what in the title, then each in a line.
func (t *Texts) several(events []monitor.Event) (string, []string, error) {
	worst, alike := events[0], true
	var lines []string
	for _, e := range events {
		alike = alike && e.Alert.Name == worst.Alert.Name && e.Kind == worst.Kind
		if severityOf(e) > severityOf(worst) && !ends(e.Kind) {
			worst = e
		}
		what, err := t.headline(e)
		if err != nil {
			return "", nil, err
		}
		lines = append(lines, t.symbol(e)+opening(e, t.about(e))+what)
	}
	if !alike {
		return fmt.Sprintf("%s%d things happened", t.symbol(worst), len(events)), lines, nil
	}
	about, _, err := t.Event(events[0])
	if err != nil {
		return "", nil, err
	}
	more, err := t.below(events[0])
	if err != nil || ends(events[0].Kind) {
		more = nil
	}
	return fmt.Sprintf("%s — and %d more like it", about, len(events)-1), append(lines, more...), err
}

// severityOf is how bad an event is: of an occurrence that may be less than its alert.
func severityOf(e monitor.Event) monitor.Severity { return cmp.Or(e.Severity, e.Alert.Severity) }

func ends(kind monitor.EventKind) bool {
	return kind == monitor.Resolved || kind == monitor.Withdrawn
}

// opening says what happened to the alert, before what the alert is about.
func opening(e monitor.Event, about About) string {
	switch e.Kind {
	case monitor.CaughtUp:
		return "Since " + about.Since() + ": "
	case monitor.Reminded:
		return "Still, for " + about.For() + ": "
	case monitor.Changed:
		if e.Alert.Count > 1 {
			return "Again (" + about.Count() + " times): "
		}
		return "Now " + about.Severity() + ": "
	case monitor.Escalated:
		return "Nobody took it for " + about.For() + ": "
	case monitor.Resolved:
		if e.Untold {
			return fmt.Sprintf("Was from %s to %s, when it could not be told: ", about.Since(), about.texts.moment(e.Alert.Resolved))
		}
		return "Over after " + about.For() + ": "
	case monitor.Withdrawn:
		return "Not watched any more: "
	case monitor.Acknowledged:
		return "Taken by " + about.By() + ": "
	case monitor.Unacknowledged:
		return "Given back by " + about.By() + ": "
	case monitor.Muted:
		return "Muted by " + about.By() + ": "
	case monitor.Unmuted:
		return "Not muted any more: "
	}
	return ""
}

// symbol tells at a glance how bad it is.
func (t *Texts) symbol(e monitor.Event) string {
	if t.options.Plain {
		return ""
	}
	switch e.Kind {
	case monitor.Resolved, monitor.Withdrawn:
		return "✅ "
	case monitor.Acknowledged, monitor.Unacknowledged:
		return "👤 "
	case monitor.Muted:
		return "🔕 "
	case monitor.Escalated:
		return "🚨 "
	}
	switch severityOf(e) {
	case monitor.Critical:
		return "🔴 "
	case monitor.Warning:
		return "🟠 "
	}
	return "🔵 "
}

// headline says in one line what the alert is about.
func (t *Texts) headline(e monitor.Event) (string, error) {
	text, err := t.run(string(e.Alert.Name), e)
	if err != nil || text != "" {
		return text, err
	}
	if said, ok := customText(e); ok {
		return report.Line(said, longestText), nil
	}
	about := t.about(e) // an alert that nobody has written a template for
	words := strings.NewReplacer(".", ": ", "_", " ").Replace(report.Line(string(e.Alert.Name), 80))
	return strings.Join(strings.Fields(words+" "+about.Subject()+" "+about.Part()), " "), nil
}

// longestText is how much of a text of the user's own is told.
const longestText = 1000

// customText is the text of an alert that was found by a rule of the user's own: what it says is in his words already.
func customText(e monitor.Event) (string, bool) {
	said, ok := e.Alert.Facts.Get("text")
	return said.Value, ok && said.Value != "" && e.Alert.Name.Family() == string(monitor.Custom)
}

// below returns the lines for the audience; of an alert without a template, its facts.
func (t *Texts) below(e monitor.Event) ([]string, error) {
	name := string(e.Alert.Name)
	if t.tree.Lookup(name) == nil {
		if _, ok := customText(e); ok {
			return nil, nil
		}
		var lines []string
		for _, fact := range e.Alert.Facts {
			lines = append(lines, report.Line(strings.ReplaceAll(fact.Name, "_", " "), 40)+": "+t.valued(fact, e.At))
		}
		return lines, nil
	}
	text, err := t.run(name+" "+string(t.options.Audience), e)
	if err != nil || text == "" {
		return nil, err
	}
	return strings.Split(text, "\n"), nil
}

// run returns what the template of a name makes of an event, without empty lines; "" when there is no such template.
func (t *Texts) run(name string, e monitor.Event) (string, error) {
	one := t.tree.Lookup(name)
	if one == nil {
		return "", nil
	}
	var b strings.Builder
	if err := one.Execute(&b, t.about(e)); err != nil {
		return "", fmt.Errorf("template of alert %s: %w", name, err)
	}
	var lines []string
	for line := range strings.Lines(b.String()) {
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n"), nil
}
