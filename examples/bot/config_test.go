package bot

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/internal/golden"
	"github.com/poktbot/poktbot/pocket"
)

const (
	operatorA = "pokt1cctzyqv68ss06lmqnhyf07yggxwsv4329rcuu5"
	operatorB = "pokt1tlenzxkfh38zr34wrhqjpsuvm0g3m2wazmsdl5"
)

func read(t *testing.T, text string, environ ...string) (Config, error) {
	t.Helper()
	c := DefaultConfig()
	return c, c.read("poktbot.yaml", []byte(text), environ)
}

func TestConfigOfAWholeFile(t *testing.T) {
	text, err := os.ReadFile("testdata/whole.yaml")
	require.NoError(t, err)
	c := DefaultConfig()
	require.NoError(t, c.readFile("whole.yaml", text))
	require.NoError(t, c.Validate())
	assert.Equal(t, []Secret{NewSecret("http://127.0.0.1:26657"), NewSecret("https://rpc.example/secret-key")}, c.Chain.RPC)
	assert.Equal(t, []Secret{NewSecret("http://127.0.0.1:1317")}, c.Chain.REST)
	assert.Equal(t, "pocket", c.Chain.ID)
	assert.Equal(t, "/var/lib/poktbot/index.db", c.Database.Reveal())
	assert.Equal(t, []pocket.Address{pocket.MustParseAddress(operatorA), pocket.MustParseAddress(operatorB)}, c.Nodes)
	assert.Equal(t, []pocket.Address{pocket.MustParseAddress(operatorB)}, c.Wallets, "one value is a list of one")
	assert.Equal(t, Everything, c.Mode)
	assert.Equal(t, Duration(10*time.Second), c.Poll)
	assert.Equal(t, Duration(400*24*time.Hour), c.Retention)
	assert.Equal(t, "Europe/Madrid", c.Location().String())
	assert.Equal(t, "comma", c.Decimal)
	assert.Equal(t, DateLayout("DD/MM/YYYY"), c.Dates)
	assert.Equal(t, "dark", c.Theme)
	assert.Equal(t, 30, c.GraphDays)
}

func TestConfigEnvironment(t *testing.T) {
	t.Run("overrides any key, lists with commas", func(t *testing.T) {
		c, err := read(t, "zone: UTC\nnodes: ["+operatorA+"]", "POKTBOT_ZONE=Asia/Tokyo", "POKTBOT_NODES="+operatorB+", "+operatorA,
			"POKTBOT_CHAIN_RPC=http://a:1", "POKTBOT_GRAPH_DAYS=7", "POKTBOT_DATABASE=postgres://u:p@h/d", "HOME=/root")
		require.NoError(t, err)
		assert.Equal(t, "Asia/Tokyo", c.Zone)
		assert.Equal(t, operatorB, c.Nodes[0].String())
		assert.Len(t, c.Nodes, 2)
		assert.Equal(t, "http://a:1", c.Chain.RPC[0].Reveal())
		assert.Equal(t, 7, c.GraphDays)
		assert.Equal(t, "postgres://u:p@h/d", c.Database.Reveal())
	})
	t.Run("an empty variable changes nothing", func(t *testing.T) {
		c, err := read(t, "zone: Asia/Tokyo", "POKTBOT_ZONE=")
		require.NoError(t, err)
		assert.Equal(t, "Asia/Tokyo", c.Zone)
	})
	t.Run("variables that Kubernetes makes of a service called poktbot are nobody's mistake", func(t *testing.T) {
		_, err := read(t, "", "POKTBOT_SERVICE_HOST=10.0.0.1", "POKTBOT_PORT=tcp://10.0.0.1:80", "POKTBOT_PORT_80_TCP_ADDR=10.0.0.1", "POKTBOT_CONFIG=x")
		assert.NoError(t, err)
	})
}

func TestConfigFaults(t *testing.T) {
	tests := []struct {
		name, text string
		environ    []string
	}{
		{"unknown keys", "zoone: UTC\nchain:\n  rcp: [http://a]\nxyzzy: 1\n", nil},
		{"every bad value", "poll_interval: soon\nretention: -1d\ngraph_days: many\nnodes:\n  - " + operatorA + "\n  - " + operatorA[:42] + "4\n  - ''\n", nil},
		{"wrong shapes", "chain: yes\nzone: [UTC]\nnodes: {a: 1}\nwallets: [[x]]\n", nil},
		{"a list instead of keys", "- a\n- b\n", nil},
		{"broken yaml", "zone: UTC\nnodes: [a\ndatabase: secret-dsn\n", nil},
		{"tabs", "chain:\n\trpc: x\n", nil},
		{"a tab deep inside", "chain:\n  id: a\n\trpc: b\n", nil},
		{"a key of a section twice", "chain:\n  id: a\n  id: b\n", nil},
		{"a section twice", "chain:\n  id: a\nzone: UTC\nchain:\n  rpc: secret\n", nil},
		{"keys that are no words", "1: a\n~: b\n? [c]\n: d\ntrue: e\n", nil},
		{"not UTF-8", "zone: UTC\ntheme: caf\xe9 secret\n", nil},
		{"UTF-16", "\xff\xfez\x00o\x00", nil},
		{"control characters", "zone: UTC\n\ntheme: \x00\x1b[31msecret\n", nil},
		{"a file of something else", strings.Repeat("secret ", 10<<20/7), nil},
		{"aliases of aliases", "a: &a [secret, secret]\nzone: UTC\nnodes: [*a, *a]\nwallets: *a\n", nil},
		{"nested without an end", "zone: UTC\nnodes: " + strings.Repeat("[", 20_000), nil},
		{"nested in a line", "zone: UTC\nnodes:\n  " + strings.Repeat("- ", 20_000) + "a\n", nil},
		{"maps in maps", strings.Repeat("{a: ", 20_000), nil},
		{"numbers that are none", "graph_days: 1e3\naccess:\n  quota: 0x10\nalerts:\n  email:\n    port: .inf\n", nil},
		{"truth that is none", "access: {public: yes}\ntax: {losses: 2}\n", nil},
		{"nothing in a list", "nodes:\n  -\n", nil},
		{"a list of sections", "alerts:\n  webhook:\n    - urls: secret\n", nil},
		{"nearly right in a section", "alerts:\n  emial: {host: a}\n  webhook: {url: [secret]}\n  email:\n    pasword: secret\n", nil},
		{"more faults than anybody reads", strings.Repeat("x", 3) + manyKeys(200), nil},
		{"a key twice", "database: secret-dsn\nzone: UTC\nzone: UTC\n", nil},
		{"two documents", "zone: UTC\n---\nzone: UTC\n", nil},
		{"anchors", "zone: &z UTC\ndatabase: *z\n", nil},
		{"merge keys", "<<: {zone: UTC}\n", nil},
		{"the environment", "", []string{"POKTBOT_POLL_INTERVAL=soon", "POKTBOT_NODES=pokt1x", "POKTBOT_ZNOE=UTC", "POKTBOT_GRAPH_DAYS=1.5"}},
		{"values that make no sense", "zone: Europe/Madird\nmode: watch\ndatabase: ''\ntheme: blue\ndecimal_mark: ';'\ndates: DDMMYYYY\ngraph_days: 0\n" +
			"poll_interval: 1ms\nretention: 3h\nnodes: [" + operatorA + ", " + operatorA + "]\nwallets: [a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4e5f6a1b2]\n" +
			"chain:\n  rpc: [localhost:26657/secret-key]\n", nil},
		{"validators that are none", chainKeys + "alerts:\n  validators: [a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4e5f6a1b2]\n", nil},
		{"a validator twice", chainKeys + "alerts:\n  validators: [" + aValidator + ", " + aValidator + "]\n", nil},
		{"values of the environment that make no sense", "zone: UTC\n", []string{"POKTBOT_ZONE=Madrid", "POKTBOT_MODE=all"}},
	}
	var got strings.Builder
	for _, tt := range tests {
		c, err := read(t, tt.text, tt.environ...)
		if err == nil {
			err = c.Validate()
		}
		require.Error(t, err, tt.name)
		assert.NotContains(t, err.Error(), "secret", "no line of the file and no URL is repeated")
		fmt.Fprintf(&got, "# %s\n%v\n\n", tt.name, err)
	}
	golden.Check(t, got.String(), "testdata/config-faults.golden")
}

const (
	chainKeys  = "chain:\n  rpc: [http://127.0.0.1:26657]\n  rest: [http://127.0.0.1:1317]\n"
	aValidator = "poktvaloper15yk64u7zc9g9k2yr2wmzeva5qgwxps6ye8rew7"
)

// manyKeys are keys that do not exist.
func manyKeys(n int) string {
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "k%d: 1\n", i)
	}
	return text.String()
}

func TestConfigReadsWhatEditorsWrite(t *testing.T) {
	for name, text := range map[string]string{
		"a byte order mark":       "\ufeffzone: Asia/Tokyo\ngraph_days: 3\n",
		"line ends of Windows":    "zone: Asia/Tokyo\r\ngraph_days: 3\r\n",
		"tabs behind a colon":     "zone:\tAsia/Tokyo\ngraph_days:\t3\t# days\n",
		"comments everywhere":     "# a\nzone: Asia/Tokyo # b\n# c\ngraph_days: 3 # d\nnodes: # e\n  # f\n",
		"quotes":                  "'zone': \"Asia/Tokyo\"\n\"graph_days\": '3'\n",
		"all of it in one line":   "{zone: Asia/Tokyo, graph_days: 3}",
		"a document's beginning":  "---\nzone: Asia/Tokyo\ngraph_days: 3\n...\n",
		"text over several lines": "zone: >\n  Asia/Tokyo\ngraph_days: 3\n",
	} {
		c, err := read(t, text)
		require.NoError(t, err, name)
		assert.Equal(t, "Asia/Tokyo", c.Zone, name)
		assert.Equal(t, 3, c.GraphDays, name)
	}
}

func TestALargeConfigurationIsReadInATime(t *testing.T) {
	var text strings.Builder
	text.WriteString(chainLines + "nodes:\n")
	for range 10_000 {
		text.WriteString("  - " + operatorA + "\n")
	}
	c, err := read(t, text.String())
	require.NoError(t, err)
	assert.Len(t, c.Nodes, 10_000)
}

func TestLoadConfig(t *testing.T) {
	t.Run("a named file that is not there is an error", func(t *testing.T) {
		_, err := LoadConfig(filepath.Join(t.TempDir(), "x.yaml"), nil)
		assert.ErrorIs(t, err, os.ErrNotExist)
	})
	t.Run("the variable names one", func(t *testing.T) {
		c, err := LoadConfig("", []string{"POKTBOT_CONFIG=testdata/whole.yaml"})
		require.NoError(t, err)
		assert.Equal(t, "pocket", c.Chain.ID)
	})
	t.Run("the working directory holds one", func(t *testing.T) {
		t.Chdir(t.TempDir())
		require.NoError(t, os.WriteFile(ConfigName, []byte("theme: dark"), 0o600))
		c, err := LoadConfig("", nil)
		require.NoError(t, err)
		assert.Equal(t, "dark", c.Theme)
	})
	t.Run("no file at all gives the defaults", func(t *testing.T) {
		t.Chdir(t.TempDir())
		c, err := LoadConfig("", nil)
		require.NoError(t, err)
		assert.Equal(t, DefaultConfig(), c)
	})
	t.Run("every key has a default or a complaint", func(t *testing.T) {
		c := DefaultConfig()
		err := c.Validate()
		assert.EqualError(t, err, "chain.rpc: missing; want a CometBFT RPC address such as http://127.0.0.1:26657\n"+
			"chain.rest: missing; want a Cosmos REST address such as http://127.0.0.1:1317")
	})
}

func TestSecret(t *testing.T) {
	c := DefaultConfig()
	c.Database = NewSecret("postgres://user:hunter2@host/db")
	c.Chain.RPC = []Secret{NewSecret("https://rpc.example/hunter2")}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("config", "config", c, "secret", c.Database)
	slog.New(slog.NewTextHandler(&log, nil)).Info("config", "config", c, "secret", c.Database)
	encoded, err := json.Marshal(c)
	require.NoError(t, err)
	for _, shown := range []string{
		fmt.Sprint(c), fmt.Sprintf("%+v", c), fmt.Sprintf("%#v", c), fmt.Sprintf("%q %x %d %s %v", c.Database, c.Database, c.Database, c.Database, &c.Database),
		log.String(), string(encoded), fmt.Sprint(fmt.Errorf("database %v", c.Database)),
	} {
		assert.NotContains(t, shown, "hunter2")
		assert.NotContains(t, shown, "68756e74", "not in hexadecimal either")
		assert.Contains(t, shown, "REDACTED")
	}
	assert.Equal(t, "rpc.example", c.Chain.RPC[0].Host())
	assert.Empty(t, Secret{}.String(), "nothing to hide shows as nothing")
}

func TestZones(t *testing.T) {
	for _, name := range strings.Fields(zones) {
		_, err := time.LoadLocation(name)
		assert.NoError(t, err, "a zone that is suggested exists")
	}
	for typed, near := range map[string]string{
		"Europe/Madird": "Europe/Madrid", "europe/madrid": "Europe/Madrid", "Madrid": "Europe/Madrid", "new york": "America/New_York", "Tokio": "Asia/Tokyo",
	} {
		_, err := ParseZone(typed)
		if err == nil { // file systems that ignore case find it
			continue
		}
		assert.ErrorContains(t, err, "did you mean "+near+"?", typed)
	}
	zone, err := ParseZone("")
	require.NoError(t, err)
	assert.Equal(t, time.UTC, zone)
}

func TestDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{"30s": 30 * time.Second, "90d": 90 * 24 * time.Hour, "2w": 14 * 24 * time.Hour, "1h30m": 90 * time.Minute, "0": 0} {
		d, err := ParseDuration(text)
		require.NoError(t, err, text)
		assert.Equal(t, Duration(want), d)
		back, err := ParseDuration(d.String())
		require.NoError(t, err)
		assert.Equal(t, d, back, "what is printed can be read")
	}
	for _, text := range []string{"", "soon", "5", "-1h", "-2d", "1.5d", "99999999999d", "200000d", "d"} {
		_, err := ParseDuration(text)
		assert.Error(t, err, text)
	}
}

func FuzzConfig(f *testing.F) {
	for _, seed := range []string{"telegram: {token_file: x}", "chain: {rpc_file: [x, y]}", "access: {admins: ['telegram:1']}", "\ufeffa: [[[[", "a:\n\tb: c",
		"alerts: {rules: [\"tls.* remind=1d\"], webhook: {urls: [x]}}", "prices: {sources: [file]}", "tax: {columns: [a=b]}", "zone: UTC", "chain: {rpc: [a]}", "a: &x 1\nb: *x", "- a", "? a\n: b", "!!str x: y", "nodes: |\n  a\n", "%YAML 1.2\n---\n", "\"\": 1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := read(t, text)
		if err != nil {
			for line := range strings.SplitSeq(err.Error(), "\n") {
				assert.True(t, strings.HasPrefix(line, "poktbot.yaml:"), "%q begins with where it is", line)
			}
			return
		}
		_ = c.Validate()
	})
}
