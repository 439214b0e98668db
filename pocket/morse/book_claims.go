package morse

import (
	"sync"

	"github.com/poktbot/poktbot/pocket"
)

// A claimBook remembers the claims of blocks that were read whole, so that their proofs need not ask for them.
type claimBook struct {
	mu    sync.Mutex
	made  map[ClaimKey][]madeClaim
	order []ClaimKey
	read  map[pocket.Height]bool
	reads []pocket.Height
}

// A madeClaim is a claim and where it was made.
type madeClaim struct {
	Claim
	height   pocket.Height
	position int
}

// What is remembered at most.
const (
	mostClaims = 200_000
	mostReads  = 5_000
)

func (b *claimBook) init() { b.made, b.read = map[ClaimKey][]madeClaim{}, map[pocket.Height]bool{} }

// learn takes in the claims of block h that succeeded: all of them.
func (b *claimBook) learn(h pocket.Height, claims []madeClaim) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.read[h] {
		return
	}
	b.read[h] = true
	if b.reads = append(b.reads, h); len(b.reads) > mostReads {
		delete(b.read, b.reads[0])
		b.reads = b.reads[1:]
	}
	for _, m := range claims {
		b.made[m.ClaimKey] = append(b.made[m.ClaimKey], m)
		b.order = append(b.order, m.ClaimKey)
	}
	for len(b.order) > mostClaims {
		delete(b.made, b.order[0])
		b.order = b.order[1:]
	}
}

// before returns the last claim of that key that was made before block h, if that is known for sure: all blocks since were read, too.
func (b *claimBook) before(key ClaimKey, h pocket.Height) (madeClaim, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var last madeClaim
	for _, m := range b.made[key] {
		if m.height < h && (m.height > last.height || m.height == last.height && m.position > last.position) {
			last = m
		}
	}
	if last.height == 0 {
		return madeClaim{}, false
	}
	for between := last.height + 1; between < h; between++ {
		if !b.read[between] {
			return madeClaim{}, false
		}
	}
	return last, true
}
