package morse

import (
	"slices"

	"github.com/poktbot/poktbot/pocket"
)

// A transfer event tells who got how much; the message event after it tells from whom.

// transfersOf returns the coins that events moved, in order.
func transfersOf(list []TxEvent) []pocket.Transfer {
	var transfers []pocket.Transfer
	for i, e := range list {
		if e.Type != "transfer" {
			continue
		}
		amount, err := pocket.ParseUpokt(e.Get("amount"))
		to, errTo := pocket.ParseAddress(e.Get("recipient"))
		if err != nil || errTo != nil {
			continue
		}
		t := pocket.Transfer{To: to, Amount: amount}
		if i+1 < len(list) && list[i+1].Type == "message" {
			t.From, _ = pocket.ParseAddress(list[i+1].Get("sender"))
		}
		transfers = append(transfers, t)
	}
	return transfers
}

// mintsOfProof returns what a proof minted by its events: the coins that left the pool of stakes, where they are minted.
func mintsOfProof(list []TxEvent) []pocket.Transfer {
	return slices.DeleteFunc(transfersOf(list), func(t pocket.Transfer) bool {
		return !t.From.IsZero() && t.From != ModuleAddress(NodePool)
	})
}

// read returns the split that mints tell. It knows the reasons by the one that was computed: where both agree it is that one. Otherwise the
// mints are believed, and their order tells the reasons: the fee pool's is the last, the node's own the first where fees are made good, and
// the others are delegators' and what is left.
func (s RewardSplit) read(mints []pocket.Transfer, n *Servicer, costsPaid bool) RewardSplit {
	if s.agrees(mints) {
		return s
	}
	read := RewardSplit{}
	fees := ModuleAddress(FeePool)
	for i, m := range mints {
		reason := pocket.ReasonMorseRelays
		switch {
		case m.To == fees && i == len(mints)-1:
			reason = pocket.ReasonMorseFees
		case i == 0 && costsPaid && m.To == n.Operator:
			reason = pocket.ReasonMorseCost
		case slices.ContainsFunc(n.Delegators, func(d Delegator) bool { return d.Address == m.To }) && i+2 < len(mints):
			reason = pocket.ReasonMorseDelegator
		}
		read.Shares = append(read.Shares, pocket.Share{Recipient: m.To, Reason: reason, Amount: m.Amount})
		read.Minted += m.Amount
	}
	read.Coins = read.Minted
	if read.Minted == 0 {
		read.Coins = s.Coins // nothing was minted, and what it was worth is as computed
	}
	return read
}

// agrees reports whether mints are those of s, in whatever order.
func (s RewardSplit) agrees(mints []pocket.Transfer) bool {
	if len(mints) != len(s.Shares) {
		return false
	}
	left := slices.Clone(mints)
	for _, share := range s.Shares {
		i := slices.IndexFunc(left, func(t pocket.Transfer) bool { return t.To == share.Recipient && t.Amount == share.Amount })
		if i < 0 {
			return false
		}
		left = slices.Delete(left, i, i+1)
	}
	return true
}
