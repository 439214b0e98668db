package check

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
)

// ReleasesConfig says how [Releases] look. Its zero value but for URL and Running takes the defaults that the fields name.
type ReleasesConfig struct {
	Program string       // its name, the subject of results; "" is poktbot
	Running string       // the version that runs, such as v1.2.3; a build that is no release never asks
	URL     string       // who is asked, by http or https
	Docs    string       // where people read about releases; "" is nowhere
	Client  *http.Client // nil is one with a deadline
	Log     *slog.Logger // where it is said that nobody can be asked; nil is nowhere
}

// Releases tells of a newer release of a program than the one that runs.
//
// It reports [monitor.BotReleaseAvailable], whose subject is the program and whose part is the newer version, without a v: one alert for each
// version, which is over when that version runs or a newer one is out. Facts: version, running, docs. A version before a release, such as
// 1.3.0-rc.1, is told to those who run one.
//
// The answer may be a release as the API of GitHub tells it (tag_name), a list of those, a package as that of PyPI does (info.version), or
// the version alone. At most 4 MiB are read, and redirects to other hosts are not followed.
type Releases struct {
	config  ReleasesConfig
	memory  Memory
	running release
	asks    bool
}

// NewReleases returns a check of releases. What was told of last is kept in memory, so that it is over when the program runs it.
func NewReleases(memory Memory, c ReleasesConfig) (*Releases, error) {
	c.Program = cmp.Or(c.Program, "poktbot")
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("releases: want a URL such as https://api.github.com/repos/poktbot/poktbot/releases/latest: %w", pocket.ErrInvalid)
	}
	client := http.Client{Timeout: 30 * time.Second}
	if c.Client != nil {
		client = *c.Client
	}
	client.CheckRedirect = func(next *http.Request, before []*http.Request) error {
		if len(before) > 3 || next.URL.Host != before[0].URL.Host || next.URL.Scheme != before[0].URL.Scheme {
			return errors.New("it redirects to another host")
		}
		return nil
	}
	c.Client = &client
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	r := &Releases{config: c, memory: memory}
	r.running, r.asks = parseRelease(c.Running)
	return r, nil
}

// Look implements [monitor.Check]. It is not to be called again before it has returned.
func (r *Releases) Look(ctx context.Context) ([]monitor.Result, error) {
	name := "releases/" + r.config.Program
	told, _, err := recall[string](ctx, r.memory, name)
	if err != nil {
		return nil, err
	}
	result := func(version string, health monitor.Health) monitor.Result {
		return monitor.Result{Key: monitor.Key{Name: monitor.BotReleaseAvailable, Subject: r.config.Program, Part: version}, Health: health}
	}
	before, wasTold := parseRelease(told)
	over := func() []monitor.Result {
		if !wasTold {
			return nil
		}
		return []monitor.Result{result(before.text, monitor.Healthy)}
	}
	if !r.asks {
		return over(), nil
	}
	newest, err := r.newest(ctx)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		r.config.Log.Warn("releases cannot be asked for", "error", err)
		if wasTold && before.compare(r.running) > 0 {
			unknown := result(before.text, monitor.Unknown)
			unknown.Err = err
			return []monitor.Result{unknown}, nil
		}
		return over(), nil
	case newest.compare(r.running) <= 0:
		return over(), nil
	}
	var results []monitor.Result
	if newest.text != before.text {
		results = over()
		if err := keep(ctx, r.memory, name, newest.text); err != nil {
			return nil, err
		}
	}
	found := result(newest.text, monitor.Failing)
	found.Facts = monitor.Facts{monitor.Text("version", newest.text), monitor.Text("running", r.running.text)}
	if r.config.Docs != "" {
		found.Facts = append(found.Facts, monitor.Text("docs", r.config.Docs))
	}
	return append(results, found), nil
}

// largestReleases is more than thirty releases with their notes take.
const largestReleases = 4 << 20

// newest asks for the newest release. Errors do not repeat what was answered.
func (r *Releases) newest(ctx context.Context) (release, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.config.URL, nil)
	if err != nil {
		return release{}, errors.New("the URL cannot be asked")
	}
	request.Header.Set("Accept", "application/json, text/plain;q=0.5")
	request.Header.Set("User-Agent", r.config.Program+"/"+r.running.text)
	answer, err := r.config.Client.Do(request)
	if err != nil {
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err // without the URL
		}
		return release{}, fmt.Errorf("%s: %w", request.URL.Host, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return release{}, fmt.Errorf("%s: HTTP %d", request.URL.Host, answer.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, largestReleases+1))
	switch {
	case err != nil:
		return release{}, fmt.Errorf("%s: %w", request.URL.Host, err)
	case len(body) > largestReleases:
		return release{}, fmt.Errorf("%s: the answer is larger than %d MiB", request.URL.Host, largestReleases>>20)
	}
	newest, ok := r.read(body)
	if !ok {
		return release{}, fmt.Errorf("%s: the answer names no version", request.URL.Host)
	}
	return newest, nil
}

// A toldRelease is one as GitHub or PyPI tell it.
type toldRelease struct {
	Tag        string `json:"tag_name"`
	Draft      bool   `json:"draft"`
	Prerelease bool   `json:"prerelease"`
	Info       struct {
		Version string `json:"version"`
	} `json:"info"`
}

// read returns the newest release of an answer that names some. It is older than any when all are too early to be told.
func (r *Releases) read(body []byte) (newest release, ok bool) {
	body = bytes.TrimSpace(body)
	var list []toldRelease
	switch {
	case bytes.HasPrefix(body, []byte("[")):
		if json.Unmarshal(body, &list) != nil {
			return release{}, false
		}
	case bytes.HasPrefix(body, []byte("{")):
		list = make([]toldRelease, 1)
		if json.Unmarshal(body, &list[0]) != nil {
			return release{}, false
		}
	default:
		list = []toldRelease{{Tag: string(body)}}
	}
	for _, told := range list {
		version, named := parseRelease(cmp.Or(told.Tag, told.Info.Version))
		ok = ok || named
		early := told.Draft || len(r.running.before) == 0 && (told.Prerelease || len(version.before) > 0)
		if named && !early && version.compare(newest) > 0 {
			newest = version
		}
	}
	return newest, ok
}
