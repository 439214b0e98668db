package bot

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// demoTime is when demonstrations of tests begin.
var demoTime = time.Date(2026, 11, 22, 15, 30, 0, 0, time.UTC)

func TestDemoSpeedX(t *testing.T) {
	began := time.Now()
	b, err := NewDemo(t.Context(), DemoConfig(), WithClock(func() time.Time { return demoTime }))
	require.NoError(t, err)
	t.Log("open", time.Since(began))
	defer b.Close()
	b.config.Chain.ID = ""
	require.NoError(t, b.CatchUp(t.Context(), func(p Progress) { t.Log(time.Since(began), p) }))
	t.Log("caught up", time.Since(began))
	text, err := reply(t, b, Request{Text: "/stats", Role: Admin})
	t.Log(text, err)
}
