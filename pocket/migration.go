package pocket

// A MigrationKind tells as what a Morse account was claimed on Shannon.
type MigrationKind string

// As what Morse accounts are claimed.
const (
	MigratedAccount     MigrationKind = "account"     // a wallet: EventMorseAccountClaimed
	MigratedSupplier    MigrationKind = "supplier"    // a node: EventMorseSupplierClaimed
	MigratedApplication MigrationKind = "application" // EventMorseApplicationClaimed
	MigratedRecovery    MigrationKind = "recovery"    // an account out of reach, by governance's list: EventMorseAccountRecovered
)

// A Migration is a Morse account whose coins were claimed on Shannon, which happens at most once to each. It says that both addresses are
// the same one's.
type Migration struct {
	At
	As MigrationKind
	// Morse is the account claimed; of a supplier the node's own address. It is zero in the recovery of an account whose address was none:
	// Morse had some that are too short, too long or no hexadecimal number.
	Morse       Address
	MorseOutput Address // of a supplier: where the node's rewards went on Morse; zero when it had no output address, or the version did not say
	Destination Address // on Shannon: the account, the supplier's operator or the application
	Owner       Address // of the supplier, on Shannon
	Balance     Upokt   // came to the account
	Stake       Upokt   // came to the stake of the supplier or application
	SessionEnd  Height  // 0 when the version did not say
}

// Kind names what happened.
func (Migration) Kind() Kind { return KindMigration }

// A MorseClaimable is what a Morse account may claim on Shannon, or has claimed.
type MorseClaimable struct {
	Morse            Address
	MorseOutput      Address // where a node's rewards went; zero when it had none, or the version does not say
	Destination      Address // the Shannon address that claimed it; zero while nobody has
	ClaimedAt        Height  // 0 while nobody has
	Balance          Upokt   // unstaked
	SupplierStake    Upokt
	ApplicationStake Upokt
}
