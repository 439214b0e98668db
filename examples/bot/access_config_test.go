package bot

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const chainLines = "chain: {rpc: ['http://a:1'], rest: ['http://a:2']}\n"

func TestAccessNamesAccountsOfPlatforms(t *testing.T) {
	c, err := read(t, chainLines+"access:\n  public: yes_please\n")
	require.ErrorContains(t, err, "poktbot.yaml:3: access.public: \"yes_please\": want true or false", c)

	c, err = read(t, chainLines+"access:\n  public: true\n  sysadmins: ['telegram:1']\n  admins: [telegram:22, 'discord:333']\n  quota: 3\n",
		"POKTBOT_ACCESS_INVESTORS=telegram:4; local:ana")
	require.NoError(t, err)
	require.NoError(t, c.Validate())
	assert.Equal(t, Access{
		Public: true, Sysadmins: []Phrase{"telegram:1"}, Admins: []Phrase{"telegram:22", "discord:333"}, Investors: []Phrase{"telegram:4", "local:ana"}, Quota: 3,
	}, c.Access)
	assert.Equal(t, 10, DefaultConfig().Access.Quota)
}

func TestAccessFaultsSayWhatIsWanted(t *testing.T) {
	tests := []struct{ account, want string }{
		{"123456", "want PLATFORM:ID, such as telegram:123456789"},
		{"telegram:", "want PLATFORM:ID"},
		{"telegram: 5", "want PLATFORM:ID"},
		{"telegram:@ana", "want the number of the account, not its name: telegram:123456789"},
		{"discord:ana#1234", "want the number of the account, not its name: discord:123456789"},
		{"telegram:-5", "want the number"},
		{"telegram:0", "want the number"},
		{"Telegram:5", "small letters, such as telegram:"},
		{"DISCORD:5", "small letters, such as discord:"},
		{"telegarm:5", "there is no platform telegarm; did you mean telegram?"},
	}
	for _, tt := range tests {
		c, err := read(t, chainLines+"access:\n  admins:\n    - '"+tt.account+"'\n")
		require.NoError(t, err, tt.account)
		err = c.Validate()
		require.ErrorContains(t, err, tt.want, tt.account)
		assert.True(t, strings.HasPrefix(err.Error(), "poktbot.yaml:3: access.admins: item 1, "), err)
	}
	for text, want := range map[string]string{
		"{investors: ['telegram:5', 'telegram:5']}": "access.investors: telegram:5 is there twice",
		"{quota: -1}":    "access.quota: -1; want between 0 and 10000",
		"{quota: 10001}": "access.quota: 10001; want between",
	} {
		c, err := read(t, chainLines+"access: "+text)
		require.NoError(t, err)
		assert.ErrorContains(t, c.Validate(), want)
	}
}
