// Package pgtest gives tests a PostgreSQL server: the one that $POCKET_TEST_POSTGRES_DSN names, else one of their own, started from the
// server programs that are installed on the machine and gone without a trace when the tests end. Nothing is downloaded.
//
// A package has one [Server], asks it for a [Server.Database] in each test and calls [Server.Stop] at the end of TestMain.
package pgtest

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// DSNVariable names the environment variable that points tests at a running server. Its user must be allowed to create databases.
const DSNVariable = "POCKET_TEST_POSTGRES_DSN"

// A Server is a PostgreSQL server for the tests of one package. It starts when it is first needed; call [Server.Stop] in the end.
type Server struct {
	once    sync.Once
	dsn     string // "" when there is none
	why     string // why there is none
	folder  string
	process *exec.Cmd
	exited  chan struct{}
	count   atomic.Int64
}

// find finds or starts the server, or finds out why there can be none.
func (s *Server) find() {
	if s.dsn = os.Getenv(DSNVariable); s.dsn != "" {
		return
	}
	bin, err := programs()
	if err == nil {
		err = s.start(bin)
	}
	if err != nil {
		s.Stop()
		s.why = err.Error()
	}
}

// Database creates an empty database, dropped when the test ends, and returns its DSN. The first call starts the server. Without one the
// test is skipped with one line that says why.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	s.once.Do(s.find)
	if s.dsn == "" {
		t.Skipf("PostgreSQL: %s", s.why)
	}
	admin, err := sql.Open("pgx", s.dsn)
	if err != nil {
		t.Fatalf("PostgreSQL: %v", err)
	}
	name := fmt.Sprintf("t_%d_%d", os.Getpid(), s.count.Add(1))
	if _, err := admin.Exec("CREATE DATABASE " + name); err != nil {
		t.Fatalf("PostgreSQL: create database: %v", err)
	}
	t.Cleanup(func() {
		if _, err := admin.Exec("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Errorf("PostgreSQL: drop database: %v", err)
		}
		if err := admin.Close(); err != nil {
			t.Errorf("PostgreSQL: %v", err)
		}
	})
	return withDatabase(s.dsn, name)
}

// withDatabase returns dsn, a URL or a list of keywords, with another database.
func withDatabase(dsn, name string) string {
	if u, err := url.Parse(dsn); err == nil && u.Scheme != "" {
		u.Path = "/" + name
		return u.String()
	}
	return dsn + " dbname=" + name
}

// programs returns the folder of the newest installed server.
func programs() (string, error) {
	if bin := os.Getenv("PG_BIN"); bin != "" {
		return bin, nil
	}
	var found []string
	places := []string{"/usr/lib/postgresql/*/bin/initdb", "/usr/pgsql-*/bin/initdb", "/opt/homebrew/opt/postgresql@*/bin/initdb"}
	for _, pattern := range places {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			return "", err
		}
		found = append(found, paths...)
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			found = append(found, path)
		}
	}
	if len(found) == 0 {
		return "", errors.New("no server is installed (initdb not found; set PG_BIN or " + DSNVariable + ")")
	}
	slices.SortFunc(found, func(a, b string) int { return len(a) - len(b) + strings.Compare(a, b) })
	return filepath.Dir(found[len(found)-1]), nil
}

func (s *Server) start(bin string) error {
	folder, err := os.MkdirTemp("", "pgtest") // not t.TempDir: its parents are closed to the user that the server runs as
	if err != nil {
		return err
	}
	s.folder = folder
	attributes, err := asOtherUser(folder)
	if err != nil {
		return err
	}
	command := func(name string, args ...string) *exec.Cmd {
		c := exec.Command(filepath.Join(bin, name), args...)
		c.Dir, c.SysProcAttr = folder, attributes
		c.Env = append(os.Environ(), "HOME="+folder, "LC_ALL=C")
		return c
	}
	data := filepath.Join(folder, "data")
	initdb := command("initdb", "-D", data, "-U", "test", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, bytes.TrimSpace(out))
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	settings := []string{"listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "synchronous_commit=off",
		"full_page_writes=off", "shared_buffers=64MB", "timezone=UTC"}
	args := []string{"-D", data, "-p", fmt.Sprint(port)}
	for _, setting := range settings {
		args = append(args, "-c", setting)
	}
	var log bytes.Buffer
	s.process = command("postgres", args...)
	s.process.Stdout, s.process.Stderr = &log, &log
	s.exited = make(chan struct{})
	started := make(chan error)
	go func() {
		// The server is to end with the thread that started it, where the system can do that, so that a test that panics leaves none
		// behind.
		runtime.LockOSThread()
		err := s.process.Start()
		started <- err
		if err == nil {
			_ = s.process.Wait() // how it ended is in its log
		}
		close(s.exited)
	}()
	if err := <-started; err != nil {
		s.process = nil
		return err
	}
	dsn := fmt.Sprintf("postgres://test@127.0.0.1:%d/postgres?sslmode=disable", port)
	if err := s.await(dsn); err != nil {
		s.Stop()
		return fmt.Errorf("%w: %s", err, bytes.TrimSpace(log.Bytes()))
	}
	s.dsn = dsn
	return nil
}

// await waits until the server answers.
func (s *Server) await(dsn string) error {
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	for deadline := time.Now().Add(time.Minute); ; {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		err := db.PingContext(ctx)
		cancel()
		if err == nil {
			return nil
		}
		select {
		case <-s.exited:
			return errors.New("the server ended")
		case <-time.After(50 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the server does not answer: %w", err)
		}
	}
}

// Stop ends the server, if one was started, and removes its folder.
func (s *Server) Stop() {
	if s.process != nil {
		_ = s.process.Process.Signal(syscall.SIGINT) // fast shutdown; it may have ended already
		select {
		case <-s.exited:
		case <-time.After(10 * time.Second):
			_ = s.process.Process.Signal(syscall.SIGQUIT)
			<-s.exited
		}
		s.process = nil
	}
	if s.folder != "" {
		_ = os.RemoveAll(s.folder)
		s.folder = ""
	}
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}
