package rbac

import (
	"fmt"
	"slices"
	"strings"

	"github.com/poktbot/poktbot/pocket"
)

// A Role is what somebody may do. Each may all that the ones before it may.
type Role string

// The roles, from the least.
const (
	None     Role = ""
	Investor Role = "investor" // sees
	Admin    Role = "admin"    // manages
	Sysadmin Role = "sysadmin" // acts on servers
)

// Roles returns the roles that can be given, from the least.
func Roles() []Role { return []Role{Investor, Admin, Sysadmin} }

// ParseRole reads the name of a role that can be given.
func ParseRole(text string) (Role, error) {
	if role := Role(text); slices.Contains(Roles(), role) {
		return role, nil
	}
	return None, fmt.Errorf("%q is no role: want investor, admin or sysadmin: %w", clip(text), pocket.ErrInvalid)
}

// Includes reports whether r may all that least may. A role that does not exist may nothing, and nobody may what needs it.
func (r Role) Includes(least Role) bool {
	order := append([]Role{None}, Roles()...)
	have, want := slices.Index(order, r), slices.Index(order, least)
	return want >= 0 && max(have, 0) >= want
}

// A Permission is one thing that can be allowed.
type Permission string

// The permissions: all that there are.
const (
	Ask            Permission = "ask"             // who this is, and what can be asked
	Link           Permission = "link"            // own addresses and settings, and to be forgotten
	SeeRewards     Permission = "see rewards"     // statistics, tables, pictures, files
	SeeNodes       Permission = "see nodes"       // nodes and how they are
	SeeAlerts      Permission = "see alerts"      // what is wrong, and what was
	ManageAlerts   Permission = "manage alerts"   // acknowledge and mute
	ManageNodes    Permission = "manage nodes"    // which nodes are watched
	SeeUsers       Permission = "see users"       // people, and the audit trail
	ManageUsers    Permission = "manage users"    // roles and invitations
	ManageSettings Permission = "manage settings" // what concerns everybody, such as what a group is told
	SeeServers     Permission = "see servers"     // machines and what runs there
	ActOnServers   Permission = "act on servers"  // start, stop, block
	Sweep          Permission = "sweep"           // delivery to cold wallets
)

// demands are what each permission needs. Those for everybody need the scope All: what they change or show is not of single nodes.
var demands = []struct {
	permission Permission
	least      Role
	everybody  bool
}{
	{Ask, None, false},
	{Link, Investor, false}, {SeeRewards, Investor, false}, {SeeNodes, Investor, false}, {SeeAlerts, Investor, false},
	{ManageAlerts, Admin, false}, {ManageNodes, Admin, true}, {SeeUsers, Admin, true}, {ManageUsers, Admin, true}, {ManageSettings, Admin, true},
	{SeeServers, Sysadmin, true}, {ActOnServers, Sysadmin, true}, {Sweep, Sysadmin, true},
}

// Permissions returns all permissions.
func Permissions() []Permission {
	list := make([]Permission, len(demands))
	for i, d := range demands {
		list[i] = d.permission
	}
	return list
}

// Least returns the least role that has the permission. Of a permission that does not exist it is a role that nobody has.
func (p Permission) Least() Role {
	for _, d := range demands {
		if d.permission == p {
			return d.least
		}
	}
	return "nobody"
}

// Everybody reports whether the permission is about everybody's nodes or people, so that it needs the scope [All].
func (p Permission) Everybody() bool {
	return slices.ContainsFunc(demands, func(d struct {
		permission Permission
		least      Role
		everybody  bool
	}) bool {
		return d.permission == p && d.everybody
	})
}

// ScopeKind says how a [Scope] names nodes.
type ScopeKind string

// The kinds of scopes. The zero kind covers nothing.
const (
	All   ScopeKind = "all"   // every node
	Named ScopeKind = "named" // the Nodes of the scope
	Own   ScopeKind = "own"   // what the account linked itself
)

// A Scope is which nodes somebody sees, and so may manage.
type Scope struct {
	Kind  ScopeKind
	Nodes []pocket.Address // of Named, sorted
}

// maxScope is how many nodes a scope names at most: who sees more sees all.
const maxScope = 1000

// ParseScope reads what String writes: "all", "own", or addresses with commas between them.
func ParseScope(text string) (Scope, error) {
	switch text {
	case string(All):
		return Scope{Kind: All}, nil
	case string(Own):
		return Scope{Kind: Own}, nil
	}
	s := Scope{Kind: Named}
	for word := range strings.SplitSeq(text, ",") {
		address, err := pocket.ParseAddress(strings.TrimSpace(word))
		if err != nil {
			return Scope{}, fmt.Errorf("scope: want all, own, or addresses of nodes with commas between them: %w", err)
		}
		s.Nodes = append(s.Nodes, address)
	}
	return s.clean(), s.Check()
}

// String returns the scope as [ParseScope] reads it.
func (s Scope) String() string {
	if s.Kind != Named {
		return string(s.Kind)
	}
	texts := make([]string, len(s.Nodes))
	for i, node := range s.Nodes {
		texts[i] = node.String()
	}
	return strings.Join(texts, ",")
}

// Check returns what is wrong with the scope, nil when nothing is.
func (s Scope) Check() error {
	switch {
	case s.Kind != Named && len(s.Nodes) > 0:
		return fmt.Errorf("scope %s: it names nodes: %w", s.Kind, pocket.ErrInvalid)
	case s.Kind == All, s.Kind == Own:
		return nil
	case s.Kind != Named:
		return fmt.Errorf("scope %q: want all, own or named: %w", clip(string(s.Kind)), pocket.ErrInvalid)
	case len(s.Nodes) == 0:
		return fmt.Errorf("scope: want at least one node: %w", pocket.ErrInvalid)
	case len(s.Nodes) > maxScope:
		return fmt.Errorf("scope: %d nodes are too many, want at most %d, or all: %w", len(s.Nodes), maxScope, pocket.ErrInvalid)
	}
	return nil
}

// clean sorts the nodes, each once.
func (s Scope) clean() Scope {
	if s.Kind == Named {
		s.Nodes = slices.Clone(s.Nodes)
		slices.SortFunc(s.Nodes, pocket.Address.Compare)
		s.Nodes = slices.Compact(s.Nodes)
	}
	return s
}

// Within reports whether s covers nothing that outer does not. What somebody links himself is nobody else's, so Own is within All only.
func (s Scope) Within(outer Scope) bool {
	switch {
	case outer.Kind == All:
		return true
	case outer.Kind == Named && s.Kind == Named:
		return !slices.ContainsFunc(s.Nodes, func(a pocket.Address) bool { return !slices.Contains(outer.Nodes, a) })
	}
	return false
}
