package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

// A Node is what a line of [Nodes] tells of.
type Node struct {
	Name     string // the user's own word for it, may be ""
	Operator pocket.Address
	// Supplier is how the chain shows the node; nil when it is not staked, or could not be looked up.
	Supplier *pocket.Supplier
	// Unknown says that the node could not be looked up, and why. It is neither staked nor not staked then.
	Unknown      string
	UnbondingEnd pocket.Height // when the stake comes back, 0 when no end is set
}

// Nodes is the table of nodes, in their order. minStake is the supplier module's min_stake, by which states are told apart.
func Nodes(nodes []Node, minStake pocket.Upokt) Table {
	return tableOfNodes(nodes, minStake, nil, time.Time{})
}

// NodesWorth is [Nodes] with what the stakes are worth at a moment, such as now. Without a price of that moment they are empty, and a note says so.
func NodesWorth(nodes []Node, minStake pocket.Upokt, prices *rewards.Prices, at time.Time) Table {
	return tableOfNodes(nodes, minStake, prices, at)
}

func tableOfNodes(nodes []Node, minStake pocket.Upokt, prices *rewards.Prices, at time.Time) Table {
	named := slices.ContainsFunc(nodes, func(n Node) bool { return n.Name != "" })
	t := Table{Title: "Nodes", Notes: stateNotes(nodes, minStake)}
	if named {
		t.Columns = append(t.Columns, Column{Name: "Name", Kind: KindText})
	}
	t.Columns = append(t.Columns,
		Column{Name: "Node", Kind: KindAddress},
		Column{Name: "State", Kind: KindText},
		Column{Name: "Stake POKT", Kind: KindPOKT, Sum: true},
	)
	if prices != nil {
		t.Columns = append(t.Columns, Column{Name: "Stake", Kind: KindFiat, Currency: prices.Currency(), Sum: true})
		if _, known := prices.At(at); !known {
			t.Notes = append(t.Notes, fmt.Sprintf("No price of %s is known in %s.", at.UTC().Format("2006-01-02 15:04 UTC"), prices.Currency()))
		}
	}
	t.Columns = append(t.Columns,
		Column{Name: "Services", Kind: KindText},
		Column{Name: "Owner", Kind: KindAddress},
		Column{Name: "Leaves at block", Kind: KindHeight},
	)
	if len(nodes) > 1 {
		t.TotalLabel = "Total"
	}
	t.Rows = func(yield func([]Cell, error) bool) {
		for _, n := range nodes {
			row := nodeRow(n, minStake)
			if prices != nil {
				worth := Cell{}
				if n.Supplier != nil {
					worth = fiat(prices.Worth(n.Supplier.Stake, at))
				}
				row = slices.Insert(row, 3, worth)
			}
			if named {
				row = append([]Cell{String(n.Name)}, row...)
			}
			if !yield(row, nil) {
				return
			}
		}
	}
	return t
}

func nodeRow(n Node, minStake pocket.Upokt) []Cell {
	row := []Cell{Address(n.Operator), String(state(n, minStake)), {}, {}, {}, Height(n.UnbondingEnd)}
	if s := n.Supplier; s != nil {
		services := make([]string, 0, len(s.Services))
		for _, config := range s.Services {
			services = append(services, string(config.Service))
		}
		slices.Sort(services)
		row[2], row[3], row[4] = POKT(s.Stake), String(strings.Join(services, " ")), Address(s.Owner)
	}
	return row
}

// state tells in a few words how a node is.
func state(n Node, minStake pocket.Upokt) string {
	switch {
	case n.Supplier != nil:
		return string(n.Supplier.State(minStake))
	case n.Unknown != "":
		return "unknown"
	}
	return "not staked"
}

// stateNotes say what the states mean that need somebody to act.
func stateNotes(nodes []Node, minStake pocket.Upokt) []string {
	var idle, below bool
	var notes []string
	for _, n := range nodes {
		if n.Supplier == nil {
			if n.Unknown != "" {
				notes = append(notes, n.Operator.Short()+" could not be looked up: "+Line(n.Unknown, 200))
			}
			continue
		}
		switch n.Supplier.State(minStake) {
		case pocket.SupplierIdle:
			idle = true
		case pocket.SupplierBelowMinimum:
			below = true
		}
	}
	if idle {
		notes = append(notes, "idle: staked with no active service, so it earns nothing. Services start with the next session; if they do not, stake them again.")
	}
	if below {
		notes = append(notes, "below minimum stake: a slash took it there and it will not unbond by itself. The owner must stake again, at least "+Amount(minStake)+".")
	}
	return notes
}
