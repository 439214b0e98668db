package index

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/poktbot/poktbot/pocket"
)

// SharedParams returns the shared parameters that a [Follower] had seen in force when it had stored block h, or before;
// [pocket.ErrNotFound] when it had seen none. It looks once a session, as they change at the start of one.
func (x *Index) SharedParams(ctx context.Context, h pocket.Height) (pocket.SharedParams, error) {
	p, err := paramsAt(ctx, x.db.Read, h)
	if errors.Is(err, sql.ErrNoRows) {
		return p, fmt.Errorf("index: shared params at height %d: %w", h, pocket.ErrNotFound)
	}
	return p, x.fault("shared params", err)
}

func paramsAt(ctx context.Context, q querier, h pocket.Height) (pocket.SharedParams, error) {
	var p pocket.SharedParams
	var payload []byte
	err := q.QueryRowContext(ctx, "SELECT payload FROM params WHERE height <= $1 ORDER BY height DESC LIMIT 1", int64(h)).Scan(&payload)
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(payload, &p); err != nil {
		return p, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return p, nil
}

// learnParams looks at the shared parameters when block h lies in another session than when it last did, and stores them if they
// changed. Not being able to is no reason to stop.
func (f *Follower) learnParams(ctx context.Context, h pocket.Height) error {
	if h == 0 || f.session.Start != 0 && f.session.Start <= h && h <= f.session.End {
		return nil
	}
	p, err := f.chain.SharedParams(ctx, h)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		f.log.Info("shared params are not known", "height", h, "error", err)
		return nil
	}
	f.session = p.Session(h)
	known, err := paramsAt(ctx, f.index.db.Read, h)
	if err == nil && known == p {
		return nil
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return f.index.fault("shared params", err)
	}
	return f.index.write(ctx, "store shared params", func(w *writer) error {
		return w.put(paramsTable, []any{int64(h), mustJSON(p)})
	})
}
