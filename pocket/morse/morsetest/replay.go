package morsetest

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// actors are the accounts of the recorded chain, by the names that its recorder gave them.
var actors = map[string]Key{
	"val":  PublicKey("4c4a07ff61e386b1d8fdda00cc57546f7706cf25a37b05d338fe759927c2884e"), // the validator (most of the power), chains 0001 0021
	"s1":   PublicKey("2f5850b185db936ff403f43614874dbc2c8dd4967f278718a3a7b63a9d4448e7"), // servicer 60500 POKT, genesis, chains 0001 0021
	"s2":   PublicKey("67c07e96ef4fe828b1de0430f3d7fe6203fab9c4425c62eb43628c1fae07f6ae"), // servicer 30000 POKT, genesis, chain 0001, edit-staked by tx
	"s3":   PublicKey("851e90fd58e57fb9b714559f957e47832fd66dc34314620d6b9982e76019258b"), // servicer 15000 POKT, genesis, chain 0021
	"leg":  PublicKey("f2e19ca2c213a973f858595c676c2c2194eacf36bfe777983f3984c476090bca"), // servicer staked by a legacy (pre 8.0) MsgStake
	"u1":   PublicKey("2bd876c7b74a265b9a4a8d3844f821d5c5d922eedd12c9b25921e2abccf1f0dc"), // servicer that unstakes and finishes (deleted)
	"u2":   PublicKey("32862b654126982ee484c99cb0cb7596cd56f72491b5af83459c934e132251ab"), // servicer that begins unstaking at the end and stays unstaking
	"nc":   PublicKey("cf97299e2044a0e52432f807879d76a9af75f19ff0578ea8e85c5ef2120f5cd5"), // servicer staked by an 8.0 MsgStake, output address = s1 (itself a node), later reward_delegators
	"ncx":  PublicKey("a1d819bc5337100af4b11393eb5ad6162f62992c514ed2085c87a80c9ff4f7ed"), // servicer staked by an 8.0 MsgStake signed by its output address 'out', which is no node
	"jail": PublicKey("d02ffc6e8149acb03789d9508543ca429f39882bb5d995b84caeae6d6d9b62a6"), // validator of genesis that never signs: gets jailed
	"out":  PublicKey("3ccf84aedc9b19ed1e2b05b551e16d5521d61e475f01bf9103c03dd7e459f475"), // output address of ncx: a plain account
	"d1":   PublicKey("c7ad891347e9557e6c2ea55acc89d404bd11cd7bdce5d77d5dbee6d12d63ff7e"), // reward delegator 20%
	"d2":   PublicKey("ac81c02cdfd12fb2fe2bea0dbb61acf58096160a608f06dce158278016d544df"), // reward delegator 5%
	"app1": PublicKey("d925cb98e6c195402136ed8df1bed7fe3892bd81c316648c37c96b20911662c5"), // application, chains 0001 0021
	"dao":  PublicKey("0f1d8046e9b3794ce1ed97620a38c7a04b2dac82d3e6feef0accfb93b7937a16"), // gov owner, DAO owner and bank
	"a1":   PublicKey("31d868f6c6633ee2a57b97e6fc0f31e694d59023dc8269df43664b731bd0a21c"), // plain account
	"a2":   PublicKey("568edbc3a2513b33f9ea161da1735889aaa304e7db02bc4045aeaf874f6c3ad7"), // plain account
}

// Actor returns the key of an account of the recorded chain, such as s1 or out. It panics when there is none of that name.
func Actor(name string) Key {
	k, ok := actors[name]
	if !ok {
		panic("morsetest: nobody of the recorded chain is called " + name)
	}
	return k
}

// Replay makes the recorded chain again from its claims and proofs, so that it can be served whole: the same nodes, stakes, parameters,
// features, claims and proofs at the same heights. late makes the second chain. What it mints, [Chain.Settled], is computed and not
// recorded: a test holds it against [Rewards]. Hashes and bytes are not the recorded ones.
func Replay(late bool) *Chain {
	recorded := Rewards(late)
	r := &replay{late: late, rewards: recorded.Rewards, script: map[int64][]Tx{}, before: map[int64][]Tx{}, after: map[int64][]Tx{}}
	r.chain = NewChain(Config{
		ChainID: "morse-localnet", Genesis: time.Date(2026, 11, 22, 8, 14, 2, 0, time.UTC), BlockTime: 3 * time.Second,
		Governor: actors["dao"], Apps: map[string]Key{"app1": actors["app1"]}, Accounts: r.balances(),
		Stakes: r.stakes(), OutputPaidUntil: r.programHeight(1), OutputPaidFrom: r.programHeight(2),
	})
	r.announce(recorded.Features)
	r.govern()
	r.claimAndProve()
	last := r.rewards[len(r.rewards)-1].ProofHeight
	for h := int64(1); h <= int64(last); h++ {
		r.chain.Step(slices.Concat(r.before[h], r.script[h], r.after[h]))
	}
	return r.chain
}

// A replay gathers transactions by height: those that come first in a block, in the middle and last.
type replay struct {
	late                  bool
	chain                 *Chain
	rewards               []Reward
	before, script, after map[int64][]Tx
	between               []Tx // come before a proof of their block
}

// followed returns the one proof, or the first of several, that follows a change of parameters in its block.
func (r *replay) followed() (h pocket.Height, name string) {
	if r.late {
		return 77, "u2"
	}
	return 50, "leg"
}

// programHeight is a height of the node's program: that of the late chain, which had it lowered, or 0 for the usual.
func (r *replay) programHeight(lowered int64) int64 {
	if r.late {
		return lowered
	}
	return 0
}

func (r *replay) balances() map[pocket.Address]int64 {
	balances := map[pocket.Address]int64{}
	for _, key := range actors {
		balances[key.Address()] = 1_000_000_000_000
	}
	return balances
}

// stakeOf is the stake that a reward tells of.
func stakeOf(reward Reward) Stake {
	return Stake{
		Key: actors[reward.Name], Chains: []string{"0001", "0021"}, Value: int64(reward.Stake), URL: "https://" + reward.Name + ".localnet.test:443",
		Output: reward.Output, Delegators: reward.Delegators,
	}
}

// stakes returns the stakes of those that are there from the beginning, and puts those of the others, and their changes, into the script.
func (r *replay) stakes() (genesis []Stake) {
	known := map[string]Reward{}
	for _, reward := range r.rewards {
		was, met := known[reward.Name]
		known[reward.Name] = reward
		switch {
		case !met && reward.SessionHeight < 9:
			genesis = append(genesis, stakeOf(reward))
		case !met:
			h := int64(reward.SessionHeight) - 2
			r.script[h] = append(r.script[h], Tx{Signer: actors[reward.Name], Message: stakeOf(reward)})
		case was.Stake != reward.Stake || was.Output != reward.Output || !maps.Equal(was.Delegators, reward.Delegators):
			h := int64(reward.ProofHeight) - 1
			r.after[h] = append(r.after[h], Tx{Signer: actors[reward.Name], Message: stakeOf(reward)})
		}
	}
	return genesis
}

// announce puts the features into the script, a few blocks before they become active.
func (r *replay) announce(features []string) {
	for _, f := range features {
		_, digits, _ := strings.Cut(f, ":")
		h := max(number(digits)-3, 2)
		r.before[h] = append(r.before[h], Tx{Signer: actors["dao"], Message: Upgrade{actors["dao"].Address(), []string{f}}})
	}
}

// govern puts the changes of parameters into the script: between the last proof that ran on the old value and the first that ran on the
// new. In one block proofs follow such a change.
func (r *replay) govern() {
	followed, _ := r.followed()
	now := map[string]string{}
	var last pocket.Height
	for _, reward := range r.rewards {
		for _, key := range slices.Sorted(maps.Keys(reward.Params)) {
			value := reward.Params[key]
			if !strings.HasPrefix(value, "{") {
				value = `"` + value + `"`
			}
			key = "pos/" + key
			usual, known := now[key]
			if !known {
				usual = usualOf(key)
			}
			now[key] = value
			if usual == value {
				continue
			}
			tx := Tx{Signer: actors["dao"], Message: ChangeParam{actors["dao"].Address(), key, value}}
			if last == followed {
				r.between = append(r.between, tx)
			} else {
				h := int64(reward.ProofHeight) - 1
				r.after[h] = append(r.after[h], tx)
			}
		}
		last = reward.ProofHeight
	}
}

// usualOf returns what a parameter is before anybody changes it.
func usualOf(key string) string {
	for _, params := range featureParams {
		if value, ok := params[key]; ok {
			return value
		}
	}
	return usualParams[key]
}

// claimAndProve puts claims and proofs into the script. Where the node could not decode a claim, what was minted tells the relays: a
// relay paid 1000 upokt then.
func (r *replay) claimAndProve() {
	for _, reward := range r.rewards {
		claim := Claim{
			Node: reward.Node, App: actors["app1"], Chain: string(reward.Chain), Session: int64(reward.SessionHeight),
		}
		made := int64(reward.ClaimHeight)
		tx := Tx{Signer: actors[reward.Name]}
		if reward.Relays == nil {
			for _, m := range reward.Minted {
				claim.Relays += m.Amount / 10
			}
			claim.Relays /= 100
			made, tx.Opaque = claim.Session+7, true
		} else {
			claim.Relays = *reward.Relays
		}
		tx.Message = claim
		r.script[made] = append(r.script[made], tx)
		h := int64(reward.ProofHeight)
		if at, name := r.followed(); at == reward.ProofHeight && name == reward.Name {
			r.script[h] = append(r.script[h], r.between...)
			r.between = nil
		}
		r.script[h] = append(r.script[h], Tx{Signer: actors[reward.Name], Message: Proof{
			Servicer: actors[reward.Name], App: actors["app1"], Chain: claim.Chain, Session: claim.Session,
		}})
	}
}
