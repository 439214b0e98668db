package pocket

import "github.com/shopspring/decimal"

// TokenomicsParams say how a settled claim is minted and split.
type TokenomicsParams struct {
	DAO                      Address
	MintRatio                decimal.Decimal            // minted = settled × this, rounded down; 1 before v0.1.33
	Split                    map[string]decimal.Decimal // of what is minted: dao, proposer, supplier, source_owner, application
	GlobalInflation          decimal.Decimal            // minted on top of each claim
	GlobalInflationSplit     map[string]decimal.Decimal
	OverservicingBonusFactor int64 // since v0.1.35, 0 before
}

// ProofParams say when a proof is due and what a missing one costs.
type ProofParams struct {
	RequestProbability   decimal.Decimal
	RequirementThreshold Upokt // claims of at least this always need a proof
	MissingPenalty       Upokt // slashed from the stake for each expired claim
	SubmissionFee        Upokt
}

// Params are the parameters of the protocol's modules at one moment.
type Params struct {
	Shared                SharedParams
	Tokenomics            TokenomicsParams
	Proof                 ProofParams
	SuppliersPerSession   int64 // session module
	SupplierMinStake      Upokt
	SupplierStakingFee    Upokt
	ApplicationMinStake   Upokt
	MaxDelegatedGateways  int64
	GatewayMinStake       Upokt
	AddServiceFee         Upokt
	TargetRelays          int64 // service module: relays a session's mining aims at
	MorseClaimsOpen       bool  // migration module
	MorseClaimFeesWaived  bool
	MorseOverwriteAllowed bool
}
