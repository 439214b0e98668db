package monitor

import (
	"time"

	"github.com/shopspring/decimal"
)

const day = 24 * time.Hour

// DefaultRules returns a rule for every [Name] of this package. Where a name's results are measurements, the comment says what the reading
// is.
func DefaultRules() map[Name]Rule {
	// lasting problems are spoken of again now and then, and what costs money now goes further when nobody takes it.
	critical := Rule{Severity: Critical, Remind: 4 * time.Hour, Escalate: 30 * time.Minute}
	warning := Rule{Severity: Warning, Remind: day, Escalate: 30 * time.Minute} // a check may call it critical, and then it escalates
	info := Rule{Severity: Info, Escalate: 30 * time.Minute}
	once := func(s Severity) Rule { return Rule{Severity: s, Escalate: 30 * time.Minute} } // of occurrences

	return map[Name]Rule{
		NodeUnreachable:   critical.after(90*time.Second, 3),
		NodeOutOfSync:     critical.after(3*time.Minute, 2),
		NodeFrozen:        critical.after(2*time.Minute, 2),
		NodeChainMismatch: critical.after(0, 2),
		NodePeersLow:      warning.after(10*time.Minute, 2),
		NodeVersionOld:    info.after(time.Hour, 2),

		ChainStalled:       critical.after(time.Minute, 2),
		ChainParamsChanged: once(Info),
		// Days left.
		ChainUpgradeDue: info.below(limit(7, 8, Info), limit(1, 1.5, Warning), limit(1.0/24, 0.1, Warning)),

		SupplierStaked:           once(Info),
		SupplierStakeChanged:     once(Info),
		SupplierServicesChanged:  once(Info),
		SupplierUnbonding:        warning, // forced by a slash it is critical, which the check says
		SupplierUnbondingStopped: once(Info),
		SupplierUnstaked:         once(Warning),
		SupplierStakeStuck:       once(Critical),
		SupplierIdle:             warning.after(time.Hour, 2),
		SupplierSlashed:          once(Critical),
		// Missed proofs until it is unstaked.
		SupplierStakeLow: warning.below(limit(1000, 1100, Warning), limit(100, 110, Critical)),
		// Days of fees.
		SupplierBalanceLow:    warning.below(limit(3, 4, Warning), limit(1, 1.5, Critical)),
		SupplierPubkeyMissing: info,
		// The part of the work that was not paid for.
		SupplierOverserviced:     once(Info).above(limit(0.25, 0.25, Warning)),
		SupplierEndpointDown:     critical.after(time.Minute, 2),
		SupplierEndpointInvalid:  critical.after(time.Minute, 2),
		SupplierEndpointMismatch: warning.after(5*time.Minute, 2),
		SupplierNoSession:        warning,
		SupplierMigrated:         once(Info),
		RelayNone:                warning,

		ClaimMissing:   critical,
		ProofMissing:   critical,
		ClaimExpired:   once(Warning),
		ClaimDiscarded: once(Warning),

		// The part of what is usual.
		RewardsDropped: warning.below(limit(0.5, 0.6, Warning)).patient(),
		RewardsBehind:  warning.below(limit(0.5, 0.6, Warning)).patient(),

		ValidatorJailed: critical,
		// The part of the blocks it may miss that it has missed: with more than 1 it is jailed.
		ValidatorMissingBlocks: warning.above(limit(0.25, 0.2, Warning), limit(0.5, 0.45, Critical)),
		ValidatorInactive:      warning.after(10*time.Minute, 2),
		// The part of the longest jail time that has passed.
		ValidatorForceUnstakeNear: warning.above(limit(0.5, 0.5, Warning), limit(0.9, 0.9, Critical)),

		// Days left.
		TLSExpiring: warning.below(limit(21, 21.5, Info), limit(14, 14.5, Warning), limit(7, 7.5, Warning), limit(3, 3.5, Critical),
			limit(1, 1.5, Critical)).seldom(),
		TLSExpired: critical.after(0, 2).seldom(),
		TLSInvalid: critical.after(time.Minute, 2).seldom(),
		DNSChanged: once(Warning).seldom(),

		WalletReceived:   once(Info),
		WalletSent:       once(Info),
		WalletBalanceLow: warning,
		TxFailed:         once(Warning),

		SourceDegraded: warning.after(5*time.Minute, 2),
		SourceDisagree: warning.after(5*time.Minute, 2),

		MonitorOffline:        {Severity: Warning, For: time.Minute, Lasts: time.Minute}, // For: how long it must have been offline to be told
		MonitorBlind:          warning,
		MonitorDeliveryFailed: critical,
		MonitorTest:           {Severity: Info, Lasts: time.Minute},

		BotReleaseAvailable: {Severity: Warning, UnknownFor: -1}, // most chats are told from warnings on, and it is told once; that nobody can be asked about releases costs nothing
	}
}

// after returns r firing only what has failed for so long and so often.
func (r Rule) after(d time.Duration, confirmations int) Rule {
	r.For, r.Confirmations = d, confirmations
	return r
}

// seldom returns r for what is looked at every quarter or half of an hour, and stays as it is for days.
func (r Rule) seldom() Rule {
	r.UnknownFor = 6 * time.Hour
	return r
}

// patient returns r for what cannot be told of everybody: that it cannot is no alert.
func (r Rule) patient() Rule {
	r.UnknownFor = -1
	return r
}

func (r Rule) below(bands ...Band) Rule {
	r.Bands, r.Below = bands, true
	return r
}

func (r Rule) above(bands ...Band) Rule {
	r.Bands, r.Below = bands, false
	return r
}

func limit(at, clear float64, severity Severity) Band {
	return Band{At: decimal.NewFromFloat(at).Round(6), Clear: decimal.NewNullDecimal(decimal.NewFromFloat(clear)), Severity: severity}
}
