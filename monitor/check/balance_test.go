package check

import (
	"context"
	"iter"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/monitor/monitortest"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/pockettest"
)

// purse is a source of balances.
type purse struct {
	held map[pocket.Address]pocket.Upokt
	err  error
}

func (p *purse) Balance(_ context.Context, who pocket.Address) (pocket.Upokt, error) {
	return p.held[who], p.err
}

func TestBalances(t *testing.T) {
	now := testNow
	p := &purse{held: map[pocket.Address]pocket.Upokt{rich: pocket.POKT(100)}}
	memory := NewMemory()
	start := func(limit WalletLimit) *Balances {
		b, err := NewBalances(p, []WalletLimit{limit}, memory, BalancesConfig{Clock: func() time.Time { return now }})
		require.NoError(t, err)
		return b
	}
	look := func(b *Balances) monitor.Result {
		t.Helper()
		results, err := b.Look(t.Context())
		require.NoError(t, err)
		require.Len(t, results, 1)
		require.Equal(t, monitor.Key{Name: monitor.WalletBalanceLow, Subject: rich.String()}, results[0].Key)
		return results[0]
	}
	t.Run("below its limit a wallet is low", func(t *testing.T) {
		b := start(WalletLimit{Address: rich, Name: "treasury", Least: pocket.POKT(50)})
		assert.Equal(t, monitor.Healthy, look(b).Health)
		p.held[rich] = pocket.POKT(49)
		r := look(b)
		assert.Equal(t, monitor.Failing, r.Health)
		assert.Equal(t, "49000000", fact(r, "balance"))
		assert.Equal(t, "50000000", fact(r, "least"))
		assert.Equal(t, "treasury", fact(r, "wallet"))
		assert.Empty(t, fact(r, "days"), "two samples are no trend")
	})
	t.Run("a wallet that will soon be empty is low, also after a restart and though it is filled up", func(t *testing.T) {
		memory, p.held[rich] = NewMemory(), pocket.POKT(100)
		limit := WalletLimit{Address: rich, Days: decimal.NewFromInt(3)}
		b := start(limit)
		for hour := range 72 { // 0.5 POKT an hour, 12 a day
			now = now.Add(20 * time.Minute)
			require.Equal(t, monitor.Healthy, look(b).Health, "hour %d", hour/3)
			if hour%3 == 2 {
				p.held[rich] -= 500_000
			}
			if hour == 40 {
				p.held[rich] += pocket.POKT(30)
				b = start(limit)
			}
		}
		p.held[rich] = pocket.POKT(30)
		now = now.Add(20 * time.Minute)
		r := look(b)
		assert.Equal(t, monitor.Failing, r.Health)
		days := decimal.RequireFromString(fact(r, "days"))
		assert.True(t, days.GreaterThan(decimal.NewFromInt(2)) && days.LessThan(decimal.NewFromInt(3)), "%s", days)
	})
	t.Run("what cannot be asked or kept is unknown", func(t *testing.T) {
		b := start(WalletLimit{Address: rich})
		p.err = pocket.ErrUnavailable
		r := look(b)
		assert.Equal(t, monitor.Unknown, r.Health)
		p.err = nil
		memory = &brokenMemory{NewMemory(), pocket.ErrUnavailable}
		assert.Equal(t, monitor.Unknown, look(start(WalletLimit{Address: rich})).Health)
	})
	t.Run("limits that mean nothing are refused", func(t *testing.T) {
		for _, l := range [][]WalletLimit{{{}}, {{Address: rich}, {Address: rich}}, {{Address: rich, Least: -1}}, {{Address: rich, Days: decimal.NewFromInt(-1)}}} {
			_, err := NewBalances(p, l, NewMemory(), BalancesConfig{})
			assert.ErrorIs(t, err, pocket.ErrInvalid)
		}
	})
}

// payments are transactions that an operator paid.
func payments(txs ...pocket.Transaction) Paid {
	return func(_ context.Context, payer pocket.Address, span pocket.Span) iter.Seq2[pocket.Transaction, error] {
		return func(yield func(pocket.Transaction, error) bool) {
			for _, tx := range txs {
				if span.Contains(tx.Time) && !yield(tx, nil) {
					return
				}
			}
		}
	}
}

type someParams struct {
	now pocket.Params
	err error
}

func (p someParams) Params(context.Context) (pocket.Params, error) { return p.now, p.err }

func TestRunway(t *testing.T) {
	params := someParams{now: pocket.Params{Shared: pocket.SharedParams{BlocksPerSession: 20}, Proof: pocket.ProofParams{SubmissionFee: 1000}}}
	supplier := serving("JSON_RPC", "https://relay.example")
	work := func(ago time.Duration, fee, proof pocket.Upokt) pocket.Transaction {
		tx := pocket.Transaction{
			At: pocket.At{Time: testNow.Add(-ago)}, Fee: fee, FeePayer: anOperator, Messages: []string{"/pocket.proof.MsgCreateClaim"},
			Transfers: []pocket.Transfer{{From: anOperator, To: feeCollector, Amount: fee}},
		}
		if proof > 0 {
			tx.Messages = []string{"/pocket.proof.MsgSubmitProof"}
			tx.Transfers = append(tx.Transfers, pocket.Transfer{From: anOperator, To: bearer, Amount: proof})
		}
		return tx
	}
	look := func(t *testing.T, balance pocket.Upokt, paid Paid) monitor.Result {
		t.Helper()
		check := NewRunway(stakedList{supplier}, &purse{held: map[pocket.Address]pocket.Upokt{anOperator: balance}}, params, paid, RunwayConfig{Clock: func() time.Time { return testNow }})
		results, err := check.Look(t.Context())
		require.NoError(t, err)
		require.Len(t, results, 1)
		require.Equal(t, monitor.Key{Name: monitor.SupplierBalanceLow, Subject: anOperator.String()}, results[0].Key)
		return results[0]
	}
	t.Run("the balance is divided by what was paid a day", func(t *testing.T) {
		other := work(time.Hour, 1_000_000, 0)
		other.Messages = []string{"/cosmos.bank.v1beta1.MsgSend"} // money that he took out
		stranger := work(time.Hour, 1_000_000, 0)
		stranger.FeePayer = another
		failed := work(time.Hour, 400, 0)
		failed.Code = 5
		r := look(t, 10_000, payments(work(96*time.Hour, 300, 0), work(95*time.Hour, 500, 100), other, stranger, failed, work(200*time.Hour, 9999, 0)))
		assert.Equal(t, "30.769", r.Reading.Decimal.String(), "1300 in 4 days are 325 a day")
		assert.Equal(t, "325", fact(r, "fees_per_day"))
		assert.Equal(t, "paid", fact(r, "basis"))
		assert.Equal(t, "30.769", fact(r, "days"))
	})
	t.Run("without a day of history a claim and a proof for each session are assumed", func(t *testing.T) {
		// 72 sessions a day, one service, 2 x 500 + 1000 each.
		r := look(t, 1_440_000, nil)
		assert.Equal(t, "10", r.Reading.Decimal.String())
		assert.Equal(t, "144000", fact(r, "fees_per_day"))
		assert.Equal(t, "assumed", fact(r, "basis"))
		r = look(t, 1_440_000, payments(work(time.Hour, 288_000, 0)))
		assert.Equal(t, "5", r.Reading.Decimal.String(), "but no less than was paid already")
	})
	t.Run("a source that tells no messages counts the fees", func(t *testing.T) {
		tx := work(48*time.Hour, 100, 50)
		tx.Messages, tx.MemoAbsent = nil, true
		assert.Equal(t, "10", look(t, 500, payments(tx)).Reading.Decimal.String())
		tx.Transfers = nil
		assert.Equal(t, "10", look(t, 500, payments(tx)).Reading.Decimal.String())
	})
	t.Run("nothing is nothing", func(t *testing.T) {
		r := look(t, 0, nil)
		assert.True(t, r.Reading.Valid)
		assert.True(t, r.Reading.Decimal.IsZero())
		assert.Equal(t, monitor.Failing, r.Health)
	})
	t.Run("what was paid is read once an hour", func(t *testing.T) {
		now, read := testNow, 0
		check := NewRunway(stakedList{supplier}, &purse{held: map[pocket.Address]pocket.Upokt{anOperator: 1}}, params,
			func(ctx context.Context, who pocket.Address, span pocket.Span) iter.Seq2[pocket.Transaction, error] {
				read++
				return payments()(ctx, who, span)
			}, RunwayConfig{Clock: func() time.Time { return now }})
		for range 7 {
			_, err := check.Look(t.Context())
			require.NoError(t, err)
			now = now.Add(10 * time.Minute)
		}
		assert.Equal(t, 2, read)
	})
	t.Run("what cannot be looked at is unknown", func(t *testing.T) {
		broken := func(context.Context, pocket.Address, pocket.Span) iter.Seq2[pocket.Transaction, error] {
			return func(yield func(pocket.Transaction, error) bool) { yield(pocket.Transaction{}, pocket.ErrUnavailable) }
		}
		assert.Equal(t, monitor.Unknown, look(t, 1, broken).Health)
		check := NewRunway(stakedList{supplier}, &purse{err: pocket.ErrUnavailable}, params, nil, RunwayConfig{})
		results, err := check.Look(t.Context())
		require.NoError(t, err)
		assert.Equal(t, monitor.Unknown, results[0].Health)
		_, err = NewRunway(stakedList{}, &purse{}, someParams{err: pocket.ErrUnavailable}, nil, RunwayConfig{}).Look(t.Context())
		assert.ErrorIs(t, err, pocket.ErrUnavailable)
		_, err = NewRunway(brokenList{}, &purse{}, params, nil, RunwayConfig{}).Look(t.Context())
		assert.ErrorIs(t, err, pocket.ErrUnavailable)
	})
	t.Run("who serves nothing pays nothing", func(t *testing.T) {
		results, err := NewRunway(stakedList{{Operator: anOperator}}, &purse{}, params, nil, RunwayConfig{}).Look(t.Context())
		require.NoError(t, err)
		assert.Empty(t, results)
	})
}

// From the wire to the message: the accounts of suppliers.
func TestAccountsAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newWireNode(491, time.Now())
		balance, funds := recorded(t, "rest_balance_by_denom"), "/cosmos/bank/v1beta1/balances/"
		holds := func(amount string) {
			n.change(func(n *wireNode) { n.replies[funds] = changed(balance, map[string]any{"amount": amount}) })
		}
		holds("50000000000")
		for _, module := range []string{"shared", "tokenomics", "proof", "session", "supplier", "service", "application", "gateway", "migration"} {
			n.replies["/pokt-network/poktroll/"+module+"/params"] = recorded(t, "rest_params_"+module)
		}
		client := n.client(t)
		staked := stakedList{serving("JSON_RPC", "https://relay.example")}
		limits, err := NewBalances(client, []WalletLimit{{Address: rich, Least: pocket.POKT(1)}}, NewMemory(), BalancesConfig{})
		require.NoError(t, err)
		b := monitortest.Start(t,
			monitor.Every("runway", NewRunway(staked, client, client, nil, RunwayConfig{}), 5*time.Minute),
			monitor.Every("balances", limits, 5*time.Minute),
			monitor.Every("params", NewParamChanges(client, NewMemory(), "pocket", nil), 5*time.Minute),
		)
		b.Pass(time.Hour)
		require.Empty(t, b.Lines())

		holds("300000")
		b.Pass(15 * time.Minute)
		assert.ElementsMatch(t, []string{"fired warning supplier.balance_low " + anOperator.String(), "fired warning wallet.balance_low " + rich.String()}, b.Lines())
		holds("0")
		b.Pass(15 * time.Minute)
		assert.Equal(t, []string{"changed critical supplier.balance_low " + anOperator.String()}, b.Lines())
		holds("50000000000")
		b.Pass(15 * time.Minute)
		assert.ElementsMatch(t, []string{"resolved critical supplier.balance_low " + anOperator.String(), "resolved warning wallet.balance_low " + rich.String()}, b.Lines())

		n.change(func(n *wireNode) {
			path := "/pokt-network/poktroll/proof/params"
			n.replies[path] = changed(n.replies[path], map[string]any{"proof_missing_penalty": map[string]any{"denom": "upokt", "amount": "320000000"}})
		})
		b.Pass(15 * time.Minute)
		told := b.Told()
		require.Len(t, told, 1)
		assert.Equal(t, monitor.Key{Name: monitor.ChainParamsChanged, Subject: "pocket", Part: "proof.proof_missing_penalty"}, told[0].Alert.Key)
		old, _ := told[0].Alert.Facts.Get("old")
		changedTo, _ := told[0].Alert.Facts.Get("new")
		assert.Equal(t, []string{"200 POKT", "320 POKT"}, []string{old.Value, changedTo.Value})
		b.Pass(50 * time.Hour)
		passed(t, b)
	})
}

// From the wire to the message: an operator without a public key.
func TestMissingKeysAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newWireNode(491, time.Now())
		who := "/cosmos/auth/v1beta1/accounts/"
		account := changed(recorded(t, "rest_account"), map[string]any{"address": anOperator.String()})
		n.replies[who] = changed(recorded(t, "rest_account_no_pubkey"), map[string]any{"address": anOperator.String()})
		var in atomic.Bool
		check := NewPubKeys(stakedList{serving("JSON_RPC", "https://relay.example")}, n.client(t), PubKeysConfig{
			InSession: func(context.Context, pocket.Address) (bool, error) { return in.Load(), nil },
		})
		b := monitortest.Start(t, monitor.Every("keys", check, time.Minute))
		b.Pass(5 * time.Minute)
		assert.Equal(t, []string{"fired info supplier.pubkey_missing " + anOperator.String()}, b.Lines())
		in.Store(true)
		b.Pass(5 * time.Minute)
		assert.Equal(t, []string{"changed critical supplier.pubkey_missing " + anOperator.String()}, b.Lines())
		n.change(func(n *wireNode) { n.replies[who] = account })
		b.Pass(5 * time.Minute)
		assert.Equal(t, []string{"resolved critical supplier.pubkey_missing " + anOperator.String()}, b.Lines())
		asked := n.asked[who+anOperator.String()]
		b.Pass(time.Hour)
		assert.Equal(t, asked, n.asked[who+anOperator.String()], "a key that is known is not asked for again")
	})
}

// people of accounts.
type accounts map[pocket.Address]pocket.Account

func (a accounts) Account(_ context.Context, who pocket.Address) (pocket.Account, error) {
	if account, known := a[who]; known {
		return account, nil
	}
	return pocket.Account{}, pocket.ErrNotFound
}

func TestPubKeys(t *testing.T) {
	idle := pocket.Supplier{Operator: another}
	list := stakedList{serving("JSON_RPC", "https://relay.example"), idle}
	look := func(t *testing.T, source AccountSource, in func(context.Context, pocket.Address) (bool, error)) (serving, idle monitor.Result) {
		t.Helper()
		results, err := NewPubKeys(list, source, PubKeysConfig{InSession: in}).Look(t.Context())
		require.NoError(t, err)
		require.Len(t, results, 2)
		return results[0], results[1]
	}
	a, b := look(t, accounts{}, nil)
	assert.Equal(t, monitor.Failing, a.Health, "an account that never received anything has no key")
	assert.Equal(t, monitor.Warning, a.Severity, "whether it is in a session is not known")
	assert.Equal(t, monitor.Failing, b.Health)
	assert.Zero(t, b.Severity, "it serves nothing yet")
	a, _ = look(t, accounts{}, func(context.Context, pocket.Address) (bool, error) { return false, pocket.ErrUnavailable })
	assert.Equal(t, monitor.Failing, a.Health)
	a, b = look(t, accounts{anOperator: {PubKey: []byte{1}}, another: {}}, nil)
	assert.Equal(t, monitor.Healthy, a.Health)
	assert.Equal(t, monitor.Failing, b.Health)
	a, _ = look(t, brokenAccounts{}, nil)
	assert.Equal(t, monitor.Unknown, a.Health)
	_, err := NewPubKeys(brokenList{}, accounts{}, PubKeysConfig{}).Look(t.Context())
	assert.ErrorIs(t, err, pocket.ErrUnavailable)
}

type brokenAccounts struct{}

func (brokenAccounts) Account(context.Context, pocket.Address) (pocket.Account, error) {
	return pocket.Account{}, pocket.ErrUnavailable
}

func TestParamChanges(t *testing.T) {
	now, memory := testNow, NewMemory()
	source := &someParams{now: pockettest.MainnetParams()}
	start := func() *ParamChanges {
		return NewParamChanges(source, memory, "pocket", func() time.Time { return now })
	}
	occurrences := func(p *ParamChanges) map[string]monitor.Result {
		t.Helper()
		results, err := p.Look(t.Context())
		require.NoError(t, err)
		found := map[string]monitor.Result{}
		for _, r := range results {
			if r.Occurrence != "" {
				found[r.Part] = r
			}
		}
		return found
	}
	check := start()
	assert.Empty(t, occurrences(check), "the first look learns")
	source.now.Shared.BlocksPerSession, source.now.Shared.GridAnchor = 60, 900_001
	now = now.Add(time.Hour)
	found := occurrences(check)
	require.Len(t, found, 2, "one occurrence for each change")
	r := found["shared.num_blocks_per_session"]
	assert.Equal(t, []string{"20", "60"}, []string{fact(r, "old"), fact(r, "new")})
	assert.Equal(t, now, r.At)
	check = start()
	now = now.Add(23 * time.Hour)
	assert.Equal(t, r.Occurrence, occurrences(check)["shared.num_blocks_per_session"].Occurrence, "reported still after a restart")
	source.now.Shared.BlocksPerSession = 20
	assert.NotEqual(t, r.Occurrence, occurrences(check)["shared.num_blocks_per_session"].Occurrence, "the way back is another change")
	now = now.Add(25 * time.Hour)
	assert.Empty(t, occurrences(check))

	split := map[string]decimal.Decimal{"supplier": decimal.RequireFromString("0.9"), "newcomer": decimal.RequireFromString("0.1")}
	source.now.Tokenomics.Split = split
	found = occurrences(check)
	assert.Equal(t, "none", fact(found["tokenomics.mint_equals_burn_claim_distribution.dao"], "new"), "a share that is gone is a change")
	assert.NotContains(t, found, "tokenomics.mint_equals_burn_claim_distribution.newcomer", "one that is new is learned")
	now = now.Add(25 * time.Hour)
	assert.Empty(t, occurrences(check))

	source.err = pocket.ErrUnavailable
	_, err := check.Look(t.Context())
	assert.ErrorIs(t, err, pocket.ErrUnavailable)
	source.err = nil
	memory = &brokenMemory{NewMemory(), pocket.ErrUnavailable}
	_, err = start().Look(t.Context())
	assert.ErrorIs(t, err, pocket.ErrUnavailable)
}

// From the wire to the message: an upgrade comes nearer, and is done.
func TestUpgradesAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newWireNode(900_000, time.Now())
		path := "/cosmos/upgrade/v1beta1/current_plan"
		n.replies[path] = recorded(t, "rest_upgrade_current_plan")
		b := monitortest.Start(t, monitor.Every("upgrades", NewUpgrades(n.client(t), UpgradesConfig{Chain: "pocket"}), 10*time.Minute))
		b.Pass(time.Hour)
		require.Empty(t, b.Lines())
		at := func(h pocket.Height) []string {
			n.change(func(n *wireNode) { n.height = h })
			b.Pass(30 * time.Minute)
			return b.Lines()
		}
		n.replies[path] = `{"plan":{"name":"v0.1.36","time":"0001-01-01T00:00:00Z","height":"920000","info":"{\"binaries\":{}}","upgraded_client_state":null}}`
		assert.Empty(t, at(900_000), "in two weeks")
		assert.Equal(t, []string{"fired info chain.upgrade_due pocket v0.1.36"}, at(920_000-7*1440))
		assert.Equal(t, []string{"changed warning chain.upgrade_due pocket v0.1.36"}, at(920_000-1440))
		assert.Equal(t, []string{"changed warning chain.upgrade_due pocket v0.1.36"}, at(920_000-60))
		n.replies[path] = `{"plan":null}`
		assert.Equal(t, []string{"resolved warning chain.upgrade_due pocket v0.1.36"}, at(920_001))
	})
}

type plans struct {
	plan   pocket.Upgrade
	height pocket.Height
	err    error
}

func (p *plans) Upgrade(context.Context) (pocket.Upgrade, error) { return p.plan, p.err }
func (p *plans) Status(context.Context) (pocket.Status, error) {
	return pocket.Status{Latest: p.height}, nil
}

func TestUpgrades(t *testing.T) {
	p := &plans{height: 1000}
	check := NewUpgrades(p, UpgradesConfig{Chain: "pocket", Clock: func() time.Time { return testNow }})
	look := func() []monitor.Result {
		t.Helper()
		results, err := check.Look(t.Context())
		require.NoError(t, err)
		return results
	}
	assert.Empty(t, look())
	p.plan = pocket.Upgrade{Name: "v1", Height: 1720, Info: "see\nhere"}
	results := look()
	require.Len(t, results, 1)
	assert.Equal(t, "0.5", results[0].Reading.Decimal.String())
	assert.Equal(t, "720", fact(results[0], "blocks_left"))
	assert.Equal(t, "2026-07-11T00:00:00Z", fact(results[0], "at"))
	assert.Equal(t, "see here", fact(results[0], "info"))
	p.height = 1720
	results = look()
	assert.False(t, results[0].Reading.Valid)
	assert.Equal(t, monitor.Healthy, results[0].Health, "its height is here")
	p.plan = pocket.Upgrade{Name: "v2", Height: 1 << 62}
	results = look()
	require.Len(t, results, 2, "another plan ends the one before")
	assert.Equal(t, monitor.Key{Name: monitor.ChainUpgradeDue, Subject: "pocket", Part: "v1"}, results[0].Key)
	assert.Equal(t, monitor.Healthy, results[0].Health)
	assert.Empty(t, fact(results[1], "at"), "a date that no calendar has is not told")
	p.err = pocket.ErrUnavailable
	_, err := check.Look(t.Context())
	assert.ErrorIs(t, err, pocket.ErrUnavailable)
}
