package bot

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
)

// An original is a configuration of the PoktBot of 2022, whichever file it was: its keys by [foldOriginal] of SECTION.key.
type original struct {
	values map[string]originalValue
	order  []string
}

// An originalValue is what stands behind a key.
type originalValue struct {
	name  string              // as it was written, SECTION.key
	texts []string            // of a value one, of a list all
	rules []map[string]string // of a list of maps
	odd   bool                // something else, such as a map
}

// foldOriginal makes one of the spellings that versions and files had: TELEGRAM_API.bot_token, TelegramAPI.BotToken, telegram_api.BOT_TOKEN.
func foldOriginal(section, key string) string {
	fold := func(s string) string { return strings.ToLower(strings.ReplaceAll(strings.TrimSpace(s), "_", "")) }
	section = fold(section)
	if section == "prices" { // what its documentation called the section that it read as PRICE
		section = "price"
	}
	return section + "." + fold(key)
}

func (o *original) add(section, key string, v originalValue) {
	v.name = Plain(strings.TrimSpace(section) + "." + strings.TrimSpace(key))
	v.odd = v.odd || slices.ContainsFunc(v.texts, unprintable)
	for _, rule := range v.rules {
		for _, text := range rule {
			v.odd = v.odd || unprintable(text)
		}
	}
	id := foldOriginal(section, key)
	if before, known := o.values[id]; known && !strings.HasPrefix(strings.ToUpper(before.name), "PRICES.") {
		return // PRICE is what it read
	} else if !known {
		o.order = append(o.order, id)
	}
	o.values[id] = v
}

// unprintable reports whether there is a character in the text that no configuration may hold.
func unprintable(text string) bool {
	return !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' })
}

// readOriginal reads the text of a file of that name: .yaml, .ini or .json.
func readOriginal(name string, text []byte) (original, error) {
	o := original{values: map[string]originalValue{}}
	var err error
	switch strings.ToLower(filepath.Ext(name)) {
	case ".yaml", ".yml":
		err = o.readYAML(name, text)
	case ".json":
		err = o.readJSON(name, text)
	case ".ini", ".cfg":
		err = o.readINI(name, text)
	default:
		err = fmt.Errorf("%s: want a file that ends in .yaml, .ini or .json", name)
	}
	return o, err
}

func (o *original) readYAML(name string, text []byte) error {
	file, err := parseConfig(name, text)
	if err != nil {
		return err
	}
	r := fileReader{name: name}
	for _, doc := range file.Docs {
		for section, body := range r.entries(doc.Body) {
			for key, value := range r.entries(body) {
				o.add(section, key, r.original(value))
			}
		}
	}
	return errors.Join(r.errs...)
}

// entries yields the keys of a map and what is behind them. What is no map is a fault, but for nothing.
func (r *fileReader) entries(n ast.Node) func(yield func(string, ast.Node) bool) {
	return func(yield func(string, ast.Node) bool) {
		var values []*ast.MappingValueNode
		switch n := n.(type) {
		case nil, *ast.NullNode, *ast.CommentGroupNode:
		case *ast.MappingNode:
			values = n.Values
		case *ast.MappingValueNode:
			values = []*ast.MappingValueNode{n}
		default:
			r.fault(n, "", "want sections of keys, such as SERVER: and nodes: below it")
		}
		for _, entry := range values {
			key, ok := scalar(entry.Key)
			if !ok {
				r.fault(entry.Key, "", "this kind of key is not supported")
				continue
			}
			if !yield(key, entry.Value) {
				return
			}
		}
	}
}

func (r *fileReader) original(n ast.Node) originalValue {
	switch list := n.(type) {
	case nil, *ast.NullNode:
		return originalValue{}
	case *ast.SequenceNode:
		var v originalValue
		for _, item := range list.Values {
			if text, ok := scalar(item); ok {
				v.texts = append(v.texts, text)
				continue
			}
			if item.Type() == ast.NullType {
				continue
			}
			if item.Type() != ast.MappingType && item.Type() != ast.MappingValueType {
				v.odd = true
				continue
			}
			rule := map[string]string{}
			for key, value := range r.entries(item) {
				text, ok := scalar(value)
				v.odd = v.odd || !ok
				rule[strings.ToLower(key)] = text
			}
			v.rules = append(v.rules, rule)
		}
		return v
	}
	text, ok := scalar(n)
	if !ok {
		return originalValue{odd: true}
	}
	return originalValue{texts: []string{text}}
}

func (o *original) readJSON(name string, text []byte) error {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if err := checkText(text); err != nil {
		return fmt.Errorf("%s%w", name, err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var sections map[string]map[string]any
	if err := decoder.Decode(&sections); err != nil {
		if e, ok := errors.AsType[*json.SyntaxError](err); ok {
			return fmt.Errorf("%s:%d: this is no JSON", name, 1+bytes.Count(text[:e.Offset], []byte("\n")))
		}
		return fmt.Errorf("%s: want an object of sections, each an object of keys", name)
	}
	for _, section := range slices.Sorted(maps.Keys(sections)) {
		for _, key := range slices.Sorted(maps.Keys(sections[section])) {
			o.add(section, key, jsonOriginal(sections[section][key]))
		}
	}
	return nil
}

func jsonOriginal(value any) originalValue {
	switch value := value.(type) {
	case nil:
		return originalValue{}
	case []any:
		var v originalValue
		for _, item := range value {
			switch item := item.(type) {
			case map[string]any:
				rule := map[string]string{}
				for key, value := range item {
					text, ok := value.(string)
					v.odd = v.odd || !ok
					rule[strings.ToLower(key)] = text
				}
				v.rules = append(v.rules, rule)
			case nil:
			case []any:
				v.odd = true
			default:
				v.texts = append(v.texts, fmt.Sprint(item))
			}
		}
		return v
	case map[string]any:
		return originalValue{odd: true}
	}
	return originalValue{texts: []string{fmt.Sprint(value)}}
}

// readINI reads what Python's configparser does: sections, keys before = or :, remarks in lines of their own, and values that go on in lines that
// are indented. Commas make lists, and %% is a %.
func (o *original) readINI(name string, text []byte) error {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if err := checkText(text); err != nil {
		return fmt.Errorf("%s%w", name, err)
	}
	section, key, number := "", "", 0
	values := map[[2]string]string{}
	var order [][2]string
	for line := range strings.Lines(string(text)) {
		number++
		content := strings.TrimSpace(line)
		switch {
		case content == "" || content[0] == '#' || content[0] == ';':
		case key != "" && (line[0] == ' ' || line[0] == '\t'):
			values[[2]string{section, key}] += "\n" + content
		case content[0] == '[' && strings.HasSuffix(content, "]"):
			section, key = strings.Trim(content, "[]"), ""
		default:
			i := strings.IndexAny(content, "=:")
			if i <= 0 || section == "" {
				return fmt.Errorf("%s:%d: want a [SECTION], or KEY = VALUE in one", name, number)
			}
			key = strings.TrimSpace(content[:i])
			at := [2]string{section, key}
			if _, known := values[at]; known {
				return fmt.Errorf("%s:%d: %s is there twice", name, number, clip(Plain(key)))
			}
			values[at] = strings.TrimSpace(content[i+1:])
			order = append(order, at)
		}
	}
	for _, at := range order {
		o.add(at[0], at[1], iniOriginal(values[at]))
	}
	return nil
}

func iniOriginal(text string) originalValue {
	text = strings.ReplaceAll(text, "%%", "%")
	if strings.HasPrefix(text, "[") || strings.HasPrefix(text, "{") { // a list that somebody wrote as in the other files
		var value any
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		if decoder.Decode(&value) == nil {
			return jsonOriginal(value)
		}
		return originalValue{odd: true}
	}
	var v originalValue
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			v.texts = append(v.texts, item)
		}
	}
	return v
}
