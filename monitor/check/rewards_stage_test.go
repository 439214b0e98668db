package check_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/monitor/check"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
	"github.com/poktbot/poktbot/pocket/pockettest"
)

func rewardChecks(s *stage) []monitor.Option {
	stakes := check.NewStakes(s.client, s.watched, check.StakesConfig{})
	rewards := check.NewRewards(stakes, s.index, check.Covered(s.index), check.RewardsConfig{Chain: pockettest.ChainID})
	return []monitor.Option{monitor.Every("rewards", rewards, time.Hour)}
}

// eightDays is a chain of sessions of 100 minutes with more than a week behind it.
func eightDays() pockettest.Config {
	config := calm(9 * 72)
	config.BlockTime, config.Suppliers, config.ClaimsPerSession, config.Params.Shared.BlocksPerSession = 20*time.Minute, 8, 400, 5
	return config
}

func firstTwo(c *pockettest.Chain) []pocket.Address { return c.Operators()[:2] }

func TestIncomeThatDropsIsToldAndSoIsThatItIsAsBefore(t *testing.T) {
	long(t)
	play(t, scene{config: eightDays(), watch: firstTwo, checks: rewardChecks, past: 9 * 72, mode: index.Everything}, func(s *stage) {
		begun := s.chain.Head()
		s.to(begun + 10)
		assert.Empty(t, s.heard(), "all is as usual")
		s.inject(pockettest.Incident{Kind: pockettest.MissClaims, Supplier: s.chain.Operators()[0], Sessions: 12})
		s.to(begun + 72)
		assert.ElementsMatch(t, []string{"fired warning rewards.dropped A ", "fired warning rewards.behind A eth"}, s.heard())
		dropped, behind := facts(s.last(monitor.RewardsDropped)), facts(s.last(monitor.RewardsBehind))
		assert.Less(t, number(t, dropped["income"])*2, number(t, dropped["usual"])+1)
		assert.Equal(t, "7", dropped["days"])
		assert.Less(t, number(t, dropped["claims"]), number(t, dropped["usual_claims"]))
		assert.Equal(t, "eth", behind["service"])
		assert.Equal(t, "6", behind["others"], "the other one that is watched is not among them")
		assert.Equal(t, "eth", s.last(monitor.RewardsBehind).Alert.Labels["service"])
		s.to(begun + 72*3)
		assert.ElementsMatch(t, []string{"resolved warning rewards.dropped A ", "resolved warning rewards.behind A eth"},
			slices.DeleteFunc(s.heard(), func(line string) bool { return strings.HasPrefix(line, "reminded") }))
	})
}
