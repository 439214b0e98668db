package check_test

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/monitor/check"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
	"github.com/poktbot/poktbot/pocket/index/sqlite"
	"github.com/poktbot/poktbot/pocket/pockettest"
	"github.com/poktbot/poktbot/pocket/shannon"
)

// recordedChain is the chain that ran the protocol's own software, as far as its blocks tell: it has dropped all state.
type recordedChain struct {
	blocks []pockettest.RecordedBlock
	head   pocket.Height
}

func (c recordedChain) Status(context.Context) (pocket.Status, error) {
	return pocket.Status{ChainID: "pocket-local", Latest: c.head, Earliest: 1}, nil
}

func (c recordedChain) Block(_ context.Context, h pocket.Height) (pocket.Block, error) {
	return c.blocks[h-1].Decoded()
}

func (c recordedChain) Events(_ context.Context, b pocket.Block, sel pocket.Selection) iter.Seq2[pocket.Event, error] {
	return shannon.DecodeBlock(bytes.NewReader(c.blocks[b.Height-1].Results), b, sel)
}

func (recordedChain) Heads(context.Context, pocket.Height) iter.Seq2[pocket.Block, error] {
	return func(func(pocket.Block, error) bool) {}
}

func (recordedChain) SupplierAt(context.Context, pocket.Address, pocket.Height) (pocket.Supplier, error) {
	return pocket.Supplier{}, pocket.ErrPruned
}

func (recordedChain) Session(context.Context, pocket.Address, pocket.ServiceID, pocket.Height) (pocket.SessionInfo, error) {
	return pocket.SessionInfo{}, pocket.ErrPruned
}

func (recordedChain) Applications(context.Context, pocket.Address) iter.Seq2[pocket.Application, error] {
	return func(yield func(pocket.Application, error) bool) { yield(pocket.Application{}, pocket.ErrPruned) }
}

func (recordedChain) ClaimsOf(context.Context, string) iter.Seq2[pocket.Claim, error] {
	return func(yield func(pocket.Claim, error) bool) { yield(pocket.Claim{}, pocket.ErrPruned) }
}

func (recordedChain) Params(context.Context) (pocket.Params, error) {
	p := pockettest.SmallParams()
	p.Proof.RequirementThreshold = 15_000
	return p, nil
}

func (c recordedChain) SharedParams(ctx context.Context, _ pocket.Height) (pocket.SharedParams, error) {
	p, err := c.Params(ctx)
	return p.Shared, err
}

// TestTheRecordedBlocksTellWhatHappened looks at each block as if it were the newest.
func TestTheRecordedBlocksTellWhatHappened(t *testing.T) {
	long(t)
	chain := recordedChain{pockettest.RecordedBlocks(), 460}
	x, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "index.db"))
	require.NoError(t, err)
	defer func() { assert.NoError(t, x.Close()) }()
	require.NoError(t, x.SetMode(t.Context(), index.Everything))
	_, err = index.NewFollower(x, chain, index.FollowerConfig{From: 1}).CatchUp(t.Context())
	require.NoError(t, err)

	heights := map[monitor.Name][]pocket.Height{}
	severities := map[pocket.Height]monitor.Severity{} // of beginnings to leave
	told := map[monitor.Name]int{}
	slashes := 0
	operators := func(ctx context.Context) ([]pocket.Address, error) { return x.Operators(ctx) }
	suppliers, claims := check.NewSuppliers(operators, x, chain), check.NewClaims(operators, x, chain, check.ClaimsConfig{})
	seen := map[string]bool{}
	for block, err := range x.Heads(t.Context(), 0) {
		require.NoError(t, err)
		head := monitor.Head{Block: block.Block, Events: block.Events, CaughtUp: true}
		for _, c := range []monitor.BlockCheck{suppliers, claims} {
			results, err := c.Block(t.Context(), head)
			require.NoError(t, err)
			for _, r := range results {
				require.Equal(t, "pocket-local", r.Labels["chain"], "%s", r.Key)
				require.NotEmpty(t, r.Labels["operator"], "%s", r.Key)
				switch {
				case r.Occurrence != "":
					name := fmt.Sprint(r.Key, r.Occurrence)
					require.False(t, seen[name], "told twice: %s", name)
					seen[name] = true
					heights[r.Name] = append(heights[r.Name], r.Height)
					told[r.Name]++
					if r.Name == monitor.SupplierSlashed {
						count, _ := r.Facts.Get("slashes")
						slashes += int(count.Value[0] - '0')
					}
				case r.Name == monitor.SupplierUnbonding && r.Health == monitor.Failing && r.Height == block.Block.Height:
					heights[r.Name] = append(heights[r.Name], r.Height)
					severities[r.Height] = r.Severity
				}
			}
		}
		if block.Block.Height == 460 {
			break
		}
	}
	distinct := func(name monitor.Name) []pocket.Height { return slices.Compact(slices.Clone(heights[name])) }
	assert.Equal(t, []pocket.Height{28, 58, 78, 138, 168, 198, 268, 298, 318, 398, 428}, distinct(monitor.SupplierSlashed))
	assert.Equal(t, 12, slashes)
	assert.Equal(t, 12, told[monitor.ClaimExpired])
	assert.Equal(t, distinct(monitor.SupplierSlashed), distinct(monitor.ClaimExpired))
	assert.Equal(t, []pocket.Height{98, 218, 238, 288, 288, 338, 368, 418, 418}, heights[monitor.ClaimDiscarded][:9])
	assert.Len(t, heights[monitor.ClaimDiscarded], 10)
	assert.Equal(t, []pocket.Height{38, 88, 128, 178, 238}, distinct(monitor.SupplierOverserviced))
	for _, h := range []pocket.Height{78, 198, 318} {
		assert.Equal(t, monitor.Critical, severities[h], "forced at %d", h)
	}
	for _, h := range []pocket.Height{31, 119, 207, 320, 401} {
		assert.Contains(t, heights[monitor.SupplierUnbonding], h)
		assert.Zero(t, severities[h], "of its own at %d", h)
	}
	assert.Equal(t, []pocket.Height{60, 140, 230, 340, 430}, distinct(monitor.SupplierUnstaked))
	for _, h := range []pocket.Height{42, 92, 116, 122, 241, 371} {
		assert.Contains(t, heights[monitor.SupplierUnbondingStopped], h)
	}

	t.Run("and no others", func(t *testing.T) {
		want := map[monitor.Name]int{}
		for e, err := range x.Events(t.Context(), pocket.EventQuery{}) {
			require.NoError(t, err)
			switch e := e.(type) {
			case pocket.Unbonding:
				want[map[pocket.UnbondingPhase]monitor.Name{
					pocket.UnbondingBegan: monitor.SupplierUnbonding, pocket.UnbondingCanceled: monitor.SupplierUnbondingStopped,
					pocket.UnbondingEnded: monitor.SupplierUnstaked,
				}[e.Phase]]++
			case pocket.Overservicing:
				want[monitor.SupplierOverserviced]++
			case pocket.ClaimDiscard:
				want[monitor.ClaimDiscarded]++
			}
		}
		for name, n := range want {
			assert.Len(t, heights[name], n, "%s", name)
		}
	})
}
