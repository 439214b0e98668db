package monitor

import "fmt"

// A Severity says how soon somebody must act.
type Severity int8

// The severities, from the least. The zero Severity leaves it to the rule.
const (
	Info     Severity = iota + 1 // good to know
	Warning                      // act today
	Critical                     // act now: it costs money
)

// String returns the severity in a word.
func (s Severity) String() string {
	switch s {
	case Info:
		return "info"
	case Warning:
		return "warning"
	case Critical:
		return "critical"
	}
	return ""
}

// MarshalText writes what String returns.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (s *Severity) UnmarshalText(b []byte) error {
	for _, known := range []Severity{0, Info, Warning, Critical} {
		if string(b) == known.String() {
			*s = known
			return nil
		}
	}
	return fmt.Errorf("severity %q: want info, warning or critical", b)
}
