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

// Export returns all that is kept about the subject. [pocket.ErrInvalid] when that is no account.
func (a *Authority) Export(ctx context.Context, s Subject) (Account, error) {
	account := Account{Subject: s}
	if _, err := ParseSubject(string(s)); err != nil {
		return account, err
	}
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
// stands for nobody, also where others' records name it, and the addresses that it linked are left out. [ErrLastAdmin] when nobody would be left who may
// give rights, and [pocket.ErrInvalid] when it is no account. Others whom it gave a role keep it.
func (a *Authority) Forget(ctx context.Context, s Subject) error {
	if _, err := ParseSubject(string(s)); err != nil {
		return err
	}
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

// forgotten returns a record in which one subject is called another, and whether that changed anything. What it linked leads to it, and goes.
func (r Record) forgotten(from, to Subject) (Record, bool) {
	old := r
	if r.By == from && (r.Action == actionLink || r.Action == actionUnlink) {
		r.Detail = ""
	}
	r.Detail = renamed(r.Detail, string(from), string(to))
	if r.By == from {
		r.By = to
	}
	if r.Subject == from {
		r.Subject = to
	}
	return r, r != old
}

// renamed puts a name in place of another, but not in longer names: telegram:1 is not the beginning of telegram:12.
func renamed(text, from, to string) string {
	var b strings.Builder
	for {
		at := strings.Index(text, from)
		if at < 0 {
			return b.String() + text
		}
		end := at + len(from)
		whole := (at == 0 || !inSubject(text[at-1])) && (end == len(text) || !inSubject(text[end]))
		b.WriteString(text[:at])
		if whole {
			b.WriteString(to)
		} else {
			b.WriteString(from)
		}
		text = text[end:]
	}
}
