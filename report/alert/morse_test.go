package alert_test

import (
	"testing"
	"time"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
)

func TestNodesOfMorseAreToldInTheWordsOfTheirChain(t *testing.T) {
	morse, counts := monitor.Text("network", "morse"), monitor.Facts{monitor.Count("jailed_blocks", 20_000), monitor.Count("longest", 37_960)}
	claim := monitor.Facts{morse, monitor.Text("service", "0001"), monitor.Height("session", 37), monitor.Count("relays", 1200)}
	told(t, "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4e5f6a1b2", []telling{
		{
			monitor.ValidatorJailed, append(monitor.Facts{morse}, counts...),
			"val-1 is in jail\nBring its node back in sync, and unjail it.\nBlocks in jail: 20,000 of 37,960, after which it is made to leave.",
			"val-1 is in jail\nIt earns nothing until somebody unjails it.",
		},
		{
			monitor.ValidatorForceUnstakeNear, append(append(monitor.Facts{morse}, counts...), monitor.Count("blocks_left", 17_960)),
			"val-1 has been in jail for 20,000 blocks of 37,960\nIn 17,960 blocks it is made to leave. Bring it back in sync, and unjail it.",
			"val-1 has been in jail for 20,000 blocks of 37,960\nThen it is made to leave, and its stake comes back only after the unstaking time. It must be unjailed.",
		},
		{
			monitor.SupplierUnbonding, monitor.Facts{morse, monitor.Amount("stake", pocket.POKT(15_000)), monitor.Instant("ends_at", t0.Add(time.Hour))},
			"val-1 is leaving\nIts stake comes back about 2026-11-24 04:10. That cannot be taken back.",
			"val-1 is leaving\nAt stake: 15,000 POKT.\nThe stake comes back about 2026-11-24 04:10.\nIt earns nothing for sessions after it has left.",
		},
		{
			monitor.ProofMissing, append(claim, monitor.Count("blocks_left", 12)),
			"val-1 has not proved its claim with 0001 yet\nSession of block 37, 1,200 relays: the claim is dropped in 12 blocks.\nLook at the node's log, at whether it is in sync, and at its balance.",
			"val-1 has not proved its claim with 0001 yet\nWithout a proof it is not paid.",
		},
		{
			monitor.ClaimExpired, claim,
			"val-1 was not paid a claim with 0001\nNo proof came in time. Session of block 37, 1,200 relays.\nLook at the node's log, at whether it was in sync, and at its balance.",
			"val-1 was not paid a claim with 0001\nIts reward is lost.",
		},
	})
}
