package monitor

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// A Name says what is wrong, such as "tls.expiring". The constants of this package are those that its checks use; a program may add its
// own.
type Name string

// Family returns what stands before the dot: "tls" of "tls.expiring".
func (n Name) Family() string {
	family, _, _ := strings.Cut(string(n), ".")
	return family
}

// A Key names an alert for ever: what is wrong, with whom, and with which part of it. It holds nothing that changes while the alert
// lasts, no number and no text for people.
type Key struct {
	Name    Name   `json:"name"`
	Subject string `json:"subject,omitempty"` // an address, a host, a node's name: the one thing an operator would mute
	Part    string `json:"part,omitempty"`    // a service, a session, an endpoint; "" when the subject is whole
}

// String returns the key in one line, such as "claim.missing pokt1… eth". It is for people and logs; compare keys by ==.
func (k Key) String() string {
	text := string(k.Name)
	if k.Subject != "" {
		text += " " + k.Subject
	}
	if k.Part != "" {
		text += " " + k.Part
	}
	return text
}

// cleanKeys returns keys of which each is clean. It changes none of those it was given.
func cleanKeys(keys []Key) []Key {
	for i, k := range keys {
		if k.clean() != k {
			keys = slices.Clone(keys)
			for j := i; j < len(keys); j++ {
				keys[j] = keys[j].clean()
			}
			break
		}
	}
	return keys
}

// clean returns k with what no database takes replaced: a key may hold what a stranger chose.
func (k Key) clean() Key {
	for _, text := range []*string{(*string)(&k.Name), &k.Subject, &k.Part} {
		if !utf8.ValidString(*text) || strings.ContainsRune(*text, 0) {
			*text = strings.ReplaceAll(strings.ToValidUTF8(*text, "\uFFFD"), "\x00", "\uFFFD")
		}
	}
	return k
}
