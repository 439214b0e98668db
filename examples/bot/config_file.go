package bot

import (
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
