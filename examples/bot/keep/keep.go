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
	// Put stores entries in place of what was there: all of them or none. Of several with the same key the last one stays.
	Put(ctx context.Context, entries ...Entry) error
	// Take returns an entry and deletes it. Of several who take the same at once, one gets it; the others get [ErrNone].
	Take(ctx context.Context, space, key string) (Entry, error)
	// Delete deletes the entries of the keys, and with none all of the space. What is not there is no error.
	Delete(ctx context.Context, space string, keys ...string) error
	// List yields the entries of a space in the order of their keys' bytes. It reads page by page, so that the store may be changed meanwhile: what is
	// put or deleted behind the place that was reached is seen, or not. An error is yielded last, with a zero Entry.
	List(ctx context.Context, space string) iter.Seq2[Entry, error]
	// Expire deletes what has expired, and returns how many entries that were.
	Expire(ctx context.Context) (int64, error)
}

// An Option changes a default of [NewMemory] and [NewStore].
type Option func(*config)

type config struct{ now func() time.Time }

// WithClock takes the time by which entries expire from now. By default it is the machine's.
func WithClock(now func() time.Time) Option { return func(c *config) { c.now = now } }

func newConfig(opts []Option) config {
	c := config{now: time.Now}
	for _, opt := range opts {
		opt(&c)
	}
	return c
}

// micros is a time as it is stored: 0 for the zero time.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func moment(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}

// over reports whether what expires then has, at now.
func over(expires, now int64) bool { return expires != 0 && expires <= now }
