package same

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/poktbot/poktbot/pocket"
)

func address(n byte) pocket.Address {
	raw := make([]byte, 20)
	raw[19] = n
	a, err := pocket.AccountFromBytes(raw)
	if err != nil {
		panic(err)
	}
	return a
}

func occurrences(events ...pocket.Event) []Occurrence {
	var list []Occurrence
	for _, e := range events {
		list = append(list, Occurrence{TraitsOf(e), int64(e.Where().Index)})
	}
	return list
}

func TestRecognize(t *testing.T) {
	slash := func(index int, supplier, application byte, penalty pocket.Upokt) pocket.Event {
		s := pocket.Slash{At: pocket.At{Height: 9, Index: index}, Supplier: address(supplier), Penalty: penalty}
		if application > 0 {
			s.Application, s.Service, s.SessionEnd = address(application), "eth", 5
		}
		return s
	}
	stake := func(index int, hash string) pocket.Event {
		return pocket.SupplierStake{At: pocket.At{Height: 9, Index: index, TxHash: hash}, Supplier: address(1)}
	}
	tx := func(index int, hash string, payer byte) pocket.Event {
		return pocket.Transaction{At: pocket.At{Height: 9, Index: index, TxHash: hash}, FeePayer: address(payer)}
	}
	foreign := Foreign + 1
	tests := []struct {
		name        string
		known, told []pocket.Event
		byChain     bool
		want        []int
	}{
		{"nothing is known", nil, []pocket.Event{slash(1, 1, 1, 5)}, true, []int{New}},
		{"a claim is the same whatever its number", []pocket.Event{slash(1, 1, 1, 5), slash(2, 1, 2, 5)}, []pocket.Event{slash(-1, 1, 2, 5)}, false, []int{1}},
		{"a claim is the same whatever its amount", []pocket.Event{slash(1, 1, 1, 5)}, []pocket.Event{slash(7, 1, 1, 6)}, true, []int{0}},
		{"a claim told twice is one", nil, []pocket.Event{slash(-1, 1, 1, 5), slash(-1, 1, 1, 5)}, false, []int{New, Twice}},
		{"of a known claim both are it", []pocket.Event{slash(1, 1, 1, 5)}, []pocket.Event{slash(-1, 1, 1, 5), slash(-1, 1, 1, 5)}, false, []int{0, 0}},
		{"another claim is new", []pocket.Event{slash(1, 1, 1, 5)}, []pocket.Event{slash(1, 1, 2, 5), slash(1, 2, 1, 5)}, true, []int{New, New}},
		{"one that tells less is one of those that it may be", []pocket.Event{slash(1, 1, 1, 5), slash(2, 1, 2, 6)},
			[]pocket.Event{slash(-1, 1, 0, 6)}, false, []int{1}},
		{"as many as are told", []pocket.Event{slash(1, 1, 1, 5), slash(2, 1, 2, 5)},
			[]pocket.Event{slash(1, 1, 0, 5), slash(2, 1, 0, 5), slash(3, 1, 0, 5)}, false, []int{0, 1, New}},
		{"who tells all goes first", []pocket.Event{slash(1, 1, 1, 5), slash(2, 1, 2, 5)},
			[]pocket.Event{slash(-1, 1, 0, 5), slash(-1, 1, 1, 5)}, false, []int{1, 0}},
		{"and the other way round", []pocket.Event{slash(foreign, 1, 0, 5), slash(foreign+1, 1, 0, 5)},
			[]pocket.Event{slash(1, 1, 1, 5), slash(2, 1, 2, 5), slash(3, 1, 3, 5)}, true, []int{0, 1, New}},
		{"the chain's numbers name events", []pocket.Event{stake(4, "AA")}, []pocket.Event{stake(3, "AA"), stake(4, "AA")}, true, []int{New, 0}},
		{"another's do not", []pocket.Event{stake(4, "AA")}, []pocket.Event{stake(3, "AA"), stake(4, "AA")}, false, []int{0, New}},
		{"a number that another event has means nothing", []pocket.Event{stake(4, "AA")}, []pocket.Event{stake(4, "BB")}, true, []int{New}},
		{"an event that is numbered twice is one", nil, []pocket.Event{stake(4, "AA"), stake(4, "AA")}, false, []int{New, Twice}},
		{"events without numbers are as many as are told", nil, []pocket.Event{stake(-1, "AA"), stake(-1, "AA")}, false, []int{New, New}},
		{"a transaction is its hash, in capitals or not", []pocket.Event{tx(4, "AA", 1)}, []pocket.Event{tx(-1, "aa", 0), tx(-1, "bb", 1)}, false, []int{0, New}},
		{"a transaction's event may come without the hash", []pocket.Event{stake(4, "AA"), stake(5, "BB")}, []pocket.Event{stake(-1, ""), stake(-1, "AA")}, false, []int{1, 0}},
		{"a transaction without a hash is its payer's", []pocket.Event{tx(4, "AA", 1), tx(5, "BB", 2)}, []pocket.Event{tx(-1, "", 2)}, false, []int{1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			kind := test.told[0].Kind()
			assert.Equal(t, test.want, Recognize(kind, occurrences(test.known...), occurrences(test.told...), test.byChain))
		})
	}
}

// TestWhatIsToldAgainIsNotNew: whatever was told, telling it again, in any order, brings nothing new.
func TestWhatIsToldAgainIsNotNew(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]pocket.Kind{pocket.KindSlash, pocket.KindSupplierStake, pocket.KindRevShareFallback, pocket.KindTransaction}).Draw(t, "kind")
		some := func(label string) byte { return byte(rapid.IntRange(0, 2).Draw(t, label)) }
		event := func() pocket.Event {
			at := pocket.At{Height: 9, Index: rapid.IntRange(-1, 4).Draw(t, "number"), TxHash: rapid.SampledFrom([]string{"", "AA", "BB"}).Draw(t, "hash")}
			switch kind {
			case pocket.KindSlash:
				at.TxHash = ""
				s := pocket.Slash{At: at, Supplier: address(some("supplier")), Penalty: pocket.Upokt(some("penalty"))}
				if rapid.Bool().Draw(t, "whole") {
					s.Application, s.Service, s.SessionEnd = address(some("application")), "eth", 5
				}
				return s
			case pocket.KindSupplierStake:
				return pocket.SupplierStake{At: at, Supplier: address(some("supplier"))}
			case pocket.KindRevShareFallback:
				return pocket.RevShareFallback{At: at, Supplier: address(some("supplier")), Amount: pocket.Upokt(some("amount"))}
			default:
				return pocket.Transaction{At: at, FeePayer: address(some("payer"))}
			}
		}
		var told []pocket.Event
		for range rapid.IntRange(1, 6).Draw(t, "events") {
			told = append(told, event())
		}
		byChain := rapid.Bool().Draw(t, "by the chain")
		var known []Occurrence
		next := int64(Foreign)
		for i, place := range Recognize(kind, nil, occurrences(told...), byChain) {
			if place != New {
				continue
			}
			o := occurrences(told[i])[0]
			if !byChain || o.Index < 0 {
				next++
				o.Index = next
			}
			known = append(known, o)
		}
		for _, place := range Recognize(kind, known, occurrences(rapid.Permutation(told).Draw(t, "again")...), false) {
			assert.NotEqual(t, New, place)
		}
	})
}

func TestCompare(t *testing.T) {
	whole := pocket.Settlement{
		Supplier: address(1), Owner: address(2), Relays: 5, EstimatedRelays: 6, EstimatedComputeUnits: 7, Claimed: 100, Settled: 90, Minted: 80,
		Overserviced: 10, Deflated: 10, Shares: []pocket.Share{{Recipient: address(3), Reason: "a", Amount: 30}, {Recipient: address(4), Reason: "b", Amount: 50}},
	}
	with := func(change func(*pocket.Settlement)) pocket.Settlement {
		s := whole
		change(&s)
		return s
	}
	tests := []struct {
		name string
		a, b pocket.Event
		want Comparison
	}{
		{"the same", whole, whole, Comparison{}},
		{"shares in another order and in parts", whole, with(func(s *pocket.Settlement) {
			s.Shares = []pocket.Share{{Recipient: address(4), Reason: "b", Amount: 50}, {Recipient: address(3), Reason: "a", Amount: 10}, {Recipient: address(3), Reason: "a", Amount: 20}}
		}), Comparison{}},
		{"shares for another reason", whole, with(func(s *pocket.Settlement) {
			s.Shares = []pocket.Share{{Recipient: address(3), Reason: "b", Amount: 30}, {Recipient: address(4), Reason: "b", Amount: 50}}
		}), Comparison{Differ: []string{"shares"}}},
		{"shares without reasons", whole, with(func(s *pocket.Settlement) {
			s.Lacks, s.Shares = pocket.LacksReasons, []pocket.Share{{Recipient: address(3), Amount: 30}, {Recipient: address(4), Amount: 50}}
		}), Comparison{Untold: []string{"reasons"}}},
		{"fewer shares without reasons", whole, with(func(s *pocket.Settlement) {
			s.Lacks, s.Shares = pocket.LacksReasons, []pocket.Share{{Recipient: address(3), Amount: 30}}
		}), Comparison{Differ: []string{"shares"}, Untold: []string{"reasons"}}},
		{"an old version", whole, with(func(s *pocket.Settlement) {
			*s = pocket.Settlement{Supplier: s.Supplier, Claimed: 100, Lacks: pocket.LacksAmounts | pocket.LacksShares}
		}), Comparison{Untold: []string{"amounts", "shares"}}},
		{"everything", whole, with(func(s *pocket.Settlement) {
			*s = pocket.Settlement{Supplier: s.Supplier, Owner: address(9), Relays: 1, EstimatedRelays: 1, EstimatedComputeUnits: 1, Claimed: 1}
		}), Comparison{Differ: []string{"owner", "relays", "estimated relays", "compute units", "claimed", "settled", "minted", "overserviced", "deflated", "shares"}}},
		{"an expiry", pocket.ClaimExpiry{Work: pocket.Work{Claimed: 1}, Reason: `"PROOF_MISSING"`}, pocket.ClaimExpiry{Work: pocket.Work{Claimed: 2}, Reason: "PROOF_MISSING"},
			Comparison{Differ: []string{"claimed"}}},
		{"a slash", pocket.Slash{Penalty: 1, StakeAfter: 5}, pocket.Slash{Penalty: 2, StakeUnknown: true}, Comparison{Differ: []string{"penalty"}, Untold: []string{"stake after"}}},
		{"a slash that leaves another stake", pocket.Slash{StakeAfter: 5}, pocket.Slash{StakeAfter: 6}, Comparison{Differ: []string{"stake after"}}},
		{"a stake", pocket.Unbonding{Supplier: pocket.Supplier{Stake: 5}}, pocket.Unbonding{Supplier: pocket.Supplier{Stake: 6}}, Comparison{Differ: []string{"amount"}}},
		{"a stake that is not told", pocket.Unbonding{Supplier: pocket.Supplier{Stake: 5}}, pocket.Unbonding{}, Comparison{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.want, Compare(test.a, test.b))
			assert.Equal(t, test.want, Compare(test.b, test.a))
		})
	}
}
