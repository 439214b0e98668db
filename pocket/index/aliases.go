package index

import (
	"context"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

// Aliases returns the Shannon address that each Morse address became, as far as the stored migrations say: what [rewards.Join] wants. An index
// of watched addresses knows those of them. [Index.Prune] removes no migrations.
func (x *Index) Aliases(ctx context.Context) (map[pocket.Address]pocket.Address, error) {
	streams, err := x.otherStreams(ctx, []pocket.Kind{pocket.KindMigration}, filter{}, x.lexicon(ctx))
	if err != nil {
		return nil, err
	}
	for _, s := range streams {
		s.reach, s.page = everything, largestPage
	}
	return rewards.Aliases(func(yield func(pocket.Event, error) bool) {
		for i, err := range merge(ctx, x.db.Read, streams, false) {
			if !yield(i.value, x.fault("aliases", err)) {
				return
			}
		}
	})
}
