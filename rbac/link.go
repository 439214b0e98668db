package rbac

import (
	"context"
	"fmt"
	"slices"

	"github.com/poktbot/poktbot/pocket"
)

// What records of links are called: their details are addresses.
const (
	actionLink   = "link"
	actionUnlink = "unlink"
)

// Link makes an address one of the subject's own, once. The subject must have [Link]. [ErrQuota] when it has as many as it may, and
// [ErrTooMany] when it, or all together, linked too many in the last hour. That it is linked already is fine. Several may link the same.
func (a *Authority) Link(ctx context.Context, s Subject, address pocket.Address) error {
	if err := a.May(ctx, s, Link); err != nil {
		return err
	}
	if kind := address.Kind(); kind != pocket.AccountAddress && kind != pocket.MorseAddress {
		return fmt.Errorf("%s is the address of a %s: want an account's, pokt1…: %w", address.Short(), kind, pocket.ErrInvalid)
	}
	links, err := a.Links(ctx, s)
	if err != nil || slices.Contains(links, address) {
		return err
	}
	now := a.now()
	if wait, _ := a.linking.take(string(s), now); wait > 0 {
		return &TooMany{wait}
	}
	if wait, _ := a.linkings.take("", now); wait > 0 {
		return &TooMany{wait}
	}
	return a.change(ctx, s, s, actionLink, func(tx Tx) (string, error) {
		links, err := tx.Links(s)
		if err != nil {
			return "", err
		}
		if len(links) >= a.quota {
			return "", fmt.Errorf("%d addresses are linked: %w", len(links), ErrQuota)
		}
		return address.String(), tx.AddLink(Linked{Subject: s, Address: address, At: now})
	})
}

// Unlink takes an address from the subject's own. [ErrUnknown] when it is none of them.
func (a *Authority) Unlink(ctx context.Context, s Subject, address pocket.Address) error {
	return a.change(ctx, s, s, actionUnlink, func(tx Tx) (string, error) {
		links, err := tx.Links(s)
		if err != nil {
			return "", err
		}
		if !slices.ContainsFunc(links, func(l Linked) bool { return l.Address == address }) {
			return "", fmt.Errorf("%s is not linked: %w", address.Short(), ErrUnknown)
		}
		return address.String(), tx.DropLink(s, address)
	})
}

// Links returns what the subject linked, by address.
func (a *Authority) Links(ctx context.Context, s Subject) ([]pocket.Address, error) {
	var addresses []pocket.Address
	if s == "" {
		return nil, nil
	}
	err := a.store.Look(ctx, func(v View) error {
		links, err := v.Links(s)
		for _, l := range links {
			addresses = append(addresses, l.Address)
		}
		return err
	})
	return addresses, err
}

// AllLinks returns who linked each address.
func (a *Authority) AllLinks(ctx context.Context) (map[pocket.Address][]Subject, error) {
	all := map[pocket.Address][]Subject{}
	err := a.store.Look(ctx, func(v View) error {
		links, err := v.Links("")
		for _, l := range links {
			all[l.Address] = append(all[l.Address], l.Subject)
		}
		return err
	})
	return all, err
}
