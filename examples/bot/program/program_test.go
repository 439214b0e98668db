package program

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/examples"
	"github.com/poktbot/poktbot/examples/bot"
)

// asProgram is the variable that makes the test binary the program, so that it is tried with its own signals and exit codes.
const asProgram = "PROGRAM_UNDER_TEST"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		Main("telegram", pretend, "telegram.token")
	}
	os.Exit(m.Run())
}

// pretend is a platform on which one question is asked, and which does what its token says.
func pretend(ctx context.Context, b *bot.Bot, c bot.Config, log *slog.Logger) error {
	for part, err := range b.Answer(ctx, bot.Request{Text: "/help", From: "local:ana"}) {
		if text, ok := part.(bot.Text); ok && err == nil {
			fmt.Println("answered", len(text.Lines) > 0)
			break
		}
	}
	if text, err := os.ReadFile(c.File()); err == nil { // what somebody writes in the chat
		if _, line, ok := strings.Cut(string(text), "# /join"); ok {
			for _, err := range b.Answer(ctx, bot.Request{Text: "/join" + line, From: "telegram:7", Direct: true}) {
				fmt.Println("joined", err)
			}
		}
	}
	fmt.Println("serving in", c.Zone)
	switch token := c.Telegram.Token.Reveal(); token {
	case "token-refused":
		return fmt.Errorf("https://api.example/bot%s/getMe: 401", token)
	case "token-stuck":
		log.Info("stuck")
		select {}
	case "token-leaves":
		return nil
	}
	<-ctx.Done()
	fmt.Println("left because it was", context.Cause(ctx))
	return ctx.Err()
}

// A run is the program as another process.
type run struct {
	t   *testing.T
	cmd *exec.Cmd

	mu     sync.Mutex
	wrote  *sync.Cond
	output bytes.Buffer
	ended  bool
}

func (r *run) Write(text []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wrote.Broadcast()
	return r.output.Write(text)
}

const patient = 3 * time.Minute // on a busy machine, with the race detector

// start starts the program in a folder, with the configuration there.
func start(t *testing.T, folder string, environ []string, args ...string) *run {
	t.Helper()
	if testing.Short() {
		t.Skip("runs the program as another process")
	}
	program, err := os.Executable()
	require.NoError(t, err)
	r := &run{t: t, cmd: exec.CommandContext(t.Context(), program, args...)}
	r.wrote = sync.NewCond(&r.mu)
	r.cmd.Dir, r.cmd.Stdout, r.cmd.Stderr = folder, r, r
	r.cmd.Env = append([]string{asProgram + "=1", "HOME=" + folder, "TMPDIR=" + folder}, environ...)
	require.NoError(t, r.cmd.Start())
	return r
}

// await waits until the program has written the text so often.
func (r *run) await(text string, times int) {
	r.t.Helper()
	late := time.AfterFunc(patient, func() { r.mu.Lock(); r.ended = true; r.wrote.Broadcast(); r.mu.Unlock() })
	defer late.Stop()
	r.mu.Lock()
	defer r.mu.Unlock()
	for strings.Count(r.output.String(), text) < times {
		require.False(r.t, r.ended, "%q did not come:\n%s", text, &r.output)
		r.wrote.Wait()
	}
}

func (r *run) send(signal os.Signal) { require.NoError(r.t, r.cmd.Process.Signal(signal)) }

// end waits for the program's end and returns its exit code and all that it wrote.
func (r *run) end() (int, string) {
	r.t.Helper()
	err := r.cmd.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode(), r.output.String()
	}
	require.NoError(r.t, err)
	return 0, r.output.String()
}

// silent is the configuration of a chain that nobody answers for.
const silent = "chain: {rpc: ['http://127.0.0.1:1'], rest: ['http://127.0.0.1:1']}\n"

func configured(t *testing.T, text string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	write(t, folder, text)
	return folder
}

func write(t *testing.T, folder, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(folder, bot.ConfigName), []byte(text), 0o600))
}

func TestAProgramServesAtOnceThoughTheChainIsSilentAndEndsInGoodOrder(t *testing.T) {
	for _, signal := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		r := start(t, configured(t, silent+"telegram: {token: token-good}\n"), nil)
		r.await("serving in UTC", 1)
		r.await("the past cannot be read now", 1)
		r.send(signal)
		code, output := r.end()
		assert.Equal(t, 0, code, output)
		assert.Contains(t, output, "answered true")
		assert.Contains(t, output, "left because it was asked to end")
		assert.Contains(t, output, "ended in good order")
		assert.Contains(t, output, "the flag -invite sysadmin prints a code that lets you in")
		assert.NotContains(t, output, "token-good")
	}
}

func TestASecondSignalEndsTheProgramAtOnce(t *testing.T) {
	for signal, want := range map[os.Signal]int{syscall.SIGTERM: exitTerminated, os.Interrupt: exitInterrupted} {
		r := start(t, configured(t, silent+"telegram: {token: token-stuck}\n"), nil)
		r.await("msg=stuck", 1)
		r.send(signal)
		r.await("msg=ending", 1)
		r.send(signal)
		code, output := r.end()
		assert.Equal(t, want, code, output)
	}
}

func TestTheConfigurationIsReadAnewOnSIGHUP(t *testing.T) {
	folder := configured(t, silent+"telegram: {token: token-good}\n")
	r := start(t, folder, nil)
	r.await("serving in UTC", 1)

	write(t, folder, silent+"zone: Europe/Madird\ntheme: blue\ntelegram: {token: token-secret}\n")
	r.send(syscall.SIGHUP)
	r.await("the new configuration is bad; the old one goes on", 2)

	write(t, folder, silent+"zone: Europe/Madrid\ndatabase: no/such/folder/x.db\ntelegram: {token: token-secret}\n")
	r.send(syscall.SIGHUP)
	r.await("does not open with the new configuration; the old one goes on", 1)
	r.await("serving in UTC", 2)

	write(t, folder, silent+"zone: Europe/Madrid\ntelegram: {token: token-secret}\n")
	r.send(syscall.SIGHUP)
	r.await("serving in Europe/Madrid", 1)

	r.send(syscall.SIGTERM)
	code, output := r.end()
	assert.Equal(t, 0, code, output)
	assert.Contains(t, output, "poktbot.yaml:2: zone: ")
	assert.Contains(t, output, "did you mean Europe/Madrid?")
	assert.Contains(t, output, "poktbot.yaml:3: theme: ")
	assert.NotContains(t, output, "token-secret")
}

func TestAProgramThatCannotGoOnSaysWhyWithoutItsToken(t *testing.T) {
	code, output := start(t, configured(t, silent+"telegram: {token: token-refused}\n"), nil).end()
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, output, "https://api.example/botREDACTED/getMe: 401")

	code, output = start(t, configured(t, silent+"telegram: {token: token-leaves}\n"), nil).end()
	assert.Equal(t, 0, code, output)
}

func TestCheckTellsWhatIsSetOrEachFault(t *testing.T) {
	code, output := start(t, configured(t, silent+"zone: Asia/Tokyo\n"), []string{"POKTBOT_TELEGRAM_TOKEN=token-secret"}, "-check").end()
	assert.Equal(t, 0, code)
	assert.Equal(t, "chain.rpc: 127.0.0.1:1  (poktbot.yaml:1)\nchain.rest: 127.0.0.1:1  (poktbot.yaml:1)\nzone: Asia/Tokyo  (poktbot.yaml:2)\n"+
		"telegram.token: REDACTED  (POKTBOT_TELEGRAM_TOKEN)\npoktbot.yaml is good\n", output)

	code, output = start(t, configured(t, silent+"zone: Mars\n"), nil, "-check").end()
	assert.Equal(t, exitArguments, code)
	assert.Contains(t, output, "telegram: poktbot.yaml:2: zone: ")
	assert.Contains(t, output, "telegram: telegram.token: missing; set it, or telegram.token_file, or POKTBOT_TELEGRAM_TOKEN in the environment\n")
}

func TestADemonstrationNeedsATokenAndNoChain(t *testing.T) {
	folder := configured(t, "zone: Asia/Tokyo\n")
	r := start(t, folder, []string{"POKTBOT_TELEGRAM_TOKEN=token-good"}, "-demo")
	r.await("serving in Asia/Tokyo", 1)
	r.await("backfill begins", 1)
	r.send(syscall.SIGTERM)
	code, output := r.end()
	assert.Equal(t, 0, code, output)
	assert.Contains(t, output, "Simulated: ")
	assert.Contains(t, output, "\n/join ", "whoever tries it is let in")
	left, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Len(t, left, 1, "nothing is left but the configuration")
}

func TestAnInvitationLetsTheFirstPersonIn(t *testing.T) {
	folder := configured(t, silent+"telegram: {token: token-good}\n")
	r := start(t, folder, nil)
	r.await("serving in UTC", 1)
	code, output := start(t, folder, nil, "-invite", "sysadmin").end()
	require.Equal(t, 0, code, output)
	lines := strings.Split(output, "\n")
	require.Regexp(t, `^/join ([0-9A-Z]{5}-){3}[0-9A-Z]{5}$`, lines[1])
	code, output = start(t, folder, nil, "-invite", "king").end()
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, output, "king")
	r.send(syscall.SIGTERM)
	code, output = r.end()
	require.Equal(t, 0, code, output)

	config, err := bot.LoadConfig(filepath.Join(folder, bot.ConfigName), nil)
	require.NoError(t, err)
	t.Chdir(folder)
	b, err := bot.New(t.Context(), config)
	require.NoError(t, err)
	defer func() { require.NoError(t, b.Close()) }()
	for _, err := range b.Answer(t.Context(), bot.Request{Text: lines[1], From: "telegram:7", Direct: true}) {
		require.NoError(t, err)
	}
	commands, err := b.Commands(t.Context(), "telegram:7")
	require.NoError(t, err)
	assert.Greater(t, len(commands), 20, "who redeemed it may everything")
}

func TestAnImportWritesTheConfigurationAndTheTokenAndNothingTwice(t *testing.T) {
	folder := t.TempDir()
	old := filepath.Join(folder, "config.ini")
	require.NoError(t, os.WriteFile(old, []byte("[TELEGRAM_API]\nbot_token = 1:token-secret\napi_id = 5\n[IDS]\nadmins_ids = 7\n"), 0o600))
	code, output := start(t, folder, nil, "-import", "config.ini").end()
	assert.Equal(t, 0, code, output)
	assert.Contains(t, output, "poktbot.yaml is written, and the token to telegram-token. Put your full nodes into")
	assert.Contains(t, output, "no counterpart: TELEGRAM_API.api_id: bots need the token alone\n")
	assert.NotContains(t, output, "token-secret")

	code, output = start(t, folder, nil, "-check").end()
	assert.Equal(t, 0, code, output)
	assert.Contains(t, output, "telegram.token: REDACTED  (poktbot.yaml:")
	assert.Contains(t, output, "access.admins: telegram:7  (poktbot.yaml:")

	code, output = start(t, folder, nil, "-import", "config.ini").end()
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, output, "poktbot.yaml: file already exists; nothing was written")
	code, output = start(t, folder, nil, "-import", "none.ini", "-out", "x.yaml").end()
	assert.Equal(t, exitArguments, code)
	assert.Contains(t, output, "import: open none.ini: ")
}

func TestArgumentsThatMakeNoSense(t *testing.T) {
	for want, args := range map[string][]string{
		"-demo forgets everybody at its end":               {"-demo", "-invite", "admin"},
		`"now" is no flag`:                                 {"now"},
		"flag provided but not defined: -x":                {"-x"},
		"configuration: open none.yaml: no such file or d": {"-config", "none.yaml"},
	} {
		code, output := start(t, t.TempDir(), nil, args...).end()
		assert.Equal(t, exitArguments, code)
		assert.Contains(t, output, want)
	}
	code, output := start(t, t.TempDir(), nil, "-h").end()
	assert.Equal(t, 0, code)
	assert.Contains(t, output, "PoktBot for telegram.")
	code, output = start(t, t.TempDir(), nil, "-example").end()
	assert.Equal(t, 0, code)
	assert.Equal(t, examples.Config(), output)
	code, output = start(t, t.TempDir(), nil, "-version").end()
	assert.Equal(t, 0, code)
	assert.Contains(t, output, "poktbot telegram ")
}
