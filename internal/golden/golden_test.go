package golden

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// recorder is a testing.TB that remembers failures in place of failing.
type recorder struct {
	testing.TB
	failed bool
	text   string
}

func (r *recorder) Helper()      {}
func (r *recorder) Name() string { return "recorder" }
func (r *recorder) Errorf(format string, args ...any) {
	r.failed, r.text = true, fmt.Sprintf(format, args...)
}
func (r *recorder) FailNow() { r.failed = true; panic(r) }

func run(got, path string, update bool) (r *recorder) {
	r = &recorder{}
	defer func() { _ = recover() }()
	check(r, []byte(got), path, update)
	return r
}

func TestCheck(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "a.golden")

	t.Run("a file that is not there fails", func(t *testing.T) {
		assert.True(t, run("x", path, false).failed)
	})
	t.Run("update writes the file, and its folder", func(t *testing.T) {
		assert.False(t, run("one\ntwo\n", path, true).failed)
		held, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, "one\ntwo\n", string(held))
	})
	t.Run("the same passes", func(t *testing.T) {
		assert.False(t, run("one\ntwo\n", path, false).failed)
	})
	t.Run("another line end fails, and is shown", func(t *testing.T) {
		r := run("one\r\ntwo\n", path, false)
		assert.True(t, r.failed)
		assert.Contains(t, r.text, `line 1`)
		assert.Contains(t, r.text, `"one\r\n"`)
		assert.NotContains(t, r.text, `line 2`)
	})
	t.Run("a hundred differing lines are not all shown", func(t *testing.T) {
		var long string
		for i := range 100 {
			long += fmt.Sprintln(i)
		}
		assert.Contains(t, run(long, path, false).text, "… and more")
	})
}
