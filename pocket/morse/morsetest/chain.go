package morsetest

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// A Config says how a chain begins. Its zero value is a chain of nobody.
type Config struct {
	ChainID   string        // "" is morse-story
	Genesis   time.Time     // of the first block; zero is 2023-03-01 UTC
	BlockTime time.Duration // 0 is 15 minutes
	Governor  Key           // owns the DAO and may change parameters
	Stakes    []Stake       // of nodes that are there from the beginning
	Accounts  map[pocket.Address]int64
	Apps      map[string]Key    // by name
	Params    map[string]string // in place of the usual ones: JSON, by key such as pos/DAOAllocation
	Features  []string          // that were announced before the beginning, such as NCUST:69232
	// OutputPaidUntil and OutputPaidFrom are the heights in the node's program; 0 are mainnet's 69583 and 74622.
	OutputPaidUntil, OutputPaidFrom int64
	// FirstHeight is the height of the first block; 0 is 1. Mainnet's rules go by height.
	FirstHeight int64
}

// A Chain is a chain that was made block by block. It keeps the state after each.
type Chain struct {
	config Config
	blocks []*block
	states []*state // states[i] is the one after blocks[i]
	txs    map[string]*placed

	// Settled is what every proof minted, in the chain's order.
	Settled []Settled
	// Expired are the claims that were dropped unproved.
	Expired []Expired
}

// Settled is a proof that was paid.
type Settled struct {
	Height   int64
	Position int
	TxHash   string
	Claim    Claim
	Coins    int64 // what the relays were worth
	Mints    []Mint
}

// Expired is a claim that was dropped.
type Expired struct {
	Height, Made int64
	Claim        Claim
}

// A block is a block and what became of its transactions.
type block struct {
	height   int64
	time     time.Time
	proposer pocket.Address
	txs      []*placed
	hash     string
	begin    []event
}

// A placed transaction is one in a block.
type placed struct {
	tx        Tx
	height    int64
	position  int
	raw       []byte
	hash      string
	fee       int64
	code      uint32
	codespace string
	events    []event
}

type event struct {
	kind       string
	attributes [][2]string
}

// state is everything after a block. What it holds is not changed, only replaced.
type state struct {
	nodes    map[pocket.Address]node
	balances map[pocket.Address]int64
	keys     map[pocket.Address]Key // of accounts that have signed
	claims   map[claimKey]pending
	params   map[string]string
	features []string
	waiting  []pocket.Address // to unstake with the session
	apps     map[pocket.Address]Key
}

type node struct {
	stake     Stake
	tokens    int64
	jailed    bool
	status    int
	unstaking time.Time
	jailUntil time.Time
	since     int64
	validator bool

	missed, jailedBlocks int64
}

type claimKey struct {
	node       pocket.Address
	app        Key
	chain      string
	session    int64
	challenges bool
}

type pending struct {
	Claim
	made, expires int64
}

// NewChain returns a chain before its first block.
func NewChain(config Config) *Chain {
	if config.ChainID == "" {
		config.ChainID = "morse-story"
	}
	if config.Genesis.IsZero() {
		config.Genesis = time.Date(2023, 3, 1, 0, 0, 0, 0, time.UTC)
	}
	if config.BlockTime == 0 {
		config.BlockTime = 15 * time.Minute
	}
	if config.OutputPaidUntil == 0 {
		config.OutputPaidUntil = 69_583
	}
	if config.OutputPaidFrom == 0 {
		config.OutputPaidFrom = 74_622
	}
	config.FirstHeight = max(config.FirstHeight, 1)
	return &Chain{config: config, txs: map[string]*placed{}}
}

// Height returns the newest height.
func (c *Chain) Height() int64 { return c.config.FirstHeight + int64(len(c.blocks)) - 1 }

// genesis is the state before the first block.
func (c *Chain) genesis() *state {
	s := &state{
		nodes: map[pocket.Address]node{}, balances: maps.Clone(c.config.Accounts), keys: map[pocket.Address]Key{},
		claims: map[claimKey]pending{}, params: map[string]string{}, apps: map[pocket.Address]Key{},
	}
	if s.balances == nil {
		s.balances = map[pocket.Address]int64{}
	}
	maps.Copy(s.params, usualParams)
	for _, f := range c.config.Features {
		s.features = append(s.features, f)
		name, _, _ := strings.Cut(f, ":")
		if s.active(name, c.config.FirstHeight-1) {
			maps.Copy(s.params, featureParams[name])
		}
	}
	maps.Copy(s.params, c.config.Params)
	s.params["gov/daoOwner"] = `"` + c.config.Governor.Address().String() + `"`
	for _, stake := range c.config.Stakes {
		s.nodes[stake.Key.Address()] = node{stake: stake, tokens: stake.Value, status: 2, validator: true}
		s.balances[nodePool] += stake.Value
	}
	for _, key := range c.config.Apps {
		s.apps[key.Address()] = key
	}
	s.balances[daoPool] += 1_000_000_000_000
	return s
}

// last returns the state after the newest block.
func (c *Chain) last() *state {
	if len(c.states) == 0 {
		return c.genesis()
	}
	return c.states[len(c.states)-1]
}

// at returns the state after height h; nil when there is none.
func (c *Chain) at(h int64) *state {
	i := h - c.config.FirstHeight
	if i < 0 || i >= int64(len(c.states)) {
		return nil
	}
	return c.states[i]
}

func (s *state) clone() *state {
	t := *s
	t.nodes, t.balances, t.keys, t.claims = maps.Clone(s.nodes), maps.Clone(s.balances), maps.Clone(s.keys), maps.Clone(s.claims)
	t.params, t.apps = maps.Clone(s.params), maps.Clone(s.apps)
	t.features, t.waiting = slices.Clone(s.features), slices.Clone(s.waiting)
	return &t
}

// A Mishap is what the chain does to a node at the start of a block.
type Mishap struct {
	Node  pocket.Address
	Slash int64
	Jail  time.Duration // 0 does not jail
	Leave bool          // is made to unstake at the end of the session, as after too long in jail
	// Missed is how many blocks of its window it has missed from now on, until its next mishap.
	Missed int64
}

// Step makes a block of these transactions.
func (c *Chain) Step(txs []Tx, mishaps ...Mishap) {
	h := c.Height() + 1
	s := c.last().clone()
	b := &block{height: h, time: c.config.Genesis.Add(time.Duration(h-c.config.FirstHeight) * c.config.BlockTime)}
	b.proposer = s.proposer(h)
	sum := sha256.Sum256(fmt.Appendf(nil, "%s block %d", c.config.ChainID, h))
	b.hash = upperHex(sum[:])
	w := &work{chain: c, block: b, state: s}
	w.begin(mishaps)
	for i, tx := range txs {
		w.deliver(tx, i)
	}
	w.end()
	c.blocks, c.states = append(c.blocks, b), append(c.states, s)
}

// proposer takes turns among the validators.
func (s *state) proposer(h int64) pocket.Address {
	var validators []pocket.Address
	for a, n := range s.nodes {
		if n.validator && !n.jailed && n.status == 2 {
			validators = append(validators, a)
		}
	}
	if len(validators) == 0 {
		return feePool
	}
	slices.SortFunc(validators, pocket.Address.Compare)
	return validators[h%int64(len(validators))]
}

// feature returns from which height on a feature is active, 0 for never.
func (s *state) feature(name string) int64 {
	for _, f := range slices.Backward(s.features) {
		if key, height, _ := strings.Cut(f, ":"); key == name {
			return number(height)
		}
	}
	return 0
}

func (s *state) active(name string, h int64) bool {
	since := s.feature(name)
	return since > 0 && h >= since
}
