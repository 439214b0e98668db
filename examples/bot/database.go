package bot

import (
	"context"
	"fmt"

	"github.com/poktbot/poktbot/examples/bot/keep"
	"github.com/poktbot/poktbot/pocket/index"
	"github.com/poktbot/poktbot/pocket/index/postgres"
	"github.com/poktbot/poktbot/pocket/index/sqlite"
)

// openDatabase opens the index at a place, a file of SQLite or a postgres:// URL, and makes one when there is none.
func openDatabase(ctx context.Context, place string) (*index.Index, error) {
	if isPostgres(place) {
		return postgres.Open(ctx, place)
	}
	return sqlite.Open(ctx, place)
}

// ownDatabase returns where the bot keeps what is not of the chain: alerts, people, settings. With SQLite that is a file of its own, since an alert
// does not wait until the index has stored a hundred blocks.
func (b *Bot) ownDatabase(ctx context.Context) (index.DB, error) {
	if b.config.isPostgres() {
		return b.store.DB(), nil
	}
	if b.own != nil {
		return *b.own, nil
	}
	db, err := sqlite.Connect(ctx, b.config.beside("alerts"))
	if err != nil {
		return db, fmt.Errorf("alerts: %w", err)
	}
	b.own = &db
	b.closers = append(b.closers, db.Write.Close, db.Read.Close)
	return db, nil
}

// keepIn keeps small things in a database.
func keepIn(ctx context.Context, db index.DB) (keep.Store, error) {
	return keep.NewStore(ctx, keep.DB{Write: db.Write, Read: db.Read, Dialect: keep.Dialect(db.Dialect), Explain: db.Explain})
}
