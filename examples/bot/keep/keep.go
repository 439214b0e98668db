// Package keep keeps small values for a bot across restarts: settings, buttons, what was told where. There is a store in memory, and one in SQLite or
// PostgreSQL.
package keep

import (
	"context"
	"errors"
	"iter"
	"time"
)

// An Entry is a value under a key. Spaces keep keys apart that different parts of a program chose.
type Entry struct {
	Space, Key string
	Value      []byte
	Expires    time.Time // after which it is as good as deleted; zero for never
}

// ErrNone: there is no such entry, or it has expired.
var ErrNone = errors.New("nothing is kept under this key")

// A Store keeps entries. It is safe for concurrent use.
type Store interface {
	// Get returns an entry, or [ErrNone].
	Get(ctx context.Context, space, key string) (Entry, error)
	// Put stores entries in place of what was there: all of them or none.
	Put(ctx context.Context, entries ...Entry) error
	// Take returns an entry and deletes it. Of several who take the same at once, one gets it; the others get [ErrNone].
	Take(ctx context.Context, space, key string) (Entry, error)
	// Delete deletes the entries of the keys, and with none all of the space. What is not there is no error.
	Delete(ctx context.Context, space string, keys ...string) error
	// List yields the entries of a space by their keys.
	List(ctx context.Context, space string) iter.Seq2[Entry, error]
	// Expire deletes what has expired, and returns how many that were.
	Expire(ctx context.Context) (int64, error)
}
