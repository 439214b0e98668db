package pockettest

import (
	"encoding/binary"

	"github.com/poktbot/poktbot/pocket"
)

// rootHash is the claim's: 32 bytes that look random, the sum of compute units and the number of relays.
//
// A smaller claim's is such that the chain would draw a proof for it if one is sent, and none if it is not: see [pocket.ProofParams.Draws].
// Only claims that are made to expire may not be those that the chain would have drawn, since what went before must stay as it was.
func (t told) rootHash() []byte {
	proof := inForce(t.w.others, t.session.End).params.Proof
	root := t.rootNumbered(0)
	chance := millionths(proof.RequestProbability)
	if t.claimed >= proof.RequirementThreshold || chance <= 0 || chance >= 1_000_000 {
		return root
	}
	seed := t.w.hash("block", t.w.windows(t.session).SeedHeight())
	for n := uint64(1); t.draws(root, proof, seed) != t.proves; n++ {
		root = t.rootNumbered(n)
	}
	return root
}

func (t told) draws(root []byte, proof pocket.ProofParams, seed string) bool {
	drawn, err := proof.Draws(pocket.Claim{
		Supplier: t.operator(), Application: t.app(), Service: t.serviceID(), SessionID: t.sessionID,
		SessionStart: t.session.Start, SessionEnd: t.session.End, RootHash: root,
	}, seed)
	if err != nil {
		panic("pockettest: " + err.Error()) // the seed is a hash of our own
	}
	return drawn
}

// rootNumbered returns the n-th root hash that the claim could have.
func (t told) rootNumbered(n uint64) []byte {
	parts := []uint64{uint64(t.session.Start), uint64(t.application), uint64(t.supplier)}
	if n > 0 {
		parts = append(parts, n)
	}
	hash := digest(t.w.cfg.Seed, "root", parts...)
	root := binary.BigEndian.AppendUint64(hash[:], uint64(t.units))
	return binary.BigEndian.AppendUint64(root, uint64(t.relays))
}
