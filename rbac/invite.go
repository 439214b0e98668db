package rbac

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// alphabet is what codes are written in: digits and letters of which none looks like another.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

const (
	codeLetters    = 20 // of 5 bits each
	codeGroup      = 5
	openAtMost     = 100 // invitations
	invitedAtMost  = 30 * 24 * time.Hour
	secretLetters  = 32
	secretBeginner = "pokt_"
)

// random returns so many letters of the alphabet that nobody can guess.
func random(letters int) string {
	raw := make([]byte, letters)
	_, _ = rand.Read(raw) // it never fails
	for i, b := range raw {
		raw[i] = alphabet[b%32]
	}
	return string(raw)
}

func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// spell reads a code as people type it: in any case, with or without lines between the groups, and with letters that look like digits.
func spell(code string) string {
	return strings.Map(func(r rune) rune {
		switch r = []rune(strings.ToUpper(string(r)))[0]; r {
		case 'O':
			return '0'
		case 'I', 'L':
			return '1'
		}
		if strings.ContainsRune(alphabet, r) {
			return r
		}
		return -1
	}, code[:min(len(code), 4*codeLetters)])
}

// Invite makes a code that gives a role and a scope to who redeems it first, and returns it: it is not kept, and cannot be told again. It is good for
// the lifetime, at most 30 days, and as long as by may give what it gives.
func (a *Authority) Invite(ctx context.Context, by Subject, role Role, scope Scope, lifetime time.Duration, comment string) (string, Invitation, error) {
	if err := a.checkGrant("telegram:0", role, scope); err != nil {
		return "", Invitation{}, err
	}
	if lifetime <= 0 || lifetime > invitedAtMost {
		return "", Invitation{}, fmt.Errorf("an invitation is good for at most %d days: %w", int(invitedAtMost.Hours()/24), pocket.ErrInvalid)
	}
	code := random(codeLetters)
	i := Invitation{Hash: hashOf(code), Role: role, Scope: scope.clean(), By: by, At: a.now(), Expires: a.now().Add(lifetime), Comment: cleanName(comment)}
	err := a.change(ctx, by, "", "invite", func(tx Tx) (string, error) {
		if _, err := a.grants(tx, by, role, scope); err != nil {
			return "", err
		}
		open, err := tx.Invitations()
		if err != nil {
			return "", err
		}
		for _, old := range open {
			if !i.At.Before(old.Expires) {
				if err := tx.DropInvitation(old.Hash); err != nil {
					return "", err
				}
			}
		}
		open = slices.DeleteFunc(open, func(old Invitation) bool { return !i.At.Before(old.Expires) })
		if len(open) >= openAtMost {
			return "", fmt.Errorf("%d invitations are open: %w", len(open), ErrQuota)
		}
		return fmt.Sprintf("%s, %s, until %s", role, describe(scope), i.Expires.Format(time.RFC3339)), tx.SetInvitation(i)
	})
	if err != nil {
		return "", Invitation{}, err
	}
	var groups []string
	for group := range slices.Chunk([]byte(code), codeGroup) {
		groups = append(groups, string(group))
	}
	return strings.Join(groups, "-"), i, nil
}

// Invitations returns those that are still good, by the time they were made. By must have [SeeUsers].
func (a *Authority) Invitations(ctx context.Context, by Subject) ([]Invitation, error) {
	if err := a.May(ctx, by, SeeUsers); err != nil {
		return nil, err
	}
	var list []Invitation
	err := a.store.Look(ctx, func(v View) (err error) {
		list, err = v.Invitations()
		return err
	})
	now := a.now()
	return slices.DeleteFunc(list, func(i Invitation) bool { return !now.Before(i.Expires) }), err
}

// Revoke ends an invitation, named by its Hash or the beginning of it. By must be one who could have made it. [ErrUnknown] when there is none, or
// several.
func (a *Authority) Revoke(ctx context.Context, by Subject, hash string) error {
	return a.change(ctx, by, "", "revoke invitation", func(tx Tx) (string, error) {
		if _, err := a.grants(tx, by, Investor, Scope{Kind: Own}); err != nil {
			return "", err
		}
		open, err := tx.Invitations()
		if err != nil {
			return "", err
		}
		open = slices.DeleteFunc(open, func(i Invitation) bool { return len(hash) < 6 || !strings.HasPrefix(i.Hash, hash) })
		if len(open) != 1 {
			return "", fmt.Errorf("no invitation begins with that: %w", ErrUnknown)
		}
		if _, err := a.grants(tx, by, open[0].Role, open[0].Scope); err != nil {
			return "", err // what one could not give one cannot take
		}
		return fmt.Sprintf("%s, %s", open[0].Role, describe(open[0].Scope)), tx.DropInvitation(open[0].Hash)
	})
}

// Redeem gives a subject what an invitation gives, once. It never takes anything: who has as much already, or what cannot be had together with it,
// gets [ErrHas], and who sees other nodes in the same role sees both. Wrong, used, revoked and expired codes have one answer, [ErrBadCode], and after a few wrong ones there is [ErrTooMany].
func (a *Authority) Redeem(ctx context.Context, s Subject, name, code string) (Assignment, error) {
	if _, err := ParseSubject(string(s)); err != nil {
		return Assignment{}, err
	}
	if kind := s.Kind(); kind == kindLocal || kind == kindKey {
		return Assignment{}, fmt.Errorf("%s: invitations are for people who write to a bot: %w", s, pocket.ErrInvalid)
	}
	now := a.now()
	// Each attempt counts as a wrong one until it was a right one: many at once would otherwise all be let through.
	if wait, _ := a.guesses.take(string(s), now); wait > 0 {
		return Assignment{}, &TooMany{wait}
	}
	if wait, _ := a.guessed.take("", now); wait > 0 {
		a.guesses.giveBack(string(s))
		return Assignment{}, &TooMany{wait}
	}
	var given Assignment
	err := a.change(ctx, s, s, "join", func(tx Tx) (string, error) {
		i, err := invitation(tx, hashOf(spell(code)))
		if err != nil {
			return "", err
		}
		if !now.Before(i.Expires) {
			return "", ErrBadCode
		}
		if _, err := a.grants(tx, i.By, i.Role, i.Scope); errors.Is(err, ErrDenied) {
			return "", ErrBadCode // who invited may not any more
		} else if err != nil {
			return "", err
		}
		old, err := stored(tx, s)
		if err != nil {
			return "", err
		}
		next := Assignment{Subject: s, Name: name, Role: i.Role, Scope: i.Scope, By: i.By}
		if old.Role != None {
			if next, err = together(old, next); err != nil {
				return "", err
			}
		}
		if err := tx.DropInvitation(i.Hash); err != nil {
			return "", err
		}
		detail, err := a.put(tx, old, next)
		if err != nil {
			return "", err
		}
		given, err = tx.Assignment(s)
		return join(detail, "invited by "+string(i.By)), err
	})
	if errors.Is(err, ErrBadCode) {
		a.refuse(ctx, s, "", "join", "a code that is not good")
	} else {
		a.guesses.giveBack(string(s))
		a.guessed.giveBack("")
	}
	if err != nil {
		return Assignment{}, err
	}
	return given, nil
}

// together returns what somebody has who had one assignment and gets another: it holds both, and no more than both. What cannot be had together is
// [ErrHas]: an admin of one node who is shown all of them would become an admin of all.
func together(old, next Assignment) (Assignment, error) {
	switch {
	case old.Role.Includes(next.Role) && (next.Scope.Within(old.Scope) || next.Scope.Kind == Own && old.Scope.Kind == Own):
		return old, ErrHas
	case next.Role.Includes(old.Role) && (old.Scope.Within(next.Scope) || next.Scope.Kind == Own && old.Scope.Kind == Own):
		return next, nil
	case old.Role == next.Role && old.Scope.Kind == Named && next.Scope.Kind == Named:
		next.Scope = Scope{Kind: Named, Nodes: append(slices.Clone(old.Scope.Nodes), next.Scope.Nodes...)}.clean()
		return next, next.Scope.Check()
	}
	return old, ErrHas
}

func invitation(v View, hash string) (Invitation, error) {
	all, err := v.Invitations()
	if err != nil {
		return Invitation{}, err
	}
	for _, i := range all {
		if i.Hash == hash {
			return i, nil
		}
	}
	return Invitation{}, ErrBadCode
}
