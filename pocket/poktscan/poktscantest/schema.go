package poktscantest

// The columns of the service's tables, by the fields of its lists, as far as they are filled here.
var schema = map[string]string{
	"blocks":                 "id:n hash timestamp:t proposerAddress",
	"suppliers":              "id ownerId operatorId stakeAmount:n stakeDenom stakeStatus unstakingBeginBlockId:n unstakingEndHeight:n unstakingEndBlockId:n unstakingReason",
	"supplierServiceConfigs": "id supplierId serviceId revShare:j endpoints:j domains:j activatedAtId:n",
	"eventClaimSettleds": "id blockId:n supplierId supplierOwnerId applicationId serviceId sessionId sessionStartHeight:n sessionEndHeight:n " +
		"proofRequirement proofValidationStatus numRelays:n numEstimatedRelays:n numClaimedComputedUnits:n numEstimatedComputedUnits:n " +
		"claimedAmount:n claimedDenom settledAmount:n mintedAmount:n mintRatio overservicingLossAmount:n deflationLossAmount:n mints:j burns:j",
	"modToAcctTransfers":            "id eventClaimSettledId blockId:n recipientId opReason amount:n denom",
	"modToAcctTransfersSummarizeds": "id blockId:n recipientId opReason denom serviceId amount:n transferCount:n",
	"eventClaimExpireds": "id blockId:n supplierId applicationId serviceId sessionId sessionEndHeight:n expirationReason proofValidationStatus " +
		"numRelays:n numEstimatedRelays:n numClaimedComputedUnits:n numEstimatedComputedUnits:n claimedAmount:n",
	"eventSupplierSlasheds": "id blockId:n supplierId applicationId serviceId sessionId sessionEndHeight:n proofValidationStatus " +
		"proofMissingPenalty:n previousStakeAmount:n afterStakeAmount:n",
	"eventApplicationOverserviceds": "id blockId:n applicationId supplierId serviceId sessionEndBlockHeight:n expectedBurn:n effectiveBurn:n spendLimitExceeded:b",
	"eventSupplierUnbondingBegins":  "id blockId:n supplierId reason sessionEndHeight:n unbondingEndHeight:n",
	"eventSupplierUnbondingEnds":    "id blockId:n supplierId reason sessionEndHeight:n unbondingEndHeight:n",
	"msgStakeSuppliers":             "id blockId:n transactionId signerId ownerId supplierId stakeAmount:n",
	"msgUnstakeSuppliers":           "id blockId:n transactionId signerId supplierId",
	"msgCreateClaims": "id blockId:n transactionId supplierId applicationId serviceId sessionId sessionEndHeight:n " +
		"numRelays:n numEstimatedRelays:n numClaimedComputedUnits:n numEstimatedComputedUnits:n claimedAmount:n",
	"msgSubmitProofs":            "id blockId:n transactionId supplierId applicationId serviceId sessionId sessionEndHeight:n",
	"eventProofValidityCheckeds": "id blockId:n supplierId applicationId serviceId sessionId sessionEndHeight:n proofValidationStatus failureReason",
	"balances":                   "id accountId denom amount:n lastUpdatedBlockId:n",
	"services":                   "id name computeUnitsPerRelay:n ownerId newNumRelaysEma:n newTargetHashHexEncoded",
	"params":                     "id namespace key value blockId:n",
	"morseClaimableAccounts": "id claimed:b claimedAtId:n shannonDestAddress morseOutputAddress unstakedBalanceAmount:n supplierStakeAmount:n " +
		"applicationStakeAmount:n",
	"nativeTransfers": "id blockId:n senderId recipientId amounts:j status transactionId",
	"transactions":    "id blockId:n idx:i code:i codespace status log memo signerAddress gasUsed:n gasWanted:n fees:j amountOfMessages:j",
}

// singles are the fields that return one row by its id.
var singles = map[string]string{
	"block": "blocks", "supplier": "suppliers", "service": "services", "param": "params", "balance": "balances", "transaction": "transactions",
}

func newTables() map[string]*table {
	tables := map[string]*table{}
	for name, spec := range schema {
		t := newTable(name, spec)
		if _, ok := t.places["blockId"]; ok {
			t.one["block"] = relation{"blocks", "blockId", "id"}
		}
		if _, ok := t.places["supplierId"]; ok {
			t.one["supplier"] = relation{"suppliers", "supplierId", "id"}
		}
		if _, ok := t.places["transactionId"]; ok {
			t.one["transaction"] = relation{"transactions", "transactionId", "id"}
		}
		tables[name] = t
	}
	tables["suppliers"].many["serviceConfigs"] = relation{"supplierServiceConfigs", "id", "supplierId"}
	delete(tables["modToAcctTransfers"].one, "block") // today's service has no relations of this table
	return tables
}
