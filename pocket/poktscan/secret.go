package poktscan

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
)

// A secret shows as REDACTED however it is printed.
type secret struct{ text string }

const redacted = "REDACTED"

func (s secret) String() string                 { return redacted }
func (s secret) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, redacted) }
func (s secret) LogValue() slog.Value           { return slog.StringValue(redacted) }
func (s secret) MarshalText() ([]byte, error)   { return []byte(redacted), nil }
func (s secret) scrub(body []byte) []byte {
	if s.text == "" || !bytes.Contains(body, []byte(s.text)) {
		return body
	}
	return bytes.ReplaceAll(body, []byte(s.text), []byte(redacted))
}
