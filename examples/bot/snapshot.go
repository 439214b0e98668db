package bot

import (
	"context"
	"fmt"
	"slices"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/shannon"
)

// snapshotPage is how many suppliers are stored in one transaction.
const snapshotPage = 500

// snapshot stores every supplier there is, as of the newest block that the index knows. An index of everything needs it: one that staked before the
// index began and has not been paid yet is in no event, and averages by node would leave it out. Watched nodes are looked up by the follower.
func (b *Bot) snapshot(ctx context.Context, tell func(Progress)) error {
	if b.config.Mode != Everything {
		return nil
	}
	cursor, err := b.store.Cursor(ctx)
	if err != nil || cursor == 0 {
		return err
	}
	var list []pocket.Supplier
	for supplier, err := range b.client.At(cursor).Suppliers(ctx, shannon.SupplierFilter{}) {
		if err != nil {
			return fmt.Errorf("suppliers after block %d: %w", cursor, err)
		}
		list = append(list, supplier)
		if len(list)%snapshotPage == 0 {
			tell(Progress{Doing: "reading who is staked", Done: int64(len(list)), Unit: "nodes"})
		}
	}
	for page := range slices.Chunk(list, snapshotPage) {
		if err := b.store.PutSuppliers(ctx, "chain", cursor, page...); err != nil {
			return err
		}
	}
	return nil
}
