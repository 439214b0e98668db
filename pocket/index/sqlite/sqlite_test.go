package sqlite

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
	"github.com/poktbot/poktbot/rewards"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func Example() {
	ctx := context.Background()
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)

	x, err := Open(ctx, filepath.Join(folder, "index.db"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer x.Close()
	fmt.Println(x.Cursor(ctx))
	// Output: 0 <nil>
}

var supplier = pocket.MustParseAddress("pokt1cctzyqv68ss06lmqnhyf07yggxwsv4329rcuu5")

func block(h pocket.Height) pocket.Block {
	return pocket.Block{Height: h, Time: time.Date(2026, 1, 1, 0, int(h), 0, 0, time.UTC), Hash: fmt.Sprintf("%064X", h)}
}

// settlements are n claims of one block.
func settlements(h pocket.Height, n int) []pocket.Event {
	var events []pocket.Event
	for i := range n {
		events = append(events, pocket.Settlement{
			At: pocket.At{Height: h, Time: block(h).Time, Index: i}, Supplier: supplier, Service: pocket.ServiceID(fmt.Sprint("service", i)),
			SessionEnd: h - 1, Claimed: 1000, Settled: 1000, Minted: 1000,
			Shares: []pocket.Share{{Recipient: supplier, Reason: pocket.ReasonSupplier, Amount: 790}},
		})
	}
	return events
}

func total(t *testing.T, x *index.Index) rewards.Sums {
	t.Helper()
	rows, err := x.Sums(t.Context(), rewards.Query{})
	require.NoError(t, err)
	if len(rows) == 0 {
		return rewards.Sums{}
	}
	return rows[0].Sums
}

func TestAPathMayHoldAnyCharacter(t *testing.T) {
	for _, name := range []string{"index.db", "with space.db", "100%.db", "what?.db", "a#b.db", "été&=.db", "_pragma=x.db"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name)
			x, err := Open(t.Context(), path)
			require.NoError(t, err)
			_, err = x.Put(t.Context(), "test", block(1), settlements(1, 3))
			require.NoError(t, err)
			require.NoError(t, x.Close())
			assert.FileExists(t, path)
			again, err := Open(t.Context(), path)
			require.NoError(t, err)
			assert.Equal(t, int64(3), total(t, again).Settlements)
			require.NoError(t, again.Close())
		})
	}
}

func TestAPathThatCannotBeIsAClearError(t *testing.T) {
	_, err := Open(t.Context(), "")
	require.ErrorIs(t, err, pocket.ErrInvalid)
	_, err = Open(t.Context(), filepath.Join(t.TempDir(), "no", "such", "folder.db"))
	require.ErrorIs(t, err, os.ErrNotExist)
	assert.ErrorContains(t, err, "folder.db")
	_, err = Open(t.Context(), t.TempDir())
	require.Error(t, err)
	assert.ErrorContains(t, err, "is a directory")
}

func TestAFullDiskIsAClearErrorAndNothingIsHalfWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "index.db")
	x, err := open(t.Context(), path, time.Second, 120)
	require.NoError(t, err)
	stored := int64(0)
	full := pocket.Height(0)
	for h := pocket.Height(2); full == 0; h++ {
		require.Less(t, h, pocket.Height(200), "the limit does not work")
		if _, err = x.Put(t.Context(), "test", block(h), settlements(h, 50)); err != nil {
			full = h
		} else {
			stored += 50
		}
	}
	require.ErrorIs(t, err, index.ErrFull)
	assert.ErrorContains(t, err, path)
	require.Positive(t, stored)
	assert.Equal(t, stored, total(t, x).Settlements)
	assert.Equal(t, pocket.Upokt(790*stored), total(t, x).Gross)
	_, err = x.Block(t.Context(), full)
	require.ErrorIs(t, err, pocket.ErrNotFound, "not even the block's own row")
	require.NoError(t, x.Close())

	t.Run("and with room again it goes on", func(t *testing.T) {
		x, err := Open(t.Context(), path)
		require.NoError(t, err)
		defer x.Close()
		_, err = x.Put(t.Context(), "test", block(full), settlements(full, 50))
		require.NoError(t, err)
		assert.Equal(t, stored+50, total(t, x).Settlements)
	})
}

func TestALockedDatabaseIsAClearErrorAfterAWhile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "index.db")
	x, err := open(t.Context(), path, 30*time.Millisecond, 0)
	require.NoError(t, err)
	defer x.Close()
	other, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer other.Close()
	other.SetMaxOpenConns(1)
	_, err = other.Exec("BEGIN IMMEDIATE")
	require.NoError(t, err)
	_, err = x.Put(t.Context(), "test", block(2), settlements(2, 1))
	require.ErrorIs(t, err, index.ErrBusy)
	assert.ErrorContains(t, err, path)
	assert.Zero(t, total(t, x).Settlements, "reading goes on")
	_, err = other.Exec("ROLLBACK")
	require.NoError(t, err)
	_, err = x.Put(t.Context(), "test", block(2), settlements(2, 1))
	require.NoError(t, err)
}

func TestAFileThatIsNoIndexIsLeftAlone(t *testing.T) {
	for name, body := range map[string][]byte{
		"text": bytes.Repeat([]byte("my holiday pictures\n"), 500), "short": []byte("x"), "zeros": append(make([]byte, 20_000), 1),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "index.db")
			require.NoError(t, os.WriteFile(path, body, 0o600))
			_, err := Open(t.Context(), path)
			require.ErrorIs(t, err, index.ErrCorrupt)
			assert.ErrorContains(t, err, path)
			after, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.Equal(t, sha256.Sum256(body), sha256.Sum256(after))
		})
	}
}

func TestADamagedFileIsAClearError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "index.db")
	x, err := Open(t.Context(), path)
	require.NoError(t, err)
	for h := pocket.Height(2); h < 40; h++ {
		_, err = x.Put(t.Context(), "test", block(h), settlements(h, 50))
		require.NoError(t, err)
	}
	require.NoError(t, x.Close())
	body, err := os.ReadFile(path)
	require.NoError(t, err)
	for i := 4096; i < len(body); i++ { // all but the first page
		body[i] = 0xA5
	}
	require.NoError(t, os.WriteFile(path, body, 0o600))
	x, err = Open(t.Context(), path)
	if err == nil {
		defer x.Close()
		_, err = x.Sums(t.Context(), rewards.Query{})
	}
	require.ErrorIs(t, err, index.ErrCorrupt)
	assert.ErrorContains(t, err, path)
	assert.ErrorContains(t, err, "move it away")
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, sha256.Sum256(body), sha256.Sum256(after))
}

func TestADatabaseOfANewerVersionIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "index.db")
	x, err := Open(t.Context(), path)
	require.NoError(t, err)
	require.NoError(t, x.Close())
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer db.Close()
	_, err = db.Exec("INSERT INTO index_migrations VALUES ('9999_later.sql', '')")
	require.NoError(t, err)
	_, err = Open(t.Context(), path)
	require.ErrorIs(t, err, index.ErrNewer)
	assert.ErrorContains(t, err, "9999_later.sql")
}
