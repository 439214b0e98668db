package bot

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
	"github.com/poktbot/poktbot/pocket/morse"
	"github.com/poktbot/poktbot/pocket/poktscan"
)

// feedName is the name under which rows from PoktScan are kept.
const feedName = "poktscan"

// hasShannon reports whether the configuration names the live chain.
func (c *Config) hasShannon() bool { return len(c.Chain.RPC)+len(c.Chain.REST) > 0 || c.simulated }

// hasMorse reports whether it names the chain before.
func (c *Config) hasMorse() bool { return len(c.Morse.RPC) > 0 }

// checkPast returns what is wrong with the sources of the past.
func (c *Config) checkPast() error {
	var errs []error
	if len(c.PoktScan.URL) > 0 {
		errs = append(errs, c.checkURLs("poktscan.url", c.PoktScan.URL, "a GraphQL address such as https://data.pocket.network/graphql"))
		if !c.hasShannon() {
			errs = append(errs, c.fault("poktscan.url", "PoktScan tells the past, and a full node what happens now: name one in chain.rpc and chain.rest"))
		}
	}
	if c.hasMorse() {
		errs = append(errs, c.checkURLs("morse.rpc", c.Morse.RPC, "the RPC address of a Morse node such as http://127.0.0.1:8081"))
		if len(c.Morse.Tendermint) > 0 {
			errs = append(errs, c.checkURLs("morse.tendermint", c.Morse.Tendermint, "a Tendermint RPC address such as http://127.0.0.1:26657"))
		}
		if c.isPostgres() && c.Morse.Database.IsZero() {
			errs = append(errs, c.fault("morse.database", "empty; with PostgreSQL it wants a database or a schema of its own, such as "+
				"postgres://user:password@host/database?search_path=morse"))
		}
	} else if len(c.Morse.Tendermint) > 0 || !c.Morse.Database.IsZero() {
		errs = append(errs, c.fault("morse.rpc", "missing; want the RPC address of a Morse node such as http://127.0.0.1:8081"))
	}
	return errors.Join(errs...)
}

// beside returns the path of another file beside the SQLite file of the index: poktbot.db and morse give poktbot-morse.db.
func (c *Config) beside(what string) string {
	path := c.Database.Reveal()
	ending := filepath.Ext(path)
	return strings.TrimSuffix(path, ending) + "-" + what + ending
}

// openMorse opens the index of Morse and a client to fill it, if the configuration names one.
func (b *Bot) openMorse(ctx context.Context) (err error) {
	if !b.config.hasMorse() {
		return nil
	}
	m := b.config.Morse
	options := []morse.Option{morse.WithLogger(b.log)}
	if m.ID != "" {
		options = append(options, morse.WithChainID(m.ID))
	}
	if len(m.Tendermint) > 0 {
		options = append(options, morse.WithTendermint(reveal(m.Tendermint)...))
	}
	if b.morse, err = morse.New(reveal(m.RPC), options...); err != nil {
		return fmt.Errorf("morse: %w", err)
	}
	b.closers = append(b.closers, func() error { b.morse.Close(); return nil })
	place := m.Database.Reveal()
	if place == "" {
		place = b.config.beside("morse")
	}
	if b.morseStore, err = openDatabase(ctx, place); err != nil {
		return fmt.Errorf("morse: %w", err)
	}
	b.closers = append(b.closers, b.morseStore.Close)
	return b.morseStore.Watch(ctx, ofKind(pocket.MorseAddress, b.config.Nodes, b.config.Wallets)...)
}

// ofKind returns the addresses of a kind.
func ofKind(kind pocket.AddressKind, lists ...[]pocket.Address) (found []pocket.Address) {
	for _, list := range lists {
		for _, a := range list {
			if a.Kind() == kind {
				found = append(found, a)
			}
		}
	}
	return found
}

// readMorse reads what the index of Morse does not know yet of the watched nodes and wallets. It goes on where it was interrupted.
func (b *Bot) readMorse(ctx context.Context, tell func(Progress)) error {
	if b.morse == nil {
		return nil
	}
	follower := index.NewFollower(b.morseStore, b.morse, index.FollowerConfig{
		Log: b.log, SkipPruned: true, Progress: func(p index.Progress) { tell(progressOf("reading new blocks of Morse", p)) },
	})
	if _, err := follower.CatchUp(ctx); err != nil {
		return fmt.Errorf("morse: %w", err)
	}
	status, err := b.morse.Status(ctx)
	if err != nil {
		return fmt.Errorf("morse: %w", err)
	}
	cursor, err := b.morseStore.Cursor(ctx)
	if err != nil || cursor == 0 {
		return err
	}
	_, err = b.morseStore.Backfill(ctx, b.morse, max(status.Earliest, 1), cursor, index.BackfillConfig{
		Log: b.log, Search: b.morse.Search, Chunk: chunk,
		Progress: func(p index.Progress) { tell(progressOf("reading the past on Morse", p)) },
	})
	if err != nil {
		return fmt.Errorf("morse: %w", err)
	}
	return nil
}

// morsePause is how often Morse is looked at again: its chain has ended, and networks of one's own are slow.
const morsePause = time.Hour

// followMorse goes on reading Morse until ctx ends. That it cannot be read now and then does not keep the live chain from being told.
func (b *Bot) followMorse(ctx context.Context) {
	for b.morse != nil {
		select {
		case <-ctx.Done():
			return
		case <-time.After(morsePause):
		}
		if err := b.readMorse(ctx, func(Progress) {}); err != nil && ctx.Err() == nil {
			b.log.Warn("morse cannot be read now", "error", err)
		}
	}
}

// openFeed opens PoktScan, if the configuration names it.
func (b *Bot) openFeed() (err error) {
	if len(b.config.PoktScan.URL) == 0 {
		return nil
	}
	options := []poktscan.Option{
		poktscan.WithLogger(b.log),
		poktscan.WithTipOf(func(ctx context.Context) (pocket.Height, error) {
			status, err := b.client.Status(ctx)
			return status.Latest, err
		}),
	}
	if key := b.config.PoktScan.Key; !key.IsZero() {
		options = append(options, poktscan.WithKey(key.Reveal()))
	}
	if id := b.config.Chain.ID; id != "" {
		options = append(options, poktscan.WithChainID(id))
	}
	if b.feed, err = poktscan.New(reveal(b.config.PoktScan.URL), options...); err != nil {
		return fmt.Errorf("poktscan: %w", err)
	}
	b.closers = append(b.closers, func() error { b.feed.Close(); return nil })
	return nil
}

// readFeed fills in the past of the watched nodes by what PoktScan tells, up to where it reaches. What it cannot tell is left to the chain: it is
// no failure of the program when somebody else's service is.
func (b *Bot) readFeed(ctx context.Context, to pocket.Height, tell func(Progress)) error {
	if b.feed == nil {
		return nil
	}
	status, err := b.client.Status(ctx)
	if err != nil {
		return err
	}
	if err := b.feed.Check(ctx); err == nil && b.feed.ChainID() != status.ChainID {
		return fmt.Errorf("poktscan: it tells of the chain %s, and the full node of %s: %w", b.feed.ChainID(), status.ChainID, pocket.ErrWrongChain)
	}
	_, err = b.store.BackfillFrom(ctx, b.feed, 1, to, index.FeedConfig{
		Source: feedName, Log: b.log,
		Progress: func(p index.Progress) { tell(progressOf("reading the past from PoktScan", p)) },
	})
	switch {
	case err == nil, errors.Is(err, pocket.ErrFutureHeight): // it is behind: the chain tells the rest
		return nil
	case ctx.Err() != nil, errors.Is(err, pocket.ErrWrongChain), errors.Is(err, index.ErrBusy), errors.Is(err, index.ErrFull), errors.Is(err, index.ErrCorrupt):
		return err
	}
	b.log.Warn("PoktScan did not tell all of the past: the chain is read for the rest", "error", err)
	return nil
}
