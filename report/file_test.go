package report

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWriteFile(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "rewards.csv")
	names := func() (names []string) {
		entries, err := os.ReadDir(folder)
		require.NoError(t, err)
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return names
	}
	write := func(text string, err error) error {
		return WriteFile(path, func(w io.Writer) error {
			_, writeErr := io.WriteString(w, text)
			require.NoError(t, writeErr)
			return err
		})
	}

	t.Run("a failure leaves nothing behind", func(t *testing.T) {
		err := write("half", errBroken)
		assert.ErrorIs(t, err, errBroken)
		assert.ErrorContains(t, err, "rewards.csv")
		assert.Empty(t, names())
	})
	t.Run("a whole file appears, for its owner alone", func(t *testing.T) {
		require.NoError(t, write("whole", nil))
		assert.Equal(t, []string{"rewards.csv"}, names())
		info, err := os.Stat(path)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	})
	t.Run("a failure later leaves the file that was there", func(t *testing.T) {
		require.Error(t, write("half", errBroken))
		held, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, "whole", string(held))
		assert.Equal(t, []string{"rewards.csv"}, names())
	})
	t.Run("a panic of the writer leaves no file", func(t *testing.T) {
		assert.Panics(t, func() { _ = WriteFile(path, func(io.Writer) error { panic("bug") }) })
		assert.Equal(t, []string{"rewards.csv"}, names())
	})
	t.Run("a folder that is not there is told", func(t *testing.T) {
		assert.ErrorIs(t, WriteFile(filepath.Join(folder, "none", "x.csv"), func(io.Writer) error { return nil }), os.ErrNotExist)
	})
}
