package check

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
)

// stakes is a source of suppliers that counts questions.
type stakes struct {
	known map[pocket.Address]pocket.Supplier
	fails bool
	asked int
}

func (s *stakes) Supplier(_ context.Context, operator pocket.Address) (pocket.Supplier, error) {
	s.asked++
	if s.fails {
		return pocket.Supplier{}, fmt.Errorf("down: %w", pocket.ErrUnavailable)
	}
	if found, ok := s.known[operator]; ok {
		return found, nil
	}
	return pocket.Supplier{}, fmt.Errorf("no such: %w", pocket.ErrNotFound)
}

func TestStakes(t *testing.T) {
	now := testNow
	source := &stakes{known: map[pocket.Address]pocket.Supplier{anOperator: {Operator: anOperator, Stake: 1}}}
	watched := []pocket.Address{anOperator, another, anOperator}
	list := NewStakes(source, func(context.Context) ([]pocket.Address, error) { return watched, nil }, StakesConfig{AtOnce: 1, Clock: func() time.Time { return now }})
	staked := func() []pocket.Supplier {
		t.Helper()
		got, err := list.Staked(t.Context())
		require.NoError(t, err)
		return got
	}
	assert.Equal(t, []pocket.Supplier{{Operator: anOperator, Stake: 1}}, staked(), "each once, without who is not staked")
	assert.Equal(t, 2, source.asked)

	now = now.Add(9 * time.Minute)
	source.known[another] = pocket.Supplier{Operator: another, Stake: 2}
	assert.Len(t, staked(), 1, "what is fresh is not asked for again")
	now = now.Add(time.Minute)
	assert.Len(t, staked(), 2)
	assert.Equal(t, 4, source.asked)

	source.fails = true
	now = now.Add(23 * time.Hour)
	assert.Len(t, staked(), 2, "what cannot be read is as it was")
	now = now.Add(time.Hour)
	_, err := list.Staked(t.Context())
	assert.ErrorIs(t, err, pocket.ErrUnavailable, "but not for ever")

	source.fails = false
	watched = watched[1:2]
	assert.Equal(t, []pocket.Supplier{{Operator: another, Stake: 2}}, staked())
	assert.Len(t, list.known, 1, "who is not watched any more is forgotten")

	source.fails, watched = true, []pocket.Address{anOwner}
	_, err = list.Staked(t.Context())
	assert.ErrorIs(t, err, pocket.ErrUnavailable, "a list that is not whole is none")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = list.Staked(ctx)
	assert.ErrorIs(t, err, context.Canceled)
}

func TestFixed(t *testing.T) {
	list, err := Fixed(anOperator, another)(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []pocket.Address{anOperator, another}, list)
}
