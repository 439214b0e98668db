package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/poktbot/poktbot/pocket"
)

// A textTemplate is a template as the first PoktBot had them, in Python's style: "{message}" is a field, "{{" and "}}" are braces.
type textTemplate []templatePart

// A templatePart is text as it is, or a field.
type templatePart struct{ text, field string }

// parseTemplate reads a template that may use these fields. The error says which it knows.
func parseTemplate(text string, fields []string) (textTemplate, error) {
	var parts textTemplate
	literal := strings.Builder{}
	flush := func() {
		if literal.Len() > 0 {
			parts = append(parts, templatePart{text: literal.String()})
			literal.Reset()
		}
	}
	for rest := text; rest != ""; {
		at := strings.IndexAny(rest, "{}")
		if at < 0 {
			literal.WriteString(rest)
			break
		}
		literal.WriteString(rest[:at])
		brace := rest[at]
		rest = rest[at+1:]
		if strings.HasPrefix(rest, string(brace)) {
			literal.WriteByte(brace)
			rest = rest[1:]
			continue
		}
		end := strings.IndexByte(rest, '}')
		if brace == '}' || end < 0 {
			return nil, fmt.Errorf("template %q: a single %q: write it twice for one of the text: %w", cleaned(text, 100), brace, pocket.ErrInvalid)
		}
		field := rest[:end]
		if !slices.Contains(fields, field) {
			return nil, fmt.Errorf("template %q: there is no field {%s} here, only {%s}: %w", cleaned(text, 100), cleaned(field, 50),
				strings.Join(fields, "}, {"), pocket.ErrInvalid)
		}
		flush()
		parts = append(parts, templatePart{field: field})
		rest = rest[end+1:]
	}
	flush()
	return parts, nil
}

// render fills in the fields.
func (t textTemplate) render(values map[string]string) string {
	var b strings.Builder
	for _, p := range t {
		b.WriteString(p.text)
		if p.field != "" {
			b.WriteString(values[p.field])
		}
	}
	return b.String()
}

// The fields of templates: all are of the first text, times aside.
var (
	commonFields = []string{"address", "wallet", "service_url", "message", "chain_id", "time"}
	singleFields = append(slices.Clone(commonFields), "time_formatted")
	manyFields   = append(slices.Clone(commonFields), "count", "begintime_formatted", "endtime_formatted")
)
