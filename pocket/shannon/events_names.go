package shannon

import (
	"maps"

	"github.com/poktbot/poktbot/pocket"
)

// maxNames is how many addresses, and how many other words, are kept for use again. A block of the busiest chain names about 6,000.
const maxNames = 8192

// An interner gives each word of a body one string, and parses each address once. When it is full it forgets all and begins anew,
// so that a body of ever new names takes no more memory.
type interner struct {
	addresses map[string]pocket.Address
	words     map[string]string
}

func newInterner() *interner {
	return &interner{addresses: map[string]pocket.Address{}, words: map[string]string{}}
}

func (n *interner) address(text []byte) (pocket.Address, error) {
	if known, ok := n.addresses[string(text)]; ok {
		return known, nil
	}
	parsed, err := pocket.ParseAddress(string(text))
	if err != nil {
		return pocket.Address{}, err
	}
	if len(n.addresses) >= maxNames {
		clear(n.addresses)
	}
	n.addresses[string(text)] = parsed
	return parsed, nil
}

func (n *interner) word(text []byte) string {
	if known, ok := n.words[string(text)]; ok {
		return known
	}
	word := prose(text)
	if len(word) > 128 {
		return word
	}
	if len(n.words) >= maxNames {
		clear(n.words)
	}
	n.words[word] = word
	return word
}

// An eventKind says what to make of the events of one type.
type eventKind struct {
	kind  pocket.Kind
	build func(*eventFields, pocket.At) pocket.Event // nil for types that package pocket has no word for
}

// eventKinds names the types of the chain's events. Before the protocol was renamed their package was poktroll.
var eventKinds = withFormerNames(map[string]eventKind{
	"tokenomics.EventClaimSettled":                         {pocket.KindSettlement, settlement},
	"tokenomics.EventClaimExpired":                         {pocket.KindClaimExpiry, claimExpiry},
	"tokenomics.EventClaimDiscarded":                       {pocket.KindClaimDiscard, claimDiscard},
	"tokenomics.EventSupplierSlashed":                      {pocket.KindSlash, slash},
	"tokenomics.EventApplicationOverserviced":              {pocket.KindOverservicing, overservicing},
	"tokenomics.EventApplicationReimbursementRequest":      {pocket.KindReimbursement, reimbursement},
	"tokenomics.EventValidatorRewardDistribution":          {pocket.KindValidatorReward, validatorReward},
	"tokenomics.EventSettlementBatch":                      {pocket.KindSettlementBatch, settlementBatch},
	"tokenomics.EventSupplierRevShareFallbackDistribution": {pocket.KindRevShareFallback, revShareFallback},
	"tokenomics.EventRelayMiningDifficultyUpdated":         {pocket.KindDifficultyUpdate, difficultyUpdate}, // before it moved
	"service.EventRelayMiningDifficultyUpdated":            {pocket.KindDifficultyUpdate, difficultyUpdate},
	"proof.EventClaimCreated":                              {pocket.KindClaimCreation, claimCreated},
	"proof.EventClaimUpdated":                              {pocket.KindClaimCreation, claimUpdated},
	"proof.EventProofSubmitted":                            {pocket.KindProofSubmission, proofSubmitted},
	"proof.EventProofUpdated":                              {pocket.KindProofSubmission, proofUpdated},
	"proof.EventProofValidityChecked":                      {pocket.KindProofCheck, proofCheck},
	"supplier.EventSupplierStaked":                         {pocket.KindSupplierStake, supplierStake},
	"supplier.EventSupplierServiceConfigActivated":         {pocket.KindServiceActivation, serviceActivation},
	"supplier.EventSupplierUnbondingBegin":                 {pocket.KindUnbondingBegin, unbondingBegan},
	"supplier.EventSupplierUnbondingCanceled":              {pocket.KindUnbondingCancel, unbondingCanceled},
	"supplier.EventSupplierUnbondingEnd":                   {pocket.KindUnbondingEnd, unbondingEnded},
	"supplier.EventSupplierStakeStuckInModulePool":         {pocket.KindStakeStuck, stakeStuck},
	"application.EventApplicationUnbondingBegin":           {pocket.KindApplicationUnbonding, applicationUnbondingBegan},
	"application.EventApplicationUnbondingCanceled":        {pocket.KindApplicationUnbonding, applicationUnbondingCanceled},
	"application.EventApplicationUnbondingEnd":             {pocket.KindApplicationUnbonding, applicationUnbondingEnded},
	"migration.EventMorseAccountClaimed":                   {pocket.KindMigration, accountMigrated},
	"migration.EventMorseSupplierClaimed":                  {pocket.KindMigration, supplierMigrated},
	"migration.EventMorseApplicationClaimed":               {pocket.KindMigration, applicationMigrated},
	"migration.EventMorseAccountRecovered":                 {pocket.KindMigration, accountRecovered},
})

func withFormerNames(kinds map[string]eventKind) map[string]eventKind {
	full := make(map[string]eventKind, 2*len(kinds))
	for name, kind := range maps.All(kinds) {
		full["pocket."+name] = kind
		full["poktroll."+name] = kind
	}
	return full
}
