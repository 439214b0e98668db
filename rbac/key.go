package rbac

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// NewKey makes a key for programs, with a role and a scope, and returns it: only a hash is kept, so it cannot be told again. Its subject, "api:…", is
// dismissed to end it. By must be allowed to give the role.
func (a *Authority) NewKey(ctx context.Context, by Subject, name string, role Role, scope Scope) (secret string, s Subject, err error) {
	s = Subject(kindKey + ":" + strings.ToLower(random(12)))
	secret = secretBeginner + strings.ToLower(random(secretLetters))
	if err := a.checkGrant(s, role, scope); err != nil {
		return "", "", err
	}
	err = a.change(ctx, by, s, "make key", func(tx Tx) (string, error) {
		if _, err := a.grants(tx, by, role, scope); err != nil {
			return "", err
		}
		detail, err := a.put(tx, Assignment{Subject: s}, Assignment{Subject: s, Name: name, Role: role, Scope: scope, By: by})
		if err != nil {
			return "", err
		}
		return detail, tx.SetKey(hashOf(secret), s)
	})
	if err != nil {
		return "", "", err
	}
	return secret, s, nil
}

// ErrNoKey: a request carries no key, or one that is not good.
var ErrNoKey = errors.New("no key: send one as Authorization: Bearer KEY")

// Holder returns the subject of a key, [ErrNoKey] when it is not good. What is compared are hashes, so that the time it takes tells nothing of keys.
func (a *Authority) Holder(ctx context.Context, secret string) (Subject, error) {
	if !strings.HasPrefix(secret, secretBeginner) || len(secret) != len(secretBeginner)+secretLetters {
		return "", ErrNoKey
	}
	var s Subject
	err := a.store.Look(ctx, func(v View) (err error) {
		s, err = v.Key(hashOf(secret))
		return err
	})
	if errors.Is(err, ErrUnknown) {
		return "", ErrNoKey
	}
	return s, err
}

// IdentifyKeys identifies requests by the key that they carry, for [Middleware].
func IdentifyKeys(a *Authority) func(*http.Request) (Subject, error) {
	return func(r *http.Request) (Subject, error) {
		kind, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(kind, "Bearer") {
			return "", ErrNoKey
		}
		s, err := a.Holder(r.Context(), strings.TrimSpace(secret))
		if err != nil && !errors.Is(err, ErrNoKey) {
			return "", fmt.Errorf("identify: %w", err)
		}
		return s, err
	}
}
