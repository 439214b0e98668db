// Package golden compares what a test got with a file that was looked at and kept.
//
//	golden.Check(t, got, "testdata/monthly.csv.golden")
//
// go test -update rewrites the files of the tests that run; read the diff before keeping it.
package golden

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden files of the tests that run")

// Check fails t when got is not what the file at path holds, byte for byte, and shows the difference. With -update it writes got there
// instead, making the folder when there is none.
func Check[T string | []byte](t testing.TB, got T, path string) {
	t.Helper()
	check(t, []byte(got), path, *update)
}

func check(t testing.TB, got []byte, path string, update bool) {
	t.Helper()
	if update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, got, 0o644))
		return
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "no golden file: run go test -update and look at it")
	if !bytes.Equal(want, got) {
		assert.Fail(t, "differs from "+path+" (go test -update rewrites it)", "%s", difference(want, got))
	}
}
