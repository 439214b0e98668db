package index_test

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
	"github.com/poktbot/poktbot/pocket/index/sqlite"
	"github.com/poktbot/poktbot/rewards"
)

// The large benchmarks have as many days as the first variable says; 365 take minutes to build. The second names a folder in which what
// was built is kept for the next run.
const (
	daysVariable   = "INDEX_BENCH_DAYS"
	folderVariable = "INDEX_BENCH_FOLDER"
)

func benchDays(b *testing.B) int {
	text := os.Getenv(daysVariable)
	if text == "" {
		return 10
	}
	days, err := strconv.Atoi(text)
	require.NoError(b, err)
	return days
}

// A fleet is a year of suppliers that settle about ten times a day each, spread over 72 settlements a day as on mainnet.
type fleet struct {
	suppliers, wallets, applications []pocket.Address
	services                         []pocket.ServiceID
	days                             int
}

func newFleet(suppliers, days int) *fleet {
	return &fleet{
		suppliers: addresses("supplier", suppliers), wallets: addresses("wallet", 8), applications: addresses("application", 40),
		services: []pocket.ServiceID{"eth", "poly", "sol", "base", "arb"}, days: days,
	}
}

const settlementsPerDay = 72

var benchStart = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

func (f *fleet) blocks() []pocket.Block {
	list := make([]pocket.Block, 0, f.days*settlementsPerDay)
	for i := range f.days * settlementsPerDay {
		list = append(list, pocket.Block{
			Height: pocket.Height(20 * (i + 1)), Time: benchStart.Add(time.Duration(i) * 20 * time.Minute), Hash: hash("bench", i),
		})
	}
	return list
}

// events makes each supplier settle in one of seven blocks.
func (f *fleet) events(h pocket.Height) []pocket.Event {
	r := rand.New(rand.NewPCG(7, uint64(h)))
	at := benchStart.Add(time.Duration(h/20-1) * 20 * time.Minute)
	var events []pocket.Event
	for i, supplier := range f.suppliers {
		if r.IntN(72) >= 10 {
			continue
		}
		events = append(events, f.settlement(r, pocket.At{Height: h, Time: at, Index: len(events)}, supplier, i))
	}
	return events
}

func (f *fleet) settlement(r *rand.Rand, at pocket.At, supplier pocket.Address, n int) pocket.Settlement {
	claimed := pocket.Upokt(100_000 + r.IntN(900_000))
	s := pocket.Settlement{
		At: at, Supplier: supplier, Owner: f.wallets[n%2], Application: pick(r, f.applications), Service: pick(r, f.services),
		SessionID: hash("session", at.Height, n), SessionEnd: at.Height - 33, Relays: 400, EstimatedRelays: 4000,
		ClaimedComputeUnits: 40_000, EstimatedComputeUnits: 400_000, Claimed: claimed, Settled: claimed, Minted: claimed * 975 / 1000,
		Deflated: claimed - claimed*975/1000, MintRatio: "0.975",
	}
	for i := range 8 {
		s.Shares = append(s.Shares, pocket.Share{Recipient: f.wallets[(n+i)%len(f.wallets)], Reason: reasons[i%4], Amount: claimed / 10})
	}
	return s
}

// fleets are built once for all benchmarks of a run.
var fleets struct {
	sync.Mutex
	folder string
}

func fleetIndex(b *testing.B, f *fleet) *index.Index {
	b.Helper()
	fleets.Lock()
	defer fleets.Unlock()
	key := fmt.Sprintf("%d-%d", len(f.suppliers), f.days)
	folder := os.Getenv(folderVariable)
	if folder == "" {
		if fleets.folder == "" {
			made, err := os.MkdirTemp("", "indexbench")
			require.NoError(b, err)
			fleets.folder = made
		}
		folder = fleets.folder
	}
	path := filepath.Join(folder, key+".db")
	if _, err := os.Stat(path); err != nil {
		began := time.Now()
		x, err := sqlite.Open(context.Background(), path)
		require.NoError(b, err)
		blocks := f.blocks()
		for len(blocks) > 0 {
			n := min(settlementsPerDay*2, len(blocks))
			require.NoError(b, x.PutAll(context.Background(), blocks[:n], f.events))
			blocks = blocks[n:]
		}
		require.NoError(b, x.Close())
		size, err := os.Stat(path)
		require.NoError(b, err)
		b.Logf("built %s in %v, %d MB", key, time.Since(began).Round(time.Second), size.Size()>>20)
	}
	x, err := sqlite.Open(context.Background(), path)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, x.Close()) })
	return x
}

func removeFleets() {
	if fleets.folder != "" {
		os.RemoveAll(fleets.folder)
	}
}

// BenchmarkStatistics asks what /stats and /graph ask: all statistics of all nodes, with the wallets' part, and the points of a year's
// graph. 1,000 suppliers for 365 days are 3.65 million settlements.
func BenchmarkStatistics(b *testing.B) {
	madrid, err := rewards.Zone("Europe/Madrid")
	require.NoError(b, err)
	days := benchDays(b)
	for _, suppliers := range []int{100, 1000} {
		f := newFleet(suppliers, days)
		q := rewards.StatsQuery{
			Filter: pocket.Filter{Suppliers: f.suppliers}, Wallets: f.wallets[:3], Zone: madrid,
			Now: benchStart.Add(time.Duration(days) * 24 * time.Hour).Add(-time.Minute),
		}
		priced := q
		priced.Prices = pricesOfEachHour(benchStart, 24*days)
		for name, ask := range map[string]func(*index.Index) error{
			"statistics": func(x *index.Index) error {
				_, err := rewards.Compute(b.Context(), x, q)
				return err
			},
			"statistics with prices of each hour": func(x *index.Index) error {
				_, err := rewards.Compute(b.Context(), x, priced)
				return err
			},
			"graph": func(x *index.Index) error {
				points, err := rewards.Daily(b.Context(), x, q, days)
				require.Len(b, points, days)
				return err
			},
		} {
			b.Run(fmt.Sprintf("%s of %d suppliers, %d days", name, suppliers, days), func(b *testing.B) {
				x := fleetIndex(b, f)
				for b.Loop() {
					require.NoError(b, ask(x))
				}
			})
		}
	}
}

// BenchmarkSums asks other questions about the same.
func BenchmarkSums(b *testing.B) {
	days := benchDays(b)
	f := newFleet(1000, days)
	madrid, err := rewards.Zone("Europe/Madrid")
	require.NoError(b, err)
	for _, bench := range []struct {
		name string
		q    rewards.Query
	}{
		{"by day and service", rewards.Query{Period: rewards.Day, Zone: madrid, By: []rewards.Dimension{rewards.ByService}, Wallets: f.wallets[:3]}},
		{"one node by day", rewards.Query{Period: rewards.Day, Zone: madrid, Wallets: f.wallets[:3], Filter: pocket.Filter{Suppliers: f.suppliers[:1]}}},
		{"thirty nodes by day", rewards.Query{Period: rewards.Day, Zone: madrid, Wallets: f.wallets[:3], Filter: pocket.Filter{Suppliers: f.suppliers[:30]}}},
		{"each node, whole", rewards.Query{By: []rewards.Dimension{rewards.BySupplier}, Wallets: f.wallets[:3]}},
		{"each recipient by month", rewards.Query{Period: rewards.Month, By: []rewards.Dimension{rewards.ByRecipient}}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			x := fleetIndex(b, f)
			for b.Loop() {
				rows, err := x.Sums(b.Context(), bench.q)
				require.NoError(b, err)
				require.NotEmpty(b, rows)
			}
		})
	}
}

// BenchmarkReadSettlements streams settlements, newest first.
func BenchmarkReadSettlements(b *testing.B) {
	f := newFleet(1000, benchDays(b))
	x := fleetIndex(b, f)
	n := 0
	for b.Loop() {
		for _, err := range x.Settlements(b.Context(), pocket.SettlementQuery{Newest: true, Limit: 50_000}) {
			require.NoError(b, err)
			n++
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "settlements/s")
}

// BenchmarkStoreBusyBlock stores a whole block of mainnet's size: 3,000 claims with 8 shares each and 2,100 transactions.
func BenchmarkStoreBusyBlock(b *testing.B) {
	f := newFleet(2000, 1)
	f.wallets, f.applications = addresses("wallet", 1200), addresses("application", 122)
	for i := range 81 {
		f.services = append(f.services, pocket.ServiceID(fmt.Sprintf("service-%d", i)))
	}
	for _, s := range stores {
		b.Run(s.name, func(b *testing.B) {
			x := opened(b, s.place(b))
			h := pocket.Height(0)
			for b.Loop() {
				h += 20
				b.StopTimer()
				block, events := f.busyBlock(h)
				b.StartTimer()
				n, err := x.Put(b.Context(), "bench", block, events)
				require.NoError(b, err)
				require.Equal(b, 5100, n)
			}
		})
	}
}

func (f *fleet) busyBlock(h pocket.Height) (pocket.Block, []pocket.Event) {
	r := rand.New(rand.NewPCG(9, uint64(h)))
	block := pocket.Block{Height: h, Time: benchStart.Add(time.Duration(h) * time.Minute), Hash: hash("busy", h)}
	collector := address("collector", 0)
	var events []pocket.Event
	at := func() pocket.At { return pocket.At{Height: h, Time: block.Time, Index: len(events)} }
	for i := range 2100 {
		tx := pocket.Transaction{
			At: at(), Position: i, GasWanted: 200_000, GasUsed: 150_000, Fee: 1, FeePayer: f.suppliers[i%len(f.suppliers)],
			Messages:  []string{"/pocket.proof.MsgCreateClaim", "/pocket.proof.MsgCreateClaim"},
			Transfers: []pocket.Transfer{{From: f.suppliers[i%len(f.suppliers)], To: collector, Amount: 1}},
		}
		tx.TxHash = hash("tx", h, i)
		events = append(events, tx)
	}
	for i := range 3000 {
		s := f.settlement(r, at(), f.suppliers[i%len(f.suppliers)], i)
		s.Application, s.Service = f.applications[(i+i/2000)%len(f.applications)], f.services[i%len(f.services)]
		for j := range s.Shares {
			s.Shares[j].Recipient = f.wallets[(i%len(f.suppliers)+j*j)%len(f.wallets)]
		}
		s.Shares[7].Recipient = collector
		events = append(events, s)
	}
	return block, events
}

// BenchmarkLookForNews looks whether there is a new block when there is none.
func BenchmarkLookForNews(b *testing.B) {
	for _, s := range stores {
		b.Run(s.name, func(b *testing.B) {
			x, chain := opened(b, s.place(b)), newFakeChain(newWorld(1), 5)
			require.NoError(b, x.Watch(b.Context(), chain.suppliers...))
			follower := index.NewFollower(x, chain, index.FollowerConfig{})
			_, err := follower.CatchUp(b.Context())
			require.NoError(b, err)
			for b.Loop() {
				n, err := follower.CatchUp(b.Context())
				require.NoError(b, err)
				require.Zero(b, n)
			}
		})
	}
}

// benchFeed tells of a fleet's settlements as fast as it can: they are made before.
type benchFeed struct{ told []pocket.Told }

func (f benchFeed) Tip(context.Context) (pocket.Block, error) {
	return f.told[len(f.told)-1].Block, nil
}

func (f benchFeed) Told(_ context.Context, _ []pocket.Address, from, to pocket.Height) iter.Seq2[pocket.Told, error] {
	return func(yield func(pocket.Told, error) bool) {
		for _, t := range f.told {
			if t.Block.Height < from {
				continue
			}
			if t.Block.Height > to || !yield(t, nil) {
				return
			}
		}
	}
}

// BenchmarkBackfillFromFeed is told 30 days of 1,000 suppliers: 300,000 settlements with 8 shares each, three of which are a node runner's.
func BenchmarkBackfillFromFeed(b *testing.B) {
	f := newFleet(1000, 30)
	feed, rows := benchFeed{}, 0
	for _, block := range f.blocks() {
		events := f.events(block.Height)
		block.Hash = ""
		feed.told = append(feed.told, pocket.Told{Block: block, Events: events})
		rows += len(events)
	}
	for _, s := range stores {
		b.Run(s.name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				x := opened(b, s.place(b))
				require.NoError(b, x.Watch(b.Context(), f.suppliers...))
				told := slices.Clone(feed.told)
				for i := range told {
					told[i].Events = slices.Clone(told[i].Events)
				}
				b.StartTimer()
				n, err := x.BackfillFrom(b.Context(), benchFeed{told}, 1, told[len(told)-1].Block.Height, index.FeedConfig{})
				require.NoError(b, err)
				require.Equal(b, int64(rows), n)
			}
			b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
