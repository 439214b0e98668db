package bot

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/monitor/check"
)

func TestANewerReleaseIsToldAsTheConfigurationSays(t *testing.T) {
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_, _ = io.WriteString(w, `{"tag_name": "v1.3.0"}`)
	}))
	defer server.Close()
	config := DefaultConfig()
	config.Releases.URL = server.URL
	look := func(running string) []monitor.Result {
		b := newBot(config, nil)
		releases, err := check.NewReleases(check.NewMemory(), b.releases(running))
		require.NoError(t, err)
		results, err := releases.Look(t.Context())
		require.NoError(t, err)
		return results
	}
	results := look("v1.2.3")
	require.Len(t, results, 1)
	texts, err := config.alertTexts()
	require.NoError(t, err)
	title, lines, err := texts.Event(monitor.Event{Kind: monitor.Fired, Alert: monitor.Alert{Key: results[0].Key, Facts: results[0].Facts, Severity: monitor.Info}})
	require.NoError(t, err)
	assert.True(t, strings.HasSuffix(title, "PoktBot 1.3.0 is out"), title)
	assert.Equal(t, []string{"1.2.3 runs here. What is new: https://github.com/poktbot/poktbot/releases"}, lines)

	before := asked.Load()
	assert.Empty(t, look(Version()), "what was built here is no release")
	config.Releases.Notify, config.Releases.URL = false, ""
	assert.Empty(t, look("v1.2.3"))
	assert.Equal(t, before, asked.Load(), "and nobody is asked")
}
