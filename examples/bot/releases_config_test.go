package bot

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReleasesWantURLsThatMayBeShown(t *testing.T) {
	for text, want := range map[string]string{
		"{}":                                    "",
		"{notify: false, url: '', docs: ''}":    "",
		"{docs: ''}":                            "",
		"{url: ''}":                             `releases.url: "" is not a URL`,
		"{url: releases.example}":               `releases.url: "releases.example" is not a URL; want one such as https://github.com/poktbot/poktbot/releases`,
		"{docs: 'javascript:alert(1)'}":         "releases.docs: ",
		"{url: 'https://u:hunter2@a.example/'}": "releases.url: a URL with a user in it would be shown to all who are told",
	} {
		c, err := read(t, chainLines+"releases: "+text)
		require.NoError(t, err)
		if err = c.Validate(); want == "" {
			assert.NoError(t, err, text)
			continue
		}
		require.ErrorContains(t, err, want)
		assert.NotContains(t, err.Error(), "hunter2")
	}
}
