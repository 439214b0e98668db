package bot

import (
	"context"

	"github.com/poktbot/poktbot/pocket/index"
	"github.com/poktbot/poktbot/pocket/index/postgres"
	"github.com/poktbot/poktbot/pocket/index/sqlite"
)

// openDatabase opens the index where the configuration says it lives, and makes one when there is none.
func (b *Bot) openDatabase(ctx context.Context) (*index.Index, error) {
	if b.config.isPostgres() {
		return postgres.Open(ctx, b.config.Database.Reveal())
	}
	return sqlite.Open(ctx, b.config.Database.Reveal())
}
