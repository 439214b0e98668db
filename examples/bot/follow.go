package bot

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/poktbot/poktbot/examples/bot/keep"
	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
	"github.com/poktbot/poktbot/report"
)

// openIndex opens the database and says what it is to keep.
func (b *Bot) openIndex(ctx context.Context) error {
	var err error
	if b.store, err = openDatabase(ctx, b.config.Database.Reveal()); err != nil {
		return err
	}
	b.closers = append(b.closers, b.store.Close)
	mode := index.Watching
	if b.config.Mode == Everything {
		mode = index.Everything
	}
	if err := b.store.SetMode(ctx, mode); err != nil {
		return err
	}
	return b.store.Watch(ctx, ofKind(pocket.AccountAddress, b.config.Nodes, b.config.Wallets)...)
}

// CatchUp reads what the chain has and the index does not know yet: new blocks first, then the past of the watched nodes, as far
// back as the full node goes. It tells its progress, and may be called again after it was interrupted: it goes on where it was.
func (b *Bot) CatchUp(ctx context.Context, tell func(Progress)) error {
	if b.client != nil {
		if err := b.catchUp(ctx, tell); err != nil {
			return err
		}
	}
	return b.readMorse(ctx, tell)
}

// catchUp is CatchUp of the live chain.
func (b *Bot) catchUp(ctx context.Context, tell func(Progress)) error {
	follower := index.NewFollower(b.store, b.client, index.FollowerConfig{
		Log: b.log, SkipPruned: true, Progress: func(p index.Progress) { tell(progressOf("reading new blocks", p)) },
	})
	if _, err := follower.CatchUp(ctx); err != nil {
		return err
	}
	if err := b.snapshot(ctx, tell); err != nil {
		if ctx.Err() != nil {
			return err
		}
		b.log.Warn("not all suppliers are known", "error", err) // some nodes drop the state of blocks at once; their events tell in time
	}
	return b.backfill(ctx, tell)
}

// Run follows the chain until ctx ends, and tells what happens to the watched nodes, block by block. Call [Bot.CatchUp] first, so that
// the past is known. It returns the cause of ctx's end, the error of tell, or why it cannot go on.
func (b *Bot) Run(ctx context.Context, tell func(Part) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var working sync.WaitGroup
	defer working.Wait()
	if b.chain != nil {
		working.Go(func() { _ = b.chain.Run(ctx, demoPace) })
	}
	if b.config.Retention > 0 {
		working.Go(func() { b.retain(ctx) })
	}
	working.Go(func() {
		if err := b.watch(ctx, tell); err != nil {
			stop(err)
		}
	})
	working.Go(func() { b.followMorse(ctx) })
	defer stop(nil) // before the wait
	if b.client == nil {
		<-ctx.Done()
		return context.Cause(ctx)
	}
	follower := index.NewFollower(b.store, b.client, index.FollowerConfig{
		Log: b.log, SkipPruned: true,
		Stored: func(block pocket.Block, events []pocket.Event) {
			news, err := b.news(ctx, block, events)
			if err == nil && len(news.Lines) > 0 {
				err = tell(news)
			}
			if err != nil {
				stop(err)
			}
		},
	})
	err := follower.Run(ctx)
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// retain drops single events that are older than the retention, now and each day until ctx ends. Sums stay as they are.
func (b *Bot) retain(ctx context.Context) {
	for {
		n, err := b.store.Prune(ctx, b.now().Add(-time.Duration(b.config.Retention)))
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			b.log.Warn("old events are not dropped", "error", err)
		case n > 0:
			b.log.Info("old events are dropped", "count", n, "older", b.config.Retention)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(24 * time.Hour):
		}
	}
}

// updated returns the newest block that the index knows all of, with its time.
func (b *Bot) updated(ctx context.Context) (pocket.Block, error) {
	cursor, err := b.index.Cursor(ctx)
	if err != nil || cursor == 0 {
		return pocket.Block{}, err
	}
	at, _, err := b.leading().TimeOf(ctx, cursor)
	if err != nil {
		return pocket.Block{}, err
	}
	return pocket.Block{Height: cursor, Time: at}, nil
}

func (c *call) addNode(node pocket.Address) error {
	b := c.bot
	watched, err := b.house(c.ctx)
	if err != nil {
		return err
	}
	for _, known := range watched {
		if known == node {
			return c.say(Text{Title: "Node " + node.Short() + " is watched already", Lines: []string{"/node show " + node.String()}})
		}
	}
	store, read := b.store, b.backfill
	if node.Kind() == pocket.MorseAddress {
		store, read = b.morseStore, b.readMorse
	}
	unstaked := b.ask(c.ctx, node).err
	if unstaked != nil && !errors.Is(unstaked, pocket.ErrNotFound) {
		return fmt.Errorf("the chain cannot be asked now, so nothing was added: %w", unstaked)
	}
	if err := b.keep.Put(c.ctx, keep.Entry{Space: spaceHouse, Key: node.String(), Value: []byte(c.subject)}); err != nil {
		return fmt.Errorf("add node: %w", err)
	}
	if err := store.Watch(c.ctx, node); err != nil {
		return fmt.Errorf("add node: %w", err)
	}
	b.peopleDid()
	lines := []string{"Its past is read now, as far as the chain's nodes still tell it. What happens from now on is seen in any case."}
	if unstaked != nil {
		lines = append(lines, "⚠ The chain has no supplier of this address now: it may have left, or is not staked yet.")
	}
	if err := c.say(Text{Title: "Node " + node.String() + " is watched", Lines: lines}); err != nil {
		return err
	}
	var gone error
	ctx, stop := context.WithCancelCause(c.ctx)
	defer stop(nil)
	err = read(ctx, func(p Progress) {
		if gone == nil {
			if gone = c.say(p); gone != nil {
				stop(gone)
			}
		}
	})
	if gone != nil {
		return gone
	}
	if err != nil {
		return fmt.Errorf("the node is watched, but its past could not be read to the end; it is gone on with at the next start: %w", err)
	}
	return c.summary(node)
}

// summary says what is known of a node that was just added.
func (c *call) summary(node pocket.Address) error {
	sums, err := c.allOf(pocket.Filter{Suppliers: []pocket.Address{node}})
	if err != nil {
		return err
	}
	if sums.Settlements == 0 {
		return c.nothingYet(pocket.Filter{Suppliers: []pocket.Address{node}})
	}
	return c.say(Text{Title: "Its past is known", Lines: []string{
		fmt.Sprintf("%s settled, %s gross. /stats %s tells more.", counted(sums.Settlements, "claim"), report.Amount(sums.Gross), node.Short()),
	}})
}

func (c *call) removeNode(node pocket.Address) error {
	watched, err := c.nodesSeen()
	if err != nil {
		return err
	}
	for _, known := range watched {
		if known != node {
			continue
		}
		linked, err := c.bot.authority.AllLinks(c.ctx)
		if err != nil {
			return fmt.Errorf("remove node: %w", err)
		}
		if err := c.bot.keep.Delete(c.ctx, spaceHouse, node.String()); err != nil {
			return fmt.Errorf("remove node: %w", err)
		}
		c.bot.peopleDid()
		if len(linked[node]) > 0 {
			return c.say(Text{Title: "Node " + node.String() + " is not the bot's any more", Lines: []string{"Somebody linked it, so it is still watched for him."}})
		}
		store := c.bot.store
		if node.Kind() == pocket.MorseAddress {
			store = c.bot.morseStore
		}
		if err := store.Unwatch(c.ctx, node); err != nil {
			return fmt.Errorf("remove node: %w", err)
		}
		if watcher := c.bot.watcher.Load(); watcher != nil {
			if _, err := watcher.Withdraw(c.ctx, monitor.Match{Subject: node.String()}, c.by(), ""); err != nil {
				return fmt.Errorf("remove node: its alerts: %w", err)
			}
		}
		text := Text{Title: "Node " + node.String() + " is not watched any more", Lines: []string{
			"What is known of it stays, and is told when it is named: /stats all " + node.String(),
		}}
		for _, configured := range c.bot.config.Nodes {
			if configured == node {
				text.Lines = append(text.Lines, "⚠ The configuration names it, so it comes back at the next start unless it is taken out there.")
			}
		}
		return c.say(text)
	}
	return usage("node %s is not watched; /nodes lists those that are", node.Short())
}
