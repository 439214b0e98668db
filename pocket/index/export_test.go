package index

import (
	"context"

	"github.com/poktbot/poktbot/pocket"
)

// ReadRowsUpTo sets up to how many rows sums are made of rows. With 0 they are made of digests.
func (x *Index) ReadRowsUpTo(n int) { x.worthReading = n }

// PutAll stores many blocks in one transaction.
func (x *Index) PutAll(ctx context.Context, blocks []pocket.Block, events func(pocket.Height) []pocket.Event) error {
	return x.write(ctx, "store blocks", func(w *writer) error {
		w.source = w.id("bench")
		for _, b := range blocks {
			if _, err := w.putBlock(b, events(b.Height)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Hold keeps others from asking the source, until what it returns is called.
func (c *PriceCache) Hold() (free func()) {
	c.turn <- struct{}{}
	return func() { <-c.turn }
}
