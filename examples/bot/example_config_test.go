package bot

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/internal/golden"
)

// exampleConfig is the file that is generated here: go test ./examples/bot -run ExampleConfiguration -update
const exampleConfig = "../poktbot.example.yaml"

const exampleHead = `# The configuration of PoktBot: every key with its default, or with an example where there is no default. Generated from the
# source. Keys that may be left out are commented out: a chain, your nodes and the token of a chat are enough to begin.
#
# In brackets stands the variable of the environment that overrides the key. There, lists are separated by commas, or by
# semicolons where items may hold spaces. A secret may be in a file of its own, which the key with _file behind its name
# tells, as does the variable with _FILE: the value alone, or a line for each item of a list. Relative names begin in the
# folder of this file.
`

// required are the keys that are not commented out.
var required = []string{"chain.rpc", "chain.rest"}

// TestTheExampleConfigurationIsWhatTheTypesSay fails when a key has no comment, no value to show, or the file is not what is generated of them.
func TestTheExampleConfigurationIsWhatTheTypesSay(t *testing.T) {
	g := generator{t: t, docs: fieldDocs(t)}
	g.out.WriteString(exampleHead)
	defaults := DefaultConfig()
	g.section(reflect.ValueOf(&defaults).Elem(), "", "")
	golden.Check(t, g.out.String(), exampleConfig)
}

func TestTheExampleConfigurationIsGood(t *testing.T) {
	text, err := os.ReadFile(exampleConfig)
	require.NoError(t, err)
	t.Chdir(t.TempDir())
	t.Run("as it is", func(t *testing.T) {
		c, err := read(t, string(text))
		require.NoError(t, err)
		require.NoError(t, c.Validate())
	})
	t.Run("with every key", func(t *testing.T) {
		writeFile(t, "alerts.tmpl", "", 0o600)
		c, err := read(t, regexp.MustCompile(`(?m)^( *)#(\S)`).ReplaceAllString(string(text), "$1$2"))
		require.NoError(t, err)
		require.NoError(t, c.Validate())
		set := map[string]bool{}
		for _, s := range c.Settings() {
			set[s.Key] = true
		}
		for _, k := range keysOf(reflect.ValueOf(&c).Elem(), "") {
			assert.True(t, k.file || set[k.path], "%s is in it", k.path)
		}
	})
}

// fieldDocs are the comments of the types and fields of this package: "Chain" and "Chain.RPC".
func fieldDocs(t *testing.T) map[string]string {
	docs := map[string]string{}
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, decl := range file.Decls {
			gen, ok := decl.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range gen.Specs {
				typ, ok := spec.(*ast.TypeSpec)
				if !ok {
					continue
				}
				docs[typ.Name.Name] = line(gen.Doc, typ.Doc)
				if fields, ok := typ.Type.(*ast.StructType); ok {
					for _, field := range fields.Fields.List {
						for _, name := range field.Names {
							docs[typ.Name.Name+"."+name.Name] = line(field.Doc, field.Comment)
						}
					}
				}
			}
		}
	}
	return docs
}

// line is the text of comments in one line.
func line(groups ...*ast.CommentGroup) string {
	var texts []string
	for _, group := range groups {
		if group != nil {
			texts = append(texts, strings.Fields(group.Text())...)
		}
	}
	return strings.Join(texts, " ")
}

// A generator writes the example.
type generator struct {
	t    *testing.T
	docs map[string]string
	out  strings.Builder
}

// section writes the keys of the struct v.
func (g *generator) section(v reflect.Value, prefix, indent string) {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name := field.Tag.Get("yaml")
		if name == "" {
			continue
		}
		path, value := prefix+name, v.Field(i)
		if value.Kind() == reflect.Struct && !isText(value) {
			about := regexp.MustCompile(`^\S+ (says |)`).ReplaceAllString(g.docs[field.Type.Name()], "")
			g.out.WriteString("\n")
			g.comment(indent, g.sentence(path, about))
			g.out.WriteString(indent + name + ":\n")
			g.section(value, path+".", indent+"  ")
			continue
		}
		if indent == "" {
			g.out.WriteString("\n")
		}
		g.key(key{path: path, value: value}, field, g.docs[v.Type().Name()+"."+field.Name], name, indent)
	}
}

func (g *generator) key(k key, field reflect.StructField, doc, name, indent string) {
	doc = strings.TrimPrefix(doc, field.Name+" ")
	shown, isDefault := g.shown(k, field)
	about := g.sentence(k.path, doc) + " [" + k.variable()
	if isSecret(field.Type) {
		about += ", " + name + fileSuffix
	}
	if !isDefault {
		about += ", no default"
	}
	g.comment(indent, about+"]")
	mark := "#"
	for _, needed := range required {
		if needed == k.path {
			mark = ""
		}
	}
	fmt.Fprintf(&g.out, "%s%s%s: %s\n", indent, mark, name, shown)
}

// shown is the default of a key, or an example when that is nothing.
func (g *generator) shown(k key, field reflect.StructField) (text string, isDefault bool) {
	example := field.Tag.Get("example")
	if k.value.IsZero() && example != "" {
		if !k.isList() {
			return plain(example), false
		}
		var items []string
		for item := range strings.SplitSeq(example, ";") {
			items = append(items, plain(strings.TrimSpace(item)))
		}
		return "[" + strings.Join(items, ", ") + "]", false
	}
	value := k.value.Interface()
	if secret, ok := value.(Secret); ok {
		value = secret.Reveal()
	}
	if kind := k.value.Kind(); k.value.IsZero() && kind != reflect.Bool && kind != reflect.Int && kind != reflect.Int64 {
		assert.Fail(g.t, "nothing to show", `%s has no default: give its field a tag like example:"value", with semicolons between items`, k.path)
	}
	return plain(fmt.Sprint(value)), true
}

// sentence makes a sentence of a comment.
func (g *generator) sentence(path, doc string) string {
	if !assert.NotEmpty(g.t, doc, "%s has no comment in the source, from which its explanation is made", path) {
		return ""
	}
	return strings.ToUpper(doc[:1]) + strings.TrimSuffix(doc[1:], ".") + "."
}

const exampleWidth = 120

func (g *generator) comment(indent, text string) {
	line := indent + "#"
	for word := range strings.FieldsSeq(text) {
		if len(line)+len(word) >= exampleWidth {
			g.out.WriteString(line + "\n")
			line = indent + "#"
		}
		line += " " + word
	}
	g.out.WriteString(line + "\n")
}

// plain is text as YAML, in quotes where it needs them.
func plain(text string) string {
	if regexp.MustCompile(`^[\w./+-]+(:[\w./+-]+)*$`).MatchString(text) {
		return text
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

func TestTheConfigurationsInTheREADMEAreGood(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	t.Chdir(t.TempDir())
	writeFile(t, "telegram-token", "1:a", 0o600)
	writeFile(t, "discord-token", "a", 0o600)
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(readme), -1)
	require.Len(t, blocks, 2)
	for _, block := range blocks {
		text := strings.ReplaceAll(block[1], "pokt1…", operatorA)
		if indent := len(text) - len(strings.TrimLeft(text, " ")); indent > 0 {
			text = strings.ReplaceAll("\n"+text, "\n"+strings.Repeat(" ", indent), "\n")
		}
		c, err := read(t, text)
		require.NoError(t, err)
		assert.NoError(t, c.Validate())
	}
}
