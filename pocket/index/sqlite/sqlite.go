// Package sqlite opens an index in a file, with a driver in pure Go: no server, no C compiler. It suits one machine with any number of
// processes; readers never wait for the writer.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
)

// Open opens the index in the file at path, or makes one there; its folder must exist. Two more files, named after it with -wal and
// -shm, lie beside it while it is open. A file that is no index, or a damaged one, is left untouched: [index.ErrCorrupt].
//
// A commit is on the disk's way but not waited for: a power cut may take back the last few, whole, and a follower then reads those blocks again. It
// cannot damage the file.
func Open(ctx context.Context, path string) (*index.Index, error) {
	if path == "" || strings.Contains(path, "\x00") {
		return nil, fmt.Errorf("index: the path of the file is empty: %w", pocket.ErrInvalid)
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("index: %s: %w", path, err)
	}
	if _, err := os.Stat(filepath.Dir(absolute)); err != nil {
		return nil, fmt.Errorf("index: the folder of %s: %w", path, err)
	}
	write, err := pool(absolute)
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1)
	read, err := pool(absolute)
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	read.SetMaxIdleConns(8)
	x, err := index.New(ctx, index.DB{Write: write, Read: read, Dialect: index.SQLite, Explain: explain(path)})
	if err != nil {
		return nil, err
	}
	return x, nil
}

// busyMilliseconds is how long a writer waits for its turn.
const busyMilliseconds = 10_000

func pool(path string) (*sql.DB, error) {
	settings := url.Values{"_pragma": {
		fmt.Sprintf("busy_timeout(%d)", busyMilliseconds), // first: the others wait, too
		"journal_mode(WAL)", "synchronous(NORMAL)", "foreign_keys(1)", "cache_size(-32768)", "temp_store(MEMORY)",
	}, "_txlock": {"immediate"}}
	file := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: settings.Encode()}
	db, err := sql.Open("sqlite", strings.Replace(file.String(), "file://", "file:", 1))
	if err != nil {
		return nil, fmt.Errorf("index: %s: %w", path, err)
	}
	return db, nil
}

// explain says what the driver's errors mean and what to do.
func explain(path string) func(error) error {
	return func(err error) error {
		e, ok := errors.AsType[*sqlite.Error](err)
		if !ok {
			return err
		}
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
			return fmt.Errorf("%s: %w for more than %d s: %w", path, index.ErrBusy, busyMilliseconds/1000, err)
		case sqlite3.SQLITE_FULL:
			return fmt.Errorf("%s: %w: free some space on its disk, nothing was half-written: %w", path, index.ErrFull, err)
		case sqlite3.SQLITE_NOTADB:
			return fmt.Errorf("%s: %w: it is another kind of file; give the path of an index or of no file yet: %w", path, index.ErrCorrupt, err)
		case sqlite3.SQLITE_CORRUPT:
			return fmt.Errorf("%s: %w: it is damaged; move it away and index anew, or restore a copy: %w", path, index.ErrCorrupt, err)
		case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_IOERR:
			return fmt.Errorf("%s: check that the file and its folder can be written: %w", path, err)
		}
		return fmt.Errorf("%s: %w", path, err)
	}
}
