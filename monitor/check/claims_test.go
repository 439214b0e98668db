package check_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/monitor/check"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/pockettest"
)

// The sessions of these chains are 10 blocks; claims of the session that ends at 110 are due in blocks 112 to 115, proofs in 115 to 118.

// part is a claim's, of the only application.
func (s *stage) part(end string) string {
	return "eth/" + end + "/" + s.chain.Applications()[0].String()
}

func TestAClaimThatDoesNotComeIsToldBeforeItIsTooLate(t *testing.T) {
	play(t, scene{config: calm(100), lasts: time.Hour}, func(s *stage) {
		operators := s.chain.Operators()
		s.inject(pockettest.Incident{Kind: pockettest.MissClaims, Supplier: operators[2], Height: 112})
		s.to(113)
		assert.Empty(t, s.heard())
		s.to(114)
		require.Equal(t, []string{"fired critical claim.missing C " + s.part("110")}, s.heard())
		event := s.last(monitor.ClaimMissing)
		assert.Equal(t, map[string]string{
			"service": "eth", "application": s.chain.Applications()[0].String(), "session_end": "110",
			"usual": facts(event)["usual"], "blocks_left": "1", "time_left": facts(event)["time_left"],
		}, facts(event))
		left, err := time.ParseDuration(facts(event)["time_left"])
		require.NoError(t, err)
		assert.InDelta(t, 1, left.Minutes(), 0.3)
		assert.NotEmpty(t, facts(event)["usual"])
		owner := s.chain.Suppliers()[2].Owner
		assert.Equal(t, map[string]string{
			"chain": pockettest.ChainID, "owner": owner.String(), "operator": operators[2].String(), "service": "eth",
		}, event.Alert.Labels)

		s.to(115)
		assert.Equal(t, []string{"changed critical claim.missing C " + s.part("110")}, s.heard())
		assert.Equal(t, "lost", facts(s.last(monitor.ClaimMissing))["outcome"])
		s.to(130)
		assert.Empty(t, s.heard(), "its next claims came, and what explains that there was none is told")
		s.bench.Pass(2 * time.Hour)
		assert.Zero(t, s.firing(monitor.ClaimMissing), "it passes in silence")
	})
}

func TestWhatComesLateButInTimeIsGoodNews(t *testing.T) {
	play(t, scene{config: calm(100)}, func(s *stage) {
		s.inject(pockettest.Incident{Kind: pockettest.LateClaims, Supplier: s.chain.Operators()[1], Height: 112})
		s.to(114)
		assert.Equal(t, []string{"fired critical claim.missing B " + s.part("110")}, s.heard())
		s.to(115)
		assert.Equal(t, []string{"resolved critical claim.missing B " + s.part("110")}, s.heard())
		assert.NotContains(t, facts(s.last(monitor.ClaimMissing)), "outcome")
		s.to(117)
		assert.Equal(t, []string{"fired critical proof.missing B " + s.part("110")}, s.heard())
		told := facts(s.last(monitor.ProofMissing))
		assert.Equal(t, "threshold", told["requirement"])
		assert.Equal(t, "1", told["blocks_left"])
		assert.Equal(t, "1000", told["penalty"])
		s.to(125)
		assert.Equal(t, []string{"resolved critical proof.missing B " + s.part("110")}, s.heard())
		assert.NotContains(t, facts(s.last(monitor.ProofMissing)), "outcome")
	})
}

func TestAProofThatDoesNotComeIsToldWithWhatItCosts(t *testing.T) {
	long(t)
	play(t, scene{config: calm(100), lasts: time.Hour}, func(s *stage) {
		who := s.chain.Operators()[0]
		s.inject(pockettest.Incident{Kind: pockettest.Expire, Supplier: who, Height: 112})
		s.to(117)
		assert.Equal(t, []string{"fired critical proof.missing A " + s.part("110")}, s.heard())
		told := facts(s.last(monitor.ProofMissing))
		s.to(118)
		assert.Equal(t, []string{"resolved critical proof.missing A " + s.part("110"), "fired warning claim.expired A " + s.part("110")},
			sorted(s.heard(monitor.ProofMissing, monitor.ClaimExpired)))
		assert.Equal(t, "lost", facts(s.last(monitor.ProofMissing))["outcome"])
		var expired pocket.ClaimExpiry
		for e, err := range s.chain.Truth(118, 118, pocket.KindClaimExpiry) {
			require.NoError(t, err)
			expired = e.(pocket.ClaimExpiry)
		}
		reward := expired.Claimed * 975 / 1000 * 79 / 100
		assert.Equal(t, map[string]string{
			"service": "eth", "application": s.chain.Applications()[0].String(), "session_end": "110", "claimed": upokt(expired.Claimed),
			"reward": upokt(reward), "reason": "PROOF_MISSING",
		}, facts(s.last(monitor.ClaimExpired)))
		assert.Equal(t, upokt(expired.Claimed), told["claimed"])
		assert.Equal(t, upokt(reward), told["reward"])
		s.to(125)
		assert.Equal(t, 1, s.firing(monitor.ClaimExpired))
		s.bench.Pass(2 * time.Hour)
		assert.Zero(t, s.firing(monitor.ClaimExpired))
	})
}

// sorted puts what was resolved first, whatever the check told first.
func sorted(lines []string) []string {
	slices.Sort(lines)
	slices.Reverse(lines)
	return lines
}

func TestAProofThatWasRefusedIsToldAtOnce(t *testing.T) {
	play(t, scene{config: calm(100)}, func(s *stage) {
		s.inject(pockettest.Incident{Kind: pockettest.Expire, Supplier: s.chain.Operators()[0], Height: 112, Invalid: true})
		var refused pocket.Height
		for e, err := range s.chain.Truth(1, 1, pocket.KindProofCheck) {
			require.NoError(t, err, "%v", e)
		}
		for refused = 112; len(s.heard(monitor.ProofMissing)) == 0; refused++ {
			require.Less(t, refused, pocket.Height(118))
			s.to(refused)
		}
		for e, err := range s.chain.Truth(s.chain.Head(), s.chain.Head(), pocket.KindProofCheck) {
			require.NoError(t, err)
			if check := e.(pocket.ProofCheck); check.Failure != "" {
				assert.Equal(t, check.Failure, facts(s.last(monitor.ProofMissing))["refused"], "in the block that told it")
			}
		}
		assert.Contains(t, facts(s.last(monitor.ProofMissing))["refused"], "merkle")
		s.to(118)
		assert.Equal(t, []string{"resolved critical proof.missing A " + s.part("110")}, s.heard(monitor.ProofMissing))
		assert.Equal(t, "PROOF_INVALID", facts(s.last(monitor.ClaimExpired))["reason"])
	})
}

// small is a chain whose claims are below the threshold, so that the chain draws those that need a proof.
func small() pockettest.Config {
	config := calm(100)
	config.ClaimValue, config.Params.Proof.RequirementThreshold = pocket.POKT(1)/4, pocket.POKT(1)
	return config
}

func TestSmallClaimsNeedAProofWhenTheChainDrewThem(t *testing.T) {
	long(t)
	play(t, scene{config: small()}, func(s *stage) {
		s.to(200)
		assert.Empty(t, s.heard(), "many have none and need none")
		unproved := 0
		for e, err := range s.chain.Truth(101, 200, pocket.KindSettlement) {
			require.NoError(t, err)
			if e.(pocket.Settlement).Proof == pocket.ProofPending {
				unproved++
			}
		}
		assert.Greater(t, unproved, 10)
		assert.Positive(t, s.node.Count("/pokt-network/poktroll/proof/claim"), "the chain was asked for claims")

		// One that its miner would have proved is made to expire.
		var drawn pocket.Address
		for _, who := range s.chain.Operators() {
			probe := pockettest.NewChain(small())
			probe.SetHead(230)
			for e, err := range probe.Truth(215, 219, pocket.KindProofSubmission) {
				require.NoError(t, err)
				if e.(pocket.ProofSubmission).Supplier == who {
					drawn = who
				}
			}
		}
		require.False(t, drawn.IsZero())
		s.inject(pockettest.Incident{Kind: pockettest.Expire, Supplier: drawn, Height: 212})
		s.to(217)
		assert.Equal(t, []string{"fired critical proof.missing " + s.short(drawn.String()) + " " + s.part("210")}, s.heard())
		assert.Equal(t, "drawn", facts(s.last(monitor.ProofMissing))["requirement"])
	})
}

func TestAProofThatMayBeDueIsAWarningWhereThatCannotBeReckoned(t *testing.T) {
	play(t, scene{config: small()}, func(s *stage) {
		s.to(111)
		s.node.Fail(pockettest.Fault{Kind: pockettest.Garbage, Path: "/pokt-network/poktroll/proof/claim"})
		s.to(117)
		lines := s.heard(monitor.ProofMissing)
		require.NotEmpty(t, lines)
		for _, line := range lines {
			assert.Contains(t, line, "fired warning proof.missing")
		}
		told := facts(s.last(monitor.ProofMissing))
		assert.Equal(t, "possible", told["requirement"])
		assert.Equal(t, "0.25", told["probability"])
		s.to(118)
		assert.Len(t, s.heard(monitor.ProofMissing), len(lines), "they settled after all")
		assert.Zero(t, s.firing(monitor.ProofMissing))
	})
}

func TestAClaimThatTheChainDroppedIsTold(t *testing.T) {
	play(t, scene{config: calm(100)}, func(s *stage) {
		s.inject(pockettest.Incident{Kind: pockettest.Discard, Supplier: s.chain.Operators()[3], Height: 112})
		s.to(120)
		assert.Equal(t, []string{"fired warning claim.discarded D " + s.part("110")}, s.heard())
		told := facts(s.last(monitor.ClaimDiscarded))
		assert.NotEmpty(t, told["error"])
		assert.NotEmpty(t, told["claimed"], "from the claim as it was made")
		assert.NotEmpty(t, told["reward"])
	})
}

func TestWorkThatAnApplicationCannotPayIsTold(t *testing.T) {
	config := calm(100)
	config.ClaimsPerSession = 1000
	play(t, scene{config: config}, func(s *stage) {
		application := s.chain.Applications()[0]
		s.inject(pockettest.Incident{Kind: pockettest.Overserve, Application: application, Height: 112})
		s.to(120)
		var want []pocket.Overservicing
		for e, err := range s.chain.Truth(118, 118, pocket.KindOverservicing) {
			require.NoError(t, err)
			if o := e.(pocket.Overservicing); slices.Contains(s.watching, o.Supplier) {
				want = append(want, o)
			}
		}
		lines := s.heard(monitor.SupplierOverserviced)
		require.Len(t, lines, len(want))
		require.NotEmpty(t, want)
		for i, e := range s.events {
			if e.Alert.Name != monitor.SupplierOverserviced {
				continue
			}
			w := want[slices.IndexFunc(want, func(w pocket.Overservicing) bool { return w.Supplier.String() == e.Alert.Subject })]
			told := facts(s.events[i])
			assert.Equal(t, "eth/"+application.String(), e.Alert.Part)
			assert.Equal(t, upokt(w.Expected-w.Effective), told["lost"])
			assert.Equal(t, upokt(w.Expected), told["expected"])
			part := (w.Expected - w.Effective).Decimal().DivRound(w.Expected.Decimal(), 6)
			assert.Equal(t, part.String(), told["part"])
			severity := monitor.Info
			if part.InexactFloat64() >= 0.25 {
				severity = monitor.Warning
			}
			assert.Equal(t, severity, e.Severity)
		}
	})
}

func TestWhoClaimsNothingThoughInSessionIsTold(t *testing.T) {
	long(t)
	play(t, scene{config: calm(100), lasts: 30 * time.Minute}, func(s *stage) {
		s.inject(pockettest.Incident{Kind: pockettest.MissClaims, Supplier: s.chain.Operators()[1], Height: 112, Sessions: 9})
		s.to(164)
		assert.Empty(t, s.heard(monitor.RelayNone), "that its claims are missing says it already")
		s.to(166)
		assert.Equal(t, []string{"fired warning relay.none B eth"}, s.heard(monitor.RelayNone), "after so many sessions none is expected")
		told := facts(s.last(monitor.RelayNone))
		assert.Equal(t, "eth", told["service"])
		assert.Equal(t, s.chain.Applications()[0].String(), told["application"])
		s.to(206)
		assert.Equal(t, []string{"resolved warning relay.none B eth"}, s.heard(monitor.RelayNone))
	})
}

func TestWhoIsInNoSessionForLongIsTold(t *testing.T) {
	long(t)
	config := calm(100)
	config.Params.SuppliersPerSession = 1
	play(t, scene{config: config, checks: func(s *stage) []monitor.Option {
		claims := check.NewClaims(s.watched, s.index, s.client, check.ClaimsConfig{Alone: time.Hour})
		return []monitor.Option{monitor.OnBlock("claims", claims)}
	}}, func(s *stage) {
		last := map[pocket.Address]pocket.Height{}
		lonely := map[string]bool{}
		for h := pocket.Height(101); h <= 360; h++ {
			s.to(h)
			for e, err := range s.chain.Truth(h, h, pocket.KindClaimCreation) {
				require.NoError(t, err)
				last[e.(pocket.ClaimCreation).Supplier] = h
			}
			for _, line := range s.heard() {
				kind, who := line[:5], line[len(line)-2:]
				assert.Contains(t, line, "warning supplier.no_session")
				lonely[who] = kind == "fired"
			}
		}
		require.NotEmpty(t, lonely, "of one supplier a session some are left out for an hour")
		resolved := false
		for _, e := range s.events {
			resolved = resolved || e.Kind == monitor.Resolved
			if e.Kind == monitor.Fired {
				since, err := time.Parse(time.RFC3339Nano, facts(e)["since"])
				require.NoError(t, err)
				assert.GreaterOrEqual(t, e.At.Sub(since), 59*time.Minute)
				assert.Equal(t, "eth", facts(e)["services"])
			}
		}
		assert.True(t, resolved, "and some come back")
	})
}

func TestWithoutTheChainsWordOnlyThoseWhoAlwaysClaimAreExpectedTo(t *testing.T) {
	play(t, scene{config: calm(100)}, func(s *stage) {
		s.to(111)
		s.node.Fail(pockettest.Fault{Kind: pockettest.Garbage, Path: "/pokt-network/poktroll/session/get_session"})
		s.inject(pockettest.Incident{Kind: pockettest.MissClaims, Supplier: s.chain.Operators()[2], Height: 112, Sessions: 2})
		s.to(125)
		assert.Equal(t, []string{"fired warning claim.missing C " + s.part("110"), "changed warning claim.missing C " + s.part("110")},
			s.heard(monitor.ClaimMissing), "of the first session; then there was none in the one before")
	})
}

func TestWhileParametersCannotBeReadWhatHappenedIsTold(t *testing.T) {
	play(t, scene{config: calm(100)}, func(s *stage) {
		s.inject(pockettest.Incident{Kind: pockettest.Expire, Supplier: s.chain.Operators()[0], Height: 112})
		s.node.Fail(pockettest.Fault{Kind: pockettest.Garbage, Path: "/pokt-network/poktroll"})
		s.to(120)
		assert.Equal(t, []string{"fired critical supplier.slashed A "}, s.heard(monitor.SupplierSlashed, monitor.ProofMissing))
		assert.Equal(t, 1, s.firing(monitor.ClaimExpired))
		assert.NotContains(t, facts(s.last(monitor.SupplierSlashed)), "proofs_left")
		assert.Positive(t, s.firing(monitor.MonitorBlind), "and that they cannot be")
		s.node.Heal()
		s.to(124)
		assert.Zero(t, s.firing(monitor.MonitorBlind))
	})
}

func TestARestartForgetsNoClaim(t *testing.T) {
	play(t, scene{config: calm(100)}, func(s *stage) {
		operators := s.chain.Operators()
		s.inject(pockettest.Incident{Kind: pockettest.LateClaims, Supplier: operators[0], Height: 112})
		s.inject(pockettest.Incident{Kind: pockettest.MissClaims, Supplier: operators[1], Height: 112})
		s.to(114)
		assert.ElementsMatch(t, []string{"fired critical claim.missing A " + s.part("110"), "fired critical claim.missing B " + s.part("110")}, s.heard())
		s.bench.Stop()
		for s.chain.Head() < 140 {
			s.chain.Advance(1)
			time.Sleep(time.Minute)
		}
		s.bench = s.start(blockChecks(s)) // new checks, which know nothing
		s.bench.Pass(time.Minute)
		assert.ElementsMatch(t, []string{"resolved critical claim.missing A " + s.part("110"), "changed warning claim.missing B " + s.part("110")},
			s.heard(monitor.ClaimMissing))
		for _, e := range s.events {
			assert.Equal(t, e.Kind == monitor.Changed, facts(e)["outcome"] == "lost", "%s %s", e.Kind, e.Alert.Key)
		}
	})
}

func TestASessionInWhichNobodyElseClaimedIsNoLoss(t *testing.T) {
	play(t, scene{config: calm(100)}, func(s *stage) {
		for _, who := range s.chain.Operators() {
			s.inject(pockettest.Incident{Kind: pockettest.MissClaims, Supplier: who, Height: 112})
		}
		s.to(125)
		assert.Empty(t, s.heard(), "there were no relays")
	})
}

func TestAFleetThatIsAloneIsExpectedToClaimAsItDid(t *testing.T) {
	everybody := func(c *pockettest.Chain) []pocket.Address { return c.Operators() }
	play(t, scene{config: calm(100), watch: everybody}, func(s *stage) {
		s.inject(pockettest.Incident{Kind: pockettest.MissClaims, Supplier: s.chain.Operators()[1], Height: 112})
		s.to(115)
		assert.Equal(t, []string{"fired warning claim.missing B " + s.part("110"), "changed warning claim.missing B " + s.part("110")},
			s.heard(monitor.ClaimMissing))
	})
}

// long skips a test that simulates many hours, where tests are to be short: the race detector passes over the same code in others.
func long(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("many simulated hours")
	}
}
