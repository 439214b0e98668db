package notify

import (
	"strings"

	"github.com/poktbot/poktbot/monitor"
)

// Words tells a message to people: a title of one line, and lines below it, all of it plain text.
type Words func(monitor.Message) (title string, lines []string, err error)

// Bare is the Words of who needs none: what happened and to which alert, in one line each.
func Bare(m monitor.Message) (title string, lines []string, err error) {
	for i, event := range m.Events {
		line := string(event.Kind) + ": " + event.Alert.Key.String()
		if severity := event.Alert.Severity.String(); severity != "" {
			line += " (" + severity + ")"
		}
		if i == 0 && len(m.Events) == 1 {
			return line, nil, nil
		}
		lines = append(lines, line)
	}
	return "alerts", lines, nil
}

// text is the title and the lines below it.
func text(title string, lines []string) string {
	return strings.TrimSpace(title + "\n" + strings.Join(lines, "\n"))
}
