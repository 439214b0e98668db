package rewards

import (
	"fmt"
	"strings"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// Zone returns the time zone of that name in the IANA database, such as "Europe/Madrid"; "" and "UTC" are UTC, "Local" is the machine's.
// The database is the machine's; a program that must run without one imports time/tzdata. The error wraps
// [pocket.ErrInvalid] and says what to write instead when that can be told.
func Zone(name string) (*time.Location, error) {
	loc, err := time.LoadLocation(strings.TrimSpace(name))
	if err == nil {
		return loc, nil
	}
	return nil, fmt.Errorf("time zone %.60q is not known: %s: %w", name, zoneHint(name), pocket.ErrInvalid)
}

func zoneHint(name string) string {
	if _, err := time.LoadLocation("Europe/Madrid"); err != nil {
		return "this machine has no time zone database (package tzdata)"
	}
	if spelled := zoneSpelling(name); spelled != name {
		if loc, err := time.LoadLocation(spelled); err == nil {
			return fmt.Sprintf("did you mean %s?", loc)
		}
	}
	upper := strings.ToUpper(strings.TrimSpace(name))
	if strings.ContainsAny(upper, "+-") && strings.ContainsAny(upper, "0123456789") {
		return "an offset does not know summer time, want a place such as Europe/Madrid"
	}
	return "want a name such as Europe/Madrid, America/New_York or UTC"
}

// zoneSpelling writes a name as the database does: "america/new york" becomes "America/New_York".
func zoneSpelling(name string) string {
	text := []byte(strings.ToLower(strings.ReplaceAll(strings.TrimSpace(name), " ", "_")))
	for i, c := range text {
		if c >= 'a' && c <= 'z' && (i == 0 || strings.IndexByte("/_-", text[i-1]) >= 0) {
			text[i] = c - 'a' + 'A'
		}
	}
	if spelled := string(text); spelled != "Utc" && spelled != "Gmt" {
		return spelled
	}
	return strings.ToUpper(string(text))
}
