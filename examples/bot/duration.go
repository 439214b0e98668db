package bot

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Duration is a length of time in the configuration: what Go writes, such as 30s or 1h30m, and whole days
// and weeks of 24 and 168 hours, such as 90d or 2w. 0 needs no unit.
type Duration time.Duration

// ParseDuration reads a [Duration]. It is never negative.
func ParseDuration(s string) (Duration, error) {
	text := strings.ToLower(strings.TrimSpace(s))
	if n := len(text) - 1; n > 0 && (text[n] == 'd' || text[n] == 'w') && strings.Trim(text[:n], "0123456789") == "" {
		unit := 24 * time.Hour
		if text[n] == 'w' {
			unit *= 7
		}
		count, err := strconv.ParseInt(text[:n], 10, 32)
		if err != nil || time.Duration(count) > time.Duration(1<<63-1)/unit {
			return 0, fmt.Errorf("duration %q is too long", clip(s))
		}
		return Duration(time.Duration(count) * unit), nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("duration %q: want a number and a unit, such as 30s, 5m, 36h or 90d", clip(s))
	}
	if d < 0 {
		return 0, fmt.Errorf("duration %q is negative", clip(s))
	}
	return Duration(d), nil
}

// UnmarshalText reads what [ParseDuration] reads.
func (d *Duration) UnmarshalText(b []byte) error {
	parsed, err := ParseDuration(string(b))
	if err == nil {
		*d = parsed
	}
	return err
}

// MarshalText writes what String returns.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// String returns the duration in whole days when it is some, and as Go writes it otherwise.
func (d Duration) String() string {
	if day := Duration(24 * time.Hour); d > 0 && d%day == 0 {
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	return time.Duration(d).String()
}
