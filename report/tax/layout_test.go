package tax

import (
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
)

func readAll(t testing.TB, file string) [][]string {
	t.Helper()
	records, err := csv.NewReader(strings.NewReader(file)).ReadAll()
	require.NoError(t, err)
	return records
}

func TestTimeLayout(t *testing.T) {
	for s, want := range map[string]string{
		"%d/%m/%Y %H:%M:%S %z":    "02/01/2006 15:04:05 -0700",
		"%Y-%m-%dT%H:%M:%S.%f":    "2006-01-02T15:04:05.000000",
		"%b %e, %Y %I:%M %p":      "Jan _2, 2006 03:04 PM",
		"2006-01-02 15:04:05 UTC": "2006-01-02 15:04:05 UTC",
		time.RFC1123Z:             time.RFC1123Z,
		"%F %T":                   "2006-01-02 15:04:05",
		"02.01.2006, 15 Uhr 04":   "02.01.2006, 15 Uhr 04",
	} {
		got, err := TimeLayout(s)
		assert.NoError(t, err, s)
		assert.Equal(t, want, got)
	}
	for _, s := range []string{"", "%d/%m/%Y", "%H:%M", "2006-01-02", "%Y-%m-%d %I:%M", "%", "%Y%f", "%q", "%Y-%m-%d\n%H:%M", "DD/MM/YYYY hh:mm", "%Y-%d %H:%M", "0612154"} {
		_, err := TimeLayout(s)
		assert.ErrorIs(t, err, pocket.ErrInvalid, "%q", s)
	}
}

func FuzzTimeLayout(f *testing.F) {
	for _, s := range []string{"%d/%m/%Y %H:%M:%S %z", "2006-01-02 15:04", "%", "%f", ".%f"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		layout, err := TimeLayout(s)
		if err != nil {
			return
		}
		at := time.Date(2024, 2, 29, 23, 59, 0, 0, time.UTC)
		if back, err := time.ParseInLocation(layout, at.Format(layout), time.UTC); err != nil || !back.Truncate(time.Minute).Equal(at) {
			t.Fatalf("%q: %s became %s (%v)", s, at, back, err)
		}
	})
}
