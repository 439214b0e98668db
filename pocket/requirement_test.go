package pocket_test

import (
	"bytes"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/pockettest"
	"github.com/poktbot/poktbot/pocket/shannon"
)

// message reads a protobuf message of which each field that matters occurs once.
func message(t *testing.T, b []byte) (texts map[protowire.Number][]byte, numbers map[protowire.Number]uint64) {
	t.Helper()
	texts, numbers = map[protowire.Number][]byte{}, map[protowire.Number]uint64{}
	for len(b) > 0 {
		field, kind, n := protowire.ConsumeTag(b)
		require.Positive(t, n)
		switch b = b[n:]; kind {
		case protowire.BytesType:
			text, n := protowire.ConsumeBytes(b)
			texts[field], b = text, b[n:]
		default:
			number, n := protowire.ConsumeVarint(b)
			numbers[field], b = number, b[n:]
		}
	}
	return texts, numbers
}

// claimsIn returns the claims that a transaction makes.
func claimsIn(t *testing.T, tx []byte) []pocket.Claim {
	t.Helper()
	var claims []pocket.Claim
	raw, _ := message(t, tx)
	for body := raw[1]; len(body) > 0; {
		field, kind, n := protowire.ConsumeTag(body)
		value := body[n:]
		size := protowire.ConsumeFieldValue(field, kind, value)
		require.Positive(t, size)
		body = value[size:]
		if field != 1 {
			continue
		}
		wrapped, _ := protowire.ConsumeBytes(value)
		wrapper, _ := message(t, wrapped)
		if string(wrapper[1]) != "/pocket.proof.MsgCreateClaim" {
			continue
		}
		made, _ := message(t, wrapper[2])
		session, heights := message(t, made[2])
		claims = append(claims, pocket.Claim{
			Supplier: pocket.MustParseAddress(string(made[1])), Application: pocket.MustParseAddress(string(session[1])),
			Service: pocket.ServiceID(session[2]), SessionID: string(session[3]), SessionStart: pocket.Height(heights[4]),
			SessionEnd: pocket.Height(heights[5]), RootHash: made[3],
		})
	}
	return claims
}

// TestTheChainDrewTheProofsThatItWasComputedToDraw compares with what a chain did that ran the protocol's own software.
func TestTheChainDrewTheProofsThatItWasComputedToDraw(t *testing.T) {
	params := pocket.ProofParams{RequestProbability: decimal.New(25, -2), RequirementThreshold: 15_000} // of the recorded chain
	windows := pockettest.SmallParams().Shared
	type who struct {
		pocket.Subject
		end pocket.Height
	}
	claims, hashes := map[who]pocket.Claim{}, map[pocket.Height]string{}
	drawn := func(w who) bool {
		claim, known := claims[w]
		require.True(t, known, "claim of %v", w)
		yes, err := params.Draws(claim, hashes[windows.Windows(w.end).SeedHeight()])
		require.NoError(t, err)
		return yes
	}
	counts := map[string]int{}
	for _, recorded := range pockettest.RecordedBlocks() {
		block, err := recorded.Decoded()
		require.NoError(t, err)
		hashes[block.Height] = block.Hash
		for _, tx := range block.Txs {
			for _, c := range claimsIn(t, tx) {
				claims[who{pocket.Subject{Supplier: c.Supplier, Application: c.Application, Service: c.Service}, c.SessionEnd}] = c
			}
		}
		for event, err := range shannon.DecodeBlock(bytes.NewReader(recorded.Results), block, pocket.Selection{}) {
			require.NoError(t, err)
			subject := pocket.SubjectOf(event)
			subject.Owner = pocket.Address{}
			switch e := event.(type) {
			case pocket.Settlement:
				key := who{subject, e.SessionEnd}
				switch {
				case e.Claimed >= params.RequirementThreshold:
					counts["over the threshold"]++
				case e.Proof == pocket.ProofPending:
					assert.False(t, drawn(key), "paid without a proof: %v", key)
					counts["paid without"]++
				default: // the miner found that it had to
					assert.True(t, drawn(key), "proved: %v", key)
					counts["proved"]++
				}
			case pocket.ClaimExpiry:
				assert.True(t, e.Claimed >= params.RequirementThreshold || drawn(who{subject, e.SessionEnd}), "expired: %v", e)
				counts["expired"]++
			}
		}
	}
	assert.Equal(t, map[string]int{"over the threshold": 52, "paid without": 164, "proved": 57, "expired": 12}, counts)
}

func TestADrawNeedsTheHashOfABlock(t *testing.T) {
	for _, hash := range []string{"", "ABCD", "not a hash"} {
		_, err := pocket.ProofParams{}.Draws(pocket.Claim{}, hash)
		assert.ErrorIs(t, err, pocket.ErrInvalid, hash)
	}
}

func TestAValidatorMayMissWhatItNeedNotSign(t *testing.T) {
	assert.EqualValues(t, 180, pocket.SigningParams{Window: 200, MinSigned: decimal.New(1, -1)}.MostMissed())
	assert.EqualValues(t, 50, pocket.SigningParams{Window: 100, MinSigned: decimal.New(5, -1)}.MostMissed())
	assert.EqualValues(t, 5, pocket.SigningParams{Window: 9, MinSigned: decimal.New(5, -1)}.MostMissed(), "half a block is rounded to the even")
}
