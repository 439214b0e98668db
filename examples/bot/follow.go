package bot

import (
	"context"
	"errors"

	"github.com/poktbot/poktbot/pocket"
)

func (b *Bot) openIndex(ctx context.Context) error { return errors.ErrUnsupported }

// CatchUp reads what the chain has and the index does not know yet.
func (b *Bot) CatchUp(ctx context.Context, tell func(Progress)) error { return errors.ErrUnsupported }

// Run follows the chain until ctx ends.
func (b *Bot) Run(ctx context.Context, tell func(Part) error) error { return errors.ErrUnsupported }

func (b *Bot) updated(ctx context.Context) (pocket.Block, error) {
	cursor, err := b.index.Cursor(ctx)
	return pocket.Block{Height: cursor, Time: b.now()}, err
}

func (c *call) addNode(node pocket.Address) error    { return errors.ErrUnsupported }
func (c *call) removeNode(node pocket.Address) error { return errors.ErrUnsupported }
