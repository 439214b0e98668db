package index

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

func drawEntry(t *rapid.T) entry {
	number := rapid.Int64Range(0, 1<<40)
	e := entry{
		form: form(rapid.IntRange(0, int(forms)-1).Draw(t, "form")), idx: number.Draw(t, "idx"), supplier: number.Draw(t, "supplier"),
		application: number.Draw(t, "application"), service: number.Draw(t, "service"), sessionEnd: rapid.Int64().Draw(t, "end") / 2,
		amount: rapid.Int64().Draw(t, "amount"),
	}
	if e.form != formSettlement {
		return e
	}
	any := rapid.Int64()
	e.owner, e.lacks = number.Draw(t, "owner"), pocket.Lack(rapid.IntRange(0, 7).Draw(t, "lacks"))
	e.relays, e.estimatedRelays, e.units = any.Draw(t, "relays"), any.Draw(t, "estimated"), any.Draw(t, "units")
	e.settled, e.minted, e.overserviced, e.deflated = any.Draw(t, "s"), any.Draw(t, "m"), any.Draw(t, "o"), any.Draw(t, "d")
	for range rapid.IntRange(0, 5).Draw(t, "shares") {
		e.shares = append(e.shares, share{number.Draw(t, "recipient"), number.Draw(t, "reason"), any.Draw(t, "paid")})
	}
	return e
}

func TestADigestIsUnpackedAsItWasPacked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := &digest{height: rapid.Int64Range(1, 1<<40).Draw(t, "height"), time: 5}
		for range rapid.IntRange(0, 5).Draw(t, "entries") {
			e := drawEntry(t)
			if !slices.ContainsFunc(d.entries, func(other entry) bool { return other.idx == e.idx }) {
				d.entries = append(d.entries, e)
			}
		}
		packed := d.pack()
		got, err := unpackDigest(d.height, d.time, packed)
		require.NoError(t, err)
		require.Equal(t, len(d.entries), len(got.entries))
		for i := range d.entries {
			assert.Equal(t, d.entries[i], got.entries[i])
		}
		if len(packed) > 1 { // cut short it is an error or the beginning, never something else
			cut := rapid.IntRange(0, len(packed)-1).Draw(t, "cut")
			if short, err := unpackDigest(d.height, d.time, packed[:cut]); err == nil {
				for i := range short.entries {
					assert.Equal(t, got.entries[i], short.entries[i])
				}
			} else {
				assert.ErrorIs(t, err, ErrCorrupt)
			}
		}
	})
}

func TestSumsAreUnpackedAsTheyWerePacked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var list []blockSum
		for i := range rapid.IntRange(0, 5).Draw(t, "blocks") {
			s := blockSum{height: int64(i), time: rapid.Int64().Draw(t, "time") / 2, service: rapid.Int64Range(0, 1<<40).Draw(t, "service")}
			for _, field := range sumFields(&s.sums) {
				*field = rapid.Int64().Draw(t, "field")
			}
			list = append(list, s)
		}
		got, err := unpackSums(packSums(list))
		require.NoError(t, err)
		assert.Equal(t, list, got)
	})
}

// TestAllSumsAreStored fails when package rewards adds up something new that the index would lose.
func TestAllSumsAreStored(t *testing.T) {
	var s rewards.Sums
	for i, field := range sumFields(&s) {
		*field = int64(i + 1)
	}
	v := reflect.ValueOf(s)
	assert.Equal(t, sumCount, v.NumField())
	for i := range v.NumField() {
		assert.False(t, v.Field(i).IsZero(), v.Type().Field(i).Name)
	}
}

// TestEveryEventIsUnpackedAsItWasPacked fails when package pocket has a kind that the index cannot give back.
func TestEveryEventIsUnpackedAsItWasPacked(t *testing.T) {
	when := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	at := pocket.At{Height: 7, Time: when, Index: 3, TxHash: strings.Repeat("AB", 32)}
	limit := pocket.Upokt(9)
	work := pocket.Work{Service: "eth", Claimed: 5}
	for _, e := range []pocket.Event{
		pocket.ClaimExpiry{At: at, Work: work, Reason: "PROOF_MISSING"}, pocket.ClaimDiscard{At: at, Error: "a \x00 b"},
		pocket.Slash{At: at, Penalty: 1}, pocket.Overservicing{At: at, Expected: 2}, pocket.Reimbursement{At: at, Amount: 3},
		pocket.ClaimCreation{At: at, Work: work}, pocket.ProofSubmission{At: at, Work: work}, pocket.ProofCheck{At: at, Failure: "<&>"},
		pocket.SupplierStake{At: at, Config: &pocket.Supplier{Stake: 3}}, pocket.ServiceActivation{At: at, Activation: 9},
		pocket.Unbonding{At: at, Phase: pocket.UnbondingBegan}, pocket.Unbonding{At: at, Phase: pocket.UnbondingCanceled},
		pocket.Unbonding{At: at, Phase: pocket.UnbondingEnded}, pocket.StakeStuck{At: at, Amount: 8},
		pocket.ApplicationUnbonding{At: at, Application: pocket.Application{SpendLimit: &limit}}, pocket.ValidatorReward{At: at, PoolShare: 4},
		pocket.SettlementBatch{At: at, Amount: 4}, pocket.RevShareFallback{At: at, Amount: 2}, pocket.DifficultyUpdate{At: at, Target: "FF"},
		pocket.Migration{At: at, As: pocket.MigratedSupplier, Morse: pocket.MustParseAddress(strings.Repeat("AB", 20)), Balance: 1, Stake: 2},
		pocket.Transaction{At: at, Memo: "m", Messages: []string{"/x"}},
	} {
		packed, err := packPayload(e)
		require.NoError(t, err)
		got, err := unpackPayload(e.Kind(), []byte(packed), 7, when.UnixMicro(), 3)
		require.NoError(t, err)
		assert.Equal(t, e, got)
		changeOf(e)
		delete(unpackersLeft, e.Kind())
	}
	assert.Empty(t, unpackersLeft)
	_, err := unpackPayload("something new", []byte("{}"), 1, 1, 1)
	assert.ErrorIs(t, err, ErrNewer)
}

var unpackersLeft = func() map[pocket.Kind]bool {
	left := map[pocket.Kind]bool{}
	for kind := range unpackers {
		left[kind] = true
	}
	return left
}()

func FuzzUnpackDigest(f *testing.F) {
	d := digest{height: 100, entries: []entry{{idx: 1, shares: []share{{1, 2, 3}}}, {form: formSlash, idx: 2}}}
	f.Add(d.pack())
	f.Add([]byte{digestVersion, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, packed []byte) {
		if got, err := unpackDigest(100, 0, packed); err == nil {
			_, _, errSums := got.sumsOf(nil)
			_, _, errPayments := got.paymentSums(nil)
			_, _ = errSums, errPayments // a sum may not fit
		}
	})
}

func FuzzUnpackSums(f *testing.F) {
	f.Add(packSums([]blockSum{{height: 1, time: 2, sums: rewards.Sums{Settlements: 3, Mine: -4}}}))
	f.Fuzz(func(t *testing.T, packed []byte) {
		got, err := unpackSums(packed)
		if err != nil {
			require.ErrorIs(t, err, ErrCorrupt)
			return
		}
		again, err := unpackSums(packSums(slices.Clone(got)))
		require.NoError(t, err)
		require.Len(t, again, len(got))
	})
}

func FuzzHex(f *testing.F) {
	for _, s := range []string{"", "ab", "AB", "aB", "abc", "1234", strings.Repeat("f", 64), "\x00", "é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		require.Equal(t, s, unpackHex(packHex(s)))
	})
}

func FuzzUnpackPayload(f *testing.F) {
	for kind := range unpackers {
		f.Add(string(kind), []byte(`{"Height":1,"Supplier":"","Stake":"5","Time":"2026-01-01T00:00:00Z"}`))
	}
	f.Fuzz(func(t *testing.T, kind string, payload []byte) {
		e, err := unpackPayload(pocket.Kind(kind), payload, 5, 6, 7)
		if err != nil {
			return
		}
		if at := e.Where(); at.Height != 5 || at.Index != 7 {
			t.Fatal("its place is not the row's")
		}
		_, err = packPayload(e)
		require.NoError(t, err)
	})
}

func TestRangesAreJoinedAndTakenAway(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string) []Range {
			var list []Range
			for range rapid.IntRange(0, 5).Draw(t, label) {
				from := rapid.IntRange(1, 30).Draw(t, "from")
				list = append(list, Range{pocket.Height(from), pocket.Height(rapid.IntRange(from, 30).Draw(t, "to"))})
			}
			return list
		}
		in := func(list []Range, h pocket.Height) bool { return holds(list, h) }
		covered := draw("covered")
		joined := union(slices.Clone(covered))
		whole := Range{3, 27}
		left := subtract(whole, joined)
		for h := pocket.Height(0); h <= 31; h++ {
			assert.Equal(t, in(covered, h), in(joined, h))
			assert.Equal(t, in([]Range{whole}, h) && !in(covered, h), in(left, h))
		}
		for i := 1; i < len(joined); i++ {
			assert.Greater(t, joined[i].From, joined[i-1].To+1)
		}
	})
}
