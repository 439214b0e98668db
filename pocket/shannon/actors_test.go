package shannon

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
)

// body serves one body with status 200.
func body(text string) recording {
	return recording{Status: 200, ContentType: "application/json", Body: text}
}

func TestAccounts(t *testing.T) {
	account := fmt.Sprintf(`{"address":%q,"pub_key":{"key":"AQI="},"account_number":"4","sequence":"9"}`, anOwner)
	want := pocket.Account{Address: anOwner, Number: 4, Sequence: 9, PubKey: []byte{1, 2}}
	for name, text := range map[string]string{
		"a person's account is flat":         account,
		"a vesting account is wrapped twice": `{"base_vesting_account":{"base_account":` + account + `}}`,
		"a wrapped account is read":          `{"base_account":` + account + `}`,
	} {
		t.Run(name, func(t *testing.T) {
			got, err := clientOf(t, nil, constant(body(`{"account":`+text+`}`))).Account(t.Context(), anOwner)
			require.NoError(t, err)
			assert.Equal(t, want, got)
		})
	}
	t.Run("another account than asked is refused", func(t *testing.T) {
		_, err := clientOf(t, nil, constant(body(`{"account":`+account+`}`))).Account(t.Context(), aWallet)
		assert.ErrorIs(t, err, pocket.ErrMalformed)
	})
}

func TestIncompleteAnswers(t *testing.T) {
	t.Run("what lacks the thing asked for is malformed, and never a zero", func(t *testing.T) {
		validator := pocket.MustParseAddress("poktvaloper15yk64u7zc9g9k2yr2wmzeva5qgwxps6ye8rew7")
		session := fmt.Sprintf("%064x", 1)
		for _, text := range []string{
			`{}`, `{"supplier":null}`,
			fmt.Sprintf(`{"supplier":{"operator_address":%q}}`, anOperator),
			fmt.Sprintf(`{"application":{"address":%q},"gateway":{"address":%q},"service":{"name":"x"}}`, anOwner, anOwner),
			`{"claim":{"supplier_operator_address":""},"session":{"header":null},"relayMiningDifficulty":{"service_id":"eth"}}`,
			`{"validator":{"tokens":"5"},"balance":null,"account":{},"params":{"num_blocks_per_session":"-1"}}`,
			`{"supplier":[{}],"applications":[{}],"gateways":[{}],"claims":[{}],"validators":[{}],"info":[{}],"services":[{}]}`,
		} {
			c := clientOf(t, nil, constant(body(text)))
			ctx := t.Context()
			var errs []error
			note := func(err error) { errs = append(errs, err) }
			_, err := c.Supplier(ctx, anOperator)
			note(err)
			_, err = c.Application(ctx, anOwner)
			note(err)
			_, err = c.Gateway(ctx, anOwner)
			note(err)
			_, err = c.Service(ctx, "eth")
			note(err)
			_, err = c.ClaimOf(ctx, session, anOperator)
			note(err)
			_, err = c.Session(ctx, anOwner, "eth", 0)
			note(err)
			_, err = c.Difficulty(ctx, "eth")
			note(err)
			_, err = c.Validator(ctx, validator)
			note(err)
			_, err = c.Balance(ctx, anOwner)
			note(err)
			_, err = c.Account(ctx, anOwner)
			note(err)
			_, err = c.SharedParams(ctx, 0)
			note(err)
			for i, err := range errs {
				assert.ErrorIs(t, err, pocket.ErrMalformed, "question %d, answer %s", i, text)
			}
		}
	})
	t.Run("a list with an item that lacks its name is malformed", func(t *testing.T) {
		c := clientOf(t, nil, constant(body(
			`{"supplier":[{}],"applications":[{}],"gateways":[{}],"claims":[{}],"validators":[{}],"info":[{}],"services":[{}],"relayMiningDifficulty":[{}]}`)))
		ctx := t.Context()
		_, err := all(c.Suppliers(ctx, SupplierFilter{}))
		assert.ErrorIs(t, err, pocket.ErrMalformed)
		_, err = all(c.Applications(ctx, anOwner))
		assert.ErrorIs(t, err, pocket.ErrMalformed)
		_, err = all(c.Gateways(ctx))
		assert.ErrorIs(t, err, pocket.ErrMalformed)
		_, err = all(c.Services(ctx))
		assert.ErrorIs(t, err, pocket.ErrMalformed)
		_, err = all(c.Claims(ctx, ClaimFilter{}))
		assert.ErrorIs(t, err, pocket.ErrMalformed)
		_, err = all(c.Validators(ctx, false))
		assert.ErrorIs(t, err, pocket.ErrMalformed)
		_, err = all(c.SigningInfos(ctx))
		assert.ErrorIs(t, err, pocket.ErrMalformed)
		_, err = all(c.Difficulties(ctx))
		assert.ErrorIs(t, err, pocket.ErrMalformed)
	})
	t.Run("a node without the migration module has its params as zero", func(t *testing.T) {
		list := []recording{}
		for _, r := range firstNode(t) {
			if r.Name == "rest_params_migration" {
				r.Status, r.Body = 501, recordingOf(t, "rest_err_unknown_route").Body
			}
			list = append(list, r)
		}
		p, err := clientOf(t, nil, newReplay("rest", list...)).Params(t.Context())
		require.NoError(t, err)
		assert.False(t, p.MorseClaimsOpen)
		assert.Equal(t, pocket.Upokt(59_500_000_000), p.SupplierMinStake)
	})
}
