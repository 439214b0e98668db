package pocket

import (
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFilterMatch(t *testing.T) {
	one := func(n byte) Address {
		raw := make([]byte, 20)
		raw[19] = n
		a, err := AccountFromBytes(raw)
		require.NoError(t, err)
		return a
	}
	supplier, owner, application, recipient, other := one(1), one(2), one(3), one(4), one(5)
	work := Work{Supplier: supplier, Application: application, Service: "eth"}
	everything := Subject{supplier, owner, application, "eth"}
	tests := []struct {
		event Event
		want  Subject
	}{
		{Settlement{Supplier: supplier, Owner: owner, Application: application, Service: "eth"}, everything},
		{Reimbursement{Supplier: supplier, Owner: owner, Application: application, Service: "eth"}, everything},
		{ClaimExpiry{Work: work}, work.subject()},
		{ClaimCreation{Work: work}, work.subject()},
		{ProofSubmission{Work: work}, work.subject()},
		{ClaimDiscard{Supplier: supplier, Application: application, Service: "eth"}, work.subject()},
		{Slash{Supplier: supplier, Application: application, Service: "eth"}, work.subject()},
		{Overservicing{Supplier: supplier, Application: application, Service: "eth"}, work.subject()},
		{ProofCheck{Supplier: supplier, Application: application, Service: "eth"}, work.subject()},
		{SupplierStake{Supplier: supplier}, Subject{Supplier: supplier}},
		{SupplierStake{Supplier: supplier, Config: &Supplier{Owner: owner}}, Subject{Supplier: supplier, Owner: owner}},
		{ServiceActivation{Supplier: supplier, Service: "eth"}, Subject{Supplier: supplier, Service: "eth"}},
		{Unbonding{Supplier: Supplier{Operator: supplier, Owner: owner}}, Subject{Supplier: supplier, Owner: owner}},
		{StakeStuck{Supplier: supplier, Owner: owner}, Subject{Supplier: supplier, Owner: owner}},
		{RevShareFallback{Supplier: supplier, Owner: owner, Service: "eth"}, Subject{Supplier: supplier, Owner: owner, Service: "eth"}},
		{ApplicationUnbonding{Application: Application{Address: application}}, Subject{Application: application}},
		{DifficultyUpdate{Service: "eth"}, Subject{Service: "eth"}},
		{Migration{As: MigratedSupplier, Destination: supplier, Owner: owner}, Subject{Supplier: supplier, Owner: owner}},
		{Migration{As: MigratedApplication, Destination: application}, Subject{Application: application}},
		{Migration{As: MigratedAccount, Destination: supplier}, Subject{}},
		{ValidatorReward{Account: supplier}, Subject{}},
		{SettlementBatch{Recipient: supplier.String()}, Subject{}},
		{Transaction{FeePayer: supplier}, Subject{}},
	}
	for _, test := range tests {
		t.Run(reflect.TypeOf(test.event).Name(), func(t *testing.T) {
			assert.Equal(t, test.want, SubjectOf(test.event))
			assert.True(t, Filter{}.Match(test.event))
			assert.Equal(t, test.want.Supplier == supplier, Filter{Suppliers: []Address{other, supplier}}.Match(test.event))
			assert.Equal(t, test.want.Owner == owner, Filter{Owners: []Address{owner}}.Match(test.event))
			assert.Equal(t, test.want.Application == application, Filter{Applications: []Address{application}}.Match(test.event))
			assert.Equal(t, test.want.Service == "eth", Filter{Services: []ServiceID{"eth", "pokt"}}.Match(test.event))
			assert.False(t, Filter{Suppliers: []Address{other}}.Match(test.event))
			assert.False(t, Filter{Recipients: []Address{recipient}}.Match(test.event))
			assert.False(t, Filter{Suppliers: []Address{supplier}, Services: []ServiceID{"pokt"}}.Match(test.event), "all fields must match")
		})
	}
	t.Run("a settlement pays recipients, if it tells whom", func(t *testing.T) {
		s := Settlement{Shares: []Share{{Recipient: owner}, {Recipient: recipient}}}
		filter := Filter{Recipients: []Address{other, recipient}}
		assert.True(t, filter.Match(s))
		s.Lacks = LacksShares | LacksAmounts
		assert.False(t, filter.Match(s))
		assert.False(t, filter.Match(Settlement{Shares: []Share{{Recipient: owner}}}))
	})
	t.Run("a query asks for time and kind too", func(t *testing.T) {
		noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
		slash := Slash{At: At{Time: noon}}
		for _, test := range []struct {
			query EventQuery
			want  bool
		}{
			{EventQuery{}, true},
			{EventQuery{Span: Span{From: noon}}, true},
			{EventQuery{Span: Span{To: noon}}, false},
			{EventQuery{Span: Span{From: noon, To: noon.Add(1)}}, true},
			{EventQuery{Kinds: []Kind{KindSettlement}}, false},
			{EventQuery{Kinds: []Kind{KindSettlement, KindSlash}}, true},
		} {
			assert.Equal(t, test.want, test.query.Match(slash), "%v", test.query)
		}
		assert.True(t, EventQuery{}.Match(Slash{}), "without a time")
		assert.False(t, EventQuery{Span: Span{To: noon}}.Match(Slash{}), "without a time")
	})
}
