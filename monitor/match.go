package monitor

import (
	"cmp"
	"fmt"
	"strings"
	"unicode/utf8"
)

// A Match picks alerts. Its fields are patterns in which * stands for any text, also none, ? for one character, and \ takes the next
// character as it is; "tls.*" is a whole family. An empty field matches everything, so the zero Match picks all.
type Match struct {
	Name    string            `json:"name,omitempty"`
	Subject string            `json:"subject,omitempty"`
	Part    string            `json:"part,omitempty"`
	Labels  map[string]string `json:"labels,omitempty"` // each label must match; one that an alert lacks is ""
}

// MatchKey picks one key and no other, but for its part when that is "".
func MatchKey(k Key) Match {
	return Match{Name: literal(string(k.Name)), Subject: literal(k.Subject), Part: literal(k.Part)}
}

var escapes = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`)

func literal(text string) string { return escapes.Replace(text) }

// Matches reports whether m picks what has this key and these labels.
func (m Match) Matches(k Key, labels map[string]string) bool {
	if !glob(m.Name, string(k.Name)) || !glob(m.Subject, k.Subject) || !glob(m.Part, k.Part) {
		return false
	}
	for name, pattern := range m.Labels {
		if !globWhole(pattern, labels[name]) {
			return false
		}
	}
	return true
}

// Validate reports a pattern that cannot be what somebody wanted.
func (m Match) Validate() error {
	check := func(field, pattern string) error {
		if !utf8.ValidString(pattern) || strings.HasSuffix(strings.ReplaceAll(pattern, `\\`, ""), `\`) {
			return fmt.Errorf("%s %q: want text in which * and ? are wild and \\ is followed by a character", field, pattern)
		}
		return nil
	}
	for field, pattern := range map[string]string{"name": m.Name, "subject": m.Subject, "part": m.Part} {
		if err := check(field, pattern); err != nil {
			return err
		}
	}
	for label, pattern := range m.Labels {
		if err := check("label "+label, pattern); err != nil {
			return err
		}
	}
	return nil
}

// String returns m in a line, such as "tls.* relay.example:443 host=one".
func (m Match) String() string {
	words := []string{cmp.Or(m.Name, "*")}
	if m.Subject != "" || m.Part != "" {
		words = append(words, cmp.Or(m.Subject, "*"))
	}
	if m.Part != "" {
		words = append(words, m.Part)
	}
	for _, label := range sortedKeys(m.Labels) {
		words = append(words, label+"="+m.Labels[label])
	}
	return strings.Join(words, " ")
}

func glob(pattern, text string) bool { return pattern == "" || globWhole(pattern, text) }

// globWhole matches without backtracking further than the last star, so that no pattern takes long.
func globWhole(pattern, text string) bool {
	star, mark := -1, 0
	p, t := 0, 0
	for t < len(text) {
		if p < len(pattern) && pattern[p] == '*' {
			star, mark = p, t
			p++
			continue
		}
		if np, size, ok := globOne(pattern[p:], text[t:]); ok {
			p += np
			t += size
			continue
		}
		if star < 0 {
			return false
		}
		_, size := utf8.DecodeRuneInString(text[mark:])
		mark += size
		p, t = star+1, mark
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// globOne matches one character, and returns how long it is in the pattern and in the text.
func globOne(pattern, text string) (int, int, bool) {
	if pattern == "" {
		return 0, 0, false
	}
	_, size := utf8.DecodeRuneInString(text)
	if pattern[0] == '?' {
		return 1, size, true
	}
	escape := 0
	if pattern[0] == '\\' && len(pattern) > 1 {
		escape = 1
	}
	return escape + size, size, strings.HasPrefix(pattern[escape:], text[:size])
}
