package monitor

// What a full node may do wrong. The subject is the node's name.
const (
	NodeUnreachable   Name = "node.unreachable"    // its RPC does not answer
	NodeOutOfSync     Name = "node.out_of_sync"    // it is blocks behind others, or says that it is catching up
	NodeFrozen        Name = "node.frozen"         // it says that it is healthy, but its newest block is old while others go on
	NodeChainMismatch Name = "node.chain_mismatch" // it serves another chain
	NodePeersLow      Name = "node.peers_low"
	NodeVersionOld    Name = "node.version_old" // it runs an older version than the others
)

// What may happen to a whole chain. The subject is the chain's id.
const (
	ChainStalled       Name = "chain.stalled" // no source has a new block
	ChainParamsChanged Name = "chain.params_changed"
	ChainUpgradeDue    Name = "chain.upgrade_due"
)

// What may happen to a supplier: a node in the front ends' words. The subject is its operator's address, of Morse the node's.
const (
	SupplierStaked           Name = "supplier.staked"
	SupplierStakeChanged     Name = "supplier.stake_changed"
	SupplierServicesChanged  Name = "supplier.services_changed"
	SupplierUnbonding        Name = "supplier.unbonding"           // it is leaving: of its own, forced by a slash, or by a migration
	SupplierUnbondingStopped Name = "supplier.unbonding_cancelled" // it stays after all
	SupplierUnstaked         Name = "supplier.unstaked"            // it has left
	SupplierStakeStuck       Name = "supplier.stake_stuck"         // its stake could not be returned
	SupplierIdle             Name = "supplier.idle"                // staked without an active service
	SupplierSlashed          Name = "supplier.slashed"
	SupplierStakeLow         Name = "supplier.stake_low" // missed proofs that the stake still bears; the reading counts them
	SupplierBalanceLow       Name = "supplier.balance_low"
	SupplierPubkeyMissing    Name = "supplier.pubkey_missing"
	SupplierOverserviced     Name = "supplier.overserviced" // an application could not pay for what it was served
	SupplierEndpointDown     Name = "supplier.endpoint_down"
	SupplierEndpointInvalid  Name = "supplier.endpoint_invalid" // what was staked is no usable URL, or answers nonsense
	SupplierEndpointMismatch Name = "supplier.endpoint_mismatch"
	SupplierNoSession        Name = "supplier.no_session" // in no session for long
	SupplierMigrated         Name = "supplier.migrated"   // a Morse node was claimed on Shannon
	RelayNone                Name = "relay.none"          // in session, but nothing was claimed
)

// What may happen to a claim. The subject is the supplier, the part service and session.
const (
	ClaimMissing   Name = "claim.missing" // its window closes and there is none
	ProofMissing   Name = "proof.missing" // one is due and its window closes
	ClaimExpired   Name = "claim.expired"
	ClaimDiscarded Name = "claim.discarded"
)

// What may happen to rewards. The subject is the supplier, or "" for all.
const (
	RewardsDropped Name = "rewards.dropped" // against its own past
	RewardsBehind  Name = "rewards.behind"  // against other suppliers of the same service
)

// What may happen to a validator. The subject is its operator's address, of Morse the node's.
const (
	ValidatorJailed           Name = "validator.jailed"
	ValidatorMissingBlocks    Name = "validator.missing_blocks"
	ValidatorInactive         Name = "validator.inactive"
	ValidatorForceUnstakeNear Name = "validator.force_unstake_near" // Morse: jailed for so long that it is soon unstaked
)

// What may happen to a server's name and certificate. The subject is host:port, of DNS the host.
const (
	TLSExpiring Name = "tls.expiring" // the reading counts days
	TLSExpired  Name = "tls.expired"
	TLSInvalid  Name = "tls.invalid" // wrong name, unknown issuer, incomplete chain
	DNSChanged  Name = "dns.changed"
)

// What may happen to an account. The subject is its address.
const (
	WalletReceived   Name = "wallet.received"
	WalletSent       Name = "wallet.sent"
	WalletBalanceLow Name = "wallet.balance_low"
	TxFailed         Name = "wallet.tx_failed"
)

// What may happen to where the data comes from. The subject is the source's name.
const (
	SourceDegraded Name = "source.degraded"
	SourceDisagree Name = "source.disagree"
)

// What may happen to the watching itself. The subject is a check or a destination.
const (
	MonitorOffline        Name = "monitor.offline"         // its own network is gone
	MonitorBlind          Name = "monitor.blind"           // a check has not been able to look for long
	MonitorDeliveryFailed Name = "monitor.delivery_failed" // messages did not arrive at a destination
	MonitorTest           Name = "monitor.test"            // a test alert that somebody asked for
)

// What may happen to the program. The subject is its name, the part the version that is newer.
const BotReleaseAvailable Name = "bot.release_available"

// Custom is the family of rules on text: "custom.NAME".
const Custom Name = "custom"
