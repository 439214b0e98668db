package pockettest

import (
	"cmp"
	"slices"

	"github.com/poktbot/poktbot/pocket"
)

// A life is all that becomes of one supplier: how its stake and state change, and which of its sessions end badly. It is worked out
// before any block is made, so that each block can be made alone.
type life struct {
	phases   []phase                  // by height; the first is from 0
	acts     []act                    // by height
	strikes  map[pocket.Height]strike // by the session's first block
	discards map[pocket.Height]bool
	missed   map[pocket.Height]bool
	late     map[pocket.Height]bool // claimed and proved in the last blocks of the windows
	migrated pocket.Height          // when its Morse node was claimed, 0 when it was not
}

// A phase is a supplier's state from the end of a block on.
type phase struct {
	from       pocket.Height
	staked     bool
	stake      pocket.Upokt
	unstakeEnd pocket.Height // the session in whose end it asked or was made to leave; 0 while it stays
	forced     bool
	eras       []era
}

// An era is when a supplier's services were in force.
type era struct{ activation, deactivation pocket.Height }

// serves reports whether the supplier's services are in force at h.
func (p phase) serves(h pocket.Height) bool {
	if !p.staked {
		return false
	}
	for _, e := range p.eras {
		if e.activation <= h && (e.deactivation == 0 || h < e.deactivation) {
			return true
		}
	}
	return false
}

// forgotten reports whether claims of the supplier that settle at h find no service to pay for: its unstake was cancelled
// and its services are not yet restored. While it unbonds the chain still remembers them.
func (p phase) forgotten(h pocket.Height) bool { return p.unstakeEnd == 0 && !p.serves(h) }

// A strike is how many of a supplier's claims of a session have no good proof, the first ones.
type strike struct {
	count   int
	invalid bool
}

type actKind uint8

const (
	actStake    actKind = iota // transaction: joins
	actUnstake                 // transaction
	actCancel                  // transaction of the owner, who adds to the stake
	actMigrate                 // transaction of the owner, who claims a Morse node
	actRestake                 // transaction of the owner, who adds to the stake
	actRestore                 // transaction of the operator, who stakes the services again
	actActivate                // block event at the start of a session
	actLeave                   // block event: the stake goes back to the owner
)

// An act is what shows of a life in a block.
type act struct {
	height   pocket.Height
	kind     actKind
	supplier int
	amount   pocket.Upokt // what actStake, actCancel, actMigrate and actRestake add to the stake, what actLeave gives back
}

// at returns the supplier's state after block h.
func (l *life) at(h pocket.Height) phase {
	i, _ := slices.BinarySearchFunc(l.phases, h+1, func(p phase, h pocket.Height) int { return cmp.Compare(p.from, h) })
	if i == 0 {
		return phase{}
	}
	return l.phases[i-1]
}

// settling returns the supplier's state when block h settles claims: after its transactions.
func (l *life) settling(h pocket.Height) phase {
	p := l.at(h - 1)
	i, _ := slices.BinarySearchFunc(l.acts, h, func(a act, h pocket.Height) int { return cmp.Compare(a.height, h) })
	for ; i < len(l.acts) && l.acts[i].height == h; i++ {
		switch a := l.acts[i]; a.kind {
		case actMigrate, actRestake:
			p.stake += a.amount
		case actStake:
			p.staked, p.stake = true, p.stake+a.amount
		case actUnstake:
			p.unstakeEnd = l.at(h).unstakeEnd
		case actCancel:
			p.stake, p.unstakeEnd = p.stake+a.amount, 0
		}
	}
	return p
}

const (
	turnJoin turnKind = iota
	turnStrike
	turnSlash
	turnUnstake
	turnCancel
	turnRestore
	turnLeave
	turnDiscard
	turnMiss
	turnMigrate
	turnRestake
	turnLate
)
