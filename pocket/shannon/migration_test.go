package shannon

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
)

const (
	testMorse  = "00F9900606FA3D5C9179FC0C8513078A53A2073E"
	testOutput = "7CA9E0AA99DDECD0BC518F9B596492515492E68F"
)

func coinObject(amount string) string { return `{"denom":"upokt","amount":"` + amount + `"}` }

// The versions of event.proto: package poktroll, with shannon_dest_address; package pocket, with morse_src_address; then morse_node_address.
func TestMorseAccountsThatWereClaimed(t *testing.T) {
	at := pocket.At{Height: 77}
	supplier := pocket.Migration{
		At: at, As: pocket.MigratedSupplier, Morse: addr(testMorse), Destination: addr(testOperator), Owner: addr(testOwner),
		Balance: 5, Stake: 60_000_000_000, SessionEnd: 80,
	}
	withOutput := supplier
	withOutput.MorseOutput = addr(testOutput)
	withoutOwner, returned := supplier, withOutput
	withoutOwner.Owner, withoutOwner.SessionEnd = pocket.Address{}, 0
	returned.Stake = 0
	quoted := func(s string) string { return `"` + s + `"` }
	for name, test := range map[string]struct {
		event      string
		attributes map[string]string
		want       pocket.Migration
	}{
		"a node": {"pocket.migration.EventMorseSupplierClaimed", map[string]string{
			"claim_signer_type": `"MORSE_SUPPLIER_CLAIM_SIGNER_TYPE_CUSTODIAL_SIGNED_BY_OWNER"`, "claimed_balance": `"5upokt"`,
			"claimed_supplier_stake": `"60000000000upokt"`, "morse_node_address": quoted(testMorse), "morse_output_address": quoted(testOutput),
			"session_end_height": `"80"`, "supplier": wholeSupplier, "msg_index": "0",
		}, withOutput},
		"a node whose coins are objects, without an output address": {"pocket.migration.EventMorseSupplierClaimed", map[string]string{
			"claimed_balance": coinObject("5"), "claimed_supplier_stake": coinObject("60000000000"), "morse_node_address": quoted(testMorse),
			"morse_output_address": `""`, "session_end_height": `"80"`, "supplier": wholeSupplier,
		}, supplier},
		"a node whose stake had been returned": {"pocket.migration.EventMorseSupplierClaimed", map[string]string{
			"claimed_balance": coinObject("5"), "claimed_supplier_stake": `{"denom":"","amount":"0"}`, "morse_node_address": quoted(testMorse),
			"morse_output_address": quoted(testOutput), "session_end_height": `"80"`, "supplier": wholeSupplier,
		}, returned},
		"a node by its source address": {"pocket.migration.EventMorseSupplierClaimed", map[string]string{
			"claimed_balance": coinObject("5"), "claimed_supplier_stake": coinObject("60000000000"), "morse_src_address": quoted(testMorse),
			"session_end_height": `"80"`, "supplier": wholeSupplier,
		}, supplier},
		"a node under the protocol's former name": {"poktroll.migration.EventMorseSupplierClaimed", map[string]string{
			"claimed_at_height": `"77"`, "claimed_balance": coinObject("5"), "claimedSupplierStake": coinObject("60000000000"),
			"morse_src_address": quoted(strings.ToLower(testMorse)), "service_id": `"eth"`, "shannon_dest_address": quoted(testOperator), "supplier": "null",
		}, withoutOwner},
		"a wallet": {"pocket.migration.EventMorseAccountClaimed", map[string]string{
			"claimed_balance": `"5upokt"`, "morse_src_address": quoted(testMorse), "session_end_height": `"80"`, "shannon_dest_address": quoted(testOwner),
		}, pocket.Migration{At: at, As: pocket.MigratedAccount, Morse: addr(testMorse), Destination: addr(testOwner), Balance: 5, SessionEnd: 80}},
		"an application": {"pocket.migration.EventMorseApplicationClaimed", map[string]string{
			"application":     `{"address":"` + testApplication + `","stake":` + coinObject("7") + `}`,
			"claimed_balance": coinObject("5"), "claimed_application_stake": coinObject("7"), "morse_src_address": quoted(testMorse), "session_end_height": `"80"`,
		}, pocket.Migration{At: at, As: pocket.MigratedApplication, Morse: addr(testMorse), Destination: addr(testApplication), Balance: 5, Stake: 7, SessionEnd: 80}},
		"an application that is not shown": {"pocket.migration.EventMorseApplicationClaimed", map[string]string{
			"claimed_balance": `"5upokt"`, "claimed_application_stake": `"7upokt"`, "morse_src_address": quoted(testMorse), "session_end_height": `"80"`,
			"shannon_dest_address": quoted(testApplication),
		}, pocket.Migration{At: at, As: pocket.MigratedApplication, Morse: addr(testMorse), Destination: addr(testApplication), Balance: 5, Stake: 7, SessionEnd: 80}},
		"an account out of reach": {"pocket.migration.EventMorseAccountRecovered", map[string]string{
			"recovered_balance": `"5upokt"`, "morse_src_address": quoted(testMorse), "session_end_height": `"80"`, "shannon_dest_address": quoted(testOwner),
		}, pocket.Migration{At: at, As: pocket.MigratedRecovery, Morse: addr(testMorse), Destination: addr(testOwner), Balance: 5, SessionEnd: 80}},
		"an account whose address was none": {"pocket.migration.EventMorseAccountRecovered", map[string]string{
			"recovered_balance": `"5upokt"`, "morse_src_address": `"DAO"`, "session_end_height": `"80"`, "shannon_dest_address": quoted(testOwner),
		}, pocket.Migration{At: at, As: pocket.MigratedRecovery, Destination: addr(testOwner), Balance: 5, SessionEnd: 80}},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, test.want, onlyEvent(t, test.event, test.attributes))
			assert.Equal(t, pocket.KindMigration, test.want.Kind())
		})
	}
	t.Run("what tells neither who nor to whom is refused", func(t *testing.T) {
		for _, event := range []string{"EventMorseSupplierClaimed", "EventMorseAccountClaimed", "EventMorseApplicationClaimed", "EventMorseAccountRecovered"} {
			for _, attributes := range []map[string]string{
				{}, {"morse_src_address": quoted(testMorse)}, {"shannon_dest_address": `"x"`, "morse_src_address": quoted(testMorse)},
				{"shannon_dest_address": quoted(testOwner), "morse_src_address": quoted(testMorse), "claimed_balance": `"1uatom"`, "recovered_balance": `"1uatom"`},
			} {
				_, err := collectEvents(strings.NewReader(string(bodyOf(t, "pocket.migration."+event, attributes))), pocket.Block{}, pocket.Selection{})
				require.ErrorIs(t, err, pocket.ErrMalformed, "%s %v", event, attributes)
			}
		}
	})
	t.Run("who asks for the Morse address finds it, in capitals or not", func(t *testing.T) {
		body := bodyOf(t, "pocket.migration.EventMorseAccountClaimed", map[string]string{
			"claimed_balance": `"5upokt"`, "morse_src_address": quoted(testMorse), "session_end_height": `"80"`, "shannon_dest_address": quoted(testOwner),
		})
		assert.Len(t, decodeAll(t, body, pocket.Block{}, pocket.Selection{Mentions: []pocket.Address{addr(testMorse)}}), 1)
		assert.Empty(t, decodeAll(t, body, pocket.Block{}, pocket.Selection{Mentions: []pocket.Address{addr(testOutput)}}))
	})
}

func TestMorseAccountsThatMayBeClaimed(t *testing.T) {
	claimed := fmt.Sprintf(`{"shannon_dest_address":%q,"morse_src_address":%q,"unstaked_balance":%s,"supplier_stake":%s,"application_stake":%s,`+
		`"claimed_at_height":"927701","morse_output_address":%q}`, testOperator, testMorse, coinObject("1200000000"), coinObject("60005000000"), coinObject("0"), testOutput)
	waiting := fmt.Sprintf(`{"shannon_dest_address":"","morse_src_address":"DAO","unstaked_balance":%s,"supplier_stake":%s,"application_stake":%s,"claimed_at_height":"0"}`,
		coinObject("1"), coinObject("2"), coinObject("3"))
	want := pocket.MorseClaimable{
		Morse: addr(testMorse), MorseOutput: addr(testOutput), Destination: addr(testOperator), ClaimedAt: 927_701, Balance: 1_200_000_000,
		SupplierStake: 60_005_000_000,
	}
	t.Run("one is asked for in capitals", func(t *testing.T) {
		path := ""
		c := clientOf(t, nil, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			path = r.URL.Path
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprintf(w, `{"morseClaimableAccount":%s}`, claimed)
		}))
		got, err := c.MorseClaimable(t.Context(), addr(testMorse))
		require.NoError(t, err)
		assert.Equal(t, want, got)
		assert.Equal(t, "/pokt-network/poktroll/migration/morse_claimable_account/"+testMorse, path)
	})
	t.Run("another than asked for, or half of one, is malformed", func(t *testing.T) {
		for _, text := range []string{`{}`, `{"morseClaimableAccount":` + waiting + `}`, `{"morse_claimable_account":{"morse_src_address":"` + testMorse + `"}}`} {
			_, err := clientOf(t, nil, constant(body(text))).MorseClaimable(t.Context(), addr(testMorse))
			assert.ErrorIs(t, err, pocket.ErrMalformed, text)
		}
	})
	t.Run("an address of Shannon is no question", func(t *testing.T) {
		_, err := clientOf(t, nil, constant(body(`{}`))).MorseClaimable(t.Context(), addr(testOwner))
		assert.ErrorIs(t, err, pocket.ErrInvalid)
	})
	t.Run("all of them come page by page, those without an address too", func(t *testing.T) {
		c := clientOf(t, nil, pages(map[string]string{
			"":  `{"morseClaimableAccount":[` + claimed + `],"pagination":{"next_key":"a"}}`,
			"a": `{"morseClaimableAccount":[` + waiting + `],"pagination":{"next_key":null}}`,
		}))
		got, err := all(c.MorseClaimables(t.Context()))
		require.NoError(t, err)
		assert.Equal(t, []pocket.MorseClaimable{want, {Balance: 1, SupplierStake: 2, ApplicationStake: 3}}, got)
	})
}
