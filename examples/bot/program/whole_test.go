package program

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/examples/bot"
	"github.com/poktbot/poktbot/pocket/pockettest"
)

// onChain is the configuration of a simulated chain that a node in this process serves.
func onChain(t *testing.T) string {
	t.Helper()
	chain := pockettest.NewChain(pockettest.Config{Seed: 1, Now: time.Now(), Days: 2, Suppliers: 3, Services: 2, BlockTime: time.Hour})
	node, err := pockettest.Listen(chain)
	require.NoError(t, err)
	t.Cleanup(node.Close)
	return fmt.Sprintf("chain: {rpc: ['%s'], rest: ['%s']}\nnodes: [%s]\ntelegram: {token: token-good}\nalerts: {endpoints: false}\n",
		node.RPC, node.REST, chain.Suppliers()[0].Operator)
}

// known are the commands that an account may ask, by what the program left in its folder.
func known(t *testing.T, folder, account string) int {
	t.Helper()
	t.Chdir(folder)
	config, err := bot.LoadConfig("", nil)
	require.NoError(t, err)
	b, err := bot.New(t.Context(), config)
	require.NoError(t, err)
	defer func() { require.NoError(t, b.Close()) }()
	commands, err := b.Commands(t.Context(), account)
	require.NoError(t, err)
	return len(commands)
}

func TestAProgramThatIsWellSaysSoAndKeepsItsStateWhateverHappens(t *testing.T) {
	text := onChain(t)
	folder := configured(t, text)
	r := start(t, folder, nil)
	r.await("caught up", 1)
	code, output := start(t, folder, nil, "-health").end()
	assert.Equal(t, exitFailed, code, "nobody has looked yet: %s", output)
	healthy := func() bool {
		code, _ := start(t, folder, nil, "-health").end()
		return code == 0
	}
	require.Eventually(t, healthy, patient, time.Second)

	code, invitation := start(t, folder, nil, "-invite", "admin").end()
	require.Equal(t, 0, code, invitation)
	write(t, folder, text+"zone: Asia/Tokyo\n# "+strings.Split(invitation, "\n")[1]+"\n") // the platform of the test sends what it finds there
	r.send(syscall.SIGHUP)
	r.await("serving in Asia/Tokyo", 1)
	r.await("joined", 1)
	r.await("caught up", 2)

	require.NoError(t, r.cmd.Process.Kill())
	_ = r.cmd.Wait()
	assert.Greater(t, known(t, folder, "telegram:7"), 10, "who was let in is known after a kill")

	write(t, folder, text)
	r = start(t, folder, nil)
	r.await("caught up", 1)
	require.Eventually(t, healthy, patient, time.Second)
	r.send(syscall.SIGTERM)
	code, output = r.end()
	assert.Equal(t, 0, code, output)
	assert.False(t, healthy(), "it says that it is well only while it runs")
	_, err := os.Stat(folder + "/" + HealthFile)
	assert.ErrorIs(t, err, os.ErrNotExist)
}
