package rbac

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// An Assignment is the role and the scope of a subject.
type Assignment struct {
	Subject Subject   `json:"subject"`
	Name    string    `json:"name,omitempty"` // what it calls itself, cleaned; for people to recognise it by, and for nothing else
	Role    Role      `json:"role"`
	Scope   Scope     `json:"scope"`
	By      Subject   `json:"by,omitempty"` // who gave it
	At      time.Time `json:"at"`           // when
	Version int64     `json:"version"`      // grows with each change; 0 when nothing is stored
}

// May reports whether the assignment has a permission. It leaves no record: use it for menus and lists, and [Authority.May] before doing.
func (a Assignment) May(p Permission) bool { return a.denied(p) == nil }

// denied returns why the assignment lacks a permission, nil when it has it.
func (a Assignment) denied(p Permission) *Denied {
	switch {
	case !a.Role.Includes(p.Least()):
		return &Denied{Subject: a.Subject, Permission: p, Least: p.Least()}
	case p.Everybody() && a.Scope.Kind != All:
		return &Denied{Subject: a.Subject, Permission: p, Least: p.Least(), Everybody: true}
	}
	return nil
}

// Covers reports whether a node is in the scope. Of the scope Own only links tell: see [Authority.Links].
func (a Assignment) Covers(node pocket.Address) bool {
	return a.Role != None && (a.Scope.Kind == All || a.Scope.Kind == Named && slices.Contains(a.Scope.Nodes, node))
}

// manages reports whether this is one of those of whom the last must stay: a person who may give rights to everybody.
func (a Assignment) manages() bool {
	return a.Role.Includes(Admin) && a.Scope.Kind == All && a.Subject.Kind() != kindKey
}

// What an [Authority] may answer. Test with errors.Is.
var (
	// ErrDenied: the subject may not. The error is a [*Denied], or says what else forbids it.
	ErrDenied = errors.New("not allowed")
	// ErrUnknown: nobody of that name has a role, or there is no such invitation.
	ErrUnknown = errors.New("unknown")
	// ErrLastAdmin: somebody must be left who may give rights.
	ErrLastAdmin = errors.New("the last admin stays: make somebody else an admin of everything first")
	// ErrChanged: somebody else changed it meanwhile.
	ErrChanged = errors.New("somebody else changed this meanwhile: look at it again")
	// ErrBadCode: the code is wrong, was used, was revoked or has expired; which of these is not told.
	ErrBadCode = errors.New("no invitation has this code: it may be mistyped, used or expired. Ask for a new one")
	// ErrQuota: the account has as many as it may.
	ErrQuota = errors.New("that is as many as an account may have")
	// ErrTooMany: too many attempts. The error is a [*TooMany].
	ErrTooMany = errors.New("too many attempts")
	// ErrHas: the account has a role to which the invitation adds nothing, or with which its role cannot be had. It is still good for somebody else.
	ErrHas = errors.New("you have a role already, and this invitation cannot be added to it: an admin can change it. The invitation is left for somebody else")
)

// Denied says what was missing.
type Denied struct {
	Subject    Subject
	Permission Permission
	Least      Role
	Everybody  bool // the role would do, but it is limited to some nodes
}

// Error says what was missing, for people.
func (d *Denied) Error() string {
	if d.Everybody {
		return fmt.Sprintf("%s: to %s is for those who see everything", ErrDenied, d.Permission)
	}
	return fmt.Sprintf("%s: to %s needs the role %s", ErrDenied, d.Permission, d.Least)
}

// Is reports whether target is [ErrDenied].
func (d *Denied) Is(target error) bool { return target == ErrDenied }

// TooMany says how long to wait.
type TooMany struct{ Wait time.Duration }

// Error says how long to wait, for people.
func (t *TooMany) Error() string {
	return fmt.Sprintf("%s: try again in %s", ErrTooMany, max(t.Wait.Round(time.Second), time.Second))
}

// Is reports whether target is [ErrTooMany].
func (t *TooMany) Is(target error) bool { return target == ErrTooMany }
