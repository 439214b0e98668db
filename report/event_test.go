package report

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/poktbot/poktbot/internal/golden"
	"github.com/poktbot/poktbot/pocket"
)

// everyEvent has one of each kind, and those that read differently.
func everyEvent() []pocket.Event {
	at := pocket.At{Height: 852_613, Index: 7}
	work := pocket.Work{Supplier: node, Application: app, Service: "eth", SessionEnd: 852_580, Relays: 13_000, Claimed: 1_897_000}
	supplier := pocket.Supplier{Operator: node, Owner: owner, Stake: pocket.POKT(59_180)}
	over, old := settled(), settled()
	over.Overserviced, over.Settled = 897_000, 1_000_000
	old.Lacks, old.Shares = pocket.LacksAmounts|pocket.LacksShares, nil
	invalid := pocket.ProofCheck{At: at, Supplier: node, Service: "eth", SessionEnd: 852_580, Status: pocket.ProofInvalid, Failure: "root does not match"}
	valid := invalid
	valid.Status, valid.Failure = pocket.ProofValidated, ""
	return []pocket.Event{
		settled(), over, old,
		pocket.ClaimExpiry{At: at, Work: work, Reason: "PROOF_MISSING"},
		pocket.ClaimExpiry{At: at, Work: work, Reason: "PROOF_INVALID"},
		pocket.ClaimExpiry{At: at, Work: work, Reason: "SOMETHING_NEW"},
		pocket.ClaimDiscard{At: at, Supplier: node, Application: app, Service: "eth", SessionEnd: 852_580, Error: "service not found for supplier.\n\x1b[31mred"},
		pocket.Slash{At: at, Supplier: node, Application: app, Service: "eth", SessionEnd: 852_580, Penalty: pocket.POKT(320), StakeAfter: pocket.POKT(59_680)},
		pocket.Slash{At: at, Supplier: node, Application: app, Service: "eth", SessionEnd: 852_580, Penalty: pocket.POKT(320), StakeAfter: pocket.POKT(59_180)},
		pocket.Slash{At: at, Supplier: node, Service: "eth", SessionEnd: 852_580, Penalty: pocket.POKT(320), StakeUnknown: true},
		pocket.Overservicing{At: at, Supplier: node, Application: app, Service: "eth", Expected: 2_000_000, Effective: 1_000_000},
		pocket.Overservicing{At: at, Supplier: node, Application: app, Service: "eth", SessionEnd: 852_580, Expected: 2_000_000, Effective: 0, SpendLimitExceeded: true},
		pocket.Reimbursement{At: at, Supplier: node, Owner: owner, Application: app, Service: "eth", Amount: 19_000},
		pocket.ClaimCreation{At: at, Work: work},
		pocket.ClaimCreation{At: at, Work: work, Updated: true},
		pocket.ProofSubmission{At: at, Work: work},
		invalid, valid,
		pocket.SupplierStake{At: at, Supplier: node},
		pocket.SupplierStake{At: at, Supplier: node, Config: &pocket.Supplier{Stake: pocket.POKT(60_000), Services: make([]pocket.ServiceConfig, 1)}},
		pocket.ServiceActivation{At: at, Supplier: node, Service: "eth"},
		pocket.Unbonding{At: at, Phase: pocket.UnbondingBegan, Supplier: supplier, SessionEnd: 852_620, EventEndHeight: 852_620},
		pocket.Unbonding{At: at, Phase: pocket.UnbondingBegan, Supplier: supplier, SessionEnd: 852_620, EventEndHeight: 852_620, Forced: true},
		pocket.Unbonding{At: at, Phase: pocket.UnbondingCanceled, Supplier: supplier},
		pocket.Unbonding{At: at, Phase: pocket.UnbondingEnded, Supplier: supplier},
		pocket.StakeStuck{At: at, Supplier: node, Owner: owner, Amount: pocket.POKT(60_000), Reason: "owner is blocked"},
		pocket.ApplicationUnbonding{At: at, Phase: pocket.UnbondingBegan, Application: pocket.Application{Address: app}, Forced: true, SessionEnd: 852_620},
		pocket.ApplicationUnbonding{At: at, Phase: pocket.UnbondingBegan, Application: pocket.Application{Address: app}, SessionEnd: 852_620},
		pocket.ApplicationUnbonding{At: at, Phase: pocket.UnbondingCanceled, Application: pocket.Application{Address: app}},
		pocket.ApplicationUnbonding{At: at, Phase: pocket.UnbondingEnded, Application: pocket.Application{Address: app}},
		pocket.ValidatorReward{At: at, Validator: account(8), Commission: 1_408, SelfDelegation: 100, Delegators: 12_000, PoolShare: 13_508, NumDelegators: 3},
		pocket.SettlementBatch{At: at, Operation: "mod_to_acct", Amount: 1_849_000, Claims: 12},
		pocket.RevShareFallback{At: at, Supplier: node, Owner: owner, Service: "eth", Amount: 1_461_000, Reason: "shares add up to 90"},
		pocket.DifficultyUpdate{At: at, Service: "eth", RelaysBefore: 12_000, Relays: 13_000},
		pocket.Migration{At: at, As: pocket.MigratedSupplier, Morse: morse, MorseOutput: morse, Destination: node, Owner: owner, Balance: 1_500_000, Stake: pocket.POKT(60_000)},
		pocket.Migration{At: at, As: pocket.MigratedApplication, Morse: morse, Destination: app, Stake: pocket.POKT(100)},
		pocket.Migration{At: at, As: pocket.MigratedAccount, Morse: morse, Destination: wallet, Balance: 1_500_000},
		pocket.Migration{At: at, As: pocket.MigratedRecovery, Destination: wallet, Balance: 1_500_000},
		pocket.Transaction{At: at, Fee: 1_000, FeePayer: node, Messages: []string{"/pocket.proof.MsgCreateClaim", "/pocket.proof.MsgCreateClaim"}, Memo: "by\nhand \u202e"},
		pocket.Transaction{At: at, Code: 11, Fee: 1_000, Log: "out of gas in location: WritePerByte", Transfers: []pocket.Transfer{{From: node, To: wallet, Amount: 5}}},
	}
}

func TestEventTexts(t *testing.T) {
	about := TextContext{Names: map[pocket.Address]string{wallet: "my *wallet*"}, Wallets: []pocket.Address{wallet},
		MinStake: pocket.POKT(59_500), UnbondingEnd: 881_200}
	var b strings.Builder
	told := map[pocket.Kind]bool{}
	for _, e := range everyEvent() {
		b.WriteString(Text(e, about) + "\n")
		told[e.Kind()] = true
	}
	golden.Check(t, b.String(), "testdata/events.txt.golden")

	t.Run("every kind has a sentence", func(t *testing.T) {
		for _, kind := range []pocket.Kind{
			pocket.KindSettlement, pocket.KindClaimExpiry, pocket.KindClaimDiscard, pocket.KindSlash, pocket.KindOverservicing, pocket.KindReimbursement,
			pocket.KindClaimCreation, pocket.KindProofSubmission, pocket.KindProofCheck, pocket.KindSupplierStake, pocket.KindServiceActivation,
			pocket.KindUnbondingBegin, pocket.KindUnbondingCancel, pocket.KindUnbondingEnd, pocket.KindStakeStuck, pocket.KindApplicationUnbonding,
			pocket.KindValidatorReward, pocket.KindSettlementBatch, pocket.KindRevShareFallback, pocket.KindDifficultyUpdate, pocket.KindTransaction,
			pocket.KindMigration,
		} {
			assert.True(t, told[kind], kind)
		}
		assert.NotContains(t, b.String(), "Something of the kind")
	})
	t.Run("no event is no panic", func(t *testing.T) {
		assert.Equal(t, "Nothing happened.", Text(nil, TextContext{}))
	})
	t.Run("events of nobody are no panic", func(t *testing.T) {
		for _, e := range []pocket.Event{pocket.Settlement{}, pocket.Slash{}, pocket.Unbonding{}, pocket.ApplicationUnbonding{}, pocket.Transaction{Messages: []string{""}}, pocket.Overservicing{}} {
			assert.NotEmpty(t, Text(e, TextContext{}))
		}
	})
}

func TestEventTextsAreOneLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.Just("a\r\nb\x1b[0m\u202e")).Draw(t, "stranger's words")
		for _, e := range []pocket.Event{
			pocket.ClaimDiscard{Error: s, Service: pocket.ServiceID(s)}, pocket.Transaction{Code: 1, Log: s, Memo: s, Messages: []string{s}},
			pocket.StakeStuck{Reason: s}, pocket.RevShareFallback{Reason: s}, pocket.ProofCheck{Status: pocket.ProofInvalid, Failure: s},
			pocket.ClaimExpiry{Reason: s}, pocket.SettlementBatch{Operation: s},
		} {
			text := Text(e, TextContext{Names: map[pocket.Address]string{{}: s}})
			if Line(text, 0) != text || strings.Contains(text, "  ") {
				t.Fatalf("%q is not a safe line", text)
			}
		}
	})
}
