package check

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
)

func TestTheStakeForeseesWhenSlashesTakeItToTheMinimum(t *testing.T) {
	var s standing
	change := func(hours int, stake int64) {
		at := pocket.At{Height: pocket.Height(hours + 1), Time: testNow.Add(time.Duration(hours) * time.Hour)}
		s.take(index.SupplierChange{At: at, Kind: index.Slashed, Stake: pocket.POKT(stake), StakeKnown: true}, 0)
	}
	for i := range 4 {
		change(12*i, int64(1000-10*i))
	}
	assert.False(t, s.outlook(pocket.POKT(900), testNow.Add(36*time.Hour)).Days.Valid, "too little is known")
	change(48, 960)
	assert.Equal(t, "3", s.outlook(pocket.POKT(900), testNow.Add(48*time.Hour)).Days.Decimal.String(), "20 POKT a day")
	change(49, 1960)
	assert.Greater(t, s.outlook(pocket.POKT(1900), testNow.Add(49*time.Hour)).Days.Decimal.InexactFloat64(), 2.5, "what was added is no part of the pace")
}
