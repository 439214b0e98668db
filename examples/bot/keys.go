package bot

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// envPrefix begins the name of every environment variable that overrides a key: chain.rpc is POKTBOT_CHAIN_RPC.
const envPrefix = "POKTBOT_"

// A key is one value of the configuration: a leaf of the tree that [Config] is.
type key struct {
	path  string // "chain.rpc"
	value reflect.Value
	file  bool // the value is in a file, which is what this key names
}

// keysOf returns the leaves of the struct v in their order. The yaml tags name them.
func keysOf(v reflect.Value, prefix string) []key {
	var keys []key
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get("yaml")
		if name == "" {
			continue
		}
		field := v.Field(i)
		if field.Kind() == reflect.Struct && !isText(field) {
			keys = append(keys, keysOf(field, prefix+name+".")...)
			continue
		}
		keys = append(keys, key{path: prefix + name, value: field})
		if isSecret(field.Type()) {
			keys = append(keys, key{path: prefix + name + fileSuffix, value: field, file: true})
		}
	}
	return keys
}

func isText(v reflect.Value) bool {
	_, ok := v.Addr().Interface().(encoding.TextUnmarshaler)
	return ok
}

func (k key) isList() bool { return k.value.Kind() == reflect.Slice }

// variable returns the name of the environment variable that overrides k.
func (k key) variable() string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(k.path, ".", "_"))
}

// split takes a list in the environment apart.
func (k key) split(text string) []string {
	separators := ", \n\t"
	if k.value.Type().Elem() == reflect.TypeFor[Phrase]() {
		separators = ";\n"
	}
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(separators, r) })
}

// set gives k the values, of which there is one when k is not a list.
func (k key) set(texts []string) error {
	if !k.isList() {
		return setText(k.value, texts[0])
	}
	list, errs := reflect.MakeSlice(k.value.Type(), len(texts), len(texts)), []error(nil)
	for i, text := range texts {
		errs = append(errs, setText(list.Index(i), text))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	k.value.Set(list)
	return nil
}

func setText(v reflect.Value, text string) error {
	if target, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return target.UnmarshalText([]byte(text))
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(strings.TrimSpace(text))
	case reflect.Int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("%q: want a whole number", clip(text))
		}
		v.SetInt(int64(n))
	case reflect.Bool:
		b, err := strconv.ParseBool(strings.ToLower(text))
		if err != nil {
			return fmt.Errorf("%q: want true or false", clip(text))
		}
		v.SetBool(b)
	}
	return nil
}

// readEnviron overrides keys of c with what the environment, as [os.Environ] gives it, sets. An empty variable is as good as none.
// Variables that only resemble a key are an error; others with the prefix may be somebody else's.
func (c *Config) readEnviron(environ []string) error {
	keys := keysOf(reflect.ValueOf(c).Elem(), "")
	var known []string
	for _, k := range keys {
		known = append(known, k.variable())
	}
	var errs []error
	given := map[string]string{}
	for _, entry := range environ {
		name, text, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, envPrefix) || name == configVariable || strings.TrimSpace(text) == "" {
			continue
		}
		i := slices.Index(known, name)
		if i < 0 {
			if near := nearest(name, known); near != "" && distance(name, near) <= 2*mistake {
				errs = append(errs, fmt.Errorf("%s: unknown variable; did you mean %s?", clip(name), near))
			}
			continue
		}
		target := keys[i].target()
		if other := given[target]; other != "" && other != name {
			errs = append(errs, fmt.Errorf("%s: there is %s, too; want one of both", name, other))
			continue
		}
		given[target] = name
		texts := []string{text}
		if keys[i].isList() {
			texts = keys[i].split(text)
		}
		if keys[i].file {
			var files []secretFile
			for _, file := range texts {
				files = append(files, secretFile{strings.TrimSpace(file), name})
			}
			c.nameFiles(target, files)
			continue
		}
		delete(c.files, target)
		c.setOrigin(keys[i].path, name)
		if err := keys[i].set(texts); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

// Set gives the key at path, such as "chain.rpc", the values, as text of the file would be read; none change nothing. Origin says
// where they come from, such as "-rpc", and begins the errors about them.
func (c *Config) Set(path, origin string, values ...string) error {
	keys := keysOf(reflect.ValueOf(c).Elem(), "")
	i := slices.IndexFunc(keys, func(k key) bool { return k.path == path })
	switch {
	case i < 0:
		return fmt.Errorf("%s: there is no key %q", origin, path)
	case len(values) == 0:
		return nil
	case len(values) > 1 && !keys[i].isList():
		return fmt.Errorf("%s: want one value, not %d", origin, len(values))
	}
	if keys[i].file {
		var files []secretFile
		for _, name := range values {
			files = append(files, secretFile{name, origin})
		}
		c.nameFiles(keys[i].target(), files)
		return c.readSecrets()
	}
	c.setOrigin(path, origin)
	if err := keys[i].set(values); err != nil {
		return fmt.Errorf("%s: %w", origin, err)
	}
	return nil
}
