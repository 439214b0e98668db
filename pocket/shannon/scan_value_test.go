package shannon

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/poktbot/poktbot/pocket"
)

// soundValue reports what valueEnd thinks of a whole value with nothing behind it.
func soundValue(text []byte) bool {
	end, err := valueEnd(append(append([]byte("["), text...), ']'), 0)
	return err == nil && end == len(text)+2
}

func TestValueEndAgreesWithEncodingJSON(t *testing.T) {
	for _, text := range []string{
		`0`, `-0`, `-`, `01`, `1.`, `.1`, `1.0`, `1e`, `1e5`, `1E+5`, `1e-`, `+1`, `--1`, `1 2`, `Infinity`, `NaN`,
		`true`, `tru`, `truee`, `null`, `nul`, `false`, `""`, `"`, `"a`, `"\"`, `"\\"`, `"\u12"`, `"\u12g4"`, `"\u1234"`, `"\x"`,
		"\"\t\"", "\"\x00\"", "\"\x1f\"", "\"\x7f\"", "\"\xff\"", `"12345678"`, `"1234567\n"`, `"123456\u0000"`,
		`[]`, `[ ]`, `[1]`, `[1,]`, `[,1]`, `[1 1]`, `{}`, `{ }`, `{"a":1}`, `{"a":1,}`, `{a:1}`, `{"a"}`, `{"a":}`, `{"a" : [ { } ] }`,
		`[}`, `{]`, `[[]`, `[]]`, `{"a":1 "b":2}`, ` 1 `, "\u00a01", "\v1", `"a":1`,
	} {
		want := json.Valid([]byte("[" + text + "]"))
		assert.Equal(t, want, soundValue([]byte(text)), text)
	}
	t.Run("in any mutilation of a recorded event", func(t *testing.T) {
		event := []byte(`{"type":"x","attributes":[{"key":"a\"b\\","value":"{\"n\":[1,-2.5e3,true,null,\"\\u003c\"]}","index":true}]}`)
		rapid.Check(t, func(rt *rapid.T) {
			text := append([]byte{}, event...)
			for range rapid.IntRange(1, 3).Draw(rt, "changes") {
				at := rapid.IntRange(0, len(text)-1).Draw(rt, "at")
				if rapid.Bool().Draw(rt, "delete") {
					text = append(text[:at], text[at+1:]...)
				} else {
					text[at] = rapid.SampledFrom([]byte("\"\\{}[],:0-.eut \n\x01\xffa")).Draw(rt, "byte")
				}
			}
			want := json.Valid([]byte("[" + string(text) + "]"))
			if got := soundValue(text); got != want {
				rt.Fatalf("%q: got %v", text, got)
			}
		})
	})
	t.Run("but nests less deep", func(t *testing.T) {
		assert.True(t, soundValue([]byte(strings.Repeat("[", maxDepth-1)+strings.Repeat("]", maxDepth-1))))
		assert.False(t, soundValue([]byte(strings.Repeat("[", maxDepth)+strings.Repeat("]", maxDepth))))
		mixed := strings.Repeat(`{"a":[`, maxDepth/2-1)
		assert.True(t, soundValue([]byte(mixed+"1"+strings.Repeat("]}", maxDepth/2-1))))
	})
}

func TestValueEndOfAPrefixAsksForMore(t *testing.T) {
	text := []byte(`{"a":[1,-2.5e3,true,null,"\u003c\\"],"b":{}}`)
	for cut := range text {
		_, err := valueEnd(text[:cut], 0)
		require.ErrorIs(t, err, errShort, "%q", text[:cut])
	}
}

func TestUnescapeMeansWhatEncodingJSONMeans(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		part := rapid.SampledFrom([]string{
			"a", "pokt1", `\"`, `\\`, `\/`, `\b`, `\f`, `\n`, `\r`, `\t`, `\u0061`, `\u00e9`, `\uD83D\uDE00`, `\ud83d`, `\ude00`, `\ud83dx`,
			`\ud83d\n`, `\ud83d\u0061`, "é", "😀",
		})
		raw := strings.Join(rapid.SliceOf(part).Draw(rt, "parts"), "")
		var want string
		if err := json.Unmarshal([]byte(`"`+raw+`"`), &want); err != nil {
			rt.Fatal(err)
		}
		end, err := stringEnd([]byte(raw+`"`), 0)
		if err != nil || end != len(raw)+1 {
			rt.Fatalf("%q ends at %d: %v", raw, end, err)
		}
		if got := string(unescape(nil, []byte(raw))); got != want {
			rt.Fatalf("%q: got %q, want %q", raw, got, want)
		}
	})
}

func TestParseDigits(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "007": 7, "999999999999999999": 999999999999999999, "9223372036854775807": 9223372036854775807,
		"0000000000000000000000001": 1,
	} {
		got, ok := parseDigits([]byte(text))
		assert.True(t, ok, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "-1", "+1", "1.0", " 1", "1e3", "9223372036854775808", "99999999999999999999", "٣"} {
		_, ok := parseDigits([]byte(text))
		assert.False(t, ok, text)
	}
}

func TestPiecesNeverMissAnAddress(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		bytes := rapid.SliceOfN(rapid.Byte(), 20, 20)
		if rapid.Bool().Draw(rt, "of a module") {
			bytes = rapid.SliceOfN(rapid.Byte(), 32, 32)
		}
		address, err := pocket.AccountFromBytes(bytes.Draw(rt, "address"))
		if err != nil {
			rt.Fatal(err)
		}
		p := newPieces(map[string]bool{address.String(): true})
		text := strings.Repeat("x", rapid.IntRange(0, 100).Draw(rt, "before")) + address.String() +
			strings.Repeat("y", rapid.IntRange(0, 100).Draw(rt, "behind"))
		if !p.seen([]byte(text), func(part []byte) bool { return strings.Contains(string(part), address.String()) }) {
			rt.Fatalf("%q is not seen", text)
		}
	})
}

func TestInternerForgetsWhenFull(t *testing.T) {
	names := newInterner()
	for i := range 3 * maxNames {
		assert.Equal(t, fmt.Sprint(i), names.word([]byte(fmt.Sprint(i))))
		require.LessOrEqual(t, len(names.words), maxNames)
	}
	assert.Equal(t, strings.Repeat("a", 1000), names.word([]byte(strings.Repeat("a", 1000))))
	assert.NotContains(t, names.words, strings.Repeat("a", 1000))
	_, err := names.address([]byte("pokt1x"))
	assert.Error(t, err)
	assert.Empty(t, names.addresses)
}
