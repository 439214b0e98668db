package rbac

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/poktbot/poktbot/pocket"
)

// A Subject is an account: a platform, a colon, and what the platform calls the account for ever, such as "telegram:123". Subjects of the kind
// "local" are whoever has a shell on the machine; those of the kind "api" are keys.
type Subject string

// Kinds of subjects that mean something here.
const (
	kindLocal     = "local"
	kindKey       = "api"
	kindForgotten = "forgotten"
	kindConfig    = "config"
)

// byConfig is who made what the configuration says.
const byConfig Subject = kindConfig + ":file"

const maxID = 64

// ParseSubject reads a subject. Its errors say what a subject looks like; they are [pocket.ErrInvalid].
func ParseSubject(text string) (Subject, error) {
	kind, id, ok := strings.Cut(text, ":")
	fault := func(want string) error {
		return fmt.Errorf("%q is no account: %s, such as telegram:123456789: %w", clip(text), want, pocket.ErrInvalid)
	}
	switch {
	case !ok:
		return "", fault("want a platform, a colon and a number")
	case kind == "" || len(kind) > 16 || strings.Trim(kind, "abcdefghijklmnopqrstuvwxyz") != "":
		return "", fault("want the platform in small letters")
	case kind == kindForgotten || kind == kindConfig:
		return "", fault("want a platform that people write on")
	case id == "" || len(id) > maxID:
		return "", fault(fmt.Sprintf("want between 1 and %d characters behind the colon", maxID))
	}
	for i := range len(id) {
		if !inSubject(id[i]) {
			return "", fault("want letters, digits, and the signs - _ . behind the colon")
		}
	}
	return Subject(text), nil
}

// inSubject reports whether a character may be in the ID of a subject.
func inSubject(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '.'
}

// Kind is the platform: "telegram".
func (s Subject) Kind() string {
	kind, _, _ := strings.Cut(string(s), ":")
	return kind
}

// ID is what the platform calls the account: "123".
func (s Subject) ID() string {
	_, id, _ := strings.Cut(string(s), ":")
	return id
}

func clip(text string) string {
	runes := []rune(strings.ToValidUTF8(text, "?"))
	if len(runes) > 40 {
		return string(runes[:40]) + "…"
	}
	return string(runes)
}

// maxName is how many characters of what somebody calls himself are kept.
const maxName = 64

// cleanName takes out of a name what shows nothing, turns the text around or breaks a line: strangers choose their names.
func cleanName(name string) string {
	var b strings.Builder
	n := 0
	for _, r := range strings.ToValidUTF8(name, "") {
		switch {
		case unicode.IsSpace(r):
			r = ' '
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp):
			continue
		}
		if n++; n > maxName {
			break
		}
		b.WriteRune(r)
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
