package pocket

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const (
	operator  = "pokt1cctzyqv68ss06lmqnhyf07yggxwsv4329rcuu5"
	validator = "poktvaloper15yk64u7zc9g9k2yr2wmzeva5qgwxps6ye8rew7"
)

func TestParseAddressReadsEverySpelling(t *testing.T) {
	for text, kind := range map[string]AddressKind{
		operator:                  AccountAddress,
		strings.ToUpper(operator): AccountAddress,
		"  " + operator + "\n":    AccountAddress,
		validator:                 ValidatorAddress,
		"poktvalcons13h9hnvlerrfum5glnss3nx28lyan9kqzlup6my": ConsensusAddress,
		"7A9C3B5D7E9F1A2B3C4D5E6F708192A3B4C5D6E7":           MorseAddress,
		"0000000000000000000000000000000000000000":           MorseAddress,
	} {
		a, err := ParseAddress(text)
		require.NoError(t, err, text)
		assert.Equal(t, kind, a.Kind(), text)
		assert.Equal(t, strings.ToLower(strings.TrimSpace(text)), a.String())
		assert.Len(t, a.Bytes(), 20)
	}
	assert.Equal(t, MustParseAddress(operator), MustParseAddress(strings.ToUpper(operator)), "one spelling, so == works")
	assert.Equal(t, "pokt1cctz…rcuu5", MustParseAddress(operator).Short())
}

func TestAMistypedAddressSaysWhichCharacter(t *testing.T) {
	for text, want := range map[string]string{
		"": "is empty",
		"pokt1cctzyqv68ss06lmqnhyf07yggxwsv4329rcuuq":   `character 43, 'q', looks mistyped`,
		"pokt1ccttyqv68ss06lmqnhyf07yggxwsv4329rcuu5":   `character 9, 't', looks mistyped`,
		"pokt1cctzyqv68ss06lmqnhyf07ygxgwsv4329rcuu5":   `characters 30 and 31, "xg", look swapped`,
		"pokt1cctzyqv68ss06lmqnhyf07yggxwsv4329rcuub":   `character 43, 'b', cannot occur there`,
		"pokt1cctzyqv68ss06lmqnhyf07yggxwsv4329rcuu":    "42 characters, an account's address has 43",
		"pokt1qctzyqv68ss06lmqnhyf07yggxwsv4329rcuuq":   "more than one character is mistyped",
		"Pokt1cctzyqv68ss06lmqnhyf07yggxwsv4329rcuu5":   "mixes upper and lower case",
		"cosmos1qypqxpq9qcrsszg2pvxq6rs0zqg3yyc5lzv7xu": "prefix",
		"hello world": "want pokt1…",
		"../../admin": "want pokt1…",
		"7a9c3b":      "6 hexadecimal digits, a Morse address has 40",
		"poktvalopr15yk64u7zc9g9k2yr2wmzeva5qgwxps6ye8rew7": `the prefix is "poktvalopr"`,
	} {
		_, err := ParseAddress(text)
		assert.ErrorContains(t, err, want, text)
	}
}

func TestEverySingleTypoIsFoundAtItsPlace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, err := AccountFromBytes(rapid.SliceOfN(rapid.Byte(), 20, 20).Draw(t, "account"))
		require.NoError(t, err)
		text := []byte(a.String())
		place := rapid.IntRange(len("pokt1"), len(text)-1).Draw(t, "place")
		wrong := charset[rapid.IntRange(0, 31).Draw(t, "wrong")]
		if text[place] == wrong {
			return
		}
		text[place] = wrong
		_, err = ParseAddress(string(text))
		require.Error(t, err)
		assert.ErrorContains(t, err, "character "+itoa(place+1)+", ")
	})
}

func itoa(n int) string { b, _ := json.Marshal(n); return string(b) }

func TestAnAddressSurvivesBytesAndText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw := rapid.OneOf(rapid.SliceOfN(rapid.Byte(), 20, 20), rapid.SliceOfN(rapid.Byte(), 32, 32)).Draw(t, "raw")
		a, err := AccountFromBytes(raw)
		require.NoError(t, err)
		assert.True(t, bytes.Equal(raw, a.Bytes()))
		body, err := json.Marshal(map[Address]Address{a: a})
		require.NoError(t, err)
		var back map[Address]Address
		require.NoError(t, json.Unmarshal(body, &back))
		assert.Equal(t, a, back[a])
	})
	_, err := AccountFromBytes(make([]byte, 21))
	assert.Error(t, err)
	assert.Equal(t, NoAddress, Address{}.Kind())
	assert.Empty(t, Address{}.Bytes())
}

func FuzzParseAddress(f *testing.F) {
	for _, seed := range []string{operator, validator, strings.ToUpper(operator), "7a9c3b5d7e9f1a2b3c4d5e6f708192a3b4c5d6e7", "pokt1", "1", "pokt1ı", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := ParseAddress(text)
		if err != nil {
			assert.Less(t, len(err.Error()), 1000, "an error does not repeat a book")
			return
		}
		again, err := ParseAddress(a.String())
		require.NoError(t, err)
		assert.Equal(t, a, again)
		assert.NotEqual(t, NoAddress, a.Kind())
	})
}
