package shannon

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/poktbot/poktbot/pocket"
)

// collectEvents returns what a decode yields up to its end or error.
func collectEvents(r io.Reader, block pocket.Block, sel pocket.Selection) ([]pocket.Event, error) {
	var events []pocket.Event
	for event, err := range DecodeBlock(r, block, sel) {
		if err != nil {
			return events, err
		}
		events = append(events, event)
	}
	return events, nil
}

func recordedFile(t testing.TB, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", "blocks", name))
	require.NoError(t, err)
	return body
}

func TestDecodeBlockDoesNotCareHowTheBodyArrives(t *testing.T) {
	ways := map[string]func(io.Reader) io.Reader{
		"byte by byte":                  iotest.OneByteReader,
		"in halves":                     iotest.HalfReader,
		"with the end beside data":      iotest.DataErrReader,
		"byte by byte with empty reads": func(r io.Reader) io.Reader { return &stutter{r: iotest.OneByteReader(r)} },
	}
	for _, r := range recorded(t)[20:120] {
		want := decodeAll(t, r.results, r.block, pocket.Selection{})
		for name, way := range ways {
			got, err := collectEvents(way(bytes.NewReader(r.results)), r.block, pocket.Selection{})
			require.NoError(t, err, "%s, height %d", name, r.block.Height)
			require.Equal(t, want, got, "%s, height %d", name, r.block.Height)
		}
	}
	t.Run("indented, with the fields of events in another order", func(t *testing.T) {
		for _, r := range recorded(t)[20:60] {
			var indented bytes.Buffer
			require.NoError(t, json.Indent(&indented, r.results, " ", "\t"))
			want := decodeAll(t, r.results, r.block, pocket.Selection{})
			assert.Equal(t, want, decodeAll(t, indented.Bytes(), r.block, pocket.Selection{}))

			turned := turnEvents(t, r.results)
			assert.Equal(t, want, decodeAll(t, turned, r.block, pocket.Selection{}))
		}
	})
}

// turnEvents writes each event's attributes before its type, and each value before its name.
func turnEvents(t *testing.T, body []byte) []byte {
	t.Helper()
	type attribute struct {
		Index bool   `json:"index"`
		Value string `json:"value"`
		Key   string `json:"key"`
	}
	type event struct {
		Attributes []attribute `json:"attributes"`
		Type       string      `json:"type"`
	}
	type tx struct {
		Events    []event         `json:"events"`
		Code      json.RawMessage `json:"code"`
		Codespace string          `json:"codespace"`
		Log       string          `json:"log"`
		Wanted    string          `json:"gas_wanted"`
		Used      string          `json:"gas_used"`
	}
	var results struct {
		Height string  `json:"height"`
		Txs    []tx    `json:"txs_results"`
		Events []event `json:"finalize_block_events"`
	}
	require.NoError(t, json.Unmarshal(body, &results))
	turned, err := json.Marshal(results)
	require.NoError(t, err)
	return turned
}

// stutter gives nothing on every other read.
type stutter struct {
	r    io.Reader
	turn bool
}

func (s *stutter) Read(p []byte) (int, error) {
	if s.turn = !s.turn; s.turn {
		return 0, nil
	}
	return s.r.Read(p)
}

func TestDecodeBlockSelectionIsAFilterOfTheWhole(t *testing.T) {
	blocks := recorded(t)
	known := map[pocket.Address]bool{}
	for _, r := range blocks {
		raw, _ := independentEvents(r)
		for _, e := range raw {
			for _, value := range e.attrs {
				for _, address := range addressesIn(value) {
					known[address] = true
				}
			}
		}
	}
	require.Greater(t, len(known), 20)
	addresses := append(sortedAddresses(known),
		pocket.MustParseAddress(mustAccount(t, "nobody in the block!")),
		pocket.MustParseAddress("00112233445566778899aabbccddeeff00112233"))
	kinds := []pocket.Kind{
		pocket.KindSettlement, pocket.KindClaimExpiry, pocket.KindClaimDiscard, pocket.KindSlash, pocket.KindTransaction,
		pocket.KindClaimCreation, pocket.KindUnbondingBegin, pocket.KindUnbondingEnd, pocket.KindSupplierStake,
		pocket.KindValidatorReward, pocket.KindSettlementBatch, pocket.KindDifficultyUpdate, pocket.KindOverservicing,
	}
	rapid.Check(t, func(rt *rapid.T) {
		r := blocks[rapid.IntRange(0, len(blocks)-1).Draw(rt, "block")]
		sel := pocket.Selection{
			Kinds:    rapid.SliceOfN(rapid.SampledFrom(kinds), 0, 4).Draw(rt, "kinds"),
			Mentions: rapid.SliceOfN(rapid.SampledFrom(addresses), 0, 5).Draw(rt, "mentions"),
		}
		var want []pocket.Event
		mentions := mentionsByIndex(r, sel.Mentions)
		for _, event := range decodeAll(t, r.results, r.block, pocket.Selection{}) {
			if wantsKind(sel.Kinds, event.Kind()) && mentions[event.Where().Index] {
				want = append(want, event)
			}
		}
		got, err := collectEvents(bytes.NewReader(r.results), r.block, sel)
		if err != nil {
			rt.Fatal(err)
		}
		assert.Equal(rt, want, got)
	})
}

func wantsKind(kinds []pocket.Kind, kind pocket.Kind) bool {
	for _, k := range kinds {
		if k == kind {
			return true
		}
	}
	return len(kinds) == 0
}

// mentionsByIndex tells of each event's number whether it mentions one of the addresses, straight from the JSON.
func mentionsByIndex(r recordedBlock, addresses []pocket.Address) map[int]bool {
	raw, txIndexes := independentEvents(r)
	mentions := map[int]bool{}
	for _, e := range raw {
		hit := len(addresses) == 0
		for _, value := range e.attrs {
			for _, address := range addresses {
				hit = hit || strings.Contains(strings.ToLower(value), address.String())
			}
		}
		mentions[e.index] = hit
		if e.tx >= 0 {
			mentions[txIndexes[e.tx]] = mentions[txIndexes[e.tx]] || hit
		}
	}
	for _, index := range txIndexes {
		mentions[index] = mentions[index] || len(addresses) == 0
	}
	return mentions
}

func TestDecodeBlockFindsAMentionHoweverItIsWritten(t *testing.T) {
	operator := pocket.MustParseAddress("pokt1l53dkzw5aewqp78k2jeytt94zx53jnup7azyjt")
	body := string(recordedFile(t, "rpc_block_results_settlement_slash.json"))
	sel := pocket.Selection{Kinds: []pocket.Kind{pocket.KindSettlement}, Mentions: []pocket.Address{operator}}
	want := decodeAll(t, []byte(body), pocket.Block{}, sel)
	require.NotEmpty(t, want)
	text := operator.String()
	for name, spelled := range map[string]string{
		"with a letter as a number":                    `\u0070okt1` + text[5:],
		"with a letter in its middle as a number":      text[:20] + `\u00` + hexOf(text[20]) + text[21:],
		"with a letter as a number in the nested text": text[:20] + `\\u00` + hexOf(text[20]) + text[21:],
	} {
		t.Run(name, func(t *testing.T) {
			got := decodeAll(t, []byte(strings.ReplaceAll(body, text, spelled)), pocket.Block{}, sel)
			assert.Equal(t, want, got)
		})
	}
	t.Run("not in a longer prefix's data", func(t *testing.T) {
		other := pocket.MustParseAddress(mustAccount(t, "nobody in the block!"))
		assert.Empty(t, decodeAll(t, []byte(body), pocket.Block{}, pocket.Selection{Mentions: []pocket.Address{other}}))
	})
	t.Run("at every distance from the strides", func(t *testing.T) {
		for shift := range 70 {
			event := `{"type":"pocket.supplier.EventSupplierStaked","attributes":[{"key":"operator_address","value":"\"` + text +
				`\"","index":true},{"key":"x","value":"` + strings.Repeat("p", shift) + `","index":true}]}`
			padded := `{"height":"1","txs_results":null,"finalize_block_events":[` +
				strings.Replace(event, `{"key":"operator`, `{"key":"a","value":"`+strings.Repeat("k", shift)+`","index":true},{"key":"operator`, 1) + `]}`
			assert.Len(t, decodeAll(t, []byte(padded), pocket.Block{}, pocket.Selection{Mentions: []pocket.Address{operator}}), 1, shift)
		}
	})
	t.Run("of a validator and of a Morse account", func(t *testing.T) {
		validator := pocket.MustParseAddress("poktvaloper15yk64u7zc9g9k2yr2wmzeva5qgwxps6ye8rew7")
		events := decodeAll(t, []byte(body), pocket.Block{}, pocket.Selection{Mentions: []pocket.Address{validator}})
		require.NotEmpty(t, events)
		for _, event := range events {
			assert.Equal(t, validator, event.(pocket.ValidatorReward).Validator)
		}
		morse := `{"height":"1","txs_results":[{"code":0,"events":[{"type":"pocket.migration.EventMorseAccountClaimed","attributes":[` +
			`{"key":"morse_src_address","value":"\"00112233445566778899AABBCCDDEEFF00112233\"","index":true},` +
			`{"key":"shannon_dest_address","value":"\"` + testOwner + `\"","index":true}]}]}],"finalize_block_events":[]}`
		found := pocket.Selection{Mentions: []pocket.Address{pocket.MustParseAddress("00112233445566778899aabbccddeeff00112233")}}
		assert.Len(t, decodeAll(t, []byte(morse), pocket.Block{}, found), 2, "the migration and its transaction")
	})
}

func TestDecodeBlockCutAnywhereIsAnError(t *testing.T) {
	for _, name := range []string{
		"rpc_block_results_quiet.json", "rpc_block_results_unstake_tx.json", "rpc_block_results_unbonding_end.json",
		"rpc_block_results_proposal_passed.json", "rpc_block_results_unbonding_canceled.json", "rpc_block_results_failed_tx_code5.json",
		"rpc_block_results_proof_tx.json",
	} {
		body := recordedFile(t, name)
		body = bytes.TrimSpace(body)
		for cut := range body {
			_, err := collectEvents(bytes.NewReader(body[:cut]), pocket.Block{}, pocket.Selection{Kinds: []pocket.Kind{pocket.KindSlash}})
			require.ErrorIs(t, err, pocket.ErrMalformed, "%s cut at %d", name, cut)
			require.ErrorIs(t, err, io.ErrUnexpectedEOF, "%s cut at %d", name, cut)
		}
	}
	t.Run("in a block full of settlements, too", func(t *testing.T) {
		body := bytes.TrimSpace(recordedFile(t, "rpc_block_results_settlement_slash.json"))
		whole := decodeAll(t, body, pocket.Block{}, pocket.Selection{})
		for cut := 0; cut < len(body); cut += 37 {
			events, err := collectEvents(bytes.NewReader(body[:cut]), pocket.Block{}, pocket.Selection{})
			require.ErrorIs(t, err, pocket.ErrMalformed, "cut at %d", cut)
			require.LessOrEqual(t, len(events), len(whole))
			for i, event := range events {
				require.Equal(t, whole[i], event)
			}
		}
	})
}

func TestDecodeBlockStopsWhenTheLoopIsLeft(t *testing.T) {
	body := recordedFile(t, "rpc_block_results_settlement_slash.json")
	source := &countingReader{r: iotest.OneByteReader(bytes.NewReader(body)), onRead: func() {}}
	for event, err := range DecodeBlock(source, pocket.Block{}, pocket.Selection{Kinds: []pocket.Kind{pocket.KindSettlement}}) {
		require.NoError(t, err)
		require.IsType(t, pocket.Settlement{}, event)
		break
	}
	assert.Less(t, source.n, int64(len(body)/2), "the rest is not read")
}

func TestDecodeBlockTellsABrokenConnectionFromABrokenBody(t *testing.T) {
	body := recordedFile(t, "rpc_block_results_quiet.json")
	broken := errors.New("connection reset")
	_, err := collectEvents(io.MultiReader(bytes.NewReader(body[:500]), iotest.ErrReader(broken)), pocket.Block{}, pocket.Selection{})
	require.ErrorIs(t, err, pocket.ErrUnavailable)
	require.ErrorIs(t, err, broken)
	assert.NotErrorIs(t, err, pocket.ErrMalformed)

	_, err = collectEvents(io.MultiReader(bytes.NewReader(body[:500]), iotest.ErrReader(pocket.ErrTooLarge)), pocket.Block{}, pocket.Selection{})
	require.ErrorIs(t, err, pocket.ErrTooLarge)

	t.Run("even when it breaks behind the last byte", func(t *testing.T) {
		_, err := collectEvents(io.MultiReader(bytes.NewReader(body), iotest.ErrReader(broken)), pocket.Block{}, pocket.Selection{})
		require.ErrorIs(t, err, broken)
	})
	t.Run("and gives up on a reader that gives nothing", func(t *testing.T) {
		_, err := collectEvents(silent{}, pocket.Block{}, pocket.Selection{})
		require.ErrorIs(t, err, io.ErrNoProgress)
	})
}

type silent struct{}

func (silent) Read([]byte) (int, error) { return 0, nil }
