package bot

import (
	"context"
	"fmt"
)

// Well returns why commands cannot be answered now, nil when they can. It asks the database and not the chain: what the chain does is told by alerts.
func (b *Bot) Well(ctx context.Context) error {
	for _, store := range b.stores() {
		if _, err := store.Cursor(ctx); err != nil {
			return fmt.Errorf("database: %w", err)
		}
	}
	return nil
}
