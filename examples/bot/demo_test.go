package bot

import (
	"context"
	"errors"
	"image/png"
	"io"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
	"go.uber.org/goleak"

	"github.com/poktbot/poktbot/internal/golden"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/pockettest"
	"github.com/poktbot/poktbot/rewards"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// demoTime is when demonstrations of tests begin.
var demoTime = time.Date(2026, 11, 22, 15, 30, 0, 0, time.UTC)

// demonstration is a bot that has caught up with a simulated chain which stands still. Its past is short, to take little time; change may
// ask for all of it.
func demonstration(t *testing.T, change func(*Config)) *Bot {
	t.Helper()
	config := withPeople(DemoConfig())
	config.demoDays = 14
	if change != nil {
		change(&config)
	}
	b, err := NewDemo(t.Context(), config, WithClock(func() time.Time { return demoTime }))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	require.NoError(t, b.CatchUp(t.Context(), func(Progress) {}))
	return b
}

// changing is what differs between two runs: the machine's clock, the program's version, the place of temporary files.
var changing = regexp.MustCompile(`(last stored: |SQLite in |PoktBot |; go)[^;\n]*`)

func TestRepliesOfADemonstration(t *testing.T) {
	if testing.Short() {
		t.Skip("two months of a chain are read")
	}
	b := demonstration(t, func(c *Config) { c.Zone, c.Dates, c.demoDays = "Europe/Madrid", "DD/MM/YYYY", demoDays })
	node := b.config.Nodes[2].String()
	for _, typed := range []string{
		"/start", "/help", "/help rewards", "/info", "/stats", "/stats today", "/stats month", "/stats all " + node, "/stats " + node[:10],
		"/rewards", "/rewards day 15/11/2026 18/11/2026", "/rewards week 3w", "/rewards month", "/rewards hour 6h", "/rewards service",
		"/rewards node", "/rewards owner", "/rewards wallet 30d", "/rewards day june",
		"/graph", "/graph 30 services", "/graph losses " + node, "/graph 3 " + node[len(node)-6:] + "…",
		"/losses", "/losses october", "/report csv 2d", "/report xlsx november", "/report csv june",
		"/tax", "/report koinly 2d", "/report cointracking november", "/report ledger 2d", "/graph 5 value", "/graph eur services",
		"/nodes", "/node show " + node, "/node " + b.config.Nodes[0].Short(),
	} {
		t.Run(typed, func(t *testing.T) {
			text, err := reply(t, b, Request{Text: typed, From: investor})
			if err != nil {
				require.ErrorIs(t, err, ErrUsage)
				text += "error: " + err.Error() + "\n"
			}
			text = changing.ReplaceAllString(text, "${1}…")
			name := strings.NewReplacer("/", "", " ", "-", "…", "", node, "node", node[:10], "no", node[len(node)-6:], "end", b.config.Nodes[0].Short(), "short").Replace(typed)
			golden.Check(t, text, filepath.Join("testdata", "replies", name+".golden"))
		})
	}
	t.Run("sums equal what the simulator says it paid", func(t *testing.T) { checkTruth(t, b) })
	t.Run("pictures are pictures", func(t *testing.T) {
		for _, typed := range []string{"/graph", "/graph 7 losses", "/graph 400 services"} {
			for part, err := range b.Answer(t.Context(), Request{Text: typed, From: investor}) {
				require.NoError(t, err)
				picture, ok := part.(Picture)
				require.True(t, ok)
				decoded, err := png.Decode(strings.NewReader(string(picture.PNG)))
				require.NoError(t, err)
				assert.Equal(t, 1200, decoded.Bounds().Dx())
			}
		}
	})
	t.Run("a workbook holds every settlement, and its sums are the index's", func(t *testing.T) { checkWorkbook(t, b) })
	t.Run("a node is added with its past, and removed without losing it", func(t *testing.T) { checkAdding(t, b) })
}

// checkTruth compares the index, filled over HTTP, with what the simulator believes it paid.
func checkTruth(t *testing.T, b *Bot) {
	t.Helper()
	rows, err := b.store.Sums(t.Context(), rewards.Query{Filter: pocket.Filter{Suppliers: b.config.Nodes}, Wallets: b.config.Wallets, By: []rewards.Dimension{rewards.BySupplier}})
	require.NoError(t, err)
	truth := map[pocket.Address]*rewards.Sums{}
	for event := range truthOf(t, b.chain) {
		switch e := event.(type) {
		case pocket.Settlement:
			s := of(truth, e.Supplier)
			s.Settlements++
			s.Claimed += e.Claimed
			s.Settled += e.Settled
			s.Minted += e.Minted
			for _, share := range e.Shares {
				if share.Reason.Role() == pocket.RoleSupplier {
					s.Gross += share.Amount
					if share.Recipient == b.config.Wallets[0] {
						s.Mine += share.Amount
					}
				}
			}
		case pocket.ClaimExpiry:
			s := of(truth, e.Supplier)
			s.Expired++
			s.ExpiredClaimed += e.Claimed
		case pocket.Slash:
			s := of(truth, e.Supplier)
			s.Slashes++
			s.Slashed += e.Penalty
		}
	}
	require.Len(t, rows, len(b.config.Nodes))
	for _, row := range rows {
		want := *truth[row.Supplier]
		got := rewards.Sums{Settlements: row.Settlements, Claimed: row.Claimed, Settled: row.Settled, Minted: row.Minted, Gross: row.Gross, Mine: row.Mine,
			Expired: row.Expired, ExpiredClaimed: row.ExpiredClaimed, Slashes: row.Slashes, Slashed: row.Slashed}
		assert.Equal(t, want, got, row.Supplier)
	}
}

func of(sums map[pocket.Address]*rewards.Sums, who pocket.Address) *rewards.Sums {
	if sums[who] == nil {
		sums[who] = &rewards.Sums{}
	}
	return sums[who]
}

func checkWorkbook(t *testing.T, b *Bot) {
	t.Helper()
	for part, err := range b.Answer(t.Context(), Request{Text: "/report xlsx 5d", From: investor}) {
		require.NoError(t, err)
		file, ok := part.(File)
		if !ok {
			continue
		}
		whole, err := io.ReadAll(file.Body)
		require.NoError(t, err)
		assert.Len(t, whole, int(file.Size))
		book, err := excelize.OpenReader(strings.NewReader(string(whole)))
		require.NoError(t, err)
		assert.Equal(t, []string{"Summary", "Daily", "Monthly", "Services", "Losses", "Causes", "Settlements", "Notes"}, book.GetSheetList())
		rows, err := book.GetRows("Settlements")
		require.NoError(t, err)
		from := Calendar{Now: b.now(), Zone: b.zone}.day(b.now(), -4)
		sums, err := b.store.Sums(t.Context(), rewards.Query{Span: pocket.Span{From: from}, Filter: pocket.Filter{Suppliers: b.config.Nodes}})
		require.NoError(t, err)
		assert.GreaterOrEqual(t, len(rows), int(sums[0].Settlements)+1, "each settlement has a row")
		require.NoError(t, book.Close())
	}
}

func checkAdding(t *testing.T, b *Bot) {
	t.Helper()
	var other pocket.Address
	for _, operator := range b.chain.Operators() {
		if !strings.Contains(strings.Join(texts(b.config.Nodes), " "), operator.String()) {
			other = operator
		}
	}
	var progress int
	var said []string
	for part, err := range b.Answer(t.Context(), Request{Text: "/node add " + other.String(), From: admin}) {
		require.NoError(t, err)
		if _, ok := part.(Progress); ok {
			progress++
			continue
		}
		said = append(said, show(t, part))
	}
	assert.Positive(t, progress, "long work shows progress")
	assert.Contains(t, strings.Join(said, ""), "Its past is known")
	var want pocket.Upokt
	for event := range truthOf(t, b.chain) {
		if s, ok := event.(pocket.Settlement); ok && s.Supplier == other {
			want += s.SupplierSide()
		}
	}
	sums, err := b.store.Sums(t.Context(), rewards.Query{Filter: pocket.Filter{Suppliers: []pocket.Address{other}}})
	require.NoError(t, err)
	assert.Equal(t, want, sums[0].Gross)

	text, err := reply(t, b, Request{Text: "/node add " + other.String(), From: admin})
	require.NoError(t, err)
	assert.Contains(t, text, "is watched already")
	text, err = reply(t, b, Request{Text: "/node remove " + other.Short(), From: admin})
	require.NoError(t, err)
	assert.Contains(t, text, "is not watched any more")
	assert.NotContains(t, text, "configuration")
	_, err = reply(t, b, Request{Text: "/node remove " + other.String(), From: admin})
	require.ErrorIs(t, err, ErrUsage)
	text, err = reply(t, b, Request{Text: "/stats all " + other.String(), From: admin})
	require.NoError(t, err)
	assert.Regexp(t, `gross.*, from`, text, "what is known of it stays")
	text, err = reply(t, b, Request{Text: "/node remove " + b.config.Nodes[0].String(), From: admin})
	require.NoError(t, err)
	assert.Contains(t, text, "The configuration names it")
	require.NoError(t, b.store.Watch(t.Context(), b.config.Nodes[0]))

	text, err = reply(t, b, Request{Text: "/node add " + operatorA, From: admin})
	require.NoError(t, err)
	assert.Contains(t, text, "The chain has no supplier of this address now")
	assert.Contains(t, text, "No settlement yet of node "+pocket.MustParseAddress(operatorA).Short())
	assert.Contains(t, text, "The next session to settle is number")
	_, err = reply(t, b, Request{Text: "/node add " + operatorA[:42] + "4", From: admin})
	assert.ErrorContains(t, err, "character 43, '4', looks mistyped")
}

func texts(addresses []pocket.Address) []string {
	var all []string
	for _, a := range addresses {
		all = append(all, a.String())
	}
	return all
}

func TestWithoutNodes(t *testing.T) {
	long(t)
	b := demonstration(t, nil)
	require.NoError(t, b.store.Unwatch(t.Context(), b.config.Nodes...))
	for _, typed := range []string{"/stats", "/rewards", "/graph", "/losses", "/report csv"} {
		_, err := reply(t, b, Request{Text: typed, From: investor})
		assert.EqualError(t, err, "no node is watched yet. Ask an admin to add yours.", typed)
	}
	text, err := reply(t, b, Request{Text: "/nodes", From: investor})
	require.NoError(t, err)
	assert.Contains(t, text, "No node is watched yet")
}

func TestWhenTheChainCannotBeAsked(t *testing.T) {
	long(t)
	b := demonstration(t, nil)
	require.NoError(t, b.closers[0](), "the node goes down")
	for typed, want := range map[string]string{
		"/info": "cannot be asked now", "/nodes": "could not be looked up", "/node show " + b.config.Nodes[0].String(): "What follows is from the index.",
		"/stats": "Average of one node",
	} {
		text, err := reply(t, b, Request{Text: typed, From: investor})
		require.NoError(t, err, typed)
		assert.Contains(t, text, want)
	}
	_, err := reply(t, b, Request{Text: "/node add " + operatorB, From: admin})
	assert.ErrorContains(t, err, "the chain cannot be asked now, so nothing was added")
	watched, err := b.watched(t.Context())
	require.NoError(t, err)
	assert.NotContains(t, texts(watched), operatorB)
}

func TestFollowing(t *testing.T) {
	b := demonstration(t, nil)
	enough := errors.New("enough")
	var news []string
	err := b.Run(t.Context(), func(p Part) error {
		news = append(news, show(t, p))
		if strings.Contains(strings.Join(news, ""), "settled") {
			return enough
		}
		return nil
	})
	assert.ErrorIs(t, err, enough, "the fault of the listener ends it")
	assert.Regexp(t, `\+[\d.]+ POKT: \d+ claims? of \d+ nodes? settled`, strings.Join(news, ""))

	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(enough)
	assert.ErrorIs(t, b.Run(ctx, func(Part) error { return nil }), enough)
}

func TestRetention(t *testing.T) {
	b := demonstration(t, func(c *Config) { c.Retention = Duration(10 * 24 * time.Hour) })
	before, err := reply(t, b, Request{Text: "/rewards month", From: investor})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); b.retain(ctx) }()
	require.Eventually(t, func() bool {
		_, err = reply(t, b, Request{Text: "/report csv", From: investor})
		return err != nil
	}, time.Minute, 50*time.Millisecond)
	stop()
	<-done
	require.ErrorIs(t, err, ErrUsage)
	assert.EqualError(t, err, "single settlements older than 10d are not kept (retention): ask from 2026-11-13 on. /rewards still adds up all of them")
	text, err := reply(t, b, Request{Text: "/report csv 2026-11-13", From: investor})
	require.NoError(t, err)
	assert.Contains(t, text, "[file ")
	after, err := reply(t, b, Request{Text: "/rewards month", From: investor})
	require.NoError(t, err)
	assert.Equal(t, before, after, "sums stay as they are")
}

func TestAnIndexThatIsKept(t *testing.T) {
	long(t)
	file := filepath.Join(t.TempDir(), "kept.db")
	keep := func(c *Config) { c.Database = NewSecret(file) }
	first := demonstration(t, keep)
	before, err := reply(t, first, Request{Text: "/stats", From: investor})
	require.NoError(t, err)
	second := demonstration(t, keep)
	var read int64
	require.NoError(t, second.CatchUp(t.Context(), func(p Progress) { read = p.Total }))
	assert.Zero(t, read, "nothing is read twice")
	after, err := reply(t, second, Request{Text: "/stats", From: investor})
	require.NoError(t, err)
	assert.Equal(t, before, after)
	_, err = os.Stat(file)
	require.NoError(t, err)
}

// truthOf yields what the simulator did, by its own books.
func truthOf(t *testing.T, chain *pockettest.Chain) iter.Seq[pocket.Event] {
	return func(yield func(pocket.Event) bool) {
		for event, err := range chain.Truth(1, chain.Head(), pocket.KindSettlement, pocket.KindClaimExpiry, pocket.KindSlash) {
			require.NoError(t, err)
			if !yield(event) {
				return
			}
		}
	}
}
