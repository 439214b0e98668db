package postgres_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/internal/pgtest"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index/postgres"
)

var server pgtest.Server

func TestMain(m *testing.M) {
	code := m.Run()
	server.Stop()
	os.Exit(code)
}

func Example() {
	// A DSN that is none is found at once; a real one is postgres://user:password@host/database.
	_, err := postgres.Open(context.Background(), "postgres://user:secret@:not a port/database")
	fmt.Println(err)
	// Output: index: the DSN of the database cannot be read: want postgres://user:password@host/database: invalid request
}

func TestAnIndexIsMadeAndOpenedAgain(t *testing.T) {
	dsn := server.Database(t)
	for range 2 {
		x, err := postgres.Open(t.Context(), dsn)
		require.NoError(t, err)
		_, err = x.Cursor(t.Context())
		require.NoError(t, err)
		require.NoError(t, x.Close())
	}
}

func TestAServerThatIsNotThereIsAClearErrorWithoutThePassword(t *testing.T) {
	_, err := postgres.Open(t.Context(), "postgres://user:hunter2@127.0.0.1:1/database")
	require.ErrorIs(t, err, pocket.ErrUnavailable)
	assert.ErrorContains(t, err, "127.0.0.1")
	assert.NotContains(t, err.Error(), "hunter2")
	_, err = postgres.Open(t.Context(), "postgres://user:hunter2@[broken/database")
	require.ErrorIs(t, err, pocket.ErrInvalid)
	assert.NotContains(t, err.Error(), "hunter2")
}
