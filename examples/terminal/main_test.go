package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
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
)

// program is the terminal, built once, so that it is tried as its users have it.
var program string

func TestMain(m *testing.M) {
	code := 1
	func() {
		folder, err := os.MkdirTemp("", "poktbot-terminal-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return
		}
		defer os.RemoveAll(folder)
		program = filepath.Join(folder, "terminal")
		if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
			return
		}
		code = m.Run()
	}()
	os.Exit(code)
}

// patience is how long a run may take on a busy machine before it is killed.
const patience = 2 * time.Minute

// start prepares a run in an empty folder, with nothing of the machine's environment that could change it.
func start(t *testing.T, args ...string) (run *exec.Cmd, out, errOut *bytes.Buffer) {
	t.Helper()
	if testing.Short() {
		t.Skip("runs the program as its users have it")
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	out, errOut = &bytes.Buffer{}, &bytes.Buffer{}
	run = exec.CommandContext(ctx, program, args...)
	run.Dir, run.Stdout, run.Stderr = t.TempDir(), out, errOut
	run.Env = []string{"HOME=" + run.Dir, "TMPDIR=" + run.Dir, "PATH=" + os.Getenv("PATH")}
	return run, out, errOut
}

// code is what a run exited with.
func code(t *testing.T, err error) int {
	t.Helper()
	if err == nil {
		return 0
	}
	exit, ok := errors.AsType[*exec.ExitError](err)
	require.True(t, ok, "%v", err)
	return exit.ExitCode()
}

// pipe is a file that the text can be read from once, as from another program.
func pipe(t *testing.T, text string) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	require.NoError(t, err)
	t.Cleanup(func() { _ = r.Close() })
	_, err = w.WriteString(text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return r
}

func TestArguments(t *testing.T) {
	t.Run("the version is printed", func(t *testing.T) {
		run, out, errOut := start(t, "-version")
		require.NoError(t, run.Run())
		assert.Contains(t, out.String(), "poktbot terminal ")
		assert.Empty(t, errOut.String())
	})
	t.Run("help is no failure", func(t *testing.T) {
		run, _, errOut := start(t, "-h")
		require.NoError(t, run.Run())
		assert.Contains(t, errOut.String(), "terminal -demo")
	})
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"nothing":                      {nil, "Try -demo"},
		"an unknown flag":              {[]string{"-dmeo"}, "flag provided but not defined: -dmeo"},
		"a word that is no flag":       {[]string{"-demo", "/stats"}, `"/stats" is no flag`},
		"a demo of one's own nodes":    {[]string{"-demo", "-rpc", "http://x"}, "-demo simulates its own chain"},
		"an address with a typo":       {[]string{"-node", "pokt1cctzyqv68ss06lmqnhyf07yggxwsv4329rcuu4"}, "-node: address \"pokt1cctzyqv68ss06lmqnhyf07yggxwsv4329rcuu4\": character 43, '4', looks mistyped"},
		"a zone that does not exist":   {[]string{"-demo", "-zone", "Europe/Madird"}, "-zone: time zone \"Europe/Madird\" does not exist; did you mean Europe/Madrid?"},
		"a URL that is none":           {[]string{"-rpc", "localhost:26657", "-rest", "http://x"}, "-rpc: item 1 is not a URL"},
		"a configuration that is gone": {[]string{"-config", "none.yaml"}, "none.yaml"},
	} {
		t.Run(name+" exits with 2", func(t *testing.T) {
			run, out, errOut := start(t, test.args...)
			assert.Equal(t, exitArguments, code(t, run.Run()))
			assert.Empty(t, out.String())
			assert.Contains(t, errOut.String(), test.want)
		})
	}
	t.Run("-check tells whether the configuration is good", func(t *testing.T) {
		run, out, errOut := start(t, "-check", "-config", "c.yaml")
		file := filepath.Join(run.Dir, "c.yaml")
		require.NoError(t, os.WriteFile(file, []byte("chain:\n  rpc: http://a:1\n  rest: http://a:2\nzone: Asia/Tokyo\n"), 0o600))
		require.NoError(t, run.Run(), errOut.String())
		assert.Equal(t, "the configuration is good\n", errOut.String())
		assert.Empty(t, out.String())

		run, _, errOut = start(t, "-check", "-config", "c.yaml")
		file = filepath.Join(run.Dir, "c.yaml")
		require.NoError(t, os.WriteFile(file, []byte("chain:\n  rpc: http://a:1\n  rest: http://a:2\nzone: Asia/Tokio\ncolour: red\n"), 0o600))
		assert.Equal(t, exitArguments, code(t, run.Run()))
		assert.Equal(t, "terminal: c.yaml:5: colour: unknown key\n", errOut.String())
	})
	t.Run("the environment overrides the file, arguments override both", func(t *testing.T) {
		run, _, errOut := start(t, "-check", "-rpc", "http://a:1", "-rest", "http://a:1")
		run.Env = append(run.Env, "POKTBOT_ZONE=Mars/Base")
		assert.Equal(t, exitArguments, code(t, run.Run()))
		assert.Contains(t, errOut.String(), "POKTBOT_ZONE: time zone \"Mars/Base\" does not exist")
		run, _, errOut = start(t, "-check", "-rpc", "http://a:1", "-rest", "http://a:1", "-zone", "UTC")
		run.Env = append(run.Env, "POKTBOT_ZONE=Mars/Base")
		require.NoError(t, run.Run(), errOut.String())
	})
}

func TestDemo(t *testing.T) {
	t.Run("answers and ends", func(t *testing.T) {
		run, out, errOut := start(t, "-demo", "-c", "/stats", "-c", "rewards month", "-c", "/graph", "-c", "/report csv 7d", "-zone", "Europe/Madrid")
		require.NoError(t, run.Run(), errOut.String())
		assert.Contains(t, out.String(), "Average of one node")
		assert.Contains(t, out.String(), "imulated")
		assert.Contains(t, out.String(), "Europe/Madrid")
		assert.Contains(t, out.String(), "Rewards by month", "the slash may be left out")
		assert.NotContains(t, out.String()+errOut.String(), "\x1b", "no colours without a terminal")
		assert.NotContains(t, out.String()+errOut.String(), "\r")
		assert.Contains(t, errOut.String(), "Simulated: ")
		pictures, err := filepath.Glob(filepath.Join(run.Dir, "*.png"))
		require.NoError(t, err)
		require.Len(t, pictures, 1)
		assert.Contains(t, out.String(), filepath.Base(pictures[0]))
		files, err := filepath.Glob(filepath.Join(run.Dir, "simulated-rewards-*.csv"))
		require.NoError(t, err)
		require.Len(t, files, 1)
		left, err := filepath.Glob(filepath.Join(run.Dir, "poktbot-*"))
		require.NoError(t, err)
		assert.Empty(t, left, "nothing temporary is left behind")
	})
	t.Run("leaves a file that is no database as it is, and says so", func(t *testing.T) {
		run, _, errOut := start(t, "-demo", "-db", "notes.txt", "-c", "/stats")
		file := filepath.Join(run.Dir, "notes.txt")
		require.NoError(t, os.WriteFile(file, []byte("my notes\n"), 0o600))
		assert.Equal(t, exitFailed, code(t, run.Run()))
		assert.Contains(t, errOut.String(), "notes.txt")
		assert.Contains(t, errOut.String(), "database")
		assert.NotContains(t, errOut.String(), "goroutine")
		kept, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Equal(t, "my notes\n", string(kept))
	})
	t.Run("exits with 1 when a command fails, after answering the others", func(t *testing.T) {
		run, out, errOut := start(t, "-demo", "-c", "/stast", "-c", "/nodes")
		assert.Equal(t, exitFailed, code(t, run.Run()))
		assert.Contains(t, errOut.String(), "error: /stast is not a command; did you mean /stats?")
		assert.Contains(t, out.String(), "Watched: ")
	})
	t.Run("answers what is piped in, follows meanwhile, and ends with it", func(t *testing.T) {
		run, out, errOut := start(t, "-demo")
		run.Stdin = strings.NewReader("/info\n\nnodes\n")
		require.NoError(t, run.Run(), errOut.String())
		assert.Contains(t, out.String(), "PoktBot ")
		assert.Contains(t, out.String(), "Watched: ")
	})
}

// An awaited writer tells when what is awaited was first written to it.
type awaited struct {
	text  strings.Builder
	what  string
	found chan struct{}
	once  sync.Once
}

func (a *awaited) Write(p []byte) (int, error) {
	a.text.Write(p)
	if strings.Contains(a.text.String(), a.what) {
		a.once.Do(func() { close(a.found) })
	}
	return len(p), nil
}

func TestSignals(t *testing.T) {
	for name, test := range map[string]struct {
		signal os.Signal
		code   int
		word   string
	}{
		"Ctrl-C":    {os.Interrupt, exitInterrupted, "interrupted"},
		"a SIGTERM": {syscall.SIGTERM, exitTerminated, "terminated"},
	} {
		t.Run(name+" ends it in good order while it follows", func(t *testing.T) {
			run, _, errOut := start(t, "-demo")
			out := &awaited{what: "settled", found: make(chan struct{})}
			run.Stdout = out
			require.NoError(t, run.Start())
			select {
			case <-out.found: // news came: it follows
			case <-time.After(patience):
			}
			require.NoError(t, run.Process.Signal(test.signal))
			assert.Equal(t, test.code, code(t, run.Wait()))
			assert.Contains(t, errOut.String(), test.word)
			left, err := filepath.Glob(filepath.Join(run.Dir, "poktbot-*"))
			require.NoError(t, err)
			assert.Empty(t, left)
		})
	}
	t.Run("nobody reading the output ends it quietly", func(t *testing.T) {
		run, _, errOut := start(t, "-demo")
		r, w, err := os.Pipe()
		require.NoError(t, err)
		run.Stdout = w
		require.NoError(t, run.Start())
		require.NoError(t, w.Close())
		_, err = r.Read(make([]byte, 10))
		require.NoError(t, err)
		require.NoError(t, r.Close())
		assert.Zero(t, code(t, run.Wait()))
		assert.NotContains(t, errOut.String(), "error")
	})
}
