package morsetest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// A StoryConfig says how long a story is and when it begins. Its zero value is a story of 1,000 blocks of mainnet's length.
type StoryConfig struct {
	Seed        uint64
	Blocks      int64         // 0 is 1000
	Genesis     time.Time     // of its first block; zero is 2023-03-01 UTC
	BlockTime   time.Duration // 0 is 15 minutes
	FirstHeight int64         // 0 is 100,001, where mainnet pays output addresses
}

// The nodes and others of a story, whose keys [KeyOf] returns.
const (
	StoryAlpha   = "alpha"   // staked four bins high, for StoryWallet, with delegators
	StoryBeta    = "beta"    // one bin, for StoryWallet; raises its stake by two bins after a third of the story
	StoryGamma   = "gamma"   // one bin, for itself; is slashed and jailed for a while, and loses its bin
	StoryDelta   = "delta"   // one bin, for StoryWallet; unstakes in the middle and gets its stake back
	StoryEpsilon = "epsilon" // stakes after a quarter of the story; its output address signs for it
	StoryWallet  = "wallet"
	StorySaver   = "saver"    // of epsilon
	StoryFriend  = "friend"   // gets 20% of what alpha earns
	StoryPartner = "partner"  // gets 5%
	StoryOwner   = "governor" // changes parameters
)

// StoryNodes returns the names of the nodes.
func StoryNodes() []string {
	return []string{StoryAlpha, StoryBeta, StoryGamma, StoryDelta, StoryEpsilon}
}

// storyChains are the chains that the nodes serve.
var storyChains = []string{"0001", "0009", "0021"}

// A story is a story in the making.
type story struct {
	chain  *Chain
	dice   *rand.Rand
	first  int64
	blocks int64
	apps   []Key
	script map[int64][]Tx
	mishap map[int64][]Mishap
	closed map[string]int64 // nodes that have left, and when
}

// Story makes a small history: nodes serve two applications on three chains, and claim and prove most of what they served. Some proofs
// fail and some never come. Stakes, parameters and features change, coins are sent, a node is jailed, and another leaves. It is the same
// for the same config.
func Story(config StoryConfig) *Chain {
	if config.Blocks == 0 {
		config.Blocks = 1000
	}
	if config.FirstHeight == 0 {
		config.FirstHeight = 100_001
	}
	if config.BlockTime == 0 {
		config.BlockTime = 15 * time.Minute
	}
	s := &story{
		dice: rand.New(rand.NewPCG(config.Seed, 1)), first: config.FirstHeight, blocks: config.Blocks,
		apps: []Key{KeyOf("app one"), KeyOf("app two")}, script: map[int64][]Tx{}, mishap: map[int64][]Mishap{}, closed: map[string]int64{},
	}
	accounts := map[pocket.Address]int64{}
	for _, name := range append(StoryNodes(), StoryWallet, StorySaver, StoryFriend, StoryPartner, StoryOwner) {
		accounts[KeyOf(name).Address()] = 200_000_000_000
	}
	s.chain = NewChain(Config{
		Genesis: config.Genesis, BlockTime: config.BlockTime, FirstHeight: config.FirstHeight, Governor: KeyOf(StoryOwner), Accounts: accounts,
		Apps: map[string]Key{"app one": s.apps[0], "app two": s.apps[1]},
		Stakes: []Stake{
			s.stake(StoryAlpha, 60_100, StoryWallet, map[string]int64{StoryFriend: 20, StoryPartner: 5}),
			s.stake(StoryBeta, 15_100, StoryWallet, nil), s.stake(StoryGamma, 15_000, "", nil), s.stake(StoryDelta, 15_000, StoryWallet, nil),
		},
		Features: []string{"NCUST:69232", "RSCAL:69243", "PerChainRTTM:" + digits(config.FirstHeight-1)},
		Params: map[string]string{
			"pos/RelaysToTokensMultiplier": `"850"`, "pos/RelaysToTokensMultiplierMap": `{"0021":"1200"}`,
			"pos/ServicerStakeWeightCeiling": `"60000000000"`, "pos/ServicerStakeWeightMultiplier": `"1.500000000000000000"`,
			"pos/ServicerStakeFloorMultiplierExponent": `"0.700000000000000000"`, "pos/UnstakingTime": `"` + digits(int64(config.BlockTime)*config.Blocks/10) + `"`,
			"pocketcore/SupportedBlockchains": `["0001","0009","0021"]`,
		},
	})
	s.events()
	s.sessions()
	for h := s.first; h < s.first+s.blocks; h++ {
		s.chain.Step(s.script[h], s.mishap[h]...)
	}
	return s.chain
}

func (s *story) stake(name string, thousandths int64, output string, delegators map[string]int64) Stake {
	stake := Stake{Key: KeyOf(name), Chains: storyChains, Value: thousandths * 1_000_000, URL: "https://" + name + ".example:443"}
	if output != "" {
		stake.Output = KeyOf(output).Address()
	}
	for d, percent := range delegators {
		if stake.Delegators == nil {
			stake.Delegators = map[pocket.Address]int64{}
		}
		stake.Delegators[KeyOf(d).Address()] = percent
	}
	return stake
}

func (s *story) put(h int64, signer string, m Message) {
	s.script[h] = append(s.script[h], Tx{Signer: KeyOf(signer), Message: m})
}

// part returns the height after some hundredths of the story.
func (s *story) part(hundredths int64) int64 { return s.first + s.blocks*hundredths/100 }

// events are what happens once.
func (s *story) events() {
	wallet, owner, gamma, delta := KeyOf(StoryWallet).Address(), KeyOf(StoryOwner).Address(), KeyOf(StoryGamma).Address(), KeyOf(StoryDelta).Address()
	s.put(s.part(2), StoryOwner, Send{owner, wallet, 42_000_000})
	s.put(s.part(5), StoryWallet, Send{wallet, KeyOf(StoryFriend).Address(), 1})
	s.put(s.part(6), StoryWallet, Send{wallet, owner, 900_000_000_000_000}) // more than it has
	s.put(s.part(10), StoryOwner, Upgrade{owner, []string{"RewardDelegators:" + digits(s.part(15))}})
	s.put(s.part(20), StoryOwner, ChangeParam{owner, "pos/RelaysToTokensMultiplier", `"700"`})
	s.put(s.part(25), StorySaver, s.stake(StoryEpsilon, 45_100, StorySaver, nil))
	s.put(s.part(33), StoryBeta, s.stake(StoryBeta, 45_100, StoryWallet, nil))
	s.mishap[s.part(40)] = []Mishap{{Node: gamma, Slash: 15_000, Jail: 90 * time.Minute}}
	s.put(s.part(40)+1, StoryGamma, Unjail{gamma, gamma}) // too early
	s.put(s.part(40)+8, StoryGamma, Unjail{gamma, gamma})
	s.put(s.part(50), StoryDelta, Unstake{delta, delta})
	s.closed[StoryDelta] = s.part(50)
	s.put(s.part(60), StoryOwner, ChangeParam{owner, "pos/ServicerStakeWeightMultiplier", `"1.700000000000000000"`})
	s.put(s.part(70), StoryGamma, s.stake(StoryGamma, 15_100, "", nil)) // has its bin again
	s.put(s.part(75), StoryOwner, DAOTransfer{owner, wallet, 7_000_000})
	s.put(s.part(80), StoryOwner, ChangeParam{owner, "auth/FeeMultipliers", `{"fee_multiplier":[{"key":"proof","multiplier":"2"}],"default":"1"}`})
}

// sessions are what nodes serve, claim and prove.
func (s *story) sessions() {
	const blocks = 4
	start := s.first
	for start%blocks != 1 {
		start++
	}
	epsilon := s.part(25) + blocks
	for ; start < s.first+s.blocks; start += blocks {
		for _, name := range StoryNodes() {
			if end, left := s.closed[name]; left && start > end || name == StoryEpsilon && start < epsilon {
				continue
			}
			for i, app := range s.apps {
				chain := storyChains[s.dice.IntN(len(storyChains))]
				if s.dice.IntN(100) < 60 {
					s.serve(name, app, chain, start, i)
				}
			}
		}
	}
	for h := range s.script { // some transactions are refused before they do anything
		if h%97 == 0 {
			s.script[h] = append([]Tx{{Signer: KeyOf(StoryWallet), Message: Send{KeyOf(StoryWallet).Address(), KeyOf(StoryFriend).Address(), 5}, Refused: true}}, s.script[h]...)
		}
	}
}

// serve puts a claim and its proof into the script: where a node sends them by its address.
func (s *story) serve(name string, app Key, chain string, session int64, nth int) {
	key := KeyOf(name)
	own := int64(key.Address().Bytes()[0])
	turn := func(h int64) int64 {
		for (h+own)%4 != 1 {
			h++
		}
		return h
	}
	claim := Claim{Node: key.Address(), App: app, Chain: chain, Session: session, Relays: int64(10 + s.dice.IntN(3000))}
	if nth == 0 && s.dice.IntN(40) == 0 { // now and then somebody's answers are challenged
		challenge := claim
		challenge.Challenges, challenge.Relays = true, 500
		s.script[turn(session+5)] = append(s.script[turn(session+5)], Tx{Signer: key, Message: challenge})
		s.script[turn(session+14)] = append(s.script[turn(session+14)], Tx{Signer: key, Message: Proof{key, app, chain, session, true}})
	}
	s.script[turn(session+5)] = append(s.script[turn(session+5)], Tx{Signer: key, Message: claim})
	proof := Tx{Signer: key, Message: Proof{Servicer: key, App: app, Chain: chain, Session: session}}
	switch luck := s.dice.IntN(100); {
	case luck < 3: // never proved
	case luck < 5: // proved in a way that does not hold
		proof.Fails, proof.Codespace = 66, "pocketcore"
		fallthrough
	default:
		s.script[turn(session+14)] = append(s.script[turn(session+14)], proof)
	}
}

// storyNames returns the accounts of a story by address, for tests to be read.
func storyNames() map[pocket.Address]string {
	names := map[pocket.Address]string{}
	for _, name := range append(StoryNodes(), StoryWallet, StorySaver, StoryFriend, StoryPartner, StoryOwner) {
		names[KeyOf(name).Address()] = name
	}
	maps.Copy(names, modules)
	return names
}

// Describe returns what a chain paid, one line for each proof, for tests and people to read.
func (c *Chain) Describe() []string {
	names := storyNames()
	var lines []string
	for _, s := range c.Settled {
		line := fmt.Sprintf("%d %s %s %d relays:", s.Height, names[s.Claim.Node], s.Claim.Chain, s.Claim.Relays)
		for _, m := range s.Mints {
			line += fmt.Sprintf(" %s %d", names[m.To], m.Amount)
		}
		lines = append(lines, line)
	}
	return slices.Clip(lines)
}
