package bot

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/report"
)

func TestNumbersAreWrittenAsSomebodyWantsThem(t *testing.T) {
	const line = "1,234.50 POKT gross (€12.30), +5.2 % against <0.01, block 1,488, from 7 claims; 3."
	for style, want := range map[numbers]string{
		"":         line,
		"1,234.56": line,
		"1.234,56": "1.234,50 POKT gross (€12,30), +5,2 % against <0,01, block 1.488, from 7 claims; 3.",
		"1 234,56": "1\u202f234,50 POKT gross (€12,30), +5,2 % against <0,01, block 1\u202f488, from 7 claims; 3.",
		"1'234.56": "1'234.50 POKT gross (€12.30), +5.2 % against <0.01, block 1'488, from 7 claims; 3.",
	} {
		assert.Equal(t, want, style.text(line), "%q", style)
	}
}

func TestWhatIsNoNumberOfOursStaysAsItIs(t *testing.T) {
	for _, line := range []string{
		"2026-11-28 07:01", "v0.1.35", "0.1.35", "http://10.0.0.1:8080/1.5", "pokt1a2.5", "127.0.0.1:26657", "eth-1.5", "1.5x", "12,34", "a,123.4", "1,23.4", "/ack 1.5.2",
	} {
		assert.Equal(t, line, numbers("1.234,56").text(line))
	}
}

func TestTablesAreWrittenAsSomebodyWantsThem(t *testing.T) {
	table := Table{Table: report.Table{
		Columns: []report.Column{{Name: "POKT", Kind: report.KindPOKT}, {Name: "What", Kind: report.KindText}},
		Rows:    report.Rows([]report.Cell{report.POKT(pocket.Upokt(1_234_560_000)), report.String("1,234.56 v1.2")}),
		Notes:   []string{"As of block 1,234."},
	}, Options: report.TextOptions{Places: 2}}
	text, err := numbers("1.234,56").part(table).(Table).Text(t.Context(), 0)
	require.NoError(t, err)
	assert.Contains(t, text, "1.234,56  1,234.56 v1.2", "what somebody else wrote stays")
	assert.Contains(t, text, "As of block 1.234.")
}
