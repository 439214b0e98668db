package bot

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// An Import is what becomes of a configuration of the PoktBot of 2022.
type Import struct {
	Config []byte   // of ours, with what has no counterpart in comments at its end
	Token  Secret   // of the Telegram bot, which is kept out of Config; empty when there was none
	Notes  []string // what has no counterpart, and why: those comments
}

// TokenName is the file, beside the configuration, that [Import.Write] puts the token into.
const TokenName = "telegram-token"

// ImportOriginal turns a configuration of the PoktBot of 2022, of any of its versions and kinds of files, into one of ours. What it had by
// default and we have not is written down. The name says by its ending what kind of file it is: .yaml, .ini or .json.
func ImportOriginal(name string, text []byte) (Import, error) {
	o, err := readOriginal(name, text)
	if err != nil {
		return Import{}, err
	}
	m := importer{original: o, used: map[string]bool{}}
	m.config()
	m.rest()
	if len(m.notes) > 0 {
		m.line("\n# What has no counterpart:")
	}
	for _, note := range m.notes {
		m.line("# - %s", note)
	}
	made := Import{Config: []byte(m.out.String()), Token: m.token, Notes: m.notes}
	check := DefaultConfig()
	if err := check.readFile("the new configuration", made.Config); err != nil {
		return Import{}, err
	}
	check.files = nil // the token's is not written yet
	if err := check.Validate(); err != nil {
		return Import{}, err
	}
	return made, nil
}

// Write writes the configuration to path, and the token, which only the user may read, beside it. It overwrites nothing: when one of both is
// there, the error wraps [fs.ErrExist] and nothing was written.
func (i Import) Write(path string) (err error) {
	token := filepath.Join(filepath.Dir(path), TokenName)
	for _, name := range []string{path, token} {
		if _, err := os.Lstat(name); err == nil && (name == path || !i.Token.IsZero()) {
			return fmt.Errorf("%s: %w; nothing was written", name, fs.ErrExist)
		}
	}
	if !i.Token.IsZero() {
		if err := writeNew(token, []byte(i.Token.Reveal()+"\n")); err != nil {
			return err
		}
	}
	if err := writeNew(path, i.Config); err != nil {
		if !i.Token.IsZero() {
			err = errors.Join(err, os.Remove(token))
		}
		return err
	}
	return nil
}

// writeNew writes a file that only its user may read, whole or not at all, and never in place of another.
func writeNew(path string, text []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Link(f.Name(), path) // unlike a rename it fails when somebody was faster
}
