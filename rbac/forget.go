package rbac

import (
	"context"
	"errors"
	"strings"
)

// An Account is all that is kept about a subject.
type Account struct {
	Subject     Subject      `json:"subject"`
	Assignment  *Assignment  `json:"assignment,omitempty"`
	Links       []Linked     `json:"links,omitempty"`
	Invitations []Invitation `json:"invitations,omitempty"` // that it made and that are open
	Audit       []Record     `json:"audit,omitempty"`       // what it did and what was done to it, the newest first
}

// Export returns all that is kept about the subject.
func (a *Authority) Export(ctx context.Context, s Subject) (Account, error) {
	account := Account{Subject: s}
	err := a.store.Look(ctx, func(v View) error {
		stored, err := v.Assignment(s)
		if err == nil {
			account.Assignment = &stored
		} else if !errors.Is(err, ErrUnknown) {
			return err
		}
		if account.Links, err = v.Links(s); err != nil {
			return err
		}
		if account.Invitations, err = invitedBy(v, s); err != nil {
			return err
		}
		account.Audit, err = v.Records(AuditQuery{Subject: s})
		return err
	})
	return account, err
}

func invitedBy(v View, s Subject) (list []Invitation, err error) {
	all, err := v.Invitations()
	for _, i := range all {
		if i.By == s {
			list = append(list, i)
		}
	}
	return list, err
}

// Forget deletes all that is kept about the subject: its role, links, keys and open invitations. In the audit trail, which stays, it becomes a name that
// stands for nobody. [ErrLastAdmin] when nobody would be left who may give rights. Others whom it gave a role keep it.
func (a *Authority) Forget(ctx context.Context, s Subject) error {
	nobody := Subject(kindForgotten + ":" + strings.ToLower(random(8)))
	err := a.store.Change(ctx, func(tx Tx) error {
		old, err := stored(tx, s)
		if err != nil {
			return err
		}
		if err := a.drop(tx, old); err != nil {
			return err
		}
		links, err := tx.Links(s)
		if err != nil {
			return err
		}
		for _, l := range links {
			if err := tx.DropLink(s, l.Address); err != nil {
				return err
			}
		}
		invitations, err := invitedBy(tx, s)
		if err != nil {
			return err
		}
		for _, i := range invitations {
			if err := tx.DropInvitation(i.Hash); err != nil {
				return err
			}
		}
		all, err := tx.Assignments()
		if err != nil {
			return err
		}
		for _, other := range all {
			if other.By == s {
				other.By = nobody
				if err := tx.SetAssignment(other); err != nil {
					return err
				}
			}
		}
		return errors.Join(tx.Rename(s, nobody), tx.Append(Record{At: a.now(), By: nobody, Subject: nobody, Action: "forget"}))
	})
	if errors.Is(err, ErrLastAdmin) {
		a.refuse(ctx, s, s, "forget", err.Error())
	}
	return err
}
