package bot

import "slices"

// A Role is what somebody may do. Each may all that the ones before it may.
type Role string

// The roles, from the least.
const (
	Anyone   Role = ""
	Investor Role = "investor" // sees
	Admin    Role = "admin"    // manages
	Sysadmin Role = "sysadmin" // acts on servers
)

// Includes reports whether r may do what needs the role least. A role that does not exist may nothing more than anyone.
func (r Role) Includes(least Role) bool {
	order := []Role{Anyone, Investor, Admin, Sysadmin}
	return max(slices.Index(order, r), 0) >= slices.Index(order, least) && slices.Contains(order, least)
}
