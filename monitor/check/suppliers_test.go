package check_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/monitor/check"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/pockettest"
)

func TestASlashIsToldWithWhatIsLeft(t *testing.T) {
	play(t, scene{config: calm(100), lasts: time.Hour}, func(s *stage) {
		s.to(105)
		assert.Empty(t, s.heard(), "nothing happens")
		who := s.chain.Suppliers()[1]
		s.inject(pockettest.Incident{Kind: pockettest.Slash, Supplier: who.Operator})
		s.to(120)
		assert.Equal(t, []string{"fired critical supplier.slashed B "}, s.heard(monitor.SupplierSlashed))
		event := s.last(monitor.SupplierSlashed)
		assert.Equal(t, map[string]string{
			"penalty": "1000", "slashes": "1", "stake": upokt(who.Stake - 1000), "stake_before": upokt(who.Stake),
			"proofs_left": upokt((who.Stake - pocket.POKT(59_500) - 1000) / 1000), "services": "eth", "session_end": "110", "owner": who.Owner.String(),
		}, facts(event))
		assert.Equal(t, map[string]string{"chain": pockettest.ChainID, "owner": who.Owner.String(), "operator": who.Operator.String()}, event.Alert.Labels)
		assert.EqualValues(t, 118, event.Alert.Height)
		assert.Equal(t, event.At, event.Alert.Since, "the block's time lies ahead of this clock")

		s.inject(pockettest.Incident{Kind: pockettest.Slash, Supplier: who.Operator, Sessions: 2})
		s.to(150)
		assert.Equal(t, []string{"changed critical supplier.slashed B ", "changed critical supplier.slashed B "}, s.heard(monitor.SupplierSlashed))
		assert.EqualValues(t, 3, s.last(monitor.SupplierSlashed).Alert.Count)
		assert.Equal(t, 1, s.firing(monitor.SupplierSlashed))
		s.bench.Pass(2 * time.Hour)
		assert.Zero(t, s.firing(monitor.SupplierSlashed), "it passes in silence")
	})
}

func upokt[N ~int64](n N) string { return monitor.Count("", int64(n)).Value }

func TestANewStakeIsToldWithHowMuchItIsAbove(t *testing.T) {
	long(t)
	play(t, scene{config: calm(100), lasts: time.Hour}, func(s *stage) {
		who := s.chain.Suppliers()[2]
		s.inject(pockettest.Incident{Kind: pockettest.Restake, Height: 103, Supplier: who.Operator, Amount: 70_000})
		s.to(105)
		assert.Equal(t, []string{"fired info supplier.stake_changed C "}, s.heard())
		assert.Equal(t, map[string]string{
			"stake": upokt(who.Stake + 70_000), "stake_before": upokt(who.Stake), "difference": "70000", "owner": who.Owner.String(),
		}, facts(s.last(monitor.SupplierStakeChanged)))
		s.bench.Pass(2 * time.Hour)
		assert.Zero(t, s.firing(monitor.SupplierStakeChanged))
	})
}

func TestWhoLeavesIsFollowedUntilItStaysOrIsGone(t *testing.T) {
	long(t)
	config := calm(100)
	config.BlockTime = 5 * time.Minute // so that being idle for two sessions is long
	play(t, scene{config: config}, func(s *stage) {
		who := s.chain.Suppliers()[0]
		s.inject(pockettest.Incident{Kind: pockettest.Unstake, Height: 105, Supplier: who.Operator})
		s.to(107)
		assert.Equal(t, []string{"fired warning supplier.unbonding A "}, s.heard())
		told := facts(s.last(monitor.SupplierUnbonding))
		assert.Equal(t, "own", told["reason"])
		assert.Equal(t, "110", told["session_end"])
		assert.Equal(t, "130", told["ends"])
		ends, err := time.Parse(time.RFC3339, told["ends_at"])
		require.NoError(t, err)
		assert.WithinDuration(t, s.chain.TimeOf(130), ends, 20*time.Minute)
		assert.Equal(t, upokt(who.Stake), told["stake"])

		s.inject(pockettest.Incident{Kind: pockettest.CancelUnstake, Height: 112, Supplier: who.Operator})
		s.to(114)
		assert.Equal(t, []string{"fired info supplier.unbonding_cancelled A ", "resolved warning supplier.unbonding A "}, s.heard())
		assert.Equal(t, upokt(who.Stake+1), facts(s.last(monitor.SupplierUnbondingStopped))["stake"])
		s.to(129)
		assert.Equal(t, []string{"fired warning supplier.idle A "}, s.heard(monitor.SupplierIdle), "its services were not restored")
		s.to(145)
		assert.Equal(t, []string{"fired info supplier.services_changed A ", "resolved warning supplier.idle A "},
			s.heard(monitor.SupplierIdle, monitor.SupplierServicesChanged))
		assert.Equal(t, map[string]string{"added": "eth", "active_from": "141", "owner": who.Owner.String()},
			facts(s.last(monitor.SupplierServicesChanged)))

		s.inject(pockettest.Incident{Kind: pockettest.Unstake, Height: 151, Supplier: who.Operator})
		s.to(181)
		assert.Equal(t, []string{"fired warning supplier.unbonding A ", "fired warning supplier.unstaked A ", "resolved warning supplier.unbonding A "},
			s.heard(monitor.SupplierUnbonding, monitor.SupplierUnstaked, monitor.SupplierIdle))
		assert.Equal(t, upokt(who.Stake+1), facts(s.last(monitor.SupplierUnstaked))["stake"])
	})
}

func TestWhoIsMadeToLeaveHasNoEndUntilItsOwnerStakesMore(t *testing.T) {
	long(t)
	config := calm(100)
	config.Params.Proof.MissingPenalty = pocket.POKT(200)
	config.Params.SupplierMinStake = pockettest.NewChain(config).Suppliers()[0].Stake - pocket.POKT(399)
	play(t, scene{config: config, watch: firstSupplier}, func(s *stage) {
		s.to(102)
		assert.Equal(t, []string{"fired critical supplier.stake_low A "}, s.heard())
		assert.Equal(t, "1", facts(s.last(monitor.SupplierStakeLow))["proofs_left"])
		s.inject(pockettest.Incident{Kind: pockettest.BelowMinimum, Supplier: s.chain.Operators()[0]})
		s.to(140)
		assert.Equal(t, []string{"fired critical supplier.unbonding A "}, s.heard(monitor.SupplierUnbonding))
		told := facts(s.last(monitor.SupplierUnbonding))
		assert.Equal(t, "below minimum", told["reason"])
		assert.NotContains(t, told, "ends", "no end comes")
		s.inject(pockettest.Incident{Kind: pockettest.CancelUnstake, Height: 143, Supplier: s.chain.Operators()[0]})
		s.to(145)
		assert.Equal(t, []string{"fired info supplier.unbonding_cancelled A ", "resolved critical supplier.unbonding A "},
			s.heard(monitor.SupplierUnbonding, monitor.SupplierUnbondingStopped, monitor.SupplierStakeChanged))
	})
}

func firstSupplier(c *pockettest.Chain) []pocket.Address { return c.Operators()[:1] }

func TestTheStakeAboveTheMinimumIsCountedInMissedProofs(t *testing.T) {
	long(t)
	config := calm(100)
	config.Params.Proof.MissingPenalty = pocket.POKT(1)
	least := pockettest.NewChain(config).Suppliers()[0].Stake - pocket.POKT(101)
	config.Params.SupplierMinStake = least
	low := monitor.SupplierStakeLow
	play(t, scene{config: config, watch: firstSupplier}, func(s *stage) {
		s.to(102)
		assert.Equal(t, []string{"fired warning supplier.stake_low A "}, s.heard(low))
		told := facts(s.last(low))
		assert.Equal(t, "101", told["proofs_left"])
		assert.Equal(t, upokt(least), told["minimum"])
		assert.Equal(t, upokt(pocket.POKT(1)), told["penalty"])
		s.inject(pockettest.Incident{Kind: pockettest.Slash, Supplier: s.chain.Operators()[0], Sessions: 2})
		s.to(140)
		assert.Equal(t, []string{"changed critical supplier.stake_low A "}, s.heard(low))
		s.inject(pockettest.Incident{Kind: pockettest.Restake, Height: 142, Supplier: s.chain.Operators()[0], Amount: pocket.POKT(5000)})
		s.to(144)
		assert.Equal(t, []string{"resolved critical supplier.stake_low A "}, s.heard(low))
		t.Run("and follows the parameters", func(t *testing.T) {
			params := config.Params
			params.SupplierMinStake = least + pocket.POKT(5202)
			s.inject(pockettest.Incident{Kind: pockettest.ParamChange, Height: 146, Params: params})
			s.to(153)
			assert.Equal(t, []string{"fired critical supplier.stake_low A "}, s.heard(low))
			assert.Equal(t, "-103", facts(s.last(low))["proofs_left"])
		})
		t.Run("until nobody watches it", func(t *testing.T) {
			s.watch()
			s.to(154)
			assert.Equal(t, []string{"resolved critical supplier.stake_low A "}, s.heard(low))
		})
	})
}

func TestANodeThatWasLeavingOnMorseLeavesAndItsStakeMayGetStuck(t *testing.T) {
	config := calm(100)
	who := pockettest.NewChain(config).Suppliers()[0]
	attribute := func(key, value string) map[string]any {
		return map[string]any{"key": key, "value": value, "index": true}
	}
	edit := func(events []any) []any {
		var all []any
		for _, event := range events {
			all = append(all, event)
			of, _ := event.(map[string]any)
			switch of["type"] {
			case "pocket.supplier.EventSupplierUnbondingBegin":
				for _, a := range of["attributes"].([]any) {
					if a := a.(map[string]any); a["key"] == "reason" {
						a["value"] = `"SUPPLIER_UNBONDING_REASON_MIGRATION"`
					}
				}
			case "pocket.supplier.EventSupplierUnbondingEnd":
				all = append(all, map[string]any{"type": "pocket.supplier.EventSupplierStakeStuckInModulePool", "attributes": []any{
					attribute("operator_address", `"`+who.Operator.String()+`"`), attribute("owner_address", `"`+who.Owner.String()+`"`),
					attribute("reason", `"the owner may not receive"`), attribute("session_end_height", `"130"`),
					attribute("stuck_coin", `{"denom":"upokt","amount":"`+upokt(who.Stake)+`"}`), attribute("mode", "EndBlock"),
				}})
			}
		}
		return all
	}
	play(t, scene{config: config, edit: edit}, func(s *stage) {
		s.inject(pockettest.Incident{Kind: pockettest.Unstake, Height: 105, Supplier: who.Operator})
		s.to(107)
		assert.Equal(t, []string{"fired warning supplier.unbonding A "}, s.heard(monitor.SupplierUnbonding))
		assert.Equal(t, "migrated", facts(s.last(monitor.SupplierUnbonding))["reason"])
		s.to(133)
		assert.Equal(t, []string{"fired critical supplier.stake_stuck A ", "resolved warning supplier.unbonding A "},
			s.heard(monitor.SupplierUnbonding, monitor.SupplierStakeStuck))
		told := facts(s.last(monitor.SupplierStakeStuck))
		assert.Equal(t, upokt(who.Stake), told["stake"])
		assert.Equal(t, "the owner may not receive", told["reason"])
		assert.Equal(t, 1, s.firing(monitor.SupplierStakeStuck), "it stays until it has been for long enough")
	})
}

func TestAMorseNodeThatIsClaimedIsToldAsThat(t *testing.T) {
	play(t, scene{config: calm(100)}, func(s *stage) {
		who := s.chain.Suppliers()[3]
		s.inject(pockettest.Incident{Kind: pockettest.Migrate, Height: 103, Supplier: who.Operator})
		s.to(105)
		assert.Equal(t, []string{"fired info supplier.migrated D "}, s.heard(), "and not as more stake")
		morse, _ := s.chain.Morse(who.Operator)
		assert.Equal(t, map[string]string{
			"morse": morse.String(), "stake": upokt(who.Stake + pocket.POKT(15_000)), "added": upokt(pocket.POKT(15_000)),
			"balance": upokt(pocket.POKT(25)), "owner": who.Owner.String(),
		}, facts(s.last(monitor.SupplierMigrated)))
	})
}

func TestANewSupplierIsToldWithWhatItServes(t *testing.T) {
	long(t)
	config := calm(0)
	config.BlockTime, config.Blocks, config.Suppliers, config.Rates.Leaves = time.Hour, 200, 8, 0.0000001
	var height pocket.Height
	var who pocket.Address
	stakes := pockettest.NewChain(config).Truth(1, 200, pocket.KindSupplierStake)
	for e, err := range stakes {
		require.NoError(t, err)
		height, who = e.Where().Height, e.(pocket.SupplierStake).Supplier
	}
	require.Greater(t, height, pocket.Height(20), "somebody joins later")
	play(t, scene{config: config, head: height - 1}, func(s *stage) {
		s.to(height)
		name := s.short(who.String())
		assert.Equal(t, []string{"fired info supplier.staked " + name + " "}, s.heard(monitor.SupplierStaked, monitor.SupplierStakeChanged,
			monitor.SupplierIdle, monitor.SupplierServicesChanged))
		told := facts(s.last(monitor.SupplierStaked))
		assert.Equal(t, "eth", told["services"])
		assert.Equal(t, upokt(s.chain.Params(height).Shared.Session(height).End+1), told["active_from"])
		assert.NotContains(t, told, "stake_before")
		s.to(height + 12)
		assert.Empty(t, s.heard(monitor.SupplierIdle, monitor.SupplierServicesChanged), "its services came into force")
	})
}

// otherState is a chain that shows some suppliers otherwise than its events tell.
type otherState struct {
	check.SupplierChain
	state map[pocket.Address]*pocket.Supplier
}

func (o otherState) SupplierAt(ctx context.Context, who pocket.Address, h pocket.Height) (pocket.Supplier, error) {
	switch s, other := o.state[who]; {
	case !other:
		return o.SupplierChain.SupplierAt(ctx, who, h)
	case s == nil:
		return pocket.Supplier{}, pocket.ErrNotFound
	default:
		return *s, nil
	}
}

func TestWhatNoEventToldIsFoundOut(t *testing.T) {
	other := map[pocket.Address]*pocket.Supplier{}
	play(t, scene{config: calm(100), checks: func(s *stage) []monitor.Option {
		return []monitor.Option{monitor.OnBlock("suppliers", check.NewSuppliers(s.watched, s.index, otherState{s.client, other}))}
	}}, func(s *stage) {
		s.to(110)
		assert.Empty(t, s.heard())
		richer := s.chain.Suppliers()[1]
		richer.Stake += 5
		other[s.chain.Operators()[0]], other[richer.Operator] = nil, &richer
		s.to(116)
		assert.ElementsMatch(t, []string{"fired warning supplier.unstaked A ", "fired info supplier.stake_changed B "}, s.heard())
		assert.Equal(t, "gone", facts(s.last(monitor.SupplierUnstaked))["seen"])
		assert.Equal(t, "5", facts(s.last(monitor.SupplierStakeChanged))["difference"])
		s.to(130)
		assert.Empty(t, s.heard(), "it is told once")
	})
}

func TestAWatcherThatWasAwayTellsWhatHappenedAndHowThingsStand(t *testing.T) {
	long(t)
	play(t, scene{config: calm(100)}, func(s *stage) {
		s.to(102)
		assert.Empty(t, s.heard())
		s.bench.Stop()
		operators := s.chain.Operators()
		s.inject(pockettest.Incident{Kind: pockettest.Slash, Height: 105, Supplier: operators[0]})
		s.inject(pockettest.Incident{Kind: pockettest.Unstake, Height: 106, Supplier: operators[1]}) // it comes back
		s.inject(pockettest.Incident{Kind: pockettest.CancelUnstake, Height: 112, Supplier: operators[1]})
		s.inject(pockettest.Incident{Kind: pockettest.Unstake, Height: 113, Supplier: operators[2]})
		for s.chain.Head() < 130 {
			s.chain.Advance(1)
			time.Sleep(time.Minute)
		}
		s.bench.Restart()
		s.bench.Pass(time.Second)
		assert.Equal(t, []string{
			"fired critical supplier.slashed A ", "fired info supplier.unbonding_cancelled B ", "fired warning supplier.unbonding C ",
		}, s.heard(monitor.SupplierSlashed, monitor.SupplierUnbonding, monitor.SupplierUnbondingStopped))
		unbonding := s.last(monitor.SupplierUnbonding).Alert
		assert.EqualValues(t, 113, unbonding.Height)
		assert.WithinDuration(t, s.chain.TimeOf(113), unbonding.Since, time.Second)
	})
}
