package morsetest

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
)

func TestTheReplayMintsWhatTheRecordedChainMinted(t *testing.T) {
	for _, late := range []bool{false, true} {
		type proof struct {
			height  int64
			node    pocket.Address
			chain   string
			session int64
		}
		want := map[proof]map[Mint]int{}
		for _, r := range Rewards(late).Rewards {
			mints := map[Mint]int{}
			for _, m := range r.Minted {
				mints[m]++
			}
			want[proof{int64(r.ProofHeight), r.Node, string(r.Chain), int64(r.SessionHeight)}] = mints
		}
		chain := Replay(late)
		require.Len(t, chain.Settled, len(want))
		for _, s := range chain.Settled {
			p := proof{s.Height, s.Claim.Node, s.Claim.Chain, s.Claim.Session}
			mints := map[Mint]int{}
			for _, m := range s.Mints {
				mints[m]++
			}
			assert.Equal(t, want[p], mints, "late %v: %v", late, p)
		}
	}
}
