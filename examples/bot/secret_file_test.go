package bot

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/internal/golden"
)

func writeFile(t *testing.T, name, text string, mode os.FileMode) {
	t.Helper()
	require.NoError(t, os.WriteFile(name, []byte(text), mode))
	require.NoError(t, os.Chmod(name, mode), "whatever the umask is")
}

func TestASecretMayBeInAFile(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "token", "123:abc\n", 0o600)
	writeFile(t, "other", "\ufeff 456:def \r\n\r\n", 0o400)
	writeFile(t, "urls", "https://a.example/key\n\nhttps://b.example/key\n", 0o600)
	require.NoError(t, os.Mkdir("secrets", 0o700))
	writeFile(t, "secrets/dsn", "postgres://u:p@h/d", 0o600)

	tests := []struct {
		name, text string
		environ    []string
		want       func(Config) []Secret
		values     []string
	}{
		{"named in the file", "telegram: {token_file: token}", nil, func(c Config) []Secret { return []Secret{c.Telegram.Token} }, []string{"123:abc"}},
		{"named in the environment, with marks and line ends of Windows", "", []string{"POKTBOT_TELEGRAM_TOKEN_FILE=other"},
			func(c Config) []Secret { return []Secret{c.Telegram.Token} }, []string{"456:def"}},
		{"a list, a line each", "chain: {rpc_file: urls}", nil, func(c Config) []Secret { return c.Chain.RPC }, []string{"https://a.example/key", "https://b.example/key"}},
		{"a list of files", "chain: {rest_file: [urls, token]}", nil, func(c Config) []Secret { return c.Chain.REST },
			[]string{"https://a.example/key", "https://b.example/key", "123:abc"}},
		{"a list in the environment", "", []string{"POKTBOT_ALERTS_WEBHOOK_URLS_FILE=urls,token"}, func(c Config) []Secret { return c.Alerts.Webhook.URLs },
			[]string{"https://a.example/key", "https://b.example/key", "123:abc"}},
		{"a key without a section", "database_file: secrets/dsn", nil, func(c Config) []Secret { return []Secret{c.Database} }, []string{"postgres://u:p@h/d"}},
		{"the environment's file wins over the file's value", "telegram: {token: x}", []string{"POKTBOT_TELEGRAM_TOKEN_FILE=token"},
			func(c Config) []Secret { return []Secret{c.Telegram.Token} }, []string{"123:abc"}},
		{"the environment's value wins over the file's file, which is not even read", "telegram: {token_file: missing}", []string{"POKTBOT_TELEGRAM_TOKEN=y"},
			func(c Config) []Secret { return []Secret{c.Telegram.Token} }, []string{"y"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := read(t, tt.text, tt.environ...)
			require.NoError(t, err)
			var got []string
			for _, s := range tt.want(c) {
				got = append(got, s.Reveal())
			}
			assert.Equal(t, tt.values, got)
			assert.Empty(t, c.Warnings())
		})
	}

	t.Run("relative names begin in the folder of the configuration", func(t *testing.T) {
		writeFile(t, "secrets/poktbot.yaml", "database_file: dsn\n", 0o600)
		c, err := LoadConfig("secrets/poktbot.yaml", nil)
		require.NoError(t, err)
		assert.Equal(t, "postgres://u:p@h/d", c.Database.Reveal())
		assert.Equal(t, []Setting{{"database", "h", "secrets/poktbot.yaml:1: database_file"}}, c.Settings())
	})
	t.Run("what is wrong with the value is said of the file", func(t *testing.T) {
		c, err := read(t, "chain: {rpc_file: token, rest_file: urls}")
		require.NoError(t, err)
		assert.EqualError(t, c.Validate(), "poktbot.yaml:1: chain.rpc_file: item 1 is not a URL; want a CometBFT RPC address such as http://127.0.0.1:26657")
	})
	t.Run("a configuration that everybody reads is no place for secrets", func(t *testing.T) {
		text := "telegram: {token: a-secret}\nchain:\n  rpc: ['http://127.0.0.1:1', 'https://rpc.example/a-key']\n  rest: ['http://127.0.0.1:2']\ndatabase: x.db\ndiscord: {token_file: token}\n"
		writeFile(t, "open.yaml", text, 0o644)
		c, err := LoadConfig("open.yaml", []string{"POKTBOT_POKTSCAN_KEY=from-elsewhere"})
		require.NoError(t, err)
		assert.Equal(t, []string{
			"open.yaml:3: chain.rpc: a secret, and everybody on this machine can read the file; put it into one of its own with chain.rpc_file, or chmod 600",
			"open.yaml:1: telegram.token: a secret, and everybody on this machine can read the file; put it into one of its own with telegram.token_file, or chmod 600",
		}, c.Warnings())
		writeFile(t, "closed.yaml", text, 0o600)
		c, err = LoadConfig("closed.yaml", nil)
		require.NoError(t, err)
		assert.Empty(t, c.Warnings())
	})
	t.Run("who else may read it is a warning", func(t *testing.T) {
		writeFile(t, "open", "123:abc", 0o644)
		c, err := read(t, "telegram: {token_file: ./open}")
		require.NoError(t, err)
		assert.Equal(t, []string{"poktbot.yaml:1: telegram.token_file: everybody on this machine can read ./open; chmod 600 takes that away"}, c.Warnings())
	})
}

func TestFaultsOfSecretFilesNeverTellTheSecret(t *testing.T) {
	testdata, err := filepath.Abs("testdata/secret-faults.golden")
	require.NoError(t, err)
	t.Chdir(t.TempDir())
	writeFile(t, "empty.txt", " \n\n", 0o600)
	writeFile(t, "two.txt", "secret-a\nsecret-b\n", 0o600)
	writeFile(t, "binary.txt", "secret\x00\x01", 0o600)
	writeFile(t, "latin.txt", "secret\xe9", 0o600)
	writeFile(t, "large.txt", strings.Repeat("secret\n", 10_000), 0o600)
	require.NoError(t, os.Mkdir("folder.d", 0o700))
	tests := []struct {
		name, text string
		environ    []string
	}{
		{"missing", "telegram:\n  token_file: ./none\n", nil},
		{"the secret in place of the file", "telegram:\n  token_file: 123:secret\n", nil},
		{"a URL in place of the file", "alerts:\n  webhook:\n    urls_file:\n      - https://hooks.example/secret\n", nil},
		{"empty", "telegram: {token_file: empty.txt}", nil},
		{"more than one", "telegram: {token_file: two.txt}", nil},
		{"not text", "telegram: {token_file: binary.txt}\ndiscord: {token_file: latin.txt}", nil},
		{"too large", "telegram: {token_file: large.txt}", nil},
		{"a folder", "telegram: {token_file: folder.d}", nil},
		{"both in the file", "telegram:\n  token: secret\n  token_file: two.txt\n", nil},
		{"both in the file, the other way round", "database_file: two.txt\ndatabase: secret\n", nil},
		{"both in the environment", "", []string{"POKTBOT_TELEGRAM_TOKEN=secret", "POKTBOT_TELEGRAM_TOKEN_FILE=two.txt"}},
		{"in the environment", "", []string{"POKTBOT_TELEGRAM_TOKEN_FILE=two.txt", "POKTBOT_TELEGRAM_TOKN_FILE=x"}},
		{"a list for one secret", "telegram: {token_file: [two.txt]}", nil},
		{"each of a list", "chain:\n  rpc_file:\n    - two.txt\n    - ./none\n    - empty.txt\n", nil},
		{"what is no secret has no file", "zone_file: x\n", nil},
	}
	var got strings.Builder
	for _, tt := range tests {
		_, err := read(t, tt.text, tt.environ...)
		require.Error(t, err, tt.name)
		assert.NotContains(t, err.Error(), "secret", tt.name)
		fmt.Fprintf(&got, "# %s\n%v\n\n", tt.name, err)
	}
	golden.Check(t, got.String(), testdata)
}

func TestRequireNamesWhatIsMissing(t *testing.T) {
	c, err := read(t, "telegram: {token: ''}\n", "POKTBOT_DISCORD_TOKEN=x")
	require.NoError(t, err)
	assert.EqualError(t, c.Require("telegram.token", "discord.token", "prices.currency"),
		"prices.currency: missing; set it, or POKTBOT_PRICES_CURRENCY in the environment\n"+
			"poktbot.yaml:1: telegram.token: missing; set it, or telegram.token_file, or POKTBOT_TELEGRAM_TOKEN in the environment")
	assert.NoError(t, c.Require("discord.token", "zone"))
}

func TestSettingsTellWhatWasSetAndNoSecret(t *testing.T) {
	c, err := read(t, "zone: UTC\nchain:\n  rpc: [https://u:hunter2@rpc.example/hunter3, 'http://127.0.0.1:1']\nnodes: ["+operatorA+"]\nmorse: {database: old.db}\n",
		"POKTBOT_TELEGRAM_TOKEN=hunter4", "POKTBOT_DATABASE=postgres://u:hunter5@db.example/d")
	require.NoError(t, err)
	assert.Equal(t, []Setting{
		{"chain.rpc", "rpc.example, 127.0.0.1:1", "poktbot.yaml:3"},
		{"morse.database", "old.db", "poktbot.yaml:5"},
		{"database", "db.example", "POKTBOT_DATABASE"},
		{"nodes", operatorA, "poktbot.yaml:4"},
		{"zone", "UTC", "poktbot.yaml:1"},
		{"telegram.token", "REDACTED", "POKTBOT_TELEGRAM_TOKEN"},
	}, c.Settings())
	assert.ElementsMatch(t, []string{"https://u:hunter2@rpc.example/hunter3", "hunter2", "postgres://u:hunter5@db.example/d", "hunter5", "hunter4"}, c.Hidden())
	d := DefaultConfig()
	assert.Empty(t, d.Hidden(), "the name of a file is no secret")
}

func TestDemoKeepsChatsAndSimulatesTheRest(t *testing.T) {
	c, err := read(t, chainLines+"nodes: ["+operatorA+"]\nzone: Asia/Tokyo\naccess: {public: true}\ntelegram: {token: t}\nalerts: {webhook: {urls: ['https://x.example/y']}}\n")
	require.NoError(t, err)
	demo := c.Demo()
	require.NoError(t, demo.Validate())
	assert.Equal(t, "Asia/Tokyo", demo.Zone)
	assert.True(t, demo.Access.Public)
	assert.Equal(t, "t", demo.Telegram.Token.Reveal())
	assert.Empty(t, demo.Nodes)
	assert.Empty(t, demo.Alerts.Webhook.URLs, "nobody is woken by a simulation")
	assert.True(t, demo.Database.IsZero())
	assert.Empty(t, demo.DataFolder())
	assert.Equal(t, ".", c.DataFolder())
}
