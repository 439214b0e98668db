package bot

import (
	_ "embed"
	"fmt"
	"strings"
	"time"
)

// zones are the names of the time zone database, one a line, to suggest one from. What may be used is up to package time.
//
//go:embed zones.txt
var zones string

// ParseZone returns the time zone of that name in the IANA database, such as Europe/Madrid, UTC, or Local for the
// machine's own. The error of a name that does not exist suggests one that does.
func ParseZone(name string) (*time.Location, error) {
	text := strings.TrimSpace(name)
	if text == "" {
		return time.UTC, nil
	}
	if zone, err := time.LoadLocation(text); err == nil {
		return zone, nil
	}
	if near := nearestZone(text); near != "" {
		return nil, fmt.Errorf("time zone %q does not exist; did you mean %s?", clip(text), near)
	}
	return nil, fmt.Errorf("time zone %q does not exist; want a name such as UTC or Europe/Madrid", clip(text))
}

// nearestZone also finds a zone by its city alone, which is what people type.
func nearestZone(text string) string {
	names := strings.Fields(zones)
	if near := nearest(text, names); near != "" {
		return near
	}
	cities := make([]string, len(names))
	for i, name := range names {
		cities[i] = name[strings.LastIndexByte(name, '/')+1:]
	}
	if city := nearest(text, cities); city != "" {
		for i := range cities {
			if cities[i] == city {
				return names[i]
			}
		}
	}
	return ""
}

// clip shortens what a stranger wrote, so that an error about it stays readable.
func clip(s string) string {
	if runes := []rune(s); len(runes) > 60 {
		return string(runes[:60]) + "…"
	}
	return s
}
