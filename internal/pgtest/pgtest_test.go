package pgtest_test

import (
	"database/sql"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/internal/pgtest"
)

var server pgtest.Server

func TestMain(m *testing.M) {
	code := m.Run()
	server.Stop()
	os.Exit(code)
}

func TestEveryTestGetsAnEmptyDatabaseOfItsOwn(t *testing.T) {
	first, err := sql.Open("pgx", server.Database(t))
	require.NoError(t, err)
	defer first.Close()
	second, err := sql.Open("pgx", server.Database(t))
	require.NoError(t, err)
	defer second.Close()
	_, err = first.Exec("CREATE TABLE things (id BIGINT)")
	require.NoError(t, err)
	_, err = second.Exec("SELECT id FROM things")
	assert.ErrorContains(t, err, "does not exist")
}
