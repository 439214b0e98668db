package pocket

import (
	"fmt"
	"strings"

	"github.com/decred/dcrd/bech32"
)

// charset is bech32's alphabet. It leaves out 1, b, i and o, which are easily misread.
const charset = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

// accountLength is how long pokt1… is for the 20 bytes of a person's account.
const accountLength = len(accountPrefix) + 1 + 32 + 6

// diagnose says what is wrong with s, which is lower case and did not decode. bech32's checksum finds the place
// of one wrong character; of two it only tells that there are some. It never repairs: a guess may be another's address.
func diagnose(s string) string {
	if isHex(s) {
		return fmt.Sprintf("%d hexadecimal digits, a Morse address has 40", len(s))
	}
	separator := strings.LastIndexByte(s, '1')
	if separator < 1 || !strings.HasPrefix(s, accountPrefix) {
		return "want pokt1… or the 40 hexadecimal digits of a Morse address"
	}
	for i, c := range s[separator+1:] {
		if !strings.ContainsRune(charset, c) {
			return fmt.Sprintf("character %d, %q, cannot occur there", separator+2+i, c)
		}
	}
	if prefix := s[:separator]; prefix != accountPrefix && prefix != validatorPrefix && prefix != consensusPrefix {
		return fmt.Sprintf("the prefix is %s, want pokt, poktvaloper or poktvalcons", quote(prefix))
	}
	if len(s) > 90 {
		return fmt.Sprintf("%d characters are too many for an address", len(s))
	}
	if s[:separator] == accountPrefix && len(s) != accountLength && len(s) != accountLength+20 {
		return fmt.Sprintf("%d characters, an account's address has %d", len(s), accountLength)
	}
	if place := wrongCharacter(s, separator+1); place > 0 {
		return fmt.Sprintf("character %d, %q, looks mistyped", place, s[place-1])
	}
	if place := swappedCharacters(s, separator+1); place > 0 {
		return fmt.Sprintf("characters %d and %d, %q, look swapped", place, place+1, s[place-1:place+1])
	}
	return "the checksum does not match: more than one character is mistyped"
}

// wrongCharacter returns the place, counted from 1, of the only character whose change makes s valid, or 0.
func wrongCharacter(s string, from int) int {
	text, found := []byte(s), 0
	for i := from; i < len(text); i++ {
		original := text[i]
		for _, c := range []byte(charset) {
			text[i] = c
			if c != original && decodes(string(text)) {
				if found != 0 && found != i+1 {
					return 0
				}
				found = i + 1
			}
		}
		text[i] = original
	}
	return found
}

// swappedCharacters returns the place of two neighbours whose exchange makes s valid, or 0.
func swappedCharacters(s string, from int) int {
	text := []byte(s)
	for i := from; i+1 < len(text); i++ {
		text[i], text[i+1] = text[i+1], text[i]
		if s[i] != s[i+1] && decodes(string(text)) {
			return i + 1
		}
		text[i], text[i+1] = text[i+1], text[i]
	}
	return 0
}

func decodes(s string) bool {
	_, _, err := bech32.DecodeNoLimit(s)
	return err == nil
}
