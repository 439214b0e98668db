package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/examples/bot"
)

// fakeScreen writes into buffers.
func fakeScreen(t *testing.T) (s *screen, out, errOut *bytes.Buffer) {
	t.Helper()
	out, errOut = &bytes.Buffer{}, &bytes.Buffer{}
	return newScreen(out, errOut, func(string) string { return "" }, t.TempDir()), out, errOut
}

func TestScreenWithoutATerminal(t *testing.T) {
	t.Run("has no colours and no cursor tricks", func(t *testing.T) {
		s, out, errOut := fakeScreen(t)
		require.NoError(t, s.show(t.Context(), bot.Text{Title: "Title", Lines: []string{"a", "", "b"}}))
		require.NoError(t, s.show(t.Context(), bot.Text{Lines: []string{"alone"}}))
		s.fail(errors.New("one\ntwo"))
		s.remark("beside")
		assert.Equal(t, "Title\n  a\n\n  b\nalone\n", out.String())
		assert.Equal(t, "error: one\nerror: two\nbeside\n", errOut.String())
	})
	t.Run("tells progress in lines now and then", func(t *testing.T) {
		s, out, errOut := fakeScreen(t)
		at := time.Unix(0, 0)
		s.now = func() time.Time { return at }
		for i := range int64(101) {
			require.NoError(t, s.show(t.Context(), bot.Progress{Doing: "reading", Done: i, Total: 100, Unit: "blocks"}))
			at = at.Add(100 * time.Millisecond)
		}
		assert.Empty(t, out.String())
		assert.Equal(t, "reading: 0 of 100 blocks, 0 %\nreading: 50 of 100 blocks, 50 %\nreading: 100 of 100 blocks, 100 %\n", errOut.String())
	})
	t.Run("lets nothing through that drives a terminal", func(t *testing.T) {
		s, out, _ := fakeScreen(t)
		require.NoError(t, s.show(t.Context(), bot.Text{Title: "a\x1b[31mb", Lines: []string{"c\rd\x07\u202e"}}))
		assert.NotContains(t, out.String(), "\x1b")
		assert.NotContains(t, out.String(), "\r")
		assert.NotContains(t, out.String(), "\u202e")
	})
	t.Run("saves pictures and prints where they are", func(t *testing.T) {
		s, out, _ := fakeScreen(t)
		require.NoError(t, s.show(t.Context(), bot.Picture{Name: "../../x.png", Caption: "A picture", PNG: []byte("png")}))
		assert.Equal(t, "A picture: "+s.folder+"/x.png\n", out.String(), "the name cannot lead out of the folder")
		assert.FileExists(t, s.folder+"/x.png")
	})
	t.Run("says when a file cannot be saved", func(t *testing.T) {
		s, _, _ := fakeScreen(t)
		s.folder += "/none"
		assert.ErrorContains(t, s.show(t.Context(), bot.File{Name: "x.csv", Body: strings.NewReader("a")}), "none")
	})
}

func TestLivelyProgress(t *testing.T) {
	s, _, errOut := fakeScreen(t)
	s.lively = true
	at := time.Unix(0, 0)
	s.now = func() time.Time { return at }
	require.NoError(t, s.show(t.Context(), bot.Progress{Doing: "a", Done: 1, Total: 2, Unit: "b"}))
	at = at.Add(time.Second)
	require.NoError(t, s.show(t.Context(), bot.Progress{Doing: "a", Done: 2, Total: 2, Unit: "b"}))
	require.NoError(t, s.show(t.Context(), bot.Text{Title: "x"}))
	assert.Equal(t, "a: 1 of 2 b, 50 %\r\x1b[Ka: 2 of 2 b, 100 %\r\x1b[K", errOut.String(), "the line is written over, and cleared at last")
}

func TestKeyboard(t *testing.T) {
	var pressed []int
	k := &keyboard{in: strings.NewReader("ab\x03c\x03"), interrupt: func(times int) { pressed = append(pressed, times) }}
	var got bytes.Buffer
	_, err := got.ReadFrom(k)
	require.NoError(t, err)
	assert.Equal(t, "abc", got.String())
	assert.Equal(t, []int{1, 2}, pressed)
}

func TestCompletion(t *testing.T) {
	complete := completion([]bot.Command{{Name: "node"}, {Name: "nodes"}, {Name: "stats"}})
	for typed, want := range map[string]string{"/st": "/stats ", "s": "/stats ", "/no": "/node", "/nodes": "/nodes "} {
		got, pos, ok := complete(typed, len(typed), '\t')
		assert.True(t, ok, typed)
		assert.Equal(t, want, got)
		assert.Equal(t, len(want), pos)
	}
	for _, typed := range []string{"/x", "/stats to"} {
		_, _, ok := complete(typed, len(typed), '\t')
		assert.False(t, ok, typed)
	}
	_, _, ok := complete("/st", 3, 'a')
	assert.False(t, ok)
}

func TestLinesOfAPipe(t *testing.T) {
	read := func(t *testing.T, text string) (lines []string, cause error) {
		ctx, stop := context.WithTimeoutCause(t.Context(), time.Second, errors.New("went on following"))
		defer stop()
		ctx, end := context.WithCancelCause(ctx)
		s, _, _ := fakeScreen(t)
		in := pipe(t, text)
		all, closed, err := typed(ctx, s, in, nil, func(error) {}, end)
		require.NoError(t, err)
		for line := range all {
			lines = append(lines, line)
		}
		require.NoError(t, closed())
		return lines, context.Cause(ctx)
	}
	t.Run("are answered one by one, and its end is the program's", func(t *testing.T) {
		lines, cause := read(t, "/stats\n\n  \nnodes")
		assert.Equal(t, []string{"/stats", "nodes"}, lines)
		assert.ErrorIs(t, cause, errQuit)
	})
	t.Run("end with quit", func(t *testing.T) {
		lines, cause := read(t, "/stats\n/Quit\n/nodes\n")
		assert.Equal(t, []string{"/stats"}, lines)
		assert.ErrorIs(t, cause, errQuit)
	})
	t.Run("that was empty from the start leave the program following", func(t *testing.T) {
		lines, cause := read(t, "")
		assert.Empty(t, lines)
		assert.EqualError(t, cause, "went on following")
	})
}

func TestWrap(t *testing.T) {
	assert.Equal(t, []string{"one two three four five six"}, wrap("one two three four five six", 0), "without a terminal nothing is cut")
	assert.Equal(t, []string{"one two three four", "five six"}, wrap("one two three four five six", 20))
	assert.Equal(t, []string{strings.Repeat("x", 50), "y"}, wrap(strings.Repeat("x", 50)+" y", 20), "a long word stays whole")
	assert.Equal(t, []string{"ä ä ä ä ä ä ä ä ä ä", "ä"}, wrap("ä ä ä ä ä ä ä ä ä ä ä", 20), "characters count, not bytes")
}
