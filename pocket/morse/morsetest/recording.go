package morsetest

import (
	"bytes"
	"compress/gzip"
	"embed"
	"encoding/json"
	"fmt"
	"io"

	"github.com/poktbot/poktbot/pocket"
)

//go:embed testdata/*.gz
var recorded embed.FS

// A Recording is a question to a real node and its answer.
type Recording struct {
	Name        string  `json:"name"`
	Server      string  `json:"server"` // rpc or tendermint
	Late        bool    `json:"late"`   // of a second chain, whose program had the heights of output addresses lowered to 1 and 2
	Method      string  `json:"method"`
	Path        string  `json:"path"`    // with the query
	Request     *string `json:"request"` // the body that was sent; nil for none
	Status      int     `json:"status"`
	ContentType string  `json:"content_type"`
	Location    string  `json:"location"` // of a redirect
	Why         string  `json:"why"`
	Body        string  `json:"body"`
}

// Recordings returns all recordings.
func Recordings() []Recording {
	var list []Recording
	d := json.NewDecoder(bytes.NewReader(unpacked("recordings.jsonl.gz")))
	for d.More() {
		var r Recording
		if err := d.Decode(&r); err != nil {
			panic(fmt.Sprintf("morsetest: recordings: %v", err))
		}
		list = append(list, r)
	}
	return list
}

// RecordingOf returns the recording of that name. It panics when there is none.
func RecordingOf(name string) Recording {
	for _, r := range Recordings() {
		if r.Name == name {
			return r
		}
	}
	panic("morsetest: there is no recording " + name)
}

// unpacked returns an embedded file.
func unpacked(name string) []byte {
	packed, err := recorded.ReadFile("testdata/" + name)
	if err != nil {
		panic(fmt.Sprintf("morsetest: %v", err))
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		panic(fmt.Sprintf("morsetest: %s: %v", name, err))
	}
	body, err := io.ReadAll(z)
	if err != nil {
		panic(fmt.Sprintf("morsetest: %s: %v", name, err))
	}
	return body
}

// A Reward is a proof that the recorded chain accepted, and what it minted for it, as its node logged it.
type Reward struct {
	ProofHeight   pocket.Height            `json:"proof_height"`
	ProofTx       string                   `json:"proof_tx"`
	ClaimHeight   pocket.Height            `json:"claim_height"` // 0 where the node could not decode the claim
	Node          pocket.Address           `json:"servicer"`
	Name          string                   `json:"servicer_name"`
	Chain         pocket.ServiceID         `json:"chain"`
	SessionHeight pocket.Height            `json:"session_height"`
	Relays        *int64                   `json:"relays"` // nil where the node could not decode the claim
	Stake         pocket.Upokt             `json:"stake_upokt"`
	Output        pocket.Address           `json:"output_address"`
	Delegators    map[pocket.Address]int64 `json:"reward_delegators"`
	OutputIsNode  *bool                    `json:"output_is_itself_a_node"`
	Params        map[string]string        `json:"params"` // after the block before
	Minted        []Mint                   `json:"minted_in_order"`
}

// A Mint is coins that were made for somebody.
type Mint struct {
	To     pocket.Address `json:"to"`
	Amount int64          `json:"upokt"`
}

// A RecordedChain is what is known of a recorded chain's rewards.
type RecordedChain struct {
	Features []string // such as NCUST:40
	Rewards  []Reward
}

// Rewards returns what the recorded chain minted, by height; late asks for the second chain.
func Rewards(late bool) RecordedChain {
	name := "derived-rewards.json.gz"
	if late {
		name = "late-" + name
	}
	var r struct {
		Upgrade struct{ Features []string }
		Rows    []Reward
	}
	if err := json.Unmarshal(unpacked(name), &r); err != nil {
		panic(fmt.Sprintf("morsetest: %s: %v", name, err))
	}
	return RecordedChain{r.Upgrade.Features, r.Rows}
}
