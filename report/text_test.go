package report

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/poktbot/poktbot/internal/golden"
	"github.com/poktbot/poktbot/pocket"
)

func textOf(t testing.TB, table Table, o TextOptions) string {
	t.Helper()
	text, err := table.Text(t.Context(), o)
	require.NoError(t, err)
	return text
}

func TestTextTables(t *testing.T) {
	madrid := zone(t, "Europe/Madrid")
	table := Settlements(several(), []pocket.Address{wallet}, nil)
	golden.Check(t, textOf(t, table, TextOptions{Zone: madrid}), "testdata/settlements-wide.txt.golden")
	golden.Check(t, textOf(t, table, TextOptions{Zone: madrid, Width: 60, Places: 2}), "testdata/settlements-narrow.txt.golden")
	golden.Check(t, textOf(t, nodesTable(), TextOptions{Width: 100}), "testdata/nodes.txt.golden")
	golden.Check(t, textOf(t, nodesTable(), TextOptions{}), "testdata/nodes-wide.txt.golden")
}

func nodesTable() Table {
	staked := &pocket.Supplier{Operator: node, Owner: owner, Stake: pocket.POKT(60_000),
		Services: []pocket.ServiceConfig{{Service: "poly"}, {Service: "eth"}}}
	low := &pocket.Supplier{Operator: app, Owner: owner, Stake: pocket.POKT(59_000), UnstakeSessionEnd: 80,
		Services: []pocket.ServiceConfig{{Service: "eth"}}}
	idle := &pocket.Supplier{Operator: wallet, Owner: owner, Stake: pocket.POKT(60_000)}
	return Nodes([]Node{
		{Name: "日本 node", Operator: node, Supplier: staked}, {Operator: app, Supplier: low}, {Operator: wallet, Supplier: idle},
		{Name: "gone", Operator: owner}, {Name: "lost", Operator: account(9), Unknown: "host: unavailable\n(HTTP 502)"},
	}, pocket.POKT(59_500))
}

func TestWriteText(t *testing.T) {
	columns := []Column{{Name: "Name", Kind: KindText}, {Name: "Node", Kind: KindAddress}, {Name: "POKT", Kind: KindPOKT, Sum: true}}
	table := func(rows ...[]Cell) Table {
		return Table{Title: "T", Columns: columns, Rows: Rows(rows...), TotalLabel: "Total"}
	}
	widest := func(s string) (w int) {
		for line := range strings.Lines(s) {
			w = max(w, Width(strings.TrimRight(line, "\n")))
		}
		return w
	}
	row := []Cell{String(strings.Repeat("long text ", 5)), Address(node), POKT(1_234_567_890)}

	t.Run("addresses give way first", func(t *testing.T) {
		text := textOf(t, table(row), TextOptions{Width: 90})
		assert.Contains(t, text, node.Short())
		assert.Contains(t, text, strings.TrimSpace(row[0].Text()))
		assert.LessOrEqual(t, widest(text), 90)
	})
	t.Run("then texts are cut", func(t *testing.T) {
		text := textOf(t, table(row), TextOptions{Width: 50})
		assert.Contains(t, text, "long text long tex…")
		assert.Contains(t, text, "1,234.567890")
		assert.LessOrEqual(t, widest(text), 50)
	})
	t.Run("then each row gets lines of its own, and no number is cut", func(t *testing.T) {
		text := textOf(t, table(row), TextOptions{Width: 25})
		assert.Contains(t, text, "\n  POKT  1,234.567890\n")
		assert.Contains(t, text, strings.TrimSpace(row[0].Text()), "nothing else is cut either")
	})
	t.Run("wide characters take two columns", func(t *testing.T) {
		text := textOf(t, table([]Cell{String("日本"), {}, POKT(1)}, []Cell{String("ab"), {}, POKT(2)}), TextOptions{})
		lines := strings.Split(text, "\n")
		assert.Equal(t, Width(lines[3]), Width(lines[4]))
	})
	t.Run("rows left out are counted, and are in the totals", func(t *testing.T) {
		text := textOf(t, table(row, row, row), TextOptions{Rows: 1, Places: 2})
		assert.Contains(t, text, "… and 2 more rows not shown; the totals hold them.")
		assert.Contains(t, text, "3,703.70")
		assert.Equal(t, 1, strings.Count(text, "1,234.57"))
	})
	t.Run("an empty table says so", func(t *testing.T) {
		assert.Equal(t, "T\nNo rows.\n", textOf(t, table(), TextOptions{Width: 10}))
	})
	t.Run("a stranger's text cannot steer the terminal", func(t *testing.T) {
		text := textOf(t, table([]Cell{String("\x1b]0;owned\a\nnew line"), {}, {}}), TextOptions{})
		assert.NotContains(t, text, "\x1b")
		assert.Contains(t, text, "new line")
		assert.Equal(t, 6, strings.Count(text, "\n"))
	})
	t.Run("a failing source is told", func(t *testing.T) {
		_, err := Table{Columns: columns[:1], Rows: brokenAfter(1)}.Text(t.Context(), TextOptions{})
		assert.ErrorIs(t, err, errBroken)
	})
	t.Run("a number of decimals that amounts do not have is refused", func(t *testing.T) {
		_, err := table(row).Text(t.Context(), TextOptions{Places: 7})
		assert.ErrorIs(t, err, pocket.ErrInvalid)
	})
	t.Run("kinds as people read them", func(t *testing.T) {
		at := time.Date(2026, 8, 1, 23, 30, 0, 0, time.UTC)
		cells := []Cell{Integer(1234), Decimal(decimal.RequireFromString("1234.5")), Fiat(decimal.RequireFromString("0.001")), Percent(decimal.RequireFromString("0.125")),
			Time(at), Date(at), Month(at), Height(1234)}
		text := textOf(t, Table{Columns: make([]Column, len(cells)), Rows: Rows(cells)}, TextOptions{Zone: zone(t, "Asia/Kathmandu")})
		assert.Contains(t, text, "1,234  1,234.5  0.001000  12.5 %  2026-08-02 05:15  2026-08-01  2026-08  1234")
	})
}

func TestColumnsLineUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		columns := rapid.SliceOfN(rapid.SampledFrom([]Column{{Name: "Text", Kind: KindText}, {Name: "住所", Kind: KindAddress}, {Name: "POKT", Kind: KindPOKT}}), 1, 5).Draw(t, "columns")
		var rows [][]Cell
		for range rapid.IntRange(1, 6).Draw(t, "rows") {
			row := make([]Cell, len(columns))
			for i, c := range columns {
				switch c.Kind {
				case KindText:
					row[i] = String(rapid.StringN(0, 30, -1).Draw(t, "text"))
				case KindAddress:
					row[i] = Address(account(rapid.Byte().Draw(t, "account")))
				default:
					row[i] = POKT(pocket.Upokt(rapid.Int64().Draw(t, "upokt")))
				}
			}
			rows = append(rows, row)
		}
		width := rapid.IntRange(1, 200).Draw(t, "width")
		l, err := newLayout(t.Context(), Table{Columns: columns, Rows: Rows(rows...)}, TextOptions{Width: width})
		if err != nil {
			t.Fatal(err)
		}
		if l.records {
			return
		}
		for _, block := range l.blocks() {
			for line := range strings.SplitSeq(block, "\n") {
				if Width(line) > width {
					t.Fatalf("%q takes %d columns of %d", line, Width(line), width)
				}
			}
		}
	})
}

func TestPages(t *testing.T) {
	table := func(rows int) Table {
		cells := make([][]Cell, rows)
		for i := range cells {
			cells[i] = []Cell{String(fmt.Sprintf("row-%04d_x", i)), Address(node), POKT(pocket.Upokt(i))}
		}
		return Table{Title: "Nodes (all)", Columns: []Column{{Name: "Name", Kind: KindText}, {Name: "Node", Kind: KindAddress}, {Name: "POKT", Kind: KindPOKT, Sum: true}},
			Rows: Rows(cells...), TotalLabel: "Total", Notes: []string{"A note."}}
	}
	telegram := PageOptions{TextOptions: TextOptions{Width: 48}, Open: "```\n", Close: "\n```", Escape: MarkdownCode, Heading: Markdown}

	t.Run("what fits is one page with a plain title", func(t *testing.T) {
		pages, err := Pages(t.Context(), table(2), telegram)
		require.NoError(t, err)
		require.Len(t, pages, 1)
		golden.Check(t, pages[0], "testdata/page.golden")
	})
	t.Run("a hundred nodes are a few pages that say which they are", func(t *testing.T) {
		pages, err := Pages(t.Context(), table(300), telegram)
		require.NoError(t, err)
		require.Len(t, pages, 3)
		assert.True(t, strings.HasPrefix(pages[1], "Nodes \\(all\\) \\(2/3\\)\n```\nName"), pages[1])
		all := strings.Join(pages, "\n")
		for i := range 300 {
			assert.Equal(t, 1, strings.Count(all, fmt.Sprintf("row-%04d_x", i)))
		}
	})
	t.Run("a limit too small to work with is refused", func(t *testing.T) {
		_, err := Pages(t.Context(), table(1), PageOptions{Limit: 20})
		assert.ErrorIs(t, err, pocket.ErrInvalid)
	})
	t.Run("an empty table is a page", func(t *testing.T) {
		pages, err := Pages(t.Context(), table(0), PageOptions{})
		require.NoError(t, err)
		assert.Equal(t, []string{"Nodes (all)\nNo rows.\nA note."}, pages)
	})
	t.Run("a failing source is told", func(t *testing.T) {
		_, err := Pages(t.Context(), Table{Columns: make([]Column, 1), Rows: brokenAfter(1)}, PageOptions{})
		assert.ErrorIs(t, err, errBroken)
	})
}

func TestPagesKeepTheirLimitAndLoseNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var rows [][]Cell
		texts := rapid.SliceOfN(rapid.OneOf(rapid.StringN(0, 60, -1), rapid.Just(strings.Repeat("`", 3000)), rapid.StringMatching(`(🎉|_|\x60){0,900}`)), 0, 30).Draw(t, "texts")
		for i, s := range texts {
			rows = append(rows, []Cell{Integer(int64(1_000_000 + i)), String(s), POKT(pocket.Upokt(i))})
		}
		o := PageOptions{Limit: rapid.IntRange(leastLimit, 5000).Draw(t, "limit"), Open: "```\n", Close: "\n```", Escape: MarkdownCode, Heading: Markdown}
		o.Width = rapid.SampledFrom([]int{0, 20, 40, 100}).Draw(t, "width")
		table := Table{Title: rapid.StringN(0, 100, -1).Draw(t, "title"), Columns: []Column{{Name: "N", Kind: KindInteger}, {Name: "Text", Kind: KindText}, {Name: "POKT", Kind: KindPOKT}},
			Rows: Rows(rows...), Notes: texts}
		pages, err := Pages(t.Context(), table, o)
		if err != nil {
			t.Fatal(err)
		}
		all := strings.Join(pages, "")
		for i, page := range pages {
			if units(page) > o.Limit {
				t.Fatalf("page %d has %d of %d characters", i, units(page), o.Limit)
			}
			if strings.TrimSpace(page) == "" {
				t.Fatalf("page %d is empty", i)
			}
		}
		for i := range texts {
			if !strings.Contains(all, Count(int64(1_000_000+i))) {
				t.Fatalf("row %d is missing", i)
			}
		}
	})
}
