package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket/pockettest"
)

// What the recorded nodes' events say, added up without any of the project's own code: straight from the JSON.
type jsonSums struct {
	settled, expired, discarded, slashed   int
	claimed, settledUpokt, minted, over    int64
	deflated, supplierSide, expiredClaimed int64
	penalties, toOwner                     int64
}

type jsonEvent struct {
	Type       string
	Attributes []struct{ Key, Value string }
}

// value returns an attribute without the quotes that typed events put around it.
func (e jsonEvent) value(key string) string {
	for _, a := range e.Attributes {
		if a.Key == key {
			return strings.Trim(a.Value, `"`)
		}
	}
	return ""
}

func (e jsonEvent) upokt(t *testing.T, key string) int64 {
	t.Helper()
	return upokt(t, e.value(key))
}

func upokt(t *testing.T, coin string) int64 {
	t.Helper()
	digits, ok := strings.CutSuffix(coin, "upokt")
	require.True(t, ok, "%q", coin)
	n, err := strconv.ParseInt(digits, 10, 64)
	require.NoError(t, err)
	return n
}

// sumsFromJSON adds up what the blocks say of each supplier. owner is whose part is kept apart.
func sumsFromJSON(t *testing.T, owner string) map[string]*jsonSums {
	t.Helper()
	all := map[string]*jsonSums{}
	for _, block := range pockettest.RecordedBlocks() {
		var results struct {
			FinalizeBlockEvents []jsonEvent `json:"finalize_block_events"`
		}
		require.NoError(t, json.Unmarshal(block.Results, &results))
		for _, e := range results.FinalizeBlockEvents {
			supplier := e.value("supplier_operator_address")
			if !strings.HasPrefix(e.Type, "pocket.tokenomics.Event") || supplier == "" {
				continue
			}
			if all[supplier] == nil {
				all[supplier] = &jsonSums{}
			}
			s := all[supplier]
			switch strings.TrimPrefix(e.Type, "pocket.tokenomics.Event") {
			case "ClaimSettled":
				s.settled++
				s.claimed += e.upokt(t, "claimed_upokt")
				s.settledUpokt += e.upokt(t, "settled_upokt")
				s.minted += e.upokt(t, "minted_upokt")
				s.over += e.upokt(t, "overservicing_loss_upokt")
				s.deflated += e.upokt(t, "deflation_loss_upokt")
				var shares []struct {
					Recipient string `json:"recipient_address"`
					Reason    string `json:"op_reason"`
					Amount    string
				}
				require.NoError(t, json.Unmarshal([]byte(e.value("reward_distribution_detailed")), &shares))
				for _, share := range shares {
					if strings.Contains(share.Reason, "_SUPPLIER_SHAREHOLDER_") {
						s.supplierSide += upokt(t, share.Amount)
						if share.Recipient == owner {
							s.toOwner += upokt(t, share.Amount)
						}
					}
				}
			case "ClaimExpired":
				s.expired++
				s.expiredClaimed += e.upokt(t, "claimed_upokt")
			case "ClaimDiscarded":
				s.discarded++
			case "SupplierSlashed":
				s.slashed++
				s.penalties += e.upokt(t, "proof_missing_penalty")
			}
		}
	}
	return all
}

// inUpokt reads an amount that is printed in POKT, grouped or not.
func inUpokt(t *testing.T, text string) int64 {
	t.Helper()
	whole, fraction, _ := strings.Cut(strings.ReplaceAll(strings.TrimSuffix(strings.TrimSpace(text), " POKT"), ",", ""), ".")
	require.LessOrEqual(t, len(fraction), 6)
	n, err := strconv.ParseInt(whole+fraction+strings.Repeat("0", 6-len(fraction)), 10, 64)
	require.NoError(t, err, "%q", text)
	return n
}

// between returns what stands between two texts.
func between(t *testing.T, text, before, after string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, before)
	require.True(t, ok, "%q is in %s", before, text)
	found, _, ok := strings.Cut(rest, after)
	require.True(t, ok, "%q is in %s", after, rest)
	return found
}

// withoutOldStates is the REST API at base of a node that has pruned the states that were not recorded: it says so as such nodes do.
func withoutOldStates(t *testing.T, base string) string {
	t.Helper()
	target, err := url.Parse(base)
	require.NoError(t, err)
	pruned, err := fs.ReadFile(pockettest.Recordings(), "rest_err_historical_pruned.json")
	require.NoError(t, err)
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ModifyResponse = func(r *http.Response) error {
		if r.StatusCode == http.StatusNotImplemented {
			_ = r.Body.Close()
			r.StatusCode, r.Body = http.StatusInternalServerError, io.NopCloser(bytes.NewReader(pruned))
			r.ContentLength = int64(len(pruned))
			r.Header = http.Header{"Content-Type": {"application/json"}, "Content-Length": {strconv.Itoa(len(pruned))}}
		}
		return nil
	}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	return server.URL
}

func TestSumsOfTheRecordedChainEqualThoseOfItsJSON(t *testing.T) {
	const owner = "pokt1tlenzxkfh38zr34wrhqjpsuvm0g3m2wazmsdl5"
	want := sumsFromJSON(t, owner)
	require.Len(t, want, 5)
	node, err := pockettest.NewRecorded(pockettest.Recordings())
	require.NoError(t, err)
	defer node.Close()

	rest := withoutOldStates(t, node.REST)

	var total jsonSums
	args := []string{"-rpc", node.RPC, "-rest", rest, "-wallet", owner, "-chain-id", "pocket-local"}
	var operators []string
	for operator, s := range want {
		operators = append(operators, operator)
		args = append(args, "-node", operator)
		total.settled += s.settled
		total.supplierSide += s.supplierSide
		total.toOwner += s.toOwner
	}
	require.Equal(t, 273, total.settled, "of all that was recorded")
	for _, operator := range operators {
		args = append(args, "-c", "/stats all "+operator)
	}
	args = append(args, "-c", "/stats all", "-c", "/report csv all")
	run, out, errOut := start(t, args...)
	require.NoError(t, run.Run(), errOut.String())

	printed := strings.Split(out.String(), "All time: ")[1:]
	require.Len(t, printed, len(operators)+1)
	for i, operator := range operators {
		s, text := want[operator], printed[i]
		if s.settled == 0 {
			continue
		}
		assert.Equal(t, s.supplierSide, inUpokt(t, between(t, text, "\n  ", " POKT gross, from ")), operator)
		assert.Equal(t, strconv.Itoa(s.settled), between(t, text, " gross, from ", " claim"))
		assert.Equal(t, s.toOwner, inUpokt(t, between(t, between(t, text, " claim", " of it is my share"), "\n  ", " POKT")))
		assert.Equal(t, s.claimed, inUpokt(t, between(t, text, "claimed ", ", settled ")))
		assert.Equal(t, s.settledUpokt, inUpokt(t, between(t, text, ", settled ", ", minted ")))
		assert.Equal(t, s.minted, inUpokt(t, between(t, text, ", minted ", ", for ")))
		if s.expired+s.discarded+s.slashed > 0 {
			assert.Contains(t, text, strconv.Itoa(s.expired)+" claim")
			assert.Equal(t, strconv.Itoa(s.discarded), between(t, text, " expired, ", " dropped by the chain"))
			assert.Equal(t, s.penalties, inUpokt(t, between(t, between(t, text, "slashed ", "\n"), "(", ")")))
		}
	}
	assert.Equal(t, total.supplierSide, inUpokt(t, between(t, printed[len(operators)], "\n  ", " POKT gross, from ")))

	checkCSV(t, run.Dir, want)

	t.Run("also when every block is read and every settlement kept", func(t *testing.T) {
		run, out, errOut := start(t, "-rpc", node.RPC, "-rest", rest, "-c", "/stats all", "-c", "/losses all")
		run.Env = append(run.Env, "POKTBOT_MODE=everything")
		require.NoError(t, run.Run(), errOut.String())
		assert.Equal(t, total.supplierSide, inUpokt(t, between(t, out.String(), "\n  ", " POKT gross, from ")))
		assert.Contains(t, out.String(), " gross, from 273 claims")
		assert.Contains(t, out.String(), "all nodes of the chain")
	})
}

// checkCSV adds up the rows of the file by node.
func checkCSV(t *testing.T, folder string, want map[string]*jsonSums) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "rewards-*.csv"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	file, err := os.Open(files[0])
	require.NoError(t, err)
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	require.NoError(t, err)
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	got := map[string]*jsonSums{}
	for _, row := range rows[1:] {
		node := row[column["Node"]]
		if got[node] == nil {
			got[node] = &jsonSums{}
		}
		s := got[node]
		s.settled++
		for name, sum := range map[string]*int64{
			"Claimed POKT": &s.claimed, "Settled POKT": &s.settledUpokt, "Minted POKT": &s.minted, "Overserviced POKT": &s.over,
			"Deflation POKT": &s.deflated, "Node side POKT": &s.supplierSide, "Mine POKT": &s.toOwner,
		} {
			require.Contains(t, column, name)
			*sum += inUpokt(t, row[column[name]])
		}
	}
	for node, s := range want {
		if s.settled == 0 {
			continue
		}
		s.expired, s.discarded, s.slashed, s.expiredClaimed, s.penalties = 0, 0, 0, 0, 0 // not in this file
		assert.Equal(t, s, got[node], node)
		delete(got, node)
	}
	assert.Empty(t, got, "no settlement is of anybody else")
}
