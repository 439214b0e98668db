package morse

import "fmt"

type failureCode struct {
	codespace string
	code      uint32
}

// failureWords are what failures mean, of which a node tells the number only.
var failureWords = map[failureCode]string{
	{"sdk", 4}:         "the signature does not hold",
	{"sdk", 10}:        "not enough coins",
	{"pos", 104}:       "it is jailed still",
	{"pos", 105}:       "it is not jailed",
	{"pos", 110}:       "its status does not allow it",
	{"pos", 111}:       "the stake is below the minimum",
	{"pos", 112}:       "not enough coins for the stake",
	{"pos", 117}:       "it waits to unstake",
	{"pos", 120}:       "too many chains",
	{"pos", 122}:       "a stake cannot be lowered, nor changed within its bin",
	{"pos", 124}:       "the output address cannot be changed so",
	{"pos", 125}:       "somebody signed who may not",
	{"pos", 127}:       "the output address cannot be changed so",
	{"pos", 128}:       "the delegators are not allowed yet, or by this signer",
	{"pos", 129}:       "the delegators do not add up",
	{"pocketcore", 49}: "the proof is of another number of relays",
	{"pocketcore", 60}: "the session has not ended",
	{"pocketcore", 65}: "there is no such claim, or no more",
	{"pocketcore", 66}: "the merkle proof does not hold",
	{"pocketcore", 69}: "it came too late",
	{"pocketcore", 71}: "more relays than the application may ask for",
	{"pocketcore", 90}: "the evidence was closed already",
}

// FailureText says what a failed transaction's code means, such as "pocketcore 66: the merkle proof does not hold". Nodes give no words.
func FailureText(codespace string, code uint32) string {
	text := fmt.Sprintf("%s %d", codespace, code)
	if words, ok := failureWords[failureCode{codespace, code}]; ok {
		text += ": " + words
	}
	return text
}
