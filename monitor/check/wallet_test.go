package check

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/monitor/monitortest"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/pockettest"
	"github.com/poktbot/poktbot/pocket/shannon"
)

// recordedHeads are the first blocks of the recorded chain, as they were decoded from the wire.
func recordedHeads(t testing.TB, n int) []monitor.Head {
	t.Helper()
	var heads []monitor.Head
	for _, b := range pockettest.RecordedBlocks()[:n] {
		block, err := b.Decoded()
		require.NoError(t, err)
		head := monitor.Head{Block: block, CaughtUp: true}
		for e, err := range shannon.DecodeBlock(bytes.NewReader(b.Results), block, pocket.Selection{}) {
			require.NoError(t, err)
			head.Events = append(head.Events, e)
		}
		heads = append(heads, head)
	}
	return heads
}

func wallets(list ...Wallet) Wallets {
	return func(context.Context) ([]Wallet, error) { return list, nil }
}

var (
	rich   = pocket.MustParseAddress("pokt1tlenzxkfh38zr34wrhqjpsuvm0g3m2wazmsdl5") // gets 5 POKT in block 9, sends 1.25 in block 10
	bearer = pocket.MustParseAddress("pokt1vxx0vnzz6w4j0f0vuf4x3rz38krm7r5fku8x8p") // gets these
	broke  = pocket.MustParseAddress("pokt1e2uqm2995thdu77wlxj8fj09tuqztelv2xk4ce") // sends more than it has in block 11
)

// From the wire to the message: what wallets receive, send and fail to send.
func TestPaymentsAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		check := NewPayments(wallets(Wallet{Address: rich, Name: "treasury"}, Wallet{Address: bearer, Received: pocket.POKT(2)}), Fixed(broke), "pocket")
		b := monitortest.Start(t, monitor.OnBlock("payments", check))
		b.Feed(recordedHeads(t, 8)...)
		require.Empty(t, b.Lines())
		b.Feed(recordedHeads(t, 11)[8:]...)
		told := b.Told()
		require.Len(t, told, 3)
		received, sent, failed := told[0].Alert, told[1].Alert, told[2].Alert
		assert.Equal(t, monitor.Key{Name: monitor.WalletReceived, Subject: rich.String()}, received.Key)
		amount, _ := received.Facts.Get("amount")
		assert.Equal(t, monitor.Amount("amount", pocket.POKT(5)), amount)
		name, _ := received.Facts.Get("wallet")
		assert.Equal(t, "treasury", name.Value)
		assert.EqualValues(t, 9, received.Height)
		assert.Equal(t, monitor.Info, received.Severity)
		assert.Equal(t, monitor.Key{Name: monitor.WalletSent, Subject: rich.String()}, sent.Key, "what its receiver got is too little to be told of")
		amount, _ = sent.Facts.Get("amount")
		assert.Equal(t, monitor.Amount("amount", 1_250_000), amount, "without the fee")
		to, _ := sent.Facts.Get("to")
		assert.Equal(t, monitor.Address("to", bearer), to)
		assert.Equal(t, monitor.Key{Name: monitor.TxFailed, Subject: broke.String()}, failed.Key)
		code, _ := failed.Facts.Get("code")
		assert.Equal(t, "sdk 5", code.Value)
		log, _ := failed.Facts.Get("log")
		assert.Contains(t, log.Value, "insufficient funds")
		b.Pass(50 * time.Hour)
		passed(t, b)
	})
}

func TestPayments(t *testing.T) {
	a, b, c := rich, bearer, broke
	pay := func(t *testing.T, list Wallets, txs ...pocket.Transaction) []string {
		t.Helper()
		head := monitor.Head{Block: pocket.Block{Height: 7, Time: testNow}}
		for i, tx := range txs {
			tx.At, tx.Position = pocket.At{Height: 7, TxHash: tx.TxHash}, i
			head.Events = append(head.Events, tx, pocket.ClaimExpiry{})
		}
		results, err := NewPayments(list, nil, "").Block(t.Context(), head)
		require.NoError(t, err)
		var lines []string
		for _, r := range results {
			assert.Equal(t, testNow, r.At)
			assert.EqualValues(t, 7, r.Height)
			from, _ := r.Facts.Get("from")
			lines = append(lines, fmt.Sprint(r.Key.Name, " ", fact(r, "amount"), " ", from.Value))
		}
		return lines
	}
	move := func(from, to pocket.Address, amount pocket.Upokt) pocket.Transfer {
		return pocket.Transfer{From: from, To: to, Amount: amount}
	}
	t.Run("what comes and goes in one transaction is taken off each other", func(t *testing.T) {
		tx := pocket.Transaction{FeePayer: a, Fee: 3, Transfers: []pocket.Transfer{move(a, feeCollector, 3), move(a, b, 10), move(b, a, 4), move(c, a, 1), move(a, a, 99)}}
		assert.Equal(t, []string{"wallet.sent 5 "}, pay(t, wallets(Wallet{Address: a}), tx))
		assert.Equal(t, []string{"wallet.received 6 " + a.String()}, pay(t, wallets(Wallet{Address: b}), tx))
		assert.Empty(t, pay(t, wallets(Wallet{Address: b, Received: 7, Sent: -1}), tx))
		even := pocket.Transaction{Transfers: []pocket.Transfer{move(a, b, 10), move(b, a, 10)}}
		assert.Empty(t, pay(t, wallets(Wallet{Address: a}), even))
	})
	t.Run("amounts below the limit, and those of no interest, are not told", func(t *testing.T) {
		tx := pocket.Transaction{Transfers: []pocket.Transfer{move(a, b, 10)}}
		assert.Empty(t, pay(t, wallets(Wallet{Address: a, Sent: 11}), tx))
		assert.Equal(t, []string{"wallet.sent 10 "}, pay(t, wallets(Wallet{Address: a, Sent: 10}), tx))
		assert.Empty(t, pay(t, wallets(Wallet{Address: a, Sent: -1}, Wallet{Address: b, Received: -1}), tx))
		assert.Empty(t, pay(t, wallets(Wallet{Address: c}), tx))
	})
	t.Run("of many senders a few are named", func(t *testing.T) {
		tx := pocket.Transaction{}
		for i := range 5 {
			from, err := pocket.AccountFromBytes(bytes.Repeat([]byte{byte(i)}, 20))
			require.NoError(t, err)
			tx.Transfers = append(tx.Transfers, move(from, a, 1))
		}
		lines := pay(t, wallets(Wallet{Address: a}), tx)
		require.Len(t, lines, 1)
		assert.Contains(t, lines[0], "wallet.received 5 ")
		assert.Contains(t, lines[0], "and 2 more")
	})
	t.Run("a transaction has the same name each time, with or without a hash", func(t *testing.T) {
		head := monitor.Head{Block: pocket.Block{Height: 7}, Events: []pocket.Event{
			pocket.Transaction{Position: 3, Transfers: []pocket.Transfer{move(a, b, 1)}, Memo: "a\nb"},
			pocket.Transaction{At: pocket.At{TxHash: "AB"}, Transfers: []pocket.Transfer{move(a, b, 1)}},
		}}
		results, err := NewPayments(wallets(Wallet{Address: a}), nil, "").Block(t.Context(), head)
		require.NoError(t, err)
		require.Len(t, results, 2)
		assert.Equal(t, "7-3", results[0].Occurrence)
		assert.Equal(t, "a b", fact(results[0], "memo"))
		assert.Equal(t, "AB", results[1].Occurrence)
	})
	t.Run("amounts that do not fit are an error, not another amount", func(t *testing.T) {
		head := monitor.Head{Events: []pocket.Event{pocket.Transaction{Transfers: []pocket.Transfer{move(a, b, 1<<62), move(a, b, 1<<62)}}}}
		_, err := NewPayments(wallets(Wallet{Address: a}), nil, "").Block(t.Context(), head)
		assert.ErrorIs(t, err, pocket.ErrOverflow)
	})
	t.Run("a log of any length is shown in a line", func(t *testing.T) {
		head := monitor.Head{Events: []pocket.Event{pocket.Transaction{Code: 11, Codespace: "sdk", FeePayer: a, Log: strings.Repeat("out of gas\n", 100),
			Messages: []string{"/a", "/a", "/b", "/c", "/d", "/e", "/f"}}}}
		results, err := NewPayments(wallets(Wallet{Address: a}), nil, "").Block(t.Context(), head)
		require.NoError(t, err)
		require.Len(t, results, 1)
		assert.Less(t, len(fact(results[0], "log")), 310)
		assert.Equal(t, "/a, /b, /c, /d, /e, and 1 more", fact(results[0], "messages"))
	})
	t.Run("who is watched must be known", func(t *testing.T) {
		head := monitor.Head{Events: []pocket.Event{pocket.Transaction{}}}
		broken := func(context.Context) ([]Wallet, error) { return nil, pocket.ErrUnavailable }
		_, err := NewPayments(broken, nil, "").Block(t.Context(), head)
		assert.ErrorIs(t, err, pocket.ErrUnavailable)
		_, err = NewPayments(nil, func(context.Context) ([]pocket.Address, error) { return nil, pocket.ErrUnavailable }, "").Block(t.Context(), head)
		assert.ErrorIs(t, err, pocket.ErrUnavailable)
	})
}
