package bot

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTelegramIsPolledUnlessToldOtherwise(t *testing.T) {
	c, err := read(t, chainLines)
	require.NoError(t, err)
	require.NoError(t, c.Validate())
	assert.Equal(t, TelegramPolling, c.Telegram.Mode)
}

func TestTelegramFaultsSayWhereAndWhatIsWanted(t *testing.T) {
	for text, want := range map[string]string{
		"{mode: pulling}":                                             `poktbot.yaml:2: telegram.mode: "pulling"; did you mean polling?`,
		"{api_url: api.telegram.org}":                                 "poktbot.yaml:2: telegram.api_url: not a URL",
		"{api_url: 'https://u:p@a.b'}":                                "telegram.api_url: a URL with a user in it would be shown",
		"{mode: webhook, listen: ':1'}":                               "telegram.webhook_url: missing",
		"{mode: webhook, listen: ':1', webhook_url: 'http://a.b/c'}":  "telegram.webhook_url: want an https:// URL",
		"{mode: webhook, listen: 'nine', webhook_url: 'https://a.b'}": `telegram.listen: "nine"; want the address and port`,
		"{tls_cert: a.pem}":                                           "telegram.tls_cert: a certificate and its key belong together",
		"{webhook_secret: 'with spaces '}":                            "telegram.webhook_secret: want at most 256",
	} {
		c, err := read(t, chainLines+"telegram: "+text)
		require.NoError(t, err, text)
		assert.ErrorContains(t, c.Validate(), want, text)
	}
	c, err := read(t, chainLines+"telegram: {mode: webhook, listen: ':8443', webhook_url: 'https://a.b', webhook_secret: a-B_9, tls_cert: a, tls_key: b}")
	require.NoError(t, err)
	assert.NoError(t, c.Validate())
}
