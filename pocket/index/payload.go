package index

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/poktbot/poktbot/pocket"
)

// packPayload returns e as the JSON that is stored: its own fields. Where it stands is in columns.
func packPayload(e pocket.Event) (string, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(e); err != nil {
		return "", err
	}
	return string(bytes.TrimSuffix(buffer.Bytes(), []byte("\n"))), nil
}

// unpackPayload returns the event of that kind which packPayload had packed, with its place.
func unpackPayload(kind pocket.Kind, payload []byte, height, when, idx int64) (pocket.Event, error) {
	unpack, ok := unpackers[kind]
	if !ok {
		return nil, fmt.Errorf("event %d of block %d has kind %q: %w", idx, height, kind, ErrNewer)
	}
	event, err := unpack(payload, height, when, idx)
	if err != nil {
		return nil, fmt.Errorf("event %d of block %d: %w: %w", idx, height, ErrCorrupt, err)
	}
	return event, nil
}

var unpackers = map[pocket.Kind]func(payload []byte, height, when, idx int64) (pocket.Event, error){
	pocket.KindClaimExpiry:          unpackAs(func(e *pocket.ClaimExpiry) *pocket.At { return &e.At }),
	pocket.KindClaimDiscard:         unpackAs(func(e *pocket.ClaimDiscard) *pocket.At { return &e.At }),
	pocket.KindSlash:                unpackAs(func(e *pocket.Slash) *pocket.At { return &e.At }),
	pocket.KindOverservicing:        unpackAs(func(e *pocket.Overservicing) *pocket.At { return &e.At }),
	pocket.KindReimbursement:        unpackAs(func(e *pocket.Reimbursement) *pocket.At { return &e.At }),
	pocket.KindClaimCreation:        unpackAs(func(e *pocket.ClaimCreation) *pocket.At { return &e.At }),
	pocket.KindProofSubmission:      unpackAs(func(e *pocket.ProofSubmission) *pocket.At { return &e.At }),
	pocket.KindProofCheck:           unpackAs(func(e *pocket.ProofCheck) *pocket.At { return &e.At }),
	pocket.KindSupplierStake:        unpackAs(func(e *pocket.SupplierStake) *pocket.At { return &e.At }),
	pocket.KindServiceActivation:    unpackAs(func(e *pocket.ServiceActivation) *pocket.At { return &e.At }),
	pocket.KindUnbondingBegin:       unpackAs(func(e *pocket.Unbonding) *pocket.At { return &e.At }),
	pocket.KindUnbondingCancel:      unpackAs(func(e *pocket.Unbonding) *pocket.At { return &e.At }),
	pocket.KindUnbondingEnd:         unpackAs(func(e *pocket.Unbonding) *pocket.At { return &e.At }),
	pocket.KindStakeStuck:           unpackAs(func(e *pocket.StakeStuck) *pocket.At { return &e.At }),
	pocket.KindApplicationUnbonding: unpackAs(func(e *pocket.ApplicationUnbonding) *pocket.At { return &e.At }),
	pocket.KindValidatorReward:      unpackAs(func(e *pocket.ValidatorReward) *pocket.At { return &e.At }),
	pocket.KindSettlementBatch:      unpackAs(func(e *pocket.SettlementBatch) *pocket.At { return &e.At }),
	pocket.KindRevShareFallback:     unpackAs(func(e *pocket.RevShareFallback) *pocket.At { return &e.At }),
	pocket.KindDifficultyUpdate:     unpackAs(func(e *pocket.DifficultyUpdate) *pocket.At { return &e.At }),
	pocket.KindMigration:            unpackAs(func(e *pocket.Migration) *pocket.At { return &e.At }),
	pocket.KindTransaction:          unpackAs(func(e *pocket.Transaction) *pocket.At { return &e.At }),
}

func unpackAs[E pocket.Event](place func(*E) *pocket.At) func([]byte, int64, int64, int64) (pocket.Event, error) {
	return func(payload []byte, height, when, idx int64) (pocket.Event, error) {
		var e E
		if err := json.Unmarshal(payload, &e); err != nil {
			return nil, err
		}
		at := place(&e)
		at.Height, at.Time, at.Index = pocket.Height(height), timeOf(when), int(idx)
		return e, nil
	}
}
