package bot

import (
	"context"
	"fmt"
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
	"github.com/poktbot/poktbot/pocket/index/sqlite"
	"github.com/poktbot/poktbot/rbac"
)

// The benchmark has as many days as the first variable says: with 340 there are 3.4 million settlements, which take minutes to build. The second
// names a folder in which they are kept for the next run.
const (
	benchDaysVariable   = "BOT_BENCH_DAYS"
	benchFolderVariable = "BOT_BENCH_FOLDER"
)

const (
	benchNodes       = 1000
	benchBlocksADay  = 72
	benchUsers       = 100
	benchNodesOfUser = 10
)

var benchEnd = time.Date(2026, 11, 22, 15, 0, 0, 0, time.UTC)

func benchAddress(kind byte, n int) pocket.Address {
	raw := make([]byte, 20)
	raw[0], raw[1], raw[2] = kind, byte(n), byte(n>>8)
	address, _ := pocket.AccountFromBytes(raw)
	return address
}

// benchStore makes an index of 1,000 nodes that settle ten times a day each, the same every time.
func benchStore(b *testing.B, days int) string {
	b.Helper()
	folder := os.Getenv(benchFolderVariable)
	if folder == "" {
		folder = b.TempDir()
	}
	path := filepath.Join(folder, fmt.Sprintf("bot-%d.db", days))
	if _, err := os.Stat(path); err == nil {
		return path
	}
	ctx, building := context.Background(), path+".building"
	store, err := sqlite.Open(ctx, building)
	require.NoError(b, err)
	var nodes []pocket.Address
	for i := range benchNodes {
		nodes = append(nodes, benchAddress(1, i))
	}
	require.NoError(b, store.Watch(ctx, nodes...))
	services := []pocket.ServiceID{"eth", "poly", "sol", "base", "arb"}
	r := rand.New(rand.NewPCG(7, 7))
	start := benchEnd.AddDate(0, 0, -days)
	for i := range days * benchBlocksADay {
		height, at := pocket.Height(20*(i+1)), start.Add(time.Duration(i)*20*time.Minute)
		var events []pocket.Event
		for n, node := range nodes {
			if r.IntN(benchBlocksADay) >= 10 {
				continue
			}
			claimed := pocket.Upokt(100_000 + r.IntN(900_000))
			s := pocket.Settlement{
				At: pocket.At{Height: height, Time: at, Index: len(events)}, Supplier: node, Owner: benchAddress(2, n%4), Application: benchAddress(3, n%40),
				Service: services[r.IntN(len(services))], SessionEnd: height - 33, Relays: 400, EstimatedRelays: 4000, Claimed: claimed, Settled: claimed,
				Minted: claimed * 975 / 1000, Deflated: claimed - claimed*975/1000, MintRatio: "0.975",
			}
			for k := range 4 {
				s.Shares = append(s.Shares, pocket.Share{Recipient: benchAddress(2, (n+k)%8), Reason: pocket.ReasonSupplier, Amount: claimed / 10})
			}
			events = append(events, s)
		}
		_, err := store.Put(ctx, "test", pocket.Block{Height: height, Time: at, ChainID: "pocket", Hash: fmt.Sprintf("%064x", i)}, events)
		require.NoError(b, err)
	}
	require.NoError(b, store.Close())
	require.NoError(b, os.Rename(building, path))
	return path
}

// benchBot answers from an index of so many days, and reads no chain.
func benchBot(b *testing.B) *Bot {
	b.Helper()
	days := 10
	if text := os.Getenv(benchDaysVariable); text != "" {
		var err error
		days, err = strconv.Atoi(text)
		require.NoError(b, err)
	}
	c := withPeople(DefaultConfig())
	c.Database = NewSecret(benchStore(b, days))
	c.Chain = Chain{RPC: []Secret{NewSecret("http://127.0.0.1:1")}, REST: []Secret{NewSecret("http://127.0.0.1:1")}, ID: "pocket"}
	c.Alerts.Enabled = false
	bot, err := New(b.Context(), c, WithClock(func() time.Time { return benchEnd }))
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, bot.Close()) })
	return bot
}

func answered(ctx context.Context, bot *Bot, line, from string) error {
	for _, err := range bot.Answer(ctx, Request{Text: line, From: from}) {
		if err != nil {
			return err
		}
	}
	return nil
}

// BenchmarkStatsOfManyUsersDuringAReport lets a hundred people ask at once, while one gets a workbook of everything.
func BenchmarkStatsOfManyUsersDuringAReport(b *testing.B) {
	bot := benchBot(b)
	own := make([]string, benchUsers)
	for i := range own {
		subject := rbac.Subject(fmt.Sprintf("telegram:10%d", i))
		var nodes []pocket.Address
		for n := range benchNodesOfUser {
			nodes = append(nodes, benchAddress(1, i*benchNodesOfUser+n))
		}
		if err := bot.authority.Assign(b.Context(), "local:test", subject, "", rbac.Investor, rbac.Scope{Kind: rbac.Named, Nodes: nodes}); err != nil {
			b.Fatal(err)
		}
		own[i] = string(subject)
	}
	for name, from := range map[string]func(int) string{
		"of all nodes":     func(int) string { return investor },
		"of 10 nodes each": func(i int) string { return own[i] },
		"half and half":    func(i int) string { return []string{investor, own[i]}[i%2] },
	} {
		b.Run(name, func(b *testing.B) {
			ctx, stop := context.WithCancel(b.Context())
			var reporting sync.WaitGroup
			reporting.Go(func() {
				for ctx.Err() == nil {
					if err := answered(ctx, bot, "/report xlsx all", investor); err != nil && ctx.Err() == nil {
						b.Error(err)
						return
					}
				}
			})
			time.Sleep(200 * time.Millisecond) // the report is under way
			var took []time.Duration
			for b.Loop() {
				var asking sync.WaitGroup
				results := make([]time.Duration, benchUsers)
				for i := range benchUsers {
					asking.Go(func() {
						began := time.Now()
						if err := answered(ctx, bot, "/stats", from(i)); err != nil {
							b.Error(err)
						}
						results[i] = time.Since(began)
					})
				}
				asking.Wait()
				took = append(took, results...)
				bot.shared.mu.Lock()
				clear(bot.shared.known) // as if a block had come
				bot.shared.mu.Unlock()
			}
			stop()
			reporting.Wait()
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Milliseconds()), "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Milliseconds()), "p99-ms")
		})
	}
}
