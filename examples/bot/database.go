package bot

import (
	"context"

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
