package layers

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/poktbot/poktbot"

// A layer says what a package may import of ours, and how many modules of others it may link. The numbers are what is linked today:
// raise one only on purpose, since every importer pays for it.
type layer struct {
	imports []string
	modules int
}

var table = map[string]layer{
	"": {},

	"pocket":                 {modules: 2},
	"pocket/pockettest":      {imports: []string{"pocket"}, modules: 3},
	"pocket/shannon":         {imports: []string{"pocket", "internal/rest"}, modules: 6},
	"pocket/morse":           {imports: []string{"pocket", "internal/rest"}, modules: 5},
	"pocket/morse/morsetest": {imports: []string{"pocket"}, modules: 2},
	"pocket/index":           {imports: []string{"pocket", "rewards", "internal/same", "internal/sqlmigrate"}, modules: 2},
	"pocket/index/sqlite":    {imports: []string{"pocket", "pocket/index"}, modules: 10},
	"pocket/index/postgres":  {imports: []string{"pocket", "pocket/index"}, modules: 8},
	"rewards":                {imports: []string{"pocket", "internal/same"}, modules: 2},
	"report":                 {imports: []string{"pocket", "rewards"}, modules: 2},
	"report/xlsx":            {imports: []string{"pocket", "rewards", "report"}, modules: 11},
	"report/plot":            {imports: []string{"pocket", "rewards"}, modules: 10},
	"report/tax":             {imports: []string{"pocket", "rewards", "report"}, modules: 2},
	"report/alert":           {imports: []string{"monitor", "pocket", "report"}, modules: 2},
	"monitor/notify":         {imports: []string{"monitor"}, modules: 4},
	"monitor":                {imports: []string{"pocket", "internal/sqlmigrate"}, modules: 2},
	"monitor/monitortest":    {imports: []string{"monitor", "pocket"}, modules: 2},
	"monitor/check":          {imports: []string{"pocket", "pocket/index", "pocket/morse", "rewards", "monitor", "internal/sqlmigrate"}, modules: 5},

	"rewards/coingecko":               {imports: []string{"pocket", "rewards", "internal/rest"}, modules: 4},
	"rewards/coingecko/coingeckotest": {imports: []string{"pocket", "rewards"}, modules: 2},

	// PoktScan adds up what it tells, as an index does, so that it is a rewards.Source by itself; rewards links nothing that pocket does not.
	"pocket/poktscan":              {imports: []string{"pocket", "rewards", "internal/rest"}, modules: 6},
	"pocket/poktscan/poktscantest": {imports: []string{"pocket"}, modules: 2},

	"rbac": {imports: []string{"pocket", "internal/sqlmigrate"}, modules: 2},

	"internal/rest":       {imports: []string{"pocket"}},
	"internal/same":       {imports: []string{"pocket"}},
	"internal/sqlmigrate": {},
	"internal/golden":     {},
	"internal/generated":  {imports: []string{"pocket"}},
	"internal/pgtest":     {},
	"internal/layers":     {},

	// The bot knows everybody; the programs know the bot.
	"examples/bot": {imports: []string{"rbac", "examples/bot/keep", "monitor", "monitor/check", "monitor/notify", "report/alert", "report/tax",
		"rewards/coingecko", "rewards/coingecko/coingeckotest", "pocket/morse", "pocket/poktscan",
		"pocket", "pocket/pockettest", "pocket/shannon", "pocket/index", "pocket/index/sqlite",
		"pocket/index/postgres", "rewards", "report", "report/xlsx", "report/plot"}},
	"examples/bot/keep":    {imports: []string{"internal/sqlmigrate"}},
	"examples/bot/chat":    {imports: []string{"examples/bot", "examples/bot/keep", "monitor", "pocket", "report", "report/alert"}},
	"examples/bot/program": {imports: []string{"examples", "examples/bot"}},
	"examples":             {},
	"examples/terminal":    {imports: []string{"examples/bot"}},
	"examples/discord":     {imports: []string{"examples/bot", "examples/bot/chat", "examples/bot/keep", "examples/bot/program"}},
	"examples/telegram":    {imports: []string{"examples/bot", "examples/bot/chat", "examples/bot/keep", "examples/bot/program"}},

	"examples/telegram/telegramtest": {},
	"examples/discord/discordtest":   {},

	"examples/bot/chat/chattest": {imports: []string{"examples/bot/chat"}},
}

type goPackage struct {
	ImportPath string
	Doc        string
	Imports    []string
	Module     *struct{ Path string }
	Standard   bool
	GoFiles    []string
}

func list(t *testing.T, args ...string) []goPackage {
	t.Helper()
	command := exec.Command("go", append([]string{"list", "-json=ImportPath,Doc,Imports,Module,Standard,GoFiles"}, args...)...)
	command.Dir = filepath.Join("..", "..")
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	require.NoError(t, err, stderr.String())
	var packages []goPackage
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages
		}
		require.NoError(t, err)
		packages = append(packages, p)
	}
}

func short(path string) string { return strings.TrimPrefix(strings.TrimPrefix(path, module), "/") }

func TestEveryImportIsInTheTable(t *testing.T) {
	for _, p := range list(t, "./...") {
		allowed, known := table[short(p.ImportPath)]
		if !assert.True(t, known, "package %s is not in the table", p.ImportPath) {
			continue
		}
		for _, imported := range p.Imports {
			if strings.HasPrefix(imported, module) {
				assert.Contains(t, allowed.imports, short(imported), "%s must not import it", p.ImportPath)
			}
		}
	}
}

func TestAnImporterLinksFewForeignModules(t *testing.T) {
	for name, allowed := range table {
		if name == "" || strings.HasPrefix(name, "internal/") || strings.HasPrefix(name, "examples/") {
			continue
		}
		linked := map[string]bool{}
		for _, p := range list(t, "-deps", "./"+name) {
			if !p.Standard && p.Module != nil && p.Module.Path != module {
				linked[p.Module.Path] = true
			}
		}
		names := make([]string, 0, len(linked))
		for path := range linked {
			names = append(names, path)
		}
		slices.Sort(names)
		assert.LessOrEqual(t, len(names), allowed.modules, "%s links %v", name, names)
		for _, path := range names {
			assert.NotContains(t, path, "cosmos", "%s must not need a chain's SDK", name)
		}
	}
}

func TestEveryPackageSaysWhatItIsAndPublicOnesShowHow(t *testing.T) {
	for _, p := range list(t, "./...") {
		name := short(p.ImportPath)
		assert.Greater(t, len(p.Doc), 40, "package %s has no tour", p.ImportPath)
		if name == "" || strings.HasPrefix(name, "internal/") || name == "examples/terminal" {
			continue
		}
		tests, err := filepath.Glob(filepath.Join("..", "..", name, "*_test.go"))
		require.NoError(t, err)
		assert.True(t, slices.ContainsFunc(tests, func(file string) bool {
			body, err := os.ReadFile(file)
			runs := name == "pocket/index/postgres" || bytes.Contains(body, []byte("// Output:")) // that one's needs a server
			return err == nil && bytes.Contains(body, []byte("\nfunc Example")) && runs
		}), "package %s has no example that runs", p.ImportPath)
	}
}

func TestTheTopLevelIsWhatItIs(t *testing.T) {
	entries, err := os.ReadDir(filepath.Join("..", ".."))
	require.NoError(t, err)
	want := []string{"LICENSE", "README.md", "doc.go", "examples", "go.mod", "go.sum", "internal", "monitor", "pocket", "rbac", "report", "rewards"}
	var got []string
	for _, entry := range entries {
		name := entry.Name()
		if !strings.HasPrefix(name, ".") && !isBuildOutput(name) {
			got = append(got, name)
		}
	}
	assert.Equal(t, want, got)
}

// isBuildOutput is what .gitignore names: a test binary or a profile may lie about while somebody works.
func isBuildOutput(name string) bool {
	return slices.Contains([]string{".test", ".out", ".prof", ".db", ".log"}, filepath.Ext(name))
}
