package morse_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/morse"
	"github.com/poktbot/poktbot/pocket/morse/morsetest"
)

// recorded returns a client of a node that answers as the recorded one did, with pages of that many transactions.
func recorded(t testing.TB, late bool, page int, opts ...morse.Option) *morse.Client {
	t.Helper()
	node := morsetest.NewRecorded(late)
	t.Cleanup(node.Close)
	opts = append([]morse.Option{morse.WithRetries(0), morse.WithPageSize(page), morse.WithTendermint(node.TendermintURL)}, opts...)
	c, err := morse.New([]string{node.URL}, opts...)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func actor(name string) pocket.Address { return morsetest.Actor(name).Address() }

func TestARecordedNodeIsRead(t *testing.T) {
	ctx := t.Context()
	c := recorded(t, false, 50) // lists of state come in pages of 100
	t.Run("what it is", func(t *testing.T) {
		version, err := c.Version(ctx)
		require.NoError(t, err)
		assert.Equal(t, "RC-0.12.0", version)
		h, err := c.Height(ctx)
		require.NoError(t, err)
		assert.EqualValues(t, 207, h)
		s, err := c.Status(ctx)
		require.NoError(t, err)
		assert.Equal(t, pocket.Status{
			ChainID: "morse-localnet", Version: "RC-0.12.0", Latest: 207, LatestTime: time.Date(2026, 11, 22, 8, 23, 45, 134018805, time.UTC),
			Earliest: 1, TxIndex: true, Moniker: "vm", VotingPower: 500_000, ValidatorHex: "07C92D18A467CA5E8FD40C101505508B25205199",
		}, s)
	})
	t.Run("blocks", func(t *testing.T) {
		first, err := c.Block(ctx, 1)
		require.NoError(t, err)
		assert.Equal(t, pocket.Block{
			Height: 1, Time: time.Date(2026, 11, 22, 8, 14, 2, 0, time.UTC), ChainID: "morse-localnet",
			Hash: "29A62FA61646CABDA1944B9C5915667AACAFE3ADD31FF45BD609ABCC123E377F", Proposer: "07C92D18A467CA5E8FD40C101505508B25205199",
			Txs: [][]byte{},
		}, first)
		busy, err := c.Block(ctx, 72)
		require.NoError(t, err)
		assert.Len(t, busy.Txs, 11)
		newest, err := c.Block(ctx, 0)
		require.NoError(t, err)
		assert.EqualValues(t, 207, newest.Height)
	})
	t.Run("nodes", func(t *testing.T) {
		n, err := c.Node(ctx, actor("nc"), 0)
		require.NoError(t, err)
		assert.Equal(t, morse.Node{
			Address: actor("nc"), PublicKey: morsetest.Actor("nc").String(), Status: morse.Staked, Chains: []pocket.ServiceID{"0001", "0021"},
			URL: "https://nc.localnet.test:443", Stake: pocket.POKT(60_000), Output: actor("s1"),
			Delegators: []morse.Delegator{{Address: actor("d1"), Percent: 20}, {Address: actor("d2"), Percent: 5}},
		}, n)
		jailed, err := c.Node(ctx, actor("jail"), 0)
		require.NoError(t, err)
		assert.True(t, jailed.Jailed)
		assert.Equal(t, morse.Staked, jailed.Status)
		assert.Equal(t, pocket.Upokt(59_999_940_000), jailed.Stake)
		leaving, err := c.Node(ctx, actor("u1"), 19)
		require.NoError(t, err)
		assert.Equal(t, morse.Unstaking, leaving.Status)
		assert.Equal(t, time.Date(2026, 11, 22, 8, 15, 45, 95223783, time.UTC), leaving.UnstakingTime)
		for h, stake := range map[pocket.Height]pocket.Upokt{20: pocket.POKT(30_000), 0: pocket.POKT(45_000)} {
			s2, err := c.Node(ctx, actor("s2"), h)
			require.NoError(t, err)
			assert.Equal(t, stake, s2.Stake, "at %d", h)
			assert.True(t, s2.UnstakingTime.IsZero())
		}
		for name, q := range map[string]morse.NodeQuery{
			"all": {}, "staked": {Status: morse.Staked}, "unstaking": {Status: morse.Unstaking}, "jailed": {Jailed: morse.OnlyJailed},
			"unjailed": {Jailed: morse.OnlyUnjailed}, "of a chain": {Chain: "0001"}, "of no chain": {Chain: "FFFF"}, "long ago": {Height: 3},
		} {
			want := map[string]int{"all": 9, "staked": 8, "unstaking": 1, "jailed": 1, "unjailed": 8, "of a chain": 7, "of no chain": 0, "long ago": 6}
			assert.Len(t, collect(t, c.Nodes(ctx, q)), want[name], name)
		}
	})
	t.Run("accounts", func(t *testing.T) {
		balance, err := c.Balance(ctx, actor("s1"), 0)
		require.NoError(t, err)
		assert.Equal(t, pocket.Upokt(5_000_397_596), balance)
		old, err := c.Balance(ctx, actor("a1"), 2)
		require.NoError(t, err)
		assert.Equal(t, pocket.POKT(1000), old)
		a, err := c.Account(ctx, actor("s1"), 0)
		require.NoError(t, err)
		assert.Equal(t, morse.Account{Address: actor("s1"), Balance: balance, PublicKey: morsetest.Actor("s1").String()}, a)
		keyless, err := c.Account(ctx, actor("d1"), 0)
		require.NoError(t, err)
		assert.Empty(t, keyless.PublicKey)
		_, err = c.Account(ctx, pocket.MustParseAddress(strings.Repeat("0", 39)+"1"), 0)
		require.ErrorIs(t, err, pocket.ErrNotFound)
	})
	t.Run("claims", func(t *testing.T) {
		claims := collect(t, c.Claims(ctx, actor("s1"), 0))
		require.Len(t, claims, 3)
		assert.Equal(t, morse.Claim{
			ClaimKey: morse.ClaimKey{Node: actor("s1"), AppKey: morsetest.Actor("app1").String(), Chain: "0001", SessionHeight: 193, Evidence: morse.Relays},
			App:      actor("app1"), Relays: 5, Expires: 296,
		}, claims[0])
		one, err := c.Claim(ctx, claims[0].ClaimKey, 0)
		require.NoError(t, err)
		assert.Equal(t, claims[0], one)
		assert.Empty(t, collect(t, recorded(t, false, 5).Claims(ctx, actor("a1"), 0)))
	})
	t.Run("signing", func(t *testing.T) {
		infos := collect(t, c.SigningInfos(ctx, 0))
		require.Len(t, infos, 7)
		assert.True(t, infos[0].JailedUntil.IsZero())
		assert.Equal(t, morse.SigningInfo{
			Address: actor("jail"), MissedBlocks: 2, JailedBlocks: 202, IndexOffset: 2, JailedUntil: time.Date(2026, 11, 22, 9, 14, 39, 431231574, time.UTC),
		}, infos[6])
	})
	t.Run("parameters", func(t *testing.T) {
		p, err := c.NodeParams(ctx, 0)
		require.NoError(t, err)
		assert.Equal(t, map[pocket.ServiceID]int64{"0021": 2500}, p.RelaysToTokensMultiplierMap)
		assert.Equal(t, pocket.POKT(15_000), p.StakeFloor)
		assert.Equal(t, pocket.POKT(60_000), p.StakeCeiling)
		assert.True(t, p.StakeExponent.Equal(decimal.RequireFromString("0.7")))
		assert.True(t, p.StakeWeight.Equal(decimal.RequireFromString("1.5")))
		assert.EqualValues(t, 4, p.BlocksPerSession)
		assert.Equal(t, 21*24*time.Hour, p.UnstakingTime)
		assert.Equal(t, time.Hour, p.DowntimeJailDuration)
		old, err := c.NodeParams(ctx, 5)
		require.NoError(t, err)
		assert.Zero(t, old.StakeFloor)
		assert.Empty(t, old.RelaysToTokensMultiplierMap)
		relays, err := c.PocketParams(ctx, 0)
		require.NoError(t, err)
		assert.Equal(t, morse.PocketParams{
			ClaimSubmissionWindow: 3, ClaimExpiration: 24, MinimumNumberOfProofs: 5, SessionNodeCount: 3, SupportedChains: []pocket.ServiceID{"0001", "0021"},
			ReplayAttackBurnMultiplier: 3, BlockByteSize: 4_000_000,
		}, relays)
		apps, err := c.AppParams(ctx, 0)
		require.NoError(t, err)
		assert.Equal(t, morse.AppParams{
			StakeMinimum: 1_000_000, BaseRelaysPerPOKT: 200_000, MaxApplications: 2000, MaximumChains: 15, UnstakingTime: time.Minute,
		}, apps)
		fees, err := c.Fees(ctx, 0)
		require.NoError(t, err)
		assert.Equal(t, pocket.Upokt(10_000), fees.Of("claim"))
		all, err := c.AllParams(ctx, 0)
		require.NoError(t, err)
		assert.Equal(t, "15000000000", all["pos/StakeMinimum"])
		assert.JSONEq(t, `{"0021":"2500"}`, all["pos/RelaysToTokensMultiplierMap"])
		before, err := c.AllParams(ctx, 5)
		require.NoError(t, err)
		assert.NotContains(t, before, "pos/ServicerStakeFloorMultiplier")
		for key, value := range map[string]string{
			"pos/RelaysToTokensMultiplier": "1000", "pos/ServicerStakeFloorMultiplierExponent": "0.700000000000000000", "pos/StakeMinimum": "15000000000",
		} {
			got, err := c.Param(ctx, key, 0)
			require.NoError(t, err)
			assert.Equal(t, value, got)
		}
	})
	t.Run("the chain", func(t *testing.T) {
		u, err := c.Upgrade(ctx, 0)
		require.NoError(t, err)
		assert.EqualValues(t, 13, u.Height)
		assert.EqualValues(t, 8, u.OldHeight)
		assert.Len(t, u.Features, 13)
		assert.Equal(t, morse.Features{NonCustodial: 40, StakeWeight: 47, ChainMultipliers: 68, Delegators: 68}, u.Rewards())
		early, err := c.Upgrade(ctx, 2)
		require.NoError(t, err)
		assert.Equal(t, morse.Features{}, early.Rewards())
		s, err := c.Supply(ctx, 0)
		require.NoError(t, err)
		assert.Equal(t, morse.Supply{
			Total: 51_941_535_103_250, NodeStaked: 785_499_940_000, AppStaked: 5_000_000_000, DAO: 999_999_114_554, TotalStaked: 1_790_499_054_554,
			TotalUnstaked: 50_151_036_048_696,
		}, s)
		chains, err := c.SupportedChains(ctx, 0)
		require.NoError(t, err)
		assert.Equal(t, []pocket.ServiceID{"0001", "0021"}, chains)
		acl, err := c.ACL(ctx, 0)
		require.NoError(t, err)
		assert.Equal(t, actor("dao"), acl["pos/DAOAllocation"])
		owner, err := c.DAOOwner(ctx)
		require.NoError(t, err)
		assert.Equal(t, actor("dao"), owner)
		app, err := c.App(ctx, actor("app1"), 0)
		require.NoError(t, err)
		assert.Equal(t, pocket.POKT(5000), app.Stake)
		assert.EqualValues(t, 10_000_000, app.MaxRelays)
	})
	t.Run("a session", func(t *testing.T) {
		s, err := c.Dispatch(ctx, morsetest.Actor("app1").String(), "0001", 0)
		require.NoError(t, err)
		assert.EqualValues(t, 205, s.Start)
		assert.Equal(t, actor("app1"), s.App)
		assert.Len(t, s.Nodes, 3)
	})
	t.Run("the mempool", func(t *testing.T) {
		pending := collect(t, recorded(t, false, 10).PendingTxs(ctx))
		require.Len(t, pending, 9)
		assert.Equal(t, "claim", pending[0].Kind)
		assert.Equal(t, actor("val"), pending[0].Signer)
		assert.IsType(t, morse.ClaimWork{}, pending[0].Message)
		_, err := c.PendingTx(ctx, strings.Repeat("0", 64))
		require.ErrorIs(t, err, pocket.ErrNotFound)
	})
	t.Run("the whole state, piece by piece", func(t *testing.T) {
		counts := map[string]int{}
		require.NoError(t, c.State(ctx, 0, func(path []string, value json.RawMessage) error {
			counts[strings.Join(path, "/")]++
			assert.True(t, json.Valid(value))
			return nil
		}))
		assert.Equal(t, 9, counts["app_state/pos/validators"])
		assert.Equal(t, 21, counts["app_state/auth/accounts"])
		assert.Equal(t, 12, counts["app_state/pocketcore/claims"])
		assert.Equal(t, 1, counts["chain_id"])
		stop := errors.New("enough")
		assert.ErrorIs(t, c.State(ctx, 2, func([]string, json.RawMessage) error { return stop }), stop)
	})
}

func TestRecordedTransactionsAreRead(t *testing.T) {
	ctx := t.Context()
	c := recorded(t, false, 50)
	tx := func(hash string) morse.Tx {
		t.Helper()
		got, err := c.Tx(ctx, hash)
		require.NoError(t, err)
		return got
	}
	sent := tx("81F9E02FF93CE484F831FB06B8DB2EB8717CA04A0563D29E3913DEC50F4AA6A7")
	assert.Equal(t, morse.Send{From: actor("dao"), To: actor("ncx"), Amount: 5_000_000}, sent.Message)
	assert.Equal(t, pocket.Upokt(10_000), sent.Fee)
	assert.Equal(t, "gas money", sent.Memo)
	assert.Equal(t, "send", sent.Kind)
	assert.Equal(t, actor("dao"), sent.Signer)
	assert.Equal(t, actor("ncx"), sent.Recipient)
	assert.EqualValues(t, 42, sent.Height)
	assert.Nil(t, sent.Events)

	stake := tx("22EDF1A3F685128BF2378022DF70AD427E68A80F425535F0E09BB612B496A039").Message.(morse.Stake)
	assert.Equal(t, actor("nc"), stake.Node)
	assert.Equal(t, actor("s1"), stake.Output)
	assert.Equal(t, []morse.Delegator{{Address: actor("d1"), Percent: 20}, {Address: actor("d2"), Percent: 5}}, stake.Delegators)
	assert.Equal(t, pocket.POKT(60_000), stake.Value)
	legacy := tx("D0CA2A45B775002EAA700087CFCCE23984298A4450F8090180CDEF04203C7C79")
	assert.Equal(t, actor("leg"), legacy.Message.(morse.Stake).Node)
	assert.True(t, legacy.Message.(morse.Stake).Output.IsZero())

	refused := tx("5887BE9D1C691D3B681B099860A3962D9C60B1874D53C8E6926FAC49AD37E72B")
	assert.True(t, refused.Failed())
	assert.EqualValues(t, 122, refused.Code)
	assert.Equal(t, "pos", refused.Codespace)

	assert.Equal(t, morse.BeginUnstake{Node: actor("u2"), Signer: actor("u2")}, tx("8811722EDEFB04B30C963077937C99FF7F9F81EE5FF8184D692B1E4E67852968").Message)
	assert.Equal(t, morse.BeginUnstake{Node: actor("u1")}, tx("48FCD7E295F867AA1C9D4C6A8686282A079901DA8D31235EDA3988BCB253C117").Message)
	assert.IsType(t, morse.Unjail{}, tx("A127286E184EE7FC21EB2EEDD72686080CCE77687F41808618E41B317B000213").Message)
	assert.Equal(t, morse.ChangeParam{From: actor("dao"), Key: "pos/ServicerStakeWeightCeiling", Value: `"60000000000"`},
		tx("AEF86CC7E4CA55B0A692CAFCB7CE3964BB810CA6E6E02D41B18C458E62B44DF6").Message)
	assert.Equal(t, morse.DAOTransfer{From: actor("dao"), To: actor("a2"), Amount: 7_000_000, Action: "dao_transfer"},
		tx("23C1E84112A294C9762AC320CAF85A634C448AE6F2A4E5886D24DF7384BF8F6C").Message)
	upgrade := tx("7B38D40DE710BF170DB6AFD09253EAAEA1EC45493E3FAFCE243EF0DDDD12DD12").Message.(morse.ChangeUpgrade)
	assert.Equal(t, "0.6.0", upgrade.Upgrade.Version)
	assert.EqualValues(t, 8, upgrade.Upgrade.Height)

	claim := tx("894E9316A3E591CC60C47B2D5A959F25CC04A6555AFC2A8393D893EE48F04A46").Message.(morse.ClaimWork)
	assert.Equal(t, morse.Claim{
		ClaimKey: morse.ClaimKey{Node: actor("leg"), AppKey: morsetest.Actor("app1").String(), Chain: "0001", SessionHeight: 197, Evidence: morse.Relays},
		App:      actor("app1"), Relays: 5,
	}, claim.Claim)
	proof := tx("313D91CA8288B408A0111279C1F01C05EBF7C3D87FD91D7C14D8C5CD1A7203EE").Message.(morse.ProveWork)
	assert.Equal(t, morse.ProveWork{AppKey: claim.AppKey, Chain: "0001", SessionHeight: 189, Evidence: morse.Relays}, proof)
	assert.Equal(t, actor("app1"), proof.App())

	t.Run("one that the node cannot decode is read from its bytes", func(t *testing.T) {
		got := tx("8F857FD3767B6B9F63F23C02C57E78F848A68A6B2909E3F4FACDD0889229C708")
		assert.Equal(t, "claim", got.Kind)
		assert.Equal(t, actor("val"), got.Signer)
		assert.Equal(t, pocket.Upokt(10_000), got.Fee)
		assert.Equal(t, morse.ClaimWork{Claim: morse.Claim{
			ClaimKey: morse.ClaimKey{Node: actor("val"), AppKey: morsetest.Actor("app1").String(), Chain: "0001", SessionHeight: 1, Evidence: morse.Relays},
			App:      actor("app1"), Relays: 11,
		}}, got.Message)
	})
	t.Run("what the late chain tells besides", func(t *testing.T) {
		late := recorded(t, true, 50)
		got, err := late.Tx(ctx, "1FEC3F7FF4D023E31E705F070EAAF36990F15A6C5FDA416981F5DD4FB67F46A7")
		require.NoError(t, err)
		require.NotEmpty(t, got.Events)
		assert.Equal(t, "proof", got.Events[0].Get("action"))
		told, err := late.TxOutcome(ctx, got.Hash)
		require.NoError(t, err)
		assert.Equal(t, got.Events, told.Events)
		results, err := late.BlockResults(ctx, 69)
		require.NoError(t, err)
		assert.Len(t, results.Txs, 10)
		assert.Equal(t, told.Events, results.Txs[3].Events)
		assert.Equal(t, actor("ncx"), results.Txs[3].Signer)
		mine, err := recorded(t, false, 50).BlockResults(ctx, 72)
		require.NoError(t, err)
		assert.Len(t, mine.Begin, 4)
	})
}

func TestRecordedListsAreReadToTheEnd(t *testing.T) {
	ctx := t.Context()
	t.Run("of state, though the last page tells too many pages", func(t *testing.T) {
		assert.Len(t, collect(t, recorded(t, false, 2).Nodes(ctx, morse.NodeQuery{})), 9)
	})
	t.Run("of an account", func(t *testing.T) {
		txs := collect(t, recorded(t, false, 5).AccountTxs(ctx, morse.TxQuery{Account: actor("a1")}))
		require.Len(t, txs, 3)
		assert.IsNonDecreasing(t, []pocket.Height{txs[0].Height, txs[1].Height, txs[2].Height})
	})
	t.Run("of an account from a height on", func(t *testing.T) {
		txs := collect(t, recorded(t, false, 1000).AccountTxs(ctx, morse.TxQuery{Account: actor("s1"), From: 84}))
		require.Len(t, txs, 50)
		assert.EqualValues(t, 84, txs[0].Height)
		assert.EqualValues(t, 205, txs[len(txs)-1].Height)
	})
	t.Run("of an account that received", func(t *testing.T) {
		txs := collect(t, recorded(t, false, 50).AccountTxs(ctx, morse.TxQuery{Account: actor("a1"), Received: true}))
		require.Len(t, txs, 2)
		assert.Equal(t, "and back, to a1", txs[0].Memo)
	})
	t.Run("the newest first", func(t *testing.T) {
		n := 0
		for tx, err := range recorded(t, false, 3).AccountTxs(ctx, morse.TxQuery{Account: actor("s1"), Newest: true}) {
			require.NoError(t, err)
			assert.EqualValues(t, 205, tx.Height)
			if n++; n == 2 {
				break
			}
		}
	})
	t.Run("of a block", func(t *testing.T) {
		txs := collect(t, recorded(t, false, 1000).BlockTxs(ctx, 72))
		require.Len(t, txs, 11)
		for i, tx := range txs {
			assert.Equal(t, i, tx.Position)
		}
	})
}
