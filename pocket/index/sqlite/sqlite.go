// Package sqlite opens an index in a file, with a driver in pure Go: no server, no C compiler. It suits one machine with any number of
// processes; readers never wait for the writer.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
)

// Open opens the index in the file at path, or makes one there; its folder must exist. Two more files, named after it with -wal and
// -shm, lie beside it while it is open. A file that is no index, or a damaged one, is left untouched: [index.ErrCorrupt].
//
// A commit is on the disk's way but not waited for: a power cut may take back the last few, whole, and a follower then reads those
// blocks again. It cannot damage the file.
func Open(ctx context.Context, path string) (*index.Index, error) {
	return open(ctx, path, patience, 0)
}

// Connect opens the file at path, or makes one, as [Open] does for an index, but puts nothing into it: it is for other tables of a program that want
// a file of their own, since a file has one writer at a time. The caller closes both pools.
func Connect(ctx context.Context, path string) (index.DB, error) {
	return connect(ctx, path, patience, 0)
}

// patience is how long a writer waits for its turn.
const patience = 10 * time.Second

// open is Open with another patience, and with a limit of the file's size in pages if that is not 0.
func open(ctx context.Context, path string, patience time.Duration, pages int) (*index.Index, error) {
	db, err := connect(ctx, path, patience, pages)
	if err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	return index.New(ctx, db)
}

func connect(ctx context.Context, path string, patience time.Duration, pages int) (index.DB, error) {
	if path == "" || strings.Contains(path, "\x00") {
		return index.DB{}, fmt.Errorf("the path of the file is empty: %w", pocket.ErrInvalid)
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return index.DB{}, fmt.Errorf("%s: %w", path, err)
	}
	if _, err := os.Stat(filepath.Dir(absolute)); err != nil {
		return index.DB{}, fmt.Errorf("the folder of %s: %w", path, err)
	}
	if err := checkFile(absolute); err != nil {
		return index.DB{}, explain(path, patience)(err)
	}
	if err := shape(ctx, absolute, patience); err != nil {
		return index.DB{}, explain(path, patience)(err)
	}
	write, err := pool(absolute, patience, pages, writeCache)
	if err != nil {
		return index.DB{}, err
	}
	write.SetMaxOpenConns(1)
	read, err := pool(absolute, patience, pages, readCache)
	if err != nil {
		return index.DB{}, errors.Join(err, write.Close())
	}
	read.SetMaxIdleConns(8)
	return index.DB{Write: write, Read: read, Dialect: index.SQLite, Explain: explain(path, patience)}, nil
}

// shape sets the size of pages in a file that is empty yet: most rows of packed sums fit into one of these. It has no effect on others. It
// must come before the file is made to write ahead, which the driver does first of all.
func shape(ctx context.Context, path string, patience time.Duration) error {
	if info, err := os.Stat(path); err == nil && info.Size() > 0 {
		return nil
	}
	db, err := sql.Open("sqlite", dsn(path, url.Values{"_pragma": {fmt.Sprintf("busy_timeout(%d)", patience.Milliseconds())}}))
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1) // the setting is the connection's until the file has a page
	_, err = db.ExecContext(ctx, "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL")
	return errors.Join(err, db.Close())
}

// dsn is how the driver wants a file and its settings.
func dsn(path string, settings url.Values) string {
	file := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: settings.Encode()}
	return strings.Replace(file.String(), "file://", "file:", 1)
}

// checkFile refuses a file that is no database. SQLite would do so too, but takes one of a few bytes for an empty one and overwrites it.
func checkFile(path string) error {
	const magic = "SQLite format 3\x00"
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	head := make([]byte, len(magic))
	n, err := io.ReadFull(file, head)
	switch {
	case n == 0 && errors.Is(err, io.EOF), string(head) == magic:
		return nil
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return err
	default:
		return errNoDatabase
	}
}

// errNoDatabase is what checkFile finds; explain says more.
var errNoDatabase = errors.New("its first bytes are not those of SQLite")

// How many KiB of pages a connection holds in memory. There is one that writes, and it comes back to the same pages; of those that read there may be as
// many as people ask at once, and the operating system holds the file for all of them.
const (
	writeCache = 32 << 10
	readCache  = 4 << 10
)

func pool(path string, patience time.Duration, pages, cache int) (*sql.DB, error) {
	settings := url.Values{"_pragma": {
		fmt.Sprintf("busy_timeout(%d)", patience.Milliseconds()), // first: the others wait, too
		"journal_mode(WAL)", "synchronous(NORMAL)", "foreign_keys(1)", fmt.Sprintf("cache_size(-%d)", cache), "temp_store(MEMORY)",
	}, "_txlock": {"immediate"}}
	if pages > 0 {
		settings.Add("_pragma", fmt.Sprintf("max_page_count(%d)", pages))
	}
	db, err := sql.Open("sqlite", dsn(path, settings))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return db, nil
}

// explain says what the driver's errors mean and what to do.
func explain(path string, patience time.Duration) func(error) error {
	return func(err error) error {
		if errors.Is(err, errNoDatabase) {
			return fmt.Errorf("%s: %w: it is another kind of file; give the path of an index or of no file yet: %w", path, index.ErrCorrupt, err)
		}
		e, ok := errors.AsType[*sqlite.Error](err)
		if !ok {
			return err
		}
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
			return fmt.Errorf("%s: %w for more than %v: %w", path, index.ErrBusy, patience, err)
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
