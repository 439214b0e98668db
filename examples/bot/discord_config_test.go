package bot

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDiscordIsConfigured(t *testing.T) {
	c, err := read(t, chainLines+"discord:\n  token: hunter2hunter2\n  guild: '123456789012345678'\n  ephemeral: false\n  max_file: 50\n"+
		"  api_url: http://127.0.0.1:9/api/v10\n  gateway_url: wss://gateway.example\n")
	require.NoError(t, err)
	require.NoError(t, c.Validate())
	assert.Equal(t, Discord{
		Token: NewSecret("hunter2hunter2"), Guild: "123456789012345678", MaxFile: 50, API: "http://127.0.0.1:9/api/v10", Gateway: "wss://gateway.example",
	}, c.Discord)
	c, err = read(t, chainLines)
	require.NoError(t, err)
	assert.Equal(t, Discord{Ephemeral: true, MaxFile: 10}, c.Discord, "by default others do not see what somebody asked for")
}

func TestABadConfigurationOfDiscordSaysWhere(t *testing.T) {
	for line, want := range map[string]string{
		"guild: my-server":                     `discord.guild: "my-server" is not the number of a server`,
		"guild: '0'":                           "is not the number of a server",
		"max_file: 0":                          "discord.max_file: 0; want between 1 and 500 MiB",
		"max_file: 501":                        "discord.max_file: 501; want between 1 and 500 MiB",
		"api_url: discord.com":                 "discord.api_url: not a URL; want one such as https://discord.com/api/v10",
		"api_url: http://proxy.example/api":    "discord.api_url: the token would go to proxy.example in the clear; want https://",
		"api_url: https://ana:pw@example/api":  "discord.api_url: a URL with a user in it would be shown",
		"gateway_url: https://gateway.example": "discord.gateway_url: not a URL; want one such as wss://gateway.discord.gg",
		"gateway_url: ws://gateway.example":    "in the clear; want wss://",
	} {
		c, err := read(t, chainLines+"discord:\n  "+line+"\n")
		require.NoError(t, err, line)
		err = c.Validate()
		require.ErrorContains(t, err, want)
		assert.Regexp(t, `\w+\.yaml:\d+`, err.Error(), "the file and the line are told")
	}
}
