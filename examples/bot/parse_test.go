package bot

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseLine(t *testing.T) {
	tests := []struct {
		name, text string
		want       Line
	}{
		{"a name alone", "/stats", Line{Name: "stats"}},
		{"the case of a name does not matter, that of arguments is kept", "/StatS TODAY", Line{Name: "stats", Args: []string{"TODAY"}}},
		{"a command may name its bot", "/stats@PoktBot today", Line{Name: "stats", Target: "PoktBot", Args: []string{"today"}}},
		{"white space of any kind parts arguments", "\u2003/node\u00a0add\u3000pokt1x\t ", Line{Name: "node", Args: []string{"add", "pokt1x"}}},
		{"quotes keep words together", `/node add "a  b" 'c d'`, Line{Name: "node", Args: []string{"add", "a  b", "c d"}}},
		{"typographic quotes do too", "/node “a b” «c d»", Line{Name: "node", Args: []string{"a b", "c d"}}},
		{"an empty quote is an argument", `/node ""`, Line{Name: "node", Args: []string{""}}},
		{"an apostrophe inside a word is none", "/node it's", Line{Name: "node", Args: []string{"it's"}}},
		{"what shows nothing is dropped", "/node \u200bpokt1\u200dx\u202e\x00", Line{Name: "node", Args: []string{"pokt1x"}}},
		{"bytes that are no text become question marks", "/node \xff", Line{Name: "node", Args: []string{"?"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseLine(tt.text)
			require.NoError(t, err)
			if tt.want.Args == nil {
				assert.Empty(t, got.Args)
				got.Args = nil
			}
			assert.Equal(t, tt.want, got)
		})
	}
	for name, text := range map[string]string{
		"nothing": "", "white space": " \n", "plain talk": "hello /stats", "a slash alone": "/", "a slash and a bot": "/@bot",
	} {
		t.Run(name+" is no command", func(t *testing.T) {
			_, err := ParseLine(text)
			assert.ErrorIs(t, err, ErrNoCommand)
		})
	}
	t.Run("an open quote is told", func(t *testing.T) {
		_, err := ParseLine(`/node "add`)
		assert.ErrorIs(t, err, ErrUsage)
		assert.EqualError(t, err, `a quote is open: close it with "`)
	})
	t.Run("a book is not read", func(t *testing.T) {
		_, err := ParseLine("/x " + strings.Repeat("a", maxLine))
		assert.ErrorIs(t, err, ErrUsage)
	})
}

func FuzzParseCommand(f *testing.F) {
	for _, seed := range []string{"/stats", "/node add 'a b' \"c", "/x@y z", "//", "/\u200b", "/a \xff\xfe", "/report csv 2026-01-01..2026-02-01"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		line, err := ParseLine(text)
		if err != nil {
			assert.NotEmpty(t, err.Error())
			assert.Less(t, utf8.RuneCountInString(err.Error()), 500)
			return
		}
		assert.NotEmpty(t, line.Name)
		for _, word := range append(line.Args, line.Name, line.Target) {
			assert.True(t, utf8.ValidString(word), "%q", word)
			assert.False(t, strings.ContainsFunc(word, unicode.IsControl), "%q", word)
		}
		again, err := ParseLine(text + " ")
		require.NoError(t, err)
		assert.Equal(t, line, again, "white space behind it changes nothing")
	})
}

func TestNearest(t *testing.T) {
	commands := []string{"stats", "rewards", "graph", "losses", "report", "nodes", "node"}
	for typed, want := range map[string]string{
		"stat": "stats", "stast": "stats", "Rewards": "rewards", "gaph": "graph", "loses": "losses", "xyz": "", "": "", "rep": "report", "nodse": "nodes",
	} {
		assert.Equal(t, want, nearest(typed, commands), "%q", typed)
	}
}
