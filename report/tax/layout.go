package tax

import (
	"fmt"
	"strings"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// directives are what strftime calls the parts of a date, and what package time does.
var directives = map[byte]string{
	'Y': "2006", 'y': "06", 'm': "01", 'd': "02", 'e': "_2", 'j': "002", 'B': "January", 'b': "Jan", 'h': "Jan", 'A': "Monday", 'a': "Mon",
	'H': "15", 'I': "03", 'M': "04", 'S': "05", 'p': "PM", 'f': "000000", 'z': "-0700", 'Z': "MST",
	'F': "2006-01-02", 'T': "15:04:05", 'R': "15:04", 'D': "01/02/06", '%': "%",
}

// TimeLayout returns the layout, as [time.Time.Format] takes it, of what a configuration says: a layout of that kind, or one of strftime
// such as the original PoktBot took, "%d/%m/%Y %H:%M:%S %z". It refuses what does not tell a moment to the minute or has several lines; the
// error wraps [pocket.ErrInvalid].
func TimeLayout(s string) (string, error) {
	layout, err := translate(s)
	if err != nil {
		return "", err
	}
	for _, moment := range moments {
		back, err := time.ParseInLocation(layout, moment.Format(layout), time.UTC)
		if err != nil || !back.Truncate(time.Minute).Equal(moment) || strings.ContainsAny(layout, "\r\n") {
			return "", fmt.Errorf("date format %.60q does not tell year, month, day, hour and minute: want one such as %q or %q: %w",
				s, "02/01/2006 15:04:05 -0700", "%d/%m/%Y %H:%M:%S %z", pocket.ErrInvalid)
		}
	}
	return layout, nil
}

// moments find out layouts that leave something out, take hours up to 12 without a PM, or run digits into each other.
var moments = []time.Time{
	time.Date(2021, time.November, 29, 17, 38, 0, 0, time.UTC), time.Date(2024, time.February, 29, 23, 59, 0, 0, time.UTC),
	time.Date(2021, time.January, 11, 1, 11, 0, 0, time.UTC), time.Date(2021, time.November, 1, 11, 1, 0, 0, time.UTC),
	time.Date(2030, time.December, 31, 0, 0, 0, 0, time.UTC), time.Date(2022, time.January, 1, 12, 9, 0, 0, time.UTC),
}

func translate(s string) (string, error) {
	if !strings.Contains(s, "%") {
		return s, nil
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		i++
		part := ""
		if i < len(s) {
			part = directives[s[i]]
		}
		if part == "" {
			return "", fmt.Errorf("date format %.60q: %q is not known: %w", s, s[i-1:min(i+1, len(s))], pocket.ErrInvalid)
		}
		if s[i] == 'f' && !strings.HasSuffix(b.String(), ".") && !strings.HasSuffix(b.String(), ",") {
			return "", fmt.Errorf("date format %.60q: %%f needs a point before it: %w", s, pocket.ErrInvalid)
		}
		b.WriteString(part)
	}
	return b.String(), nil
}
