package check

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/monitor/monitortest"
	"github.com/poktbot/poktbot/pocket"
)

func TestReleasesAreComparedBySemver(t *testing.T) {
	rising := []string{
		"0.9.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "v1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "v1.0.1", "1.2.0",
		"1.10.0", "2.0.0",
	}
	for i, a := range rising {
		for j, b := range rising {
			x, okA := parseRelease(a)
			y, okB := parseRelease(b)
			require.True(t, okA && okB)
			assert.Equal(t, cmp.Compare(i, j), x.compare(y), "%s and %s", a, b)
		}
	}
	with, _ := parseRelease("1.0.0+linux")
	without, _ := parseRelease("v1.0.0")
	assert.Zero(t, with.compare(without), "what is built in does not count")
	for _, text := range []string{
		"", "v", "1", "1.2", "1.2.3.4", "01.2.3", "1.2.-3", "latest", "1.2.3-", "1.2.3 beta", "99999999999999999999.0.0", "1.2.3-" + strings.Repeat("a", 60),
		"development 0123456789ab", "unknown", "v0.0.0-20261128070000-0123456789ab", "v1.2.4-0.20261128070000-0123456789ab", "v1.2.4-rc.1.0.20261128070000-0123456789ab",
		"v1.2.3+dirty", "<b>1.2.3</b>", "1.2.3\n1.2.4",
	} {
		_, ok := parseRelease(text)
		assert.False(t, ok, "%q is no release", text)
	}
}

// A publisher answers what the test wants.
type publisher struct {
	mu     sync.Mutex
	status int
	body   string
	header http.Header
	asked  []string
}

func (p *publisher) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, r.URL.String()+" "+r.UserAgent())
	for name, values := range p.header {
		w.Header()[name] = values
	}
	w.WriteHeader(p.status)
	_, _ = io.WriteString(w, p.body)
}

func (p *publisher) says(status int, body string, header ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status, p.body, p.header, p.asked = status, body, http.Header{}, nil
	for i := 0; i < len(header); i += 2 {
		p.header.Set(header[i], header[i+1])
	}
}

func releasesOf(t *testing.T, p *publisher, memory Memory, running string, log io.Writer) *Releases {
	t.Helper()
	r, err := NewReleases(memory, ReleasesConfig{
		Running: running, URL: "https://releases.example/latest?key=hunter2", Docs: "https://releases.example/docs",
		Client: &http.Client{Transport: monitortest.Transport(p)}, Log: slog.New(slog.NewTextHandler(log, nil)),
	})
	require.NoError(t, err)
	return r
}

func TestANewerReleaseIsReadFromWhateverTellsReleases(t *testing.T) {
	tests := []struct{ name, running, body, want string }{
		{"a release of GitHub", "v1.2.3", `{"tag_name": "v1.3.0", "name": "x", "prerelease": false}`, "1.3.0"},
		{"a list, of which the newest is not the first", "1.2.3", `[{"tag_name":"v1.2.9"},{"tag_name":"v1.10.0"},{"tag_name":"nightly"},{"tag_name":"v1.9.0"}]`, "1.10.0"},
		{"drafts are not out", "1.2.3", `[{"tag_name":"v2.0.0","draft":true},{"tag_name":"v1.3.0"}]`, "1.3.0"},
		{"versions before a release are not told", "1.2.3", `[{"tag_name":"v2.0.0","prerelease":true},{"tag_name":"v1.4.0-rc.1"},{"tag_name":"v1.3.0"}]`, "1.3.0"},
		{"but to those who run one", "1.4.0-rc.1", `[{"tag_name":"v1.4.0-rc.2","prerelease":true},{"tag_name":"v1.3.0"}]`, "1.4.0-rc.2"},
		{"the release itself is newer than what was before it", "1.4.0-rc.1", `{"tag_name":"v1.4.0"}`, "1.4.0"},
		{"a package of PyPI", "0.1.3", `{"info": {"version": "0.2.0", "name": "poktbot"}, "releases": {"0.2.0": []}}`, "0.2.0"},
		{"text alone", "0.1.3", "v0.2.0\n", "0.2.0"},
		{"the same", "v1.2.3", `{"tag_name": "1.2.3"}`, ""},
		{"an older one", "v1.2.3", `{"tag_name": "1.2.2"}`, ""},
		{"nothing but early ones", "v1.2.3", `[{"tag_name":"v2.0.0-rc.1"}]`, ""},
		{"a build between releases", "v1.2.4-0.20261128070000-0123456789ab", `{"tag_name": "v9.0.0"}`, ""},
		{"a development build", "development 0123456789ab", `{"tag_name": "v9.0.0"}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var log bytes.Buffer
			p := &publisher{}
			p.says(200, tt.body)
			results, err := releasesOf(t, p, NewMemory(), tt.running, &log).Look(t.Context())
			require.NoError(t, err)
			assert.Empty(t, log.String())
			if tt.want == "" {
				assert.Empty(t, results)
				return
			}
			require.Len(t, results, 1)
			assert.Equal(t, monitor.Key{Name: monitor.BotReleaseAvailable, Subject: "poktbot", Part: tt.want}, results[0].Key)
			assert.Equal(t, monitor.Failing, results[0].Health)
			running := strings.TrimPrefix(tt.running, "v")
			assert.Equal(t, monitor.Facts{
				monitor.Text("version", tt.want), monitor.Text("running", running), monitor.Text("docs", "https://releases.example/docs"),
			}, results[0].Facts)
			assert.Equal(t, []string{"/latest?key=hunter2 poktbot/" + running}, strings.Split(strings.ReplaceAll(p.asked[0], "https://releases.example", ""), "\n"))
		})
	}
	t.Run("who runs no release asks nobody", func(t *testing.T) {
		p := &publisher{}
		_, err := releasesOf(t, p, NewMemory(), "development", io.Discard).Look(t.Context())
		require.NoError(t, err)
		assert.Empty(t, p.asked)
	})
}

func TestHostileAnswersAboutReleasesTellNothing(t *testing.T) {
	tests := []struct {
		name   string
		status int
		body   string
		header []string
		want   string
	}{
		{"an error page", 500, "v9.0.0", nil, "releases.example: HTTP 500"},
		{"not found", 404, `{"tag_name":"v9.0.0"}`, nil, "releases.example: HTTP 404"},
		{"nothing", 200, "", nil, "releases.example: the answer names no version"},
		{"a page", 200, "<html><body>v9.0.0</body></html>", nil, "names no version"},
		{"broken", 200, `{"tag_name":"v9.0.0"`, nil, "names no version"},
		{"of another shape", 200, `{"tag_name":{"a":1}}`, nil, "names no version"},
		{"no version", 200, `{"tag_name":"v9"}`, nil, "names no version"},
		{"null", 200, `null`, nil, "names no version"},
		{"an empty list", 200, `[]`, nil, "names no version"},
		{"nested without an end", 200, strings.Repeat("[", 1<<20), nil, "names no version"},
		{"endless", 200, "[" + strings.Repeat(" ", 5<<20) + "]", nil, "releases.example: the answer is larger than 4 MiB"},
		{"with orders to a terminal", 200, `{"tag_name":"v9.0.0-\u001b[2J"}`, nil, "names no version"},
		{"elsewhere", 302, "", []string{"Location", "https://evil.example/latest"}, "releases.example: it redirects to another host"},
		{"elsewhere and in the open", 301, "", []string{"Location", "http://releases.example/latest"}, "releases.example: it redirects to another host"},
		{"in circles", 302, "", []string{"Location", "/latest"}, "releases.example: it redirects"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var log bytes.Buffer
			p := &publisher{}
			p.says(tt.status, tt.body, tt.header...)
			results, err := releasesOf(t, p, NewMemory(), "1.2.3", &log).Look(t.Context())
			require.NoError(t, err)
			assert.Empty(t, results)
			assert.Contains(t, log.String(), tt.want)
			assert.NotContains(t, log.String(), "hunter2", "a key may be in the URL")
			assert.NotContains(t, log.String(), "9.0.0", "what was answered is not repeated")
		})
	}
	for _, bad := range []string{"", "releases.example", "file:///etc/passwd", "://"} {
		_, err := NewReleases(NewMemory(), ReleasesConfig{URL: bad})
		assert.ErrorIs(t, err, pocket.ErrInvalid)
	}
}

// From the wire to the message: each release once, until it runs.
func TestReleasesAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, memory, store := &publisher{}, NewMemory(), monitor.NewMemory()
		p.says(200, `{"tag_name":"v1.2.3"}`)
		run := func(version string) *monitortest.Bench {
			return monitortest.StartIn(t, store, monitor.Every("releases", releasesOf(t, p, memory, version, io.Discard), 6*time.Hour))
		}
		name := " bot.release_available poktbot "
		b := run("1.2.3")
		b.Pass(24 * time.Hour)
		assert.Empty(t, b.Lines())
		p.says(200, `{"tag_name":"v1.3.0"}`)
		b.Pass(7 * time.Hour)
		assert.Equal(t, []string{"fired warning" + name + "1.3.0"}, b.Lines())
		b.Pass(30 * 24 * time.Hour)
		assert.Empty(t, b.Lines(), "it is told once, and nobody is reminded")
		p.says(503, "")
		b.Pass(10 * 24 * time.Hour)
		assert.Empty(t, b.Lines(), "that nobody can be asked is no alert")
		p.says(200, `{"tag_name":"v1.4.0"}`)
		b.Pass(7 * time.Hour)
		assert.ElementsMatch(t, []string{"fired warning" + name + "1.4.0", "resolved warning" + name + "1.3.0"}, b.Lines())
		b.Stop()

		b = run("1.2.3") // as it was before
		b.Pass(7 * time.Hour)
		assert.Empty(t, b.Lines(), "a restart tells nothing again")
		b.Stop()

		b = run("1.4.0")
		b.Pass(7 * time.Hour)
		assert.Equal(t, []string{"resolved warning" + name + "1.4.0"}, b.Lines())
		b.Stop()

		p.says(200, `{"tag_name":"v1.5.0"}`)
		b = run("1.4.0")
		b.Pass(7 * time.Hour)
		assert.Equal(t, []string{"fired warning" + name + "1.5.0"}, b.Lines())
		b.Stop()
		b = run("development")
		b.Pass(7 * time.Hour)
		assert.Equal(t, []string{"resolved warning" + name + "1.5.0"}, b.Lines())
		passed(t, b)
	})
}

func FuzzReleases(f *testing.F) {
	for _, seed := range []string{"v1.2.3", `{"tag_name":"v1.2.3"}`, `[{"tag_name":"v1.2.3-rc.1","prerelease":true}]`, `{"info":{"version":"1.0.0"}}`, "[[", "{}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		r := &Releases{}
		r.running, _ = parseRelease("1.0.0")
		if newest, ok := r.read([]byte(body)); ok && newest.text != "" {
			again, ok := parseRelease(newest.text)
			assert.True(t, ok)
			assert.Zero(t, again.compare(newest))
			assert.Less(t, len(fmt.Sprint(newest.text)), 100)
		}
	})
}
