package check

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/poktbot/poktbot/pocket"
)

// A Memory keeps what a check must still know after a restart, such as which addresses a name had. Names are short, values small. It is
// safe for concurrent use.
type Memory interface {
	// Recall returns what was kept under a name last, nil when nothing was.
	Recall(ctx context.Context, name string) ([]byte, error)
	// Keep keeps value under a name, whole or not at all.
	Keep(ctx context.Context, name string, value []byte) error
}

// NewMemory returns a memory that ends with the program.
func NewMemory() Memory { return &shortMemory{kept: map[string][]byte{}} }

type shortMemory struct {
	mu   sync.Mutex
	kept map[string][]byte
}

// Recall implements [Memory].
func (m *shortMemory) Recall(_ context.Context, name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.kept[name]), nil
}

// Keep implements [Memory].
func (m *shortMemory) Keep(_ context.Context, name string, value []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.kept[name] = slices.Clone(value)
	return nil
}

// NewFileMemory returns a memory of small files in a directory, which is made when it is not there. Only one program may use it at a time.
func NewFileMemory(dir string) (Memory, error) {
	if dir == "" {
		return nil, fmt.Errorf("memory: want a directory: %w", pocket.ErrInvalid)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("memory: %w", err)
	}
	return fileMemory(dir), nil
}

type fileMemory string

// path is the file of a name. Names hold what strangers wrote, such as hosts, so that they are no file's name.
func (m fileMemory) path(name string) string {
	sum := sha256.Sum256([]byte(name))
	return filepath.Join(string(m), hex.EncodeToString(sum[:16])+".json")
}

// Recall implements [Memory].
func (m fileMemory) Recall(_ context.Context, name string) ([]byte, error) {
	value, err := os.ReadFile(m.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("memory: %w", err)
	}
	return value, nil
}

// Keep implements [Memory].
func (m fileMemory) Keep(_ context.Context, name string, value []byte) error {
	if err := m.replace(m.path(name), value); err != nil {
		return fmt.Errorf("memory: %w", err)
	}
	return nil
}

// replace writes beside a file and then takes its place, so that whoever reads finds the old or the new.
func (m fileMemory) replace(path string, value []byte) (err error) {
	file, err := os.CreateTemp(string(m), "new-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name())
		}
	}()
	_, err = file.Write(value)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

// recall reads what was kept under a name as JSON. What cannot be read any more counts as forgotten.
func recall[T any](ctx context.Context, m Memory, name string) (value T, known bool, err error) {
	raw, err := m.Recall(ctx, name)
	if err != nil || raw == nil {
		return value, false, err
	}
	if json.Unmarshal(raw, &value) != nil {
		var none T
		return none, false, nil
	}
	return value, true, nil
}

// keep writes a value under a name as JSON.
func keep[T any](ctx context.Context, m Memory, name string, value T) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return m.Keep(ctx, name, raw)
}
