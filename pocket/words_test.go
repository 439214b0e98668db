package pocket

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestASuppliersStateIsWhatANodeRunnerMustKnow(t *testing.T) {
	minimum := POKT(59_500)
	serving := []ServiceConfig{{Service: "eth"}}
	for want, s := range map[SupplierState]Supplier{
		SupplierActive:       {Stake: POKT(60_000), Services: serving},
		SupplierIdle:         {Stake: POKT(60_000)},
		SupplierUnbonding:    {Stake: POKT(60_000), UnstakeSessionEnd: 40},
		SupplierBelowMinimum: {Stake: POKT(59_400), Services: serving, UnstakeSessionEnd: 80},
	} {
		assert.Equal(t, want, s.State(minimum))
	}
	assert.Equal(t, Height(11), Supplier{History: []ServiceUpdate{{Activation: 21}, {Activation: 11}}}.StakedSince())
}

func TestOnlySupplierReasonsCountAsTheSuppliersSide(t *testing.T) {
	s := Settlement{Shares: []Share{
		{Reason: ReasonSupplier, Amount: 62970},
		{Reason: "TLM_RELAY_BURN_EQUALS_MINT_SOURCE_OWNER_REWARD_DISTRIBUTION", Amount: 1992},
		{Reason: "TLM_RELAY_BURN_EQUALS_MINT_DAO_REWARD_DISTRIBUTION", Amount: 3589},
		{Reason: ReasonSupplierInflation, Amount: 572},
		{Reason: "TLM_GLOBAL_MINT_REIMBURSEMENT_REQUEST_ESCROW_DAO_TRANSFER", Amount: 818},
		{Reason: "", Amount: 7},
	}}
	assert.Equal(t, Upokt(62970+572), s.SupplierSide())
	for reason, role := range map[Reason]Role{
		"TLM_GLOBAL_MINT_SOURCE_OWNER_REWARD_DISTRIBUTION":            RoleSourceOwner,
		"TLM_GLOBAL_MINT_DAO_REWARD_DISTRIBUTION":                     RoleDAO,
		"TLM_GLOBAL_MINT_APPLICATION_REWARD_DISTRIBUTION":             RoleApplication,
		"TLM_RELAY_BURN_EQUALS_MINT_VALIDATOR_REWARD_DISTRIBUTION":    RoleValidator,
		"TLM_GLOBAL_MINT_REIMBURSEMENT_REQUEST_ESCROW_DAO_TRANSFER":   RoleReimbursement,
		"TLM_RELAY_BURN_EQUALS_MINT_APPLICATION_STAKE_BURN_SOMETHING": RoleApplication,
		ReasonMorseRelays:    RoleSupplier,
		ReasonMorseDelegator: RoleSupplier,
		ReasonMorseCost:      RoleSupplier,
		ReasonMorseFees:      RoleFeePool,
		ReasonMorseProposer:  RoleValidator,
		"SOMETHING_NEW":      RoleUnknown,
		"":                   RoleUnknown,
	} {
		assert.Equal(t, role, reason.Role(), reason)
	}
}

func TestAnAPIErrorCarriesItsReasonAndItsCause(t *testing.T) {
	err := error(&APIError{Reason: ErrPruned, Host: "node.example", Call: "/block", Status: 500, Message: "lowest height is 80", Lowest: 80, Cause: io.ErrUnexpectedEOF})
	assert.ErrorIs(t, err, ErrPruned)
	assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.NotErrorIs(t, err, ErrNotFound)
	got, ok := errors.AsType[*APIError](err)
	assert.True(t, ok)
	assert.Equal(t, Height(80), got.Lowest)
	assert.EqualError(t, err, "node.example/block: pruned away (HTTP 500): lowest height is 80: unexpected EOF")
	assert.EqualError(t, &APIError{Reason: ErrRateLimited, Host: "h", Call: "/status", RetryAfter: time.Second}, "h/status: rate limited; try again in 1s")
}

func TestARangeTheWrongWayRoundIsSaid(t *testing.T) {
	day := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	err := EventQuery{Span: Span{From: day.AddDate(0, 0, 1), To: day}, Limit: -1}.Check()
	assert.ErrorContains(t, err, "from 2026-11-02T00:00:00Z to 2026-11-01T00:00:00Z is the wrong way round")
	assert.ErrorContains(t, err, "limit -1")
	assert.ErrorIs(t, err, ErrInvalid)
	assert.NoError(t, EventQuery{Span: Span{From: day, To: day}}.Check())
	assert.True(t, Span{From: day}.Contains(day))
	assert.False(t, Span{To: day}.Contains(day))
}
