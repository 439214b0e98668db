package pockettest

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/pocket"
)

// ChainID is the chain id of every simulated chain.
const ChainID = "pocket-simulated"

// A Config says what to simulate. A zero field takes the default that its comment names.
type Config struct {
	Seed      uint64        // chains that differ in it alone have other actors, traffic and troubles
	Start     time.Time     // of block 1; by default the beginning of 2026, UTC
	Now       time.Time     // when set, the head block's time to begin with, up to a quarter of BlockTime late; Start is not looked at then
	BlockTime time.Duration // mean; 1 minute
	Params    pocket.Params // MainnetParams when Shared.BlocksPerSession is 0
	Days      int           // how long the chain is to begin with; 1 when Blocks is 0, too
	Blocks    int64         // the same in blocks; wins over Days

	Suppliers    int // 12
	Owners       int // a quarter of the suppliers, at least 1
	RevShares    int // addresses that share what a supplier earns; by default 1, 2 or 3
	Services     int // 3
	Applications int // 4, at least as many as services
	Wallets      int // strangers who send each other coins; 6
	Validators   int // 1

	ClaimsPerSession int          // mean at the beginning; as many as suppliers. It follows the hour, the weekday and the growth
	ClaimValue       pocket.Upokt // mean worth of a claim; half a POKT
	Growth           int          // percent more claims after each 30 days; 4, below 0 for none

	Rates     Rates
	Incidents []Incident // known from the outset, like those given to Inject
}

// Rates say how often things go wrong or change by themselves. A zero field takes the default that its comment names; a
// negative one means never.
type Rates struct {
	Expiries     float64 // claims without a good proof, per supplier and day; 0.01
	Misses       float64 // sessions without claims though relays were served, per supplier and day; 0.05
	Leaves       float64 // voluntary unstakes, per supplier and day; 0.0005. Some are cancelled
	Overserviced float64 // sessions that an application cannot pay, per application and day; 0.05
	Sends        float64 // plain transfers, per day; 30. About one in twelve fails
}

// Calm returns rates at which nothing happens by itself but claims, proofs and settlements.
func Calm() Rates { return Rates{Expiries: -1, Misses: -1, Leaves: -1, Overserviced: -1, Sends: -1} }

// MainnetParams are parameters like those of mainnet in 2026: sessions of 20 blocks that settle 33 blocks after their end, unbonding for
// 1429 sessions, no inflation. The proof parameters, which are not known, are those of the local network, with proofs needed from 1 POKT on.
func MainnetParams() pocket.Params {
	p := SmallParams()
	p.Shared = pocket.SharedParams{
		BlocksPerSession: 20, GraceEndOffset: 10,
		ClaimOpenOffset: 11, ClaimCloseOffset: 10, ProofOpenOffset: 1, ProofCloseOffset: 10,
		SupplierUnbonding: 1429, ApplicationUnbonding: 1, GatewayUnbonding: 1,
		ComputeUnitMultiplier: 145990, ComputeUnitCost: 1_000_000, GridAnchor: 1, NumberAtAnchor: 1,
	}
	p.Tokenomics.GlobalInflation = decimal.Decimal{}
	p.Proof.RequirementThreshold = pocket.POKT(1)
	return p
}

// SmallParams are those of the local network that the recordings come from, for quick tests: sessions of 10 blocks that settle 8 blocks after
// their end, unbonding for 2 sessions, 1 % inflation on each claim. Only the worth from which claims need a proof is another, 0.8 POKT.
func SmallParams() pocket.Params {
	return pocket.Params{
		Shared: pocket.SharedParams{
			BlocksPerSession: 10, GraceEndOffset: 1,
			ClaimOpenOffset: 1, ClaimCloseOffset: 3, ProofOpenOffset: 0, ProofCloseOffset: 3,
			SupplierUnbonding: 2, ApplicationUnbonding: 1, GatewayUnbonding: 1,
			ComputeUnitMultiplier: 145990, ComputeUnitCost: 1_000_000, GridAnchor: 1, NumberAtAnchor: 1,
		},
		Tokenomics: pocket.TokenomicsParams{
			MintRatio: decimal.New(975, -3),
			Split: map[string]decimal.Decimal{
				"dao": decimal.New(45, -3), "proposer": decimal.New(14, -2), "supplier": decimal.New(79, -2),
				"source_owner": decimal.New(25, -3), "application": decimal.Decimal{},
			},
			GlobalInflation: decimal.New(1, -2),
			GlobalInflationSplit: map[string]decimal.Decimal{
				"dao": decimal.New(1, -1), "proposer": decimal.New(5, -2), "supplier": decimal.New(7, -1),
				"source_owner": decimal.New(15, -2), "application": decimal.Decimal{},
			},
			OverservicingBonusFactor: 1,
		},
		Proof: pocket.ProofParams{
			RequestProbability:   decimal.New(25, -2),
			RequirementThreshold: 800_000,
			MissingPenalty:       pocket.POKT(200),
			SubmissionFee:        1,
		},
		SuppliersPerSession: 50,
		SupplierMinStake:    pocket.POKT(59_500),
		SupplierStakingFee:  1,
		ApplicationMinStake: 10_000, MaxDelegatedGateways: 7,
		GatewayMinStake: pocket.POKT(5_000),
		AddServiceFee:   1, TargetRelays: 100_000,
		MorseClaimsOpen: true,
	}
}

// withDefaults fills in what c leaves out.
func (c Config) withDefaults() Config {
	if c.BlockTime <= 0 {
		c.BlockTime = time.Minute
	}
	if c.Params.Shared.BlocksPerSession == 0 {
		c.Params = MainnetParams()
	}
	if c.Params.Shared.GridAnchor < 1 {
		c.Params.Shared.GridAnchor, c.Params.Shared.NumberAtAnchor = 1, 1
	}
	if c.Blocks <= 0 {
		c.Blocks = int64(time.Duration(max(c.Days, 1)) * 24 * time.Hour / c.BlockTime)
	}
	c.Suppliers = orElse(c.Suppliers, 12)
	c.Owners = min(orElse(c.Owners, max(1, c.Suppliers/4)), c.Suppliers)
	c.Services = orElse(c.Services, 3)
	c.Applications = max(orElse(c.Applications, 4), c.Services)
	c.Wallets = max(orElse(c.Wallets, 6), 2)
	c.Validators = orElse(c.Validators, 1)
	c.ClaimsPerSession = orElse(c.ClaimsPerSession, c.Suppliers)
	if c.ClaimValue <= 0 {
		c.ClaimValue = pocket.POKT(1) / 2
	}
	c.Growth = orElse(c.Growth, 4)
	c.Rates.Expiries = orElse(c.Rates.Expiries, 0.01)
	c.Rates.Misses = orElse(c.Rates.Misses, 0.05)
	c.Rates.Leaves = orElse(c.Rates.Leaves, 0.0005)
	c.Rates.Overserviced = orElse(c.Rates.Overserviced, 0.05)
	c.Rates.Sends = orElse(c.Rates.Sends, 30)
	if c.Start.IsZero() {
		c.Start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if !c.Now.IsZero() {
		c.Start = c.Now.Add(-time.Duration(c.Blocks-1) * c.BlockTime)
	}
	c.Start = c.Start.UTC()
	return c
}

// orElse returns v, or the default when v is zero.
func orElse[T int | float64](v, otherwise T) T {
	if v == 0 {
		return otherwise
	}
	return v
}
