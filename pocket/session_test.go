package pocket

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// local are the params of the network that the recorded bodies come from.
var local = SharedParams{
	BlocksPerSession: 10, GraceEndOffset: 1, ClaimOpenOffset: 1, ClaimCloseOffset: 3, ProofOpenOffset: 0, ProofCloseOffset: 3,
	SupplierUnbonding: 2, GridAnchor: 1, NumberAtAnchor: 1,
}

// mainnet are the params of July 2026.
var mainnet = SharedParams{
	BlocksPerSession: 20, GraceEndOffset: 10, ClaimOpenOffset: 11, ClaimCloseOffset: 10, ProofOpenOffset: 1, ProofCloseOffset: 10,
	SupplierUnbonding: 1429, GridAnchor: 831001, NumberAtAnchor: 13851,
}

func TestWindowsAreThoseTheChainKept(t *testing.T) {
	assert.Equal(t, Session{Number: 2, Start: 11, End: 20}, local.Session(20))
	assert.Equal(t, Session{Number: 3, Start: 21, End: 30}, local.Session(21))
	assert.Equal(t, Windows{GraceEnd: 21, ClaimOpen: 22, ClaimClose: 25, ProofOpen: 25, ProofClose: 28, Settlement: 28}, local.Windows(20),
		"recorded: the session that ended at 20 settled at 28")
	assert.Equal(t, Height(1000+33), mainnet.Windows(1000).Settlement, "mainnet settles 33 blocks after a session's end")
}

func TestEverySettlementOfTheRecordingLiesOnASettlementHeight(t *testing.T) {
	for h := Height(1); h <= 460; h++ {
		session, settles := local.SettlesAt(h)
		assert.Equal(t, h%10 == 8 && h > 8, settles, "height %d", h)
		if settles {
			assert.Equal(t, h-8, session.End)
		}
	}
}

func TestSessionsCountFromTheAnchorOnceThereIsOne(t *testing.T) {
	changed := local
	changed.BlocksPerSession, changed.GridAnchor, changed.NumberAtAnchor = 20, 61, 7
	assert.Equal(t, Session{Number: 7, Start: 61, End: 80}, changed.Session(61))
	assert.Equal(t, Session{Number: 8, Start: 81, End: 100}, changed.Session(81))
	assert.Equal(t, Session{Number: 6, Start: 51, End: 60}, local.Session(60), "the old params hold up to the anchor")
	old := local
	old.GridAnchor, old.NumberAtAnchor = 0, 0
	assert.Equal(t, local.Session(345), old.Session(345), "before v0.1.34 there is no anchor")
}

func TestAVoluntaryUnbondingEndsWhenTheChainEndedIt(t *testing.T) {
	assert.Equal(t, Height(60), local.UnbondingEnd(40), "recorded: unstaked in block 31, back in block 60")
	assert.Equal(t, Height(2000+28_580), mainnet.UnbondingEnd(2000))
}

func TestEveryHeightLiesInItsSession(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := SharedParams{BlocksPerSession: rapid.Int64Range(1, 100).Draw(t, "blocks"), GridAnchor: Height(rapid.Int64Range(0, 500).Draw(t, "anchor")), NumberAtAnchor: 9}
		h := Height(rapid.Int64Range(1, 10_000).Draw(t, "height"))
		s := p.Session(h)
		assert.True(t, s.Start <= h && h <= s.End)
		assert.EqualValues(t, p.BlocksPerSession, s.End-s.Start+1)
		if h >= p.GridAnchor {
			next := p.Session(s.End + 1)
			assert.Equal(t, Session{Number: s.Number + 1, Start: s.End + 1, End: s.End + Height(p.BlocksPerSession)}, next)
		}
	})
	assert.Zero(t, SharedParams{}.Session(5), "no params, no session")
	assert.Zero(t, local.Session(0))
}
