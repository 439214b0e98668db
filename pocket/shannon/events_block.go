package shannon

import "github.com/poktbot/poktbot/pocket"

// What a block's settlements add up to, per validator, per bank operation and per service.

func validatorReward(f *eventFields, at pocket.At) pocket.Event {
	return pocket.ValidatorReward{
		At:             at,
		Commission:     f.amount("commission_upokt"),
		Delegators:     f.amount("delegators_reward_upokt"),
		NumDelegators:  f.count("num_delegators"),
		Reason:         pocket.Reason(f.word("op_reason")),
		PoolShare:      f.amount("pool_share_upokt"),
		SelfDelegation: f.amount("self_delegation_reward_upokt"),
		SessionEnd:     f.height("session_end_block_height"),
		Account:        f.optionalAddress("validator_account_address"),
		Validator:      f.address("validator_operator_address"),
	}
}

func settlementBatch(f *eventFields, at pocket.At) pocket.Event {
	batch := pocket.SettlementBatch{
		At:         at,
		Claims:     f.count("num_claims"),
		Reason:     pocket.Reason(f.word("op_reason")),
		Operation:  f.word("op_type"),
		Recipient:  f.word("recipient"),
		Sender:     f.word("sender_module"),
		SessionEnd: f.height("session_end_block_height"),
		Amount:     f.amount("total_amount"),
	}
	if batch.Operation == "" {
		f.fail("op_type", errMissing)
	}
	return batch
}

func revShareFallback(f *eventFields, at pocket.At) pocket.Event {
	return pocket.RevShareFallback{
		At:       at,
		Amount:   f.amount("amount"),
		Reason:   f.prose("reason"),
		Service:  f.claimService(),
		Supplier: f.claimSupplier(),
		Owner:    f.optionalAddress("supplier_owner_address", "supplier_owner_addr"),
	}
}

func difficultyUpdate(f *eventFields, at pocket.At) pocket.Event {
	return pocket.DifficultyUpdate{
		At:           at,
		Relays:       f.count("new_num_relays_ema"),
		Target:       f.word("new_target_hash_hex_encoded"),
		RelaysBefore: f.count("prev_num_relays_ema"),
		TargetBefore: f.word("prev_target_hash_hex_encoded"),
		Service:      pocket.ServiceID(f.word("service_id")),
	}
}
