package rewards_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/pockettest"
	"github.com/poktbot/poktbot/pocket/shannon"
	"github.com/poktbot/poktbot/rewards"
)

// The recording is heights 1 to 460 of a real chain run by the protocol's software v0.1.35, from 08:31:57 to 08:40:28 UTC on 2026-11-22. So that
// a day ends within it, its sums are taken in a zone where midnight is at 08:35.
var recordedZone = time.FixedZone("recording", -(8*60+35)*60)

func recordedTime(t testing.TB, line pockettest.RecordedBlock) time.Time {
	t.Helper()
	var block struct {
		Block struct{ Header struct{ Time time.Time } }
	}
	require.NoError(t, json.Unmarshal(line.Block, &block))
	return block.Block.Header.Time
}

// recordedEvents decodes the recording as the client does.
func recordedEvents(t testing.TB) []pocket.Event {
	t.Helper()
	var events []pocket.Event
	for _, line := range pockettest.RecordedBlocks() {
		block := pocket.Block{Height: line.Height, Time: recordedTime(t, line)}
		for event, err := range shannon.DecodeBlock(bytes.NewReader(line.Results), block, pocket.Selection{}) {
			require.NoError(t, err)
			events = append(events, event)
		}
	}
	return events
}

func all(events []pocket.Event) iter.Seq2[pocket.Event, error] {
	return func(yield func(pocket.Event, error) bool) {
		for _, event := range events {
			if !yield(event, nil) {
				return
			}
		}
	}
}

// A tally adds up numbers by name and key. It shares no code with what it checks.
type tally map[string]int64

// tallied reads the recording as maps and adds up, by "day supplier service", and for shares by recipient and reason too.
func tallied(t testing.TB) (sums, shares, reasons, batches tally) {
	t.Helper()
	sums, shares, reasons, batches = tally{}, tally{}, tally{}, tally{}
	for _, line := range pockettest.RecordedBlocks() {
		day := (recordedTime(t, line).Unix() - (8*60+35)*60) / 86400
		var results map[string]any
		require.NoError(t, json.Unmarshal(line.Results, &results))
		events, _ := results["finalize_block_events"].([]any)
		for _, event := range events {
			event := event.(map[string]any)
			values := map[string]string{}
			for _, attribute := range event["attributes"].([]any) {
				attribute := attribute.(map[string]any)
				values[attribute["key"].(string)] = strings.Trim(attribute["value"].(string), `"`)
			}
			number := func(name string) int64 {
				n, err := strconv.ParseInt(strings.TrimSuffix(values[name], "upokt"), 10, 64)
				require.NoError(t, err, "%s of %v", name, event["type"])
				return n
			}
			key := fmt.Sprint(day, " ", values["supplier_operator_address"], " ", values["service_id"], " ")
			switch event["type"] {
			case "pocket.tokenomics.EventClaimSettled":
				sums[key+"settlements"]++
				for _, name := range []string{
					"num_relays", "num_estimated_relays", "num_estimated_compute_units",
					"claimed_upokt", "settled_upokt", "minted_upokt", "overservicing_loss_upokt", "deflation_loss_upokt",
				} {
					sums[key+name] += number(name)
				}
				var paid []map[string]string
				require.NoError(t, json.Unmarshal([]byte(values["reward_distribution_detailed"]), &paid))
				byAddress := map[string]int64{}
				for _, share := range paid {
					amount, err := strconv.ParseInt(strings.TrimSuffix(share["amount"], "upokt"), 10, 64)
					require.NoError(t, err)
					byAddress[share["recipient_address"]] += amount
					reasons[share["recipient_address"]+" "+share["op_reason"]] += amount
					if strings.HasSuffix(share["op_reason"], "_SUPPLIER_SHAREHOLDER_REWARD_DISTRIBUTION") {
						shares[key+share["recipient_address"]+" gross"] += amount
						sums[key+"gross"] += amount
					} else {
						shares[key+share["recipient_address"]+" other"] += amount
					}
				}
				var whole map[string]string // the chain's own sums of the same, by address
				require.NoError(t, json.Unmarshal([]byte(values["reward_distribution"]), &whole))
				require.Len(t, byAddress, len(whole))
				for address, amount := range whole {
					require.Equal(t, strconv.FormatInt(byAddress[address], 10)+"upokt", amount)
				}
			case "pocket.tokenomics.EventClaimExpired":
				sums[key+"expired"]++
				sums[key+"expired_claimed"] += number("claimed_upokt")
			case "pocket.tokenomics.EventClaimDiscarded":
				sums[key+"discarded"]++
			case "pocket.tokenomics.EventSupplierSlashed":
				sums[key+"slashes"]++
				sums[key+"slashed"] += number("proof_missing_penalty")
			case "pocket.tokenomics.EventSettlementBatch":
				if values["op_type"] == "mod_to_acct" {
					batches[values["recipient"]+" "+values["op_reason"]] += number("total_amount")
				}
			}
		}
	}
	return sums, shares, reasons, batches
}

// put adds n unless it is 0, so that both tallies lack what there is none of.
func (y tally) put(key string, n int64) {
	if n != 0 {
		y[key] += n
	}
}

func (y tally) withoutZeros() tally {
	kept := tally{}
	for key, n := range y {
		kept.put(key, n)
	}
	return kept
}

func dayNumber(start time.Time) int64 { return (start.Unix() - (8*60+35)*60) / 86400 }

func TestSumsOfARecordedChainASecondWay(t *testing.T) {
	events := recordedEvents(t)
	sums, shares, reasons, batches := tallied(t)

	t.Run("by day, supplier and service", func(t *testing.T) {
		rows, err := rewards.Aggregate(rewards.Query{
			Period: rewards.Day, Zone: recordedZone, By: []rewards.Dimension{rewards.BySupplier, rewards.ByService},
		}, all(events))
		require.NoError(t, err)
		got := tally{}
		days := map[int64]bool{}
		for _, row := range rows {
			days[dayNumber(row.Start)] = true
			key := fmt.Sprint(dayNumber(row.Start), " ", row.Supplier, " ", row.Service, " ")
			got.put(key+"settlements", row.Settlements)
			got.put(key+"num_relays", row.Relays)
			got.put(key+"num_estimated_relays", row.EstimatedRelays)
			got.put(key+"num_estimated_compute_units", row.ComputeUnits)
			got.put(key+"claimed_upokt", int64(row.Claimed))
			got.put(key+"settled_upokt", int64(row.Settled))
			got.put(key+"minted_upokt", int64(row.Minted))
			got.put(key+"overservicing_loss_upokt", int64(row.Overserviced))
			got.put(key+"deflation_loss_upokt", int64(row.Deflated))
			got.put(key+"gross", int64(row.Gross))
			got.put(key+"expired", row.Expired)
			got.put(key+"expired_claimed", int64(row.ExpiredClaimed))
			got.put(key+"discarded", row.Discarded)
			got.put(key+"slashes", row.Slashes)
			got.put(key+"slashed", int64(row.Slashed))
		}
		assert.Equal(t, sums.withoutZeros(), got)
		assert.Len(t, days, 2)
	})

	t.Run("by recipient too", func(t *testing.T) {
		recipients := map[pocket.Address]bool{}
		for _, event := range events {
			if s, ok := event.(pocket.Settlement); ok {
				for _, share := range s.Shares {
					recipients[share.Recipient] = true
				}
			}
		}
		var wallets []pocket.Address
		for recipient := range recipients {
			wallets = append(wallets, recipient)
		}
		rows, err := rewards.Aggregate(rewards.Query{
			Period: rewards.Day, Zone: recordedZone, Wallets: wallets,
			By: []rewards.Dimension{rewards.BySupplier, rewards.ByService, rewards.ByRecipient},
		}, all(events))
		require.NoError(t, err)
		got := tally{}
		for _, row := range rows {
			key := fmt.Sprint(dayNumber(row.Start), " ", row.Supplier, " ", row.Service, " ", row.Recipient, " ")
			got.put(key+"gross", int64(row.Gross))
			got.put(key+"other", int64(row.OtherRoles))
			assert.Equal(t, row.Gross, row.Mine)
		}
		assert.Equal(t, shares.withoutZeros(), got)
		assert.Len(t, recipients, 7)
	})

	t.Run("what the bank moved, which validators and delegators alone have a part of besides", func(t *testing.T) {
		for key, amount := range batches {
			if strings.Contains(key, "_VALIDATOR_") || strings.Contains(key, "_DELEGATOR_") {
				assert.Zero(t, reasons[key])
				continue
			}
			assert.Equal(t, amount, reasons[key], key)
		}
		for key := range reasons {
			assert.Contains(t, batches, key)
		}
	})

	// Counted a third way, outside of Go, so that a mistake common to both ways above would show.
	t.Run("the totals as they were written down", func(t *testing.T) {
		rows, err := rewards.Aggregate(rewards.Query{}, all(events))
		require.NoError(t, err)
		require.Len(t, rows, 1)
		assert.Equal(t, rewards.Sums{
			Settlements: 273, Relays: 3774, EstimatedRelays: 3774, ComputeUnits: 16_102_500,
			Claimed: 2_350_601, Settled: 2_281_763, Minted: 2_224_586, Overserviced: 68_838, Deflated: 57_177,
			OverservicedClaims: 5, DeflatedClaims: 273,
			Gross: 1_773_217, Expired: 12, ExpiredClaimed: 232_336, Discarded: 10, Slashes: 12, Slashed: 2_400_000_000,
		}, rows[0].Sums)
	})

	t.Run("each supplier's as they were written down", func(t *testing.T) {
		rows, err := rewards.Aggregate(rewards.Query{By: []rewards.Dimension{rewards.BySupplier}}, all(events))
		require.NoError(t, err)
		var lines []string
		for _, row := range rows {
			lines = append(lines, fmt.Sprint(row.Supplier.Short(), " ", row.Settlements, " ", int64(row.Gross), " ", row.Expired, " ", row.Discarded))
		}
		assert.Equal(t, []string{
			"pokt1cctz…rcuu5 53 216306 0 0",
			"pokt1l53d…azyjt 74 868272 0 0",
			"pokt1mdm8…ajpyq 30 140203 0 10",
			"pokt1qyms…s85zd 52 333005 12 0",
			"pokt1zac6…m09u4 64 215431 0 0",
		}, lines)
	})

	t.Run("an owner's share in all roles", func(t *testing.T) {
		wallet := pocket.MustParseAddress("pokt1cctzyqv68ss06lmqnhyf07yggxwsv4329rcuu5")
		rows, err := rewards.Aggregate(rewards.Query{Wallets: []pocket.Address{
			wallet, pocket.MustParseAddress("pokt1glhldqt0u24h7zhs0y50stf2m8exunra2h96gp"),
		}}, all(events))
		require.NoError(t, err)
		assert.Equal(t, pocket.Upokt(21_481+243), rows[0].Mine)
		assert.Equal(t, pocket.Upokt(100_536+2_665+22_950), rows[0].OtherRoles)
	})
}
