package rbac

import (
	"context"
	"errors"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// A Store keeps people: see [NewMemory] and [NewStore]. It is safe for concurrent use.
type Store interface {
	// Look runs do on what is stored.
	Look(ctx context.Context, do func(View) error) error
	// Change runs do as if nobody else changed anything, and keeps what it did: all of it, or nothing when it fails.
	Change(ctx context.Context, do func(Tx) error) error
}

// A View is what is stored.
type View interface {
	Assignment(Subject) (Assignment, error) // ErrUnknown when there is none
	Assignments() ([]Assignment, error)     // by subject
	Links(Subject) ([]Linked, error)        // of all when it is "", by subject and address
	Invitations() ([]Invitation, error)     // by the time they were made
	Key(hash string) (Subject, error)       // ErrUnknown when there is none
	Records(AuditQuery) ([]Record, error)   // at most Limit, the newest first
}

// A Tx is a View that can be changed.
type Tx interface {
	View
	SetAssignment(Assignment) error
	DropAssignment(Subject) error
	AddLink(Linked) error
	DropLink(Subject, pocket.Address) error
	SetInvitation(Invitation) error
	DropInvitation(hash string) error
	SetKey(hash string, s Subject) error
	DropKeys(Subject) error
	Append(Record) error
	Rename(from, to Subject) error // in the audit trail, also in details; and leaves out what it linked
}

// Linked is an address that a subject linked.
type Linked struct {
	Subject Subject        `json:"subject"`
	Address pocket.Address `json:"address"`
	At      time.Time      `json:"at"`
}

// An Invitation gives a role to who redeems it first. Its code is told once, to who made it; only a hash of it is kept.
type Invitation struct {
	Hash    string    `json:"id"` // SHA-256 of the code in hexadecimal digits
	Role    Role      `json:"role"`
	Scope   Scope     `json:"scope"`
	By      Subject   `json:"by"`
	At      time.Time `json:"at"`
	Expires time.Time `json:"expires"`
	Comment string    `json:"comment,omitempty"`
}

// A Record of the audit trail is a change, or an attempt that was refused.
type Record struct {
	ID      int64     `json:"id"` // grows
	At      time.Time `json:"at"`
	By      Subject   `json:"by"`                // who did it
	Subject Subject   `json:"subject,omitempty"` // to whom
	Action  string    `json:"action"`            // such as "assign"
	Detail  string    `json:"detail,omitempty"`
	Refused bool      `json:"refused,omitempty"`
}

// An AuditQuery chooses records.
type AuditQuery struct {
	pocket.Span
	Subject Subject // who did it, or to whom it was done; "" for all
	Before  int64   // only records with a smaller ID; 0 for all
	Limit   int     // 0 for all
}

// ErrNewer: a newer version of this program wrote the store. Use that one.
var ErrNewer = errors.New("people were stored by a newer version of this program")
