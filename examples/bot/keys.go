package bot

import (
	"encoding"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
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

// readFile gives c what the YAML text says. Every fault of the file is reported, each with its line and key, and none with the
// lines around it: a secret may be there.
func (c *Config) readFile(name string, text []byte) error {
	file, err := parseConfig(name, text)
	if err != nil {
		return err
	}
	r := fileReader{name: name, config: c, keys: keysOf(reflect.ValueOf(c).Elem(), ""), given: map[string]string{}}
	for i, doc := range file.Docs {
		if i > 0 && doc.Body != nil {
			r.fault(doc.Body, "", "a second document; put all keys into one")
			continue
		}
		r.node("", doc.Body)
	}
	return errors.Join(r.errs...)
}

// yamlFault returns "line:column: message" of what the parser says.
func yamlFault(err error) string {
	text := yaml.FormatError(err, false, false)
	if place, message, ok := strings.Cut(strings.TrimPrefix(text, "["), "] "); ok {
		if strings.HasPrefix(message, "found character '\t'") {
			message = "a tab; YAML is indented with spaces"
		}
		return place + ": " + message
	}
	return " " + text
}

type fileReader struct {
	name   string
	config *Config
	keys   []key
	given  map[string]string // the key, or that of its file, by which a value was given
	errs   []error
}

func (r *fileReader) fault(at ast.Node, path, message string) {
	if len(r.errs) >= maxFaults {
		if len(r.errs) == maxFaults {
			r.errs = append(r.errs, fmt.Errorf("%s: there is more that is wrong; put this right first", r.place(at)))
		}
		return
	}
	if path != "" {
		path += ": "
	}
	r.errs = append(r.errs, fmt.Errorf("%s: %s%s", r.place(at), path, message))
}

func (r *fileReader) place(at ast.Node) string {
	if token := at.GetToken(); token != nil && token.Position != nil {
		return r.name + ":" + strconv.Itoa(token.Position.Line)
	}
	return r.name
}

// node reads what stands at path: a section, or the value of a key.
func (r *fileReader) node(path string, n ast.Node) {
	i := slices.IndexFunc(r.keys, func(k key) bool { return k.path == path })
	if n == nil || n.Type() == ast.NullType {
		return // a key with nothing behind it is as good as absent
	}
	if i >= 0 {
		r.value(r.keys[i], n)
		return
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		for _, entry := range n.Values {
			r.entry(path, entry)
		}
	case *ast.MappingValueNode:
		r.entry(path, n)
	case *ast.CommentGroupNode:
	default:
		r.fault(n, path, "want keys and values here, such as \"zone: UTC\"")
	}
}

func (r *fileReader) entry(path string, entry *ast.MappingValueNode) {
	name, ok := scalar(entry.Key)
	if !ok {
		r.fault(entry.Key, path, "this kind of key is not supported")
		return
	}
	if path != "" {
		name = path + "." + name
	}
	known := slices.ContainsFunc(r.keys, func(k key) bool { return k.path == name || strings.HasPrefix(k.path, name+".") })
	if !known {
		if len(r.errs) > maxFaults {
			return // to look for what was meant takes long
		}
		r.fault(entry.Key, clip(name), "unknown key"+r.suggest(name))
		return
	}
	r.config.setOrigin(name, r.place(entry.Key)+": "+name)
	r.node(name, entry.Value)
}

func (r *fileReader) suggest(name string) string {
	var names []string
	for _, k := range r.keys {
		names = append(names, k.path)
		for i, letter := range k.path {
			if section := k.path[:i]; letter == '.' && !slices.Contains(names, section) {
				names = append(names, section)
			}
		}
	}
	if near := nearest(name, names); near != "" {
		return "; did you mean " + near + "?"
	}
	return ""
}

func (r *fileReader) value(k key, n ast.Node) {
	if other := r.given[k.target()]; other != "" && other != k.path {
		r.fault(n, k.path, "there is "+other+", too; want one of both")
		return
	}
	r.given[k.target()] = k.path
	texts, places := []string(nil), []string(nil)
	switch list, isSequence := n.(*ast.SequenceNode); {
	case isSequence && !k.isList():
		r.fault(n, k.path, "want one value, not a list")
		return
	case isSequence:
		for _, item := range list.Values {
			text, ok := scalar(item)
			if !ok {
				r.fault(item, k.path, "want plain text in the list; quotes help where a colon is in it")
				return
			}
			if err := k.check(text); err != nil { // one by one, to name each line
				r.fault(item, k.path, err.Error())
				continue
			}
			texts, places = append(texts, text), append(places, r.place(item))
		}
	default:
		text, ok := scalar(n)
		if !ok {
			r.fault(n, k.path, "want plain text; anchors, tags and nested keys have no meaning here")
			return
		}
		texts, places = []string{text}, []string{r.place(n)}
	}
	if k.file {
		r.files(k, texts, places)
		return
	}
	if err := k.set(texts); err != nil {
		r.fault(n, k.path, err.Error())
	}
}

// files takes the names of files that hold the value of a key. They are looked for in the folder of the configuration.
func (r *fileReader) files(k key, names, places []string) {
	var files []secretFile
	for i, name := range names {
		if name = strings.TrimSpace(name); name != "" && !filepath.IsAbs(name) && !strings.Contains(name, "://") {
			if folder := filepath.Dir(r.name); folder != "." {
				name = filepath.Join(folder, name)
			}
		}
		if name != "" {
			files = append(files, secretFile{name, places[i] + ": " + k.path})
		}
	}
	r.config.nameFiles(k.target(), files)
}

// check says whether one item of a list can be read, without setting it.
func (k key) check(text string) error {
	if k.file {
		return nil
	}
	return setText(reflect.New(k.value.Type().Elem()).Elem(), text)
}

// scalar returns the text of a plain value as it was written, so that a number keeps its zeros and a height its digits.
func scalar(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, true
	default:
		return "", false
	}
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
