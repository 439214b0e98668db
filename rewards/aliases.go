package rewards

import (
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/poktbot/poktbot/pocket"
)

// Aliases returns what the migrations among events say: the Shannon address that each Morse address became, for [Join]. Other events are passed
// over. A node became the supplier's operator, a wallet the account that claimed it. The output address of nodes, to which their rewards
// went, became the owner of the suppliers that they became, unless it was claimed by itself, or those suppliers have several owners.
func Aliases(events iter.Seq2[pocket.Event, error]) (map[pocket.Address]pocket.Address, error) {
	aliases := map[pocket.Address]pocket.Address{}
	owners := map[pocket.Address]pocket.Address{} // by output address; zero when there are several
	for event, err := range events {
		if err != nil {
			return nil, fmt.Errorf("aliases: %w", err)
		}
		m, ok := event.(pocket.Migration)
		if !ok {
			continue
		}
		if !m.Morse.IsZero() && !m.Destination.IsZero() {
			aliases[m.Morse] = m.Destination
		}
		if m.MorseOutput.IsZero() || m.Owner.IsZero() {
			continue
		}
		if owner, met := owners[m.MorseOutput]; met && owner != m.Owner {
			owners[m.MorseOutput] = pocket.Address{}
		} else {
			owners[m.MorseOutput] = m.Owner
		}
	}
	for output, owner := range owners {
		if _, claimed := aliases[output]; !claimed && !owner.IsZero() {
			aliases[output] = owner
		}
	}
	return aliases, nil
}

// An aliasing knows which addresses are the same one's.
type aliasing struct {
	become map[pocket.Address]pocket.Address
	were   map[pocket.Address][]pocket.Address // the other way round, sorted
}

func newAliasing(aliases map[pocket.Address]pocket.Address) aliasing {
	a := aliasing{become: maps.Clone(aliases), were: map[pocket.Address][]pocket.Address{}}
	for was, is := range a.become {
		a.were[is] = append(a.were[is], was)
	}
	for _, list := range a.were {
		slices.SortFunc(list, pocket.Address.Compare)
	}
	return a
}

// of returns what an address became, itself if nothing.
func (a *aliasing) of(address pocket.Address) pocket.Address {
	if is, ok := a.become[address]; ok {
		return is
	}
	return address
}

// all returns every address of those who have one of these.
func (a *aliasing) all(addresses []pocket.Address) []pocket.Address {
	if len(addresses) == 0 {
		return addresses
	}
	var list []pocket.Address
	for _, address := range addresses {
		is := a.of(address)
		list = append(append(list, is), a.were[is]...)
	}
	slices.SortFunc(list, pocket.Address.Compare)
	return slices.Compact(list)
}

// filter lets through what f does, under any of its addresses.
func (a *aliasing) filter(f pocket.Filter) pocket.Filter {
	f.Suppliers, f.Owners, f.Applications, f.Recipients = a.all(f.Suppliers), a.all(f.Owners), a.all(f.Applications), a.all(f.Recipients)
	return f
}

// query asks what q does, of any of its addresses.
func (a *aliasing) query(q Query) Query {
	q.Filter, q.Wallets = a.filter(q.Filter), a.all(q.Wallets)
	if len(q.OwnerOf) > 0 {
		owners := make(map[pocket.Address]pocket.Address, len(q.OwnerOf))
		for supplier, owner := range q.OwnerOf {
			for _, one := range a.all([]pocket.Address{supplier}) {
				if _, told := q.OwnerOf[one]; !told || one == supplier {
					owners[one] = owner
				}
			}
		}
		q.OwnerOf = owners
	}
	return q
}

// key is k under the addresses that its addresses became.
func (a *aliasing) key(k Key) Key {
	k.Supplier, k.Owner, k.Application, k.Recipient = a.of(k.Supplier), a.of(k.Owner), a.of(k.Application), a.of(k.Recipient)
	return k
}
