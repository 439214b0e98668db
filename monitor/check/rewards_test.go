package check

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

// earned is a source of rewards that a test makes up: each supplier is paid so many claims of one POKT at the end of each day.
type earned struct {
	claims map[pocket.Address][]int64 // by the day, the last first
	since  map[pocket.Address]time.Duration
	lacks  bool
	err    error
}

func (e earned) Stays(_ context.Context, who []pocket.Address) ([]rewards.Stay, error) {
	var stays []rewards.Stay
	for a := range e.claims {
		if len(who) == 0 || slices.Contains(who, a) {
			since := 30 * 24 * time.Hour
			if d, ok := e.since[a]; ok {
				since = d
			}
			stays = append(stays, rewards.Stay{Supplier: a, From: testNow.Add(-since)})
		}
	}
	return stays, e.err
}

func (e earned) Sums(_ context.Context, q rewards.Query) ([]rewards.Row, error) {
	day := int(testNow.Sub(q.To) / (24 * time.Hour))
	var rows []rewards.Row
	for a, claims := range e.claims {
		if len(q.Suppliers) > 0 && !slices.Contains(q.Suppliers, a) || day >= len(claims) || claims[day] == 0 {
			continue
		}
		row := rewards.Row{Key: rewards.Key{Supplier: a}, Sums: rewards.Sums{Settlements: claims[day], Gross: pocket.POKT(claims[day])}}
		if slices.Contains(q.By, rewards.ByService) {
			row.Service = "eth"
		}
		if e.lacks && day > 0 {
			row.LackShares = claims[day]
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// since is knowledge that begins a while ago, of everybody if all.
func since(d time.Duration, all bool) Knowledge {
	return func(_ context.Context, who pocket.Address) (pocket.Span, error) {
		if who.IsZero() && !all {
			return pocket.Span{}, nil
		}
		return pocket.Span{From: testNow.Add(-d), To: testNow}, nil
	}
}

// strangers are so many suppliers who settle so many claims a day.
func strangers(n int, claims int64, into map[pocket.Address][]int64) map[pocket.Address][]int64 {
	for i := range n {
		address, err := pocket.AccountFromBytes(fmt.Appendf(nil, "stranger number %04d", i))
		if err != nil {
			panic(err)
		}
		into[address] = []int64{claims}
	}
	return into
}

func TestWhatSuppliersEarnIsComparedWithWhatIsUsual(t *testing.T) {
	const days = 24 * time.Hour
	usual := []int64{40, 40, 100, 50, 60, 70, 80, 90} // the median of those before the last day is 70
	mine := func(claims ...int64) map[pocket.Address][]int64 {
		return map[pocket.Address][]int64{anOperator: claims}
	}
	tests := []struct {
		name   string
		source earned
		known  Knowledge
		want   []string
	}{
		{"of a week", earned{claims: mine(usual...)}, since(9*days, false), []string{"rewards.dropped  0.571"}},
		{"of three days, which is enough", earned{claims: mine(usual...)}, since(4*days, false), []string{"rewards.dropped  0.8"}},
		{"of two, which is not", earned{claims: mine(usual...)}, since(3*days, false), []string{"rewards.dropped  unknown: 2 days of its past are known, and it takes 3 to tell what is usual"}},
		{"of less than a day", earned{claims: mine(usual...)}, since(days/2, false), []string{"rewards.dropped  unknown: it is not known for 24 hours"}},
		{"that staked yesterday", earned{claims: mine(usual...), since: map[pocket.Address]time.Duration{anOperator: days / 2}}, since(9*days, false),
			[]string{"rewards.dropped  unknown: it is not known for 24 hours"}},
		{"that staked three days ago", earned{claims: mine(usual...), since: map[pocket.Address]time.Duration{anOperator: 3 * days}}, since(9*days, false),
			[]string{"rewards.dropped  unknown: 2 days of its past are known, and it takes 3 to tell what is usual"}},
		{"that earn nothing any more", earned{claims: mine(0, 40, 40, 40)}, since(4*days, false), []string{"rewards.dropped  0"}},
		{"that settle little", earned{claims: mine(0, 9, 9, 9)}, since(4*days, false), []string{"rewards.dropped  unknown: it settles too few claims a day to tell what is usual"}},
		{"of days that did not say who was paid", earned{claims: mine(usual...), lacks: true}, since(9*days, false),
			[]string{"rewards.dropped  unknown: 0 days of its past are known, and it takes 3 to tell what is usual"}},
		{"and with others", earned{claims: strangers(6, 50, mine(usual...))}, since(9*days, true), []string{"rewards.dropped  0.571", "rewards.behind eth 0.8"}},
		{"with few others", earned{claims: strangers(4, 50, mine(usual...))}, since(9*days, true),
			[]string{"rewards.dropped  0.571", "rewards.behind eth unknown: too few others were paid often enough for eth"}},
		{"with others who settle little", earned{claims: strangers(6, 9, mine(usual...))}, since(9*days, true),
			[]string{"rewards.dropped  0.571", "rewards.behind eth unknown: too few others were paid often enough for eth"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			stakes := stakedList{serving("JSON_RPC", "https://relay.example/v1")}
			check := NewRewards(stakes, tt.source, tt.known, RewardsConfig{Clock: func() time.Time { return testNow }})
			results, err := check.Look(t.Context())
			require.NoError(t, err)
			var got []string
			for _, r := range results {
				text := r.Reading.Decimal.String()
				if r.Health == monitor.Unknown {
					text = "unknown" + r.Err.Error()[len("rewards of "+anOperator.String()):]
				}
				got = append(got, fmt.Sprintf("%s %s %s", r.Name, r.Part, text))
				assert.Equal(t, anOperator.String(), r.Subject)
			}
			assert.Equal(t, tt.want, got)
		})
	}
	t.Run("not while the newest blocks are not known", func(t *testing.T) {
		check := NewRewards(stakedList{serving("JSON_RPC", "https://a.example")}, earned{}, since(9*days, true),
			RewardsConfig{Clock: func() time.Time { return testNow.Add(3 * time.Hour) }})
		_, err := check.Look(t.Context())
		assert.ErrorContains(t, err, "the newest settlements are not known yet")
	})
	t.Run("not while the source fails", func(t *testing.T) {
		check := NewRewards(stakedList{serving("JSON_RPC", "https://a.example")}, earned{err: pocket.ErrUnavailable}, since(9*days, true),
			RewardsConfig{Clock: func() time.Time { return testNow }})
		_, err := check.Look(t.Context())
		assert.ErrorIs(t, err, pocket.ErrUnavailable)
	})
}
