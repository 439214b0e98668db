package bot

import (
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"
)

// A Secret is text that must not be seen: however it is printed, logged or encoded, it shows as REDACTED. Reveal tells it.
type Secret struct{ text string }

const redacted = "REDACTED"

// NewSecret keeps text secret.
func NewSecret(text string) Secret { return Secret{text} }

// Reveal returns the text itself. Give it only to what needs it.
func (s Secret) Reveal() string { return s.text }

// IsZero reports whether there is no text at all.
func (s Secret) IsZero() bool { return s.text == "" }

// String returns REDACTED, or "" when there is no text.
func (s Secret) String() string {
	if s.text == "" {
		return ""
	}
	return redacted
}

// GoString returns what String returns.
func (s Secret) GoString() string { return s.String() }

// Format prints what String returns, whatever the verb.
func (s Secret) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, s.String()) }

// LogValue logs what String returns.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText writes what String returns.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText takes the text.
func (s *Secret) UnmarshalText(b []byte) error {
	s.text = strings.TrimSpace(string(b))
	return nil
}

// Host returns the host of a secret that is a URL, which may be shown: keys are in its user, path or query. It
// returns "" when there is none.
func (s Secret) Host() string {
	u, err := url.Parse(s.text)
	if err != nil {
		return ""
	}
	return u.Host
}
