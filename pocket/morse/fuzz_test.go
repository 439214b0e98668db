package morse

import (
	"encoding/json"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/morse/morsetest"
)

func FuzzTxBytes(f *testing.F) {
	for _, r := range morsetest.Recordings() {
		var w wireTx
		if r.Path == "/v1/query/tx" && json.Unmarshal([]byte(r.Body), &w) == nil {
			f.Add(w.Raw)
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		signed, err := decodeTx(raw)
		if err != nil {
			return
		}
		for _, a := range signed.mentions {
			assert.Equal(t, pocket.MorseAddress, a.Kind())
		}
		if !signed.signer.IsZero() {
			assert.Contains(t, signed.mentions, signed.signer)
		}
	})
}

// FuzzAnswers gives strange bodies to everything that reads an answer.
func FuzzAnswers(f *testing.F) {
	for _, r := range morsetest.Recordings() {
		if len(r.Body) < 8000 {
			f.Add(r.Body)
		}
	}
	f.Fuzz(func(t *testing.T, body string) {
		for _, decode := range []func() error{
			decoding(body, wireTx.tx), decoding(body, wireNode.node), decoding(body, wireClaim.claim), decoding(body, wireApp.app),
			decoding(body, wireAccount.account), decoding(body, wireSigningInfo.info), decoding(body, wireOutcome.outcome), decoding(body, wireTx.pending),
			decoding(body, wireMessage.typed),
			decoding(body, func(w wireNodeParams) (*Formula, error) { return NewFormula(w.params().Reward(Features{}, Fees{})) }),
			decoding(body, func(w txPage) ([]Tx, error) { return convertAll(w.Txs, wireTx.tx) }),
			decoding(body, func(w wireUpgrade) (Features, error) { return w.upgrade().Rewards(), nil }),
			decoding(body, func(w wireResults) ([]TxOutcome, error) { return convertAll(w.Txs, wireOutcome.outcome) }),
			func() error { _, err := ParseFees(body); return err },
			func() error {
				var p NodeParams
				return p.change(&Fees{}, ChangeParam{Key: "pos/RelaysToTokensMultiplierMap", Value: body})
			},
		} {
			_ = decode() // it may fail, and must not do worse
		}
		words := classify(body)
		assert.Error(t, words.Reason)
	})
}

func decoding[W, T any](body string, convert func(W) (T, error)) func() error {
	return func() error {
		first, ok := firstValue([]byte(body))
		if !ok {
			return nil
		}
		var w W
		if err := json.Unmarshal(first, &w); err != nil {
			return err
		}
		_, err := convert(w)
		return err
	}
}

// FuzzReward checks what must hold for any reward: nothing is minted twice or lost, and nobody gets less than nothing.
func FuzzReward(f *testing.F) {
	f.Add(int64(1000), int64(12), int64(60_000_000_000), int64(15_000_000_000), int64(60_000_000_000), int64(70), int64(1_500_000), int64(20), int64(5), int64(80_000))
	f.Add(int64(10000), int64(5), int64(15_000_000_000), int64(15_000_000_000), int64(15_000_000_000), int64(100), int64(1_000_000), int64(100), int64(1), int64(1))
	f.Fuzz(func(t *testing.T, multiplier, relays, stake, floor, ceiling, exponent, weight, first, second, height int64) {
		if floor > 0 && ceiling/floor > 1000 || exponent > 1000 {
			return // slow, and not what is looked for
		}
		params := pip22()
		params.Multiplier, params.Floor, params.Ceiling = multiplier, pocket.Upokt(floor), pocket.Upokt(ceiling)
		params.Exponent, params.Weight = decimal.New(exponent, -2), decimal.New(weight, -6)
		node := Servicer{Operator: addressOf([]byte("n")), Output: addressOf([]byte("o")), Stake: pocket.Upokt(stake), Delegators: []Delegator{
			{addressOf([]byte("1")), first}, {addressOf([]byte("2")), second},
		}}
		split, err := Reward(params, Work{Height: pocket.Height(height), Relays: relays, Chain: "0001", Node: node})
		if err != nil {
			return
		}
		var sum pocket.Upokt
		for _, s := range split.Shares {
			assert.Positive(t, s.Amount)
			sum += s.Amount
		}
		assert.Equal(t, sum, split.Minted)
		assert.GreaterOrEqual(t, split.Coins, split.Minted)
	})
}
