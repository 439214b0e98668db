package bot

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// fileSuffix ends the name of a key whose value is not the secret but a file that holds it: telegram.token_file. The secrets of Docker and the
// credentials of systemd are such files.
const fileSuffix = "_file"

// maxSecretFile is far more than a token, a password or a list of URLs takes.
const maxSecretFile = 64 << 10

// A secretFile is a file that holds a secret, and where it was named.
type secretFile struct{ name, origin string }

func isSecret(t reflect.Type) bool {
	return t == reflect.TypeFor[Secret]() || t == reflect.TypeFor[[]Secret]()
}

// target is the key that k gives a value: k itself, unless it names a file.
func (k key) target() string {
	if k.file {
		return strings.TrimSuffix(k.path, fileSuffix)
	}
	return k.path
}

// nameFiles says in which files the value of the key at path is. They are read when all is known that may override them.
func (c *Config) nameFiles(path string, files []secretFile) {
	if c.files == nil {
		c.files = map[string][]secretFile{}
	}
	c.files[path] = files
}

// readSecrets gives the keys whose values are in files what these hold. Its errors name the file and where it was named, and never what it holds.
func (c *Config) readSecrets() error {
	var errs []error
	for _, k := range keysOf(reflect.ValueOf(c).Elem(), "") {
		files := c.files[k.path]
		if k.file || len(files) == 0 {
			continue
		}
		var texts []string
		var faults []error
		for _, file := range files {
			lines, err := c.readSecret(k, file)
			texts, faults = append(texts, lines...), append(faults, err)
		}
		if err := errors.Join(faults...); err != nil {
			errs = append(errs, err)
			continue
		}
		c.setOrigin(k.path, files[0].origin)
		errs = append(errs, k.set(texts))
	}
	c.files = nil
	return errors.Join(errs...)
}

// readSecret returns the lines of a file that hold something: one, unless the key is a list.
func (c *Config) readSecret(k key, file secretFile) ([]string, error) {
	fault := func(format string, args ...any) error {
		return fmt.Errorf("%s: %w", file.origin, fmt.Errorf(format, args...))
	}
	shown := file.name
	switch {
	case strings.Contains(file.name, "://"):
		return nil, fault("this is a URL and no file; it belongs under %s", k.path) // and is not repeated: it may be the secret
	case !strings.ContainsAny(file.name, `/\.`):
		shown = "the file"
	}
	text, open, err := readSmallFile(file.name)
	if err != nil {
		return nil, fault("%s %w", shown, err)
	}
	if open {
		c.warnings = append(c.warnings, fmt.Sprintf("%s: everybody on this machine can read %s; chmod 600 takes that away", file.origin, shown))
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if !utf8.Valid(text) || bytes.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && !unicode.IsSpace(r) }) {
		return nil, fault("%s holds something else than text", shown)
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	switch {
	case len(lines) == 0:
		return nil, fault("%s is empty", shown)
	case len(lines) > 1 && !k.isList():
		return nil, fault("%s has %d lines; want one, with the value alone", shown, len(lines))
	}
	return lines, nil
}

// readSmallFile reads a file, and tells whether everybody may read it. In the folder where Docker puts secrets everybody is the program itself.
func readSmallFile(name string) (text []byte, open bool, err error) {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, false, errors.New("does not exist")
	case errors.Is(err, fs.ErrPermission):
		return nil, false, errors.New("may not be read by this user")
	case err != nil:
		return nil, false, errors.New("cannot be read")
	case !info.Mode().IsRegular():
		return nil, false, errors.New("is not a regular file")
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, false, errors.New("may not be read by this user")
	}
	defer f.Close()
	text, err = io.ReadAll(io.LimitReader(f, maxSecretFile+1))
	switch {
	case err != nil:
		return nil, false, errors.New("cannot be read")
	case len(text) > maxSecretFile:
		return nil, false, fmt.Errorf("is larger than %d KiB", maxSecretFile>>10)
	}
	folder, _ := filepath.Abs(filepath.Dir(name))
	return text, info.Mode().Perm()&0o004 != 0 && folder != "/run/secrets", nil
}

// Warnings are what is not wrong in the configuration, but should be otherwise.
func (c *Config) Warnings() []string { return slices.Clone(c.warnings) }

// Require returns an error that names each of the keys, such as "telegram.token", that is empty although the program cannot do without it.
func (c *Config) Require(paths ...string) error {
	var errs []error
	for _, k := range keysOf(reflect.ValueOf(c).Elem(), "") {
		if k.file || !slices.Contains(paths, k.path) || !k.value.IsZero() {
			continue
		}
		if isSecret(k.value.Type()) {
			errs = append(errs, c.fault(k.path, "missing; set it, or %s%s, or %s in the environment", k.path, fileSuffix, k.variable()))
			continue
		}
		errs = append(errs, c.fault(k.path, "missing; set it, or %s in the environment", k.variable()))
	}
	return errors.Join(errs...)
}
