package check

import (
	"context"
	"fmt"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/monitor/monitortest"
	"github.com/poktbot/poktbot/pocket"
)

// The validator of the recorded chain, and the account that its operator is of.
var (
	recordedValidator = pocket.MustParseAddress("poktvaloper15yk64u7zc9g9k2yr2wmzeva5qgwxps6ye8rew7")
	itsAccount, _     = pocket.AccountFromBytes(recordedValidator.Bytes())
)

// A signingNode is a node whose validator a test makes fail.
type signingNode struct {
	*wireNode
	t testing.TB
}

// set changes what the node tells of its validator.
func (n signingNode) set(validator, signing map[string]any) {
	n.change(func(w *wireNode) {
		w.replies["/cosmos/staking/v1beta1/validators"] = changed(recorded(n.t, "rest_staking_validators"), validator)
		w.replies["/cosmos/slashing/v1beta1/signing_infos"] = changed(recorded(n.t, "rest_slashing_signing_infos"), signing)
		w.replies["/cosmos/slashing/v1beta1/params"] = recorded(n.t, "rest_slashing_params") // 50 of 100 blocks may be missed
	})
}

// blocks lets blocks come, one a minute, of which the validator misses some.
func (n signingNode) blocks(count int) {
	n.change(func(w *wireNode) {
		w.height, w.at = w.height+pocket.Height(count), w.at.Add(time.Duration(count)*time.Minute)
	})
}

func (n signingNode) missed(count int) {
	n.set(nil, map[string]any{"missed_blocks_counter": fmt.Sprint(count)})
}

// From the wire to the message: what a validator misses, its jail, and that it makes no blocks.
func TestValidatorsAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := signingNode{newWireNode(1000, time.Now()), t}
		n.asked = map[string]int{}
		n.missed(0)
		c := n.client(t)
		defer c.Close()
		check := NewValidators(Fixed(another, itsAccount), c, ValidatorsConfig{Chain: "pocket"})
		b := monitortest.Start(t, monitor.Every("validators", check, time.Minute))
		who := " " + recordedValidator.String()
		after := func(d time.Duration) []string { b.Pass(d); return b.Lines() }
		require.Empty(t, after(10*time.Minute), "an account that is of no validator does no harm")

		n.blocks(10)
		n.missed(10)
		require.Empty(t, after(3*time.Minute))
		n.blocks(5)
		n.missed(13)
		b.Pass(2 * time.Minute)
		told := b.Told()
		require.Len(t, told, 1)
		assert.Equal(t, monitor.Fired, told[0].Kind)
		assert.Equal(t, monitor.Warning, told[0].Severity)
		assert.Equal(t, monitor.Key{Name: monitor.ValidatorMissingBlocks, Subject: recordedValidator.String()}, told[0].Alert.Key)
		assert.Equal(t, map[string]string{"chain": "pocket", "operator": itsAccount.String()}, told[0].Alert.Labels)
		facts := told[0].Alert.Facts
		for name, want := range map[string]string{
			"moniker": "localnet-validator", "missed": "13", "most": "50", "window": "100", "jailed_in": "64",
			"jailed_at": n.at.Add(64 * time.Minute).Round(time.Minute).UTC().Format(time.RFC3339),
		} {
			got, _ := facts.Get(name)
			assert.Equal(t, want, got.Value, name)
		}
		n.blocks(13)
		n.missed(26)
		assert.Equal(t, []string{"changed critical validator.missing_blocks" + who}, after(2*time.Minute))
		n.change(func(w *wireNode) {
			w.replies["/cosmos/slashing/v1beta1/signing_infos"] = `{"info":[],"pagination":null}`
		})
		assert.Equal(t, []string{"fired warning monitor.blind validators"}, after(30*time.Minute), "nobody knows how it signs, which resolves nothing")
		n.missed(23)
		assert.Equal(t, []string{"resolved warning monitor.blind validators"}, after(2*time.Minute), "and it is in its band still")
		n.missed(22)
		assert.Equal(t, []string{"changed warning validator.missing_blocks" + who}, after(2*time.Minute))
		n.missed(5)
		assert.Equal(t, []string{"resolved warning validator.missing_blocks" + who}, after(2*time.Minute))

		n.missed(50)
		assert.Equal(t, []string{"fired critical validator.missing_blocks" + who}, after(2*time.Minute), "one more is too many")
		until := n.at.Add(10 * time.Minute).UTC()
		n.set(map[string]any{"jailed": true, "status": "BOND_STATUS_UNBONDING"},
			map[string]any{"missed_blocks_counter": "0", "jailed_until": until.Format(time.RFC3339Nano)})
		b.Pass(30 * time.Minute)
		told = b.Told()
		require.Len(t, told, 2, "that it is inactive goes without saying")
		assert.Equal(t, monitor.ValidatorJailed, told[0].Alert.Name)
		assert.Equal(t, monitor.Critical, told[0].Severity)
		assert.ElementsMatch(t, monitor.Facts{
			monitor.Text("moniker", "localnet-validator"), monitor.Amount("stake", pocket.POKT(1_000_000)), monitor.Instant("jailed_until", until),
		}, told[0].Alert.Facts)
		assert.Equal(t, monitor.ValidatorMissingBlocks, told[1].Alert.Name)
		assert.Equal(t, monitor.Resolved, told[1].Kind)

		n.set(map[string]any{"status": "BOND_STATUS_UNBONDED"}, nil)
		assert.Equal(t, []string{"resolved critical validator.jailed" + who, "fired warning validator.inactive" + who}, after(30*time.Minute),
			"out of jail, but not among those who make blocks")
		n.set(nil, nil)
		assert.Equal(t, []string{"resolved warning validator.inactive" + who}, after(2*time.Minute))
		n.set(map[string]any{"jailed": true}, map[string]any{"tombstoned": true})
		b.Pass(2 * time.Minute)
		told = b.Told()
		require.Len(t, told, 1)
		forever, _ := told[0].Alert.Facts.Get("tombstoned")
		assert.Equal(t, "yes", forever.Value)
		n.set(nil, nil)
		assert.Equal(t, []string{"resolved critical validator.jailed" + who}, after(2*time.Minute))
		passed(t, b)
	})
}

func TestOneThatIsNamedAsAValidatorMustBeOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := signingNode{newWireNode(1000, time.Now()), t}
		n.asked = map[string]int{}
		n.missed(0)
		c := n.client(t)
		defer c.Close()
		nobody, err := pocket.ValidatorFromBytes(another.Bytes())
		require.NoError(t, err)
		var named atomic.Pointer[[]pocket.Address]
		named.Store(&[]pocket.Address{recordedValidator, nobody, another})
		check := NewValidators(func(context.Context) ([]pocket.Address, error) { return *named.Load(), nil }, c, ValidatorsConfig{})
		b := monitortest.Start(t, monitor.Every("validators", check, time.Minute))
		b.Pass(time.Hour)
		assert.Equal(t, []string{"fired warning validator.inactive " + nobody.String()}, b.Lines())
		named.Store(&[]pocket.Address{recordedValidator})
		b.Pass(2 * time.Minute)
		assert.Equal(t, []string{"withdrawn warning validator.inactive " + nobody.String()}, b.Lines())
		n.change(func(w *wireNode) { w.down = syscall.ECONNREFUSED })
		b.Pass(time.Hour)
		assert.Equal(t, []string{"fired warning monitor.blind validators"}, b.Lines())
		n.change(func(w *wireNode) { w.down = nil })
		b.Pass(2 * time.Minute)
		assert.Equal(t, []string{"resolved warning monitor.blind validators"}, b.Lines())
		passed(t, b)
	})
}

func TestThePaceForgetsWhatIsLongAgo(t *testing.T) {
	at := func(h int64) time.Time { return testNow.Add(time.Duration(h) * time.Minute) }
	seen := misses{}
	outlook := func(blocks, h int64) string {
		seen.see("v", missed{blocks, pocket.Height(h), at(h)}, 200)
		r := monitor.Result{Key: monitor.Key{Subject: "v"}}
		seen.judge(&r, 180, 200)
		in, _ := r.Facts.Get("jailed_in")
		return in.Value
	}
	assert.Empty(t, outlook(10, 100), "one look shows no pace")
	assert.Equal(t, "161", outlook(20, 110))
	assert.Equal(t, "161", outlook(20, 110), "the same block again")
	assert.Empty(t, outlook(20, 131), "it has signed all since")
	assert.Empty(t, outlook(1, 132), "blocks that are looked at no more are missed no more")
	assert.Equal(t, "179", outlook(2, 133))
	assert.Equal(t, "0", outlook(181, 134))
}
