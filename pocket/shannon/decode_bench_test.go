package shannon

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/pockettest"
)

// A busyBlock writes the results of a settlement like those of the main network, from the recorded events of one settlement: each
// claim with a supplier, an owner, a session and amounts of its own.
type busyBlock struct {
	head, tail string
	claims     []string // groups of events of one claim
	rest       []string // the block's other events, of which each claim brings three
	operators  []string
	recorded   []string // addresses in the recorded events to put others in place of
}

const busySuppliers = 1500

var busy = sync.OnceValue(func() *busyBlock {
	blocks, err := recordedBlocks()
	if err != nil {
		panic(err)
	}
	b := &busyBlock{}
	for i := range busySuppliers {
		raw := []byte(fmt.Sprintf("generated address %6d", i))[:20]
		raw[18], raw[19] = byte(i), byte(i>>8)
		address, err := pocket.AccountFromBytes(raw)
		if err != nil {
			panic(err)
		}
		b.operators = append(b.operators, address.String())
	}
	var tail, operators, owners = []string{}, map[string]bool{}, map[string]bool{}
	var claim string
	for _, recorded := range blocks {
		if recorded.block.Height != 28 {
			continue
		}
		var results struct {
			Events []json.RawMessage `json:"finalize_block_events"`
		}
		if err := json.Unmarshal(recorded.results, &results); err != nil {
			panic(err)
		}
		for _, event := range results.Events {
			text := string(event)
			switch {
			case strings.Contains(text, "EventApplicationReimbursementRequest"):
				claim = text
			case strings.Contains(text, "EventClaimSettled"):
				b.claims = append(b.claims, claim+","+text)
				for event := range decodeQuietly(`{"height":"28","txs_results":null,"finalize_block_events":[` + text + `]}`) {
					s := event.(pocket.Settlement)
					operators[s.Supplier.String()], owners[s.Owner.String()] = true, true
				}
			default:
				tail = append(tail, text)
			}
		}
	}
	b.recorded = slices.Sorted(maps.Keys(operators))
	for _, address := range slices.Sorted(maps.Keys(owners)) {
		if !operators[address] {
			b.recorded = append(b.recorded, address)
		}
	}
	b.head = `{"jsonrpc":"2.0","id":-1,"result":{"height":"28","txs_results":null,"finalize_block_events":[`
	b.rest = tail
	b.tail = strings.Join(tail, ",") + `],"validator_updates":null,"consensus_param_updates":{"block":{"max_bytes":"22020096","max_gas":"-1"}},"app_hash":"Au9jn19Fwfjt1T/4zz7fzLpqn56bCxosBL9tJZVnpBw="}}`
	return b
})

func decodeQuietly(body string) func(func(pocket.Event) bool) {
	return func(yield func(pocket.Event) bool) {
		for event, err := range DecodeBlock(strings.NewReader(body), pocket.Block{}, pocket.Selection{}) {
			if err != nil {
				panic(err)
			}
			if !yield(event) {
				return
			}
		}
	}
}

// claim returns the events of the n-th claim.
func (b *busyBlock) claim(n int) string {
	text := b.claims[n%len(b.claims)]
	for i := range 3 {
		text += "," + b.rest[(3*n+i)%len(b.rest)]
	}
	for i, address := range b.recorded {
		text = strings.ReplaceAll(text, address, b.operators[(n+i*busySuppliers/2)%len(b.operators)])
	}
	return text
}

// body returns the whole body with that many claims.
func (b *busyBlock) body(claims int) []byte {
	var body bytes.Buffer
	body.WriteString(b.head)
	for n := range claims {
		body.WriteString(b.claim(n))
		body.WriteByte(',')
	}
	body.WriteString(b.tail)
	return body.Bytes()
}

// A busyStream gives a body of any length without holding it.
type busyStream struct {
	parts []string // claims to repeat
	head  string
	tail  string
	left  int // claims still to give
	next  int
	rest  string
	done  bool
}

func (b *busyBlock) stream(claims int) *busyStream {
	s := &busyStream{head: b.head, tail: b.tail, left: claims, rest: b.head}
	for n := range 1_000 {
		s.parts = append(s.parts, b.claim(n)+",")
	}
	return s
}

func (s *busyStream) Read(p []byte) (int, error) {
	if s.rest == "" {
		switch {
		case s.left > 0:
			s.rest = s.parts[s.next%len(s.parts)]
			s.next++
			s.left--
		case !s.done:
			s.rest, s.done = s.tail, true
		default:
			return 0, io.EOF
		}
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// What a reader without a scanner of its own does: everything into structs, then the attributes that are wanted.
type plainResults struct {
	Result struct {
		Height string `json:"height"`
		Txs    []struct {
			Events []plainEvent `json:"events"`
		} `json:"txs_results"`
		Events []plainEvent `json:"finalize_block_events"`
	} `json:"result"`
}

type plainEvent struct {
	Type       string `json:"type"`
	Attributes []struct {
		Key   string `json:"key"`
		Value string `json:"value"`
		Index bool   `json:"index"`
	} `json:"attributes"`
}

// A simulatedBody is the results of a settlement block of the simulator, about as many claims as mainnet's, and somebody who was paid in it.
var simulatedBody = sync.OnceValues(func() ([]byte, pocket.Address) {
	params := pockettest.MainnetParams()
	params.Tokenomics.GlobalInflation = pockettest.SmallParams().Tokenomics.GlobalInflation // so that claims have twice the shares, about eight
	chain := pockettest.NewChain(pockettest.Config{
		Seed: 1, Params: params, Blocks: 200, Suppliers: 1500, Owners: 200, RevShares: 3, Services: 12, Applications: 120, ClaimsPerSession: 4300,
	})
	const height = 193
	var body bytes.Buffer
	body.WriteString(`{"jsonrpc":"2.0","id":-1,"result":`)
	if err := chain.WriteBlockResults(&body, height); err != nil {
		panic(err)
	}
	body.WriteByte('}')
	var operator pocket.Address
	for event := range chain.Truth(height, height, pocket.KindSettlement) {
		operator = event.(pocket.Settlement).Supplier
	}
	return body.Bytes(), operator
})

// BenchmarkDecodeBlock reports how many times as fast as encoding/json each way of reading the body of 3,000 claims is: one made of recorded
// events, and one of the simulator's.
func BenchmarkDecodeBlock(b *testing.B) {
	b.Run("recorded", func(b *testing.B) {
		benchmarkBody(b, busy().body(3000), pocket.MustParseAddress(busy().operators[0]), busy().operators[:500])
	})
	b.Run("simulated", func(b *testing.B) {
		body, operator := simulatedBody()
		benchmarkBody(b, body, operator, nil)
	})
}

// benchmarkBody measures a body; operator is in it, and so are half of a thousand addresses when some are given.
func benchmarkBody(b *testing.B, body []byte, operator pocket.Address, present []string) {
	var plain time.Duration
	benchmarkDecode := func(b *testing.B, sel pocket.Selection) {
		b.SetBytes(int64(len(body)))
		b.ReportAllocs()
		count := 0
		for b.Loop() {
			count = 0
			for _, err := range DecodeBlock(bytes.NewReader(body), pocket.Block{}, sel) {
				require.NoError(b, err)
				count++
			}
		}
		require.Positive(b, count)
		b.ReportMetric(float64(count), "events")
		b.ReportMetric(float64(plain)/float64(b.Elapsed()/time.Duration(b.N)), "x-json")
	}
	b.Run("encoding/json into structs", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		b.ReportAllocs()
		for b.Loop() {
			var results plainResults
			require.NoError(b, json.Unmarshal(body, &results))
			require.Greater(b, len(results.Result.Events), 3000)
		}
		plain = b.Elapsed() / time.Duration(b.N)
	})
	b.Run("one operator's events", func(b *testing.B) {
		benchmarkDecode(b, pocket.Selection{Mentions: []pocket.Address{operator}})
	})
	if present != nil {
		b.Run("events of a thousand addresses", func(b *testing.B) {
			var many []pocket.Address
			for _, address := range present {
				many = append(many, pocket.MustParseAddress(address))
			}
			for i := range 500 {
				address, err := pocket.AccountFromBytes([]byte(fmt.Sprintf("nobody in there %04d", i)))
				require.NoError(b, err)
				many = append(many, address)
			}
			benchmarkDecode(b, pocket.Selection{Mentions: many})
		})
	}
	b.Run("every settlement", func(b *testing.B) {
		benchmarkDecode(b, pocket.Selection{Kinds: []pocket.Kind{pocket.KindSettlement}})
	})
	b.Run("every event", func(b *testing.B) { benchmarkDecode(b, pocket.Selection{}) })
}

// BenchmarkDecodeBlockMemory reports by how much the heap grows at most while a body is decoded: 15 MB and 1 GB.
func BenchmarkDecodeBlockMemory(b *testing.B) {
	operator := pocket.MustParseAddress(busy().operators[0])
	for _, sel := range []struct {
		name string
		pocket.Selection
	}{
		{"one operator", pocket.Selection{Mentions: []pocket.Address{operator}}},
		{"every event", pocket.Selection{}},
	} {
		for _, claims := range []int{3_000, 217_000} {
			b.Run(fmt.Sprintf("%s, %d claims", sel.name, claims), func(b *testing.B) {
				for b.Loop() {
					growth, size := heapGrowth(b, claims, sel.Selection)
					b.ReportMetric(float64(growth)/(1<<20), "MiB-heap")
					b.ReportMetric(float64(size)/1e6, "MB-body")
				}
			})
		}
	}
}

// heapGrowth decodes a body of that many claims and returns by how many bytes the live heap grew at most, and the body's length.
func heapGrowth(tb testing.TB, claims int, sel pocket.Selection) (growth, size int64) {
	tb.Helper()
	stream := &countingReader{r: busy().stream(claims)}
	var m runtime.MemStats
	live := func() int64 {
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := live()
	next := stream.n
	sample := func() {
		if stream.n >= next {
			growth = max(growth, live()-before)
			next = stream.n + int64(claims)*4_800/8
		}
	}
	stream.onRead = sample
	for _, err := range DecodeBlock(stream, pocket.Block{Time: time.Unix(0, 0)}, sel) {
		require.NoError(tb, err)
	}
	return growth, stream.n
}

type countingReader struct {
	r      io.Reader
	n      int64
	onRead func()
}

func (c *countingReader) Read(p []byte) (int, error) {
	c.onRead()
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

func TestDecodeBlockMemoryDoesNotGrowWithTheBody(t *testing.T) {
	for _, sel := range []pocket.Selection{{}, {Mentions: []pocket.Address{pocket.MustParseAddress(busy().operators[0])}}} {
		small, _ := heapGrowth(t, 500, sel)
		large, size := heapGrowth(t, 5_000, sel)
		require.Greater(t, size, int64(20e6))
		require.Less(t, large, int64(4<<20), strconv.FormatInt(large, 10))
		require.Less(t, large, small+1<<20)
	}
}
