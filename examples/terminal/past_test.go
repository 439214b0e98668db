package main

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/morse/morsetest"
	"github.com/poktbot/poktbot/pocket/pockettest"
	"github.com/poktbot/poktbot/pocket/poktscan/poktscantest"
)

// TestMorseAndPoktScanAreNamedOnTheCommandLine reads Morse alone, and both chains with PoktScan for what the full node has dropped, and
// holds the files against what was paid.
func TestMorseAndPoktScanAreNamedOnTheCommandLine(t *testing.T) {
	old := morsetest.Replay(false)
	node := morsetest.NewNode(old, morsetest.NodeConfig{})
	defer node.Close()
	who := old.Settled[0].Claim.Node
	var paid pocket.Upokt // to the node's side: all that was minted but the last, which is the fee pool's
	for _, s := range old.Settled {
		for _, m := range s.Mints[:max(len(s.Mints)-1, 0)] {
			if s.Claim.Node == who {
				paid += pocket.Upokt(m.Amount)
			}
		}
	}
	require.NotZero(t, paid)

	t.Run("Morse alone", func(t *testing.T) {
		run, out, errOut := start(t, "-morse", node.URL, "-node", who.String(), "-c", "/report ledger all", "-c", "/stats all", "-c", "/info", "-out", "files")
		require.NoError(t, os.Mkdir(filepath.Join(run.Dir, "files"), 0o700))
		require.NoError(t, run.Run(), errOut.String())
		assert.Contains(t, out.String(), "gross, from ")
		assert.Contains(t, out.String(), "Morse")
		assert.Equal(t, paid, earnedIn(t, run.Dir, "income-ledger-*.csv"))
	})

	t.Run("both chains, and PoktScan", func(t *testing.T) {
		chain := pockettest.NewChain(pockettest.Config{Seed: 3, Blocks: 200, Suppliers: 3, Params: pockettest.SmallParams()})
		full, err := pockettest.Listen(chain)
		require.NoError(t, err)
		defer full.Close()
		full.Fail(pockettest.Fault{Kind: pockettest.Prune, Below: 150})
		indexer := poktscantest.New()
		defer indexer.Close()
		indexer.SetChain(pockettest.ChainID)
		for h := pocket.Height(1); h <= chain.Head(); h++ {
			block, err := chain.Block(h)
			require.NoError(t, err)
			indexer.AddBlocks(block)
		}
		var settled pocket.Upokt
		operator := chain.Operators()[0]
		for event, err := range chain.Truth(1, chain.Head()) {
			require.NoError(t, err)
			indexer.AddEvents(event)
			if s, ok := event.(pocket.Settlement); ok && s.Supplier == operator {
				settled += s.SupplierSide()
			}
		}
		indexer.SetTip(chain.Head())
		run, out, errOut := start(t, "-rpc", full.RPC, "-rest", full.REST, "-poktscan", indexer.URL, "-morse", node.URL,
			"-node", operator.String(), "-node", who.String(), "-c", "/report ledger all", "-c", "/nodes")
		require.NoError(t, run.Run(), errOut.String())
		assert.Contains(t, out.String(), "Watched: 2 nodes")
		assert.Equal(t, paid+settled, earnedIn(t, run.Dir, "income-ledger-*.csv"))
	})

	t.Run("PoktScan without a full node", func(t *testing.T) {
		run, _, errOut := start(t, "-poktscan", "http://127.0.0.1:1/graphql", "-morse", node.URL, "-node", who.String(), "-c", "/stats")
		require.Error(t, run.Run())
		assert.Equal(t, exitArguments, run.ProcessState.ExitCode())
		assert.Contains(t, errOut.String(), "chain.rpc")
	})
}

// earnedIn adds up the amounts of a ledger.
func earnedIn(t *testing.T, folder, pattern string) (sum pocket.Upokt) {
	t.Helper()
	var files []string
	require.NoError(t, filepath.WalkDir(folder, func(path string, _ os.DirEntry, err error) error {
		if ok, _ := filepath.Match(pattern, filepath.Base(path)); ok {
			files = append(files, path)
		}
		return err
	}))
	require.Len(t, files, 1)
	file, err := os.Open(files[0])
	require.NoError(t, err)
	defer file.Close()
	lines, err := csv.NewReader(file).ReadAll()
	require.NoError(t, err)
	column := slices.Index(lines[0], "Amount")
	require.GreaterOrEqual(t, column, 0)
	for _, line := range lines[1:] {
		amount, err := pocket.ParsePOKT(line[column])
		require.NoError(t, err)
		sum += amount
	}
	return sum
}
