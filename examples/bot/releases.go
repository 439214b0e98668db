package bot

import (
	"context"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/monitor/check"
)

// releaseChecks ask for a newer version of PoktBot. Where nobody wants to know of one, it is only told that what was told is over.
func (b *Bot) releaseChecks(context.Context) ([]monitor.Option, error) {
	if b.simulated {
		return nil, nil
	}
	memory, err := b.memory()
	if err != nil {
		return nil, err
	}
	releases, err := check.NewReleases(memory, b.releases(Version()))
	if err != nil {
		return nil, b.config.fault("releases.url", "%w", err)
	}
	return []monitor.Option{monitor.Every("releases", releases, everyRelease)}, nil
}

func (b *Bot) releases(running string) check.ReleasesConfig {
	r := b.config.Releases
	if !r.Notify {
		r.URL, running = defaultReleases().URL, "" // which is not asked
	}
	return check.ReleasesConfig{Running: running, URL: r.URL, Docs: r.Docs, Log: b.log}
}
