package program

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A patientBot is a bot, or a platform, whose health is what the test says.
type patientBot struct {
	mu  sync.Mutex
	err error
}

func (p *patientBot) is(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.err = err
}

func (p *patientBot) Well(context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

func TestTheHealthFileIsTouchedOnlyWhileBotAndPlatformAreWell(t *testing.T) {
	file := filepath.Join(t.TempDir(), HealthFile)
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		b, platform := &patientBot{}, &patientBot{}
		h := &health{file: file, bot: b, log: slog.New(slog.NewTextHandler(&log, nil))}
		ctx, cancel := context.WithCancel(context.WithValue(t.Context(), healthKey{}, h))
		Health(ctx, func() error { return platform.Well(ctx) })
		go h.run(ctx)
		touched := func() bool { // in the next ten seconds
			_ = os.Remove(file)
			time.Sleep(healthPause)
			synctest.Wait()
			_, err := os.Stat(file)
			return err == nil
		}
		synctest.Wait()
		assert.NoFileExists(t, file, "that of another run is gone")
		assert.True(t, touched())

		info, err := os.Stat(file)
		require.NoError(t, err)
		assert.WithinDuration(t, time.Now(), info.ModTime(), time.Second, "its age is told by the clock of the program")

		platform.is(errors.New("no gateway"))
		assert.False(t, touched())
		platform.is(nil)
		assert.True(t, touched())
		b.is(errors.New("disk full"))
		assert.False(t, touched())
		b.is(nil)
		h.follows(errors.New("no node"))
		assert.False(t, touched())
		assert.False(t, touched())
		h.follows(nil)
		assert.True(t, touched())

		cancel()
		synctest.Wait()
		assert.NoFileExists(t, file)
		assert.Equal(t, 2, bytes.Count(log.Bytes(), []byte("not well")), "what goes on without a pause is told once:\n%s", &log)
		assert.Equal(t, 2, bytes.Count(log.Bytes(), []byte("well again")))
	})
}

func TestTheFlagHealthTellsByTheAgeOfTheFile(t *testing.T) {
	folder := configured(t, silent)
	require.NoError(t, os.Mkdir(filepath.Join(folder, "data"), 0o700))
	var out, errs bytes.Buffer
	ask := func(age time.Duration) int {
		p := &program{name: "telegram", out: &out, err: &errs, environ: []string{
			"POKTBOT_CONFIG=" + filepath.Join(folder, "poktbot.yaml"), "POKTBOT_DATABASE=" + filepath.Join(folder, "data", "x.db"),
		}}
		return p.askHealth(time.Now().Add(age))
	}
	assert.Equal(t, exitFailed, ask(0))
	assert.Contains(t, errs.String(), "not well, or not running: there is no poktbot-health")
	require.NoError(t, touch(filepath.Join(folder, "data", HealthFile)))
	assert.Equal(t, 0, ask(0))
	assert.Equal(t, 0, ask(30*time.Second))
	assert.Equal(t, exitFailed, ask(40*time.Second))
	assert.Contains(t, errs.String(), "not well: it was the last time 40s ago")
}

func TestHealthOutsideOfAProgramDoesNothing(t *testing.T) {
	Health(t.Context(), func() error { panic("nobody asks") })
}
