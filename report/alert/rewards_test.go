package alert_test

import (
	"testing"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
)

func TestRewardsThatDropAreToldWithWhatIsUsual(t *testing.T) {
	part := monitor.Part("part", decimal.New(412, -3))
	told(t, operator, []telling{
		{
			monitor.RewardsDropped, monitor.Facts{
				monitor.Amount("income", pocket.POKT(41)), monitor.Amount("usual", pocket.POKT(100)), part, monitor.Count("days", 7),
				monitor.Count("claims", 6), monitor.Count("usual_claims", 14), monitor.Count("expired", 2), monitor.Amount("overserviced", pocket.POKT(3)),
			},
			"val-1 earned 41.2 % of what is usual\nIn 24 hours: 41 POKT, usually 100 POKT.\nClaims settled: 6, usually 14.\nClaims without a good proof: 2.\n" +
				"Served beyond what applications could pay: 3 POKT.\n" +
				"Fewer claims: look at the endpoints and at how fast they answer. As many, but worth less: there is less traffic, or gateways prefer others.",
			"val-1 earned 41.2 % of what is usual\nIn 24 hours: 41 POKT, usually 100 POKT.\nUsual is the median of the 7 days before.",
		},
		{
			monitor.RewardsBehind, monitor.Facts{
				monitor.Text("service", "eth"), monitor.Amount("income", pocket.POKT(41)), monitor.Amount("usual", pocket.POKT(100)), part, monitor.Count("others", 12),
			},
			"val-1 earned 41.2 % of what others do with eth\nIn 24 hours: 41 POKT, others 100 POKT, which is the median of 12.\n" +
				"Sessions come to all alike, so it is how it serves: gateways prefer who answers faster and rightly. Look at the endpoint and at the node behind it.",
			"val-1 earned 41.2 % of what others do with eth\nIn 24 hours: 41 POKT, others 100 POKT, which is the median of 12.",
		},
	})
}
