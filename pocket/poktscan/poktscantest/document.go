package poktscantest

import (
	"encoding/json"
	"fmt"
	"strings"
)

// A field is a selected field of a GraphQL document.
type field struct {
	alias, name string
	args        map[string]any // literals, and variable names as variable
	skip        any            // of the directives @skip and @include: a literal or variable; nil is none
	include     any
	fields      []*field
}

func (f *field) key() string {
	if f.alias != "" {
		return f.alias
	}
	return f.name
}

// child returns the selected field of that name, nil when there is none.
func (f *field) child(name string) *field {
	for _, c := range f.fields {
		if c.name == name {
			return c
		}
	}
	return nil
}

// A variable is a name that stands for a value of the request; an enum is a word.
type (
	variable string
	enum     string
)

// A syntaxError is a document that is none.
type syntaxError struct{ text string }

func (e *syntaxError) Error() string { return "Syntax Error: " + e.text }

// parse reads a document with one query.
func parse(text string) (root *field, err error) {
	p := &parser{text: text}
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(*syntaxError)
			if !ok {
				panic(r)
			}
			root, err = nil, e
		}
	}()
	if p.peek() != "{" {
		p.operation()
	}
	root = &field{name: "query", fields: p.selection()}
	if p.peek() != "" {
		p.fail()
	}
	return root, nil
}

type parser struct {
	text  string
	token string
	known bool
}

func (p *parser) fail() {
	t := p.peek()
	if t == "" {
		panic(&syntaxError{"Expected Name, found <EOF>."})
	}
	panic(&syntaxError{fmt.Sprintf("Unexpected %q.", t)})
}

// peek returns the next token: a name, number or $name, a text with its quotation marks, or a sign.
func (p *parser) peek() string {
	if p.known {
		return p.token
	}
	p.text = strings.TrimLeft(p.text, " \t\r\n,")
	for strings.HasPrefix(p.text, "#") {
		_, p.text, _ = strings.Cut(p.text, "\n")
		p.text = strings.TrimLeft(p.text, " \t\r\n,")
	}
	n := 0
	switch {
	case p.text == "":
	case p.text[0] == '"':
		for n = 1; n < len(p.text) && p.text[n] != '"'; n++ {
			if p.text[n] == '\\' {
				n++
			}
		}
		if n >= len(p.text) {
			panic(&syntaxError{"Unterminated string."})
		}
		n++
	case isWord(p.text[0]) || p.text[0] == '$':
		for n = 1; n < len(p.text) && isWord(p.text[n]); n++ {
		}
	default:
		n = 1
	}
	p.token, p.text, p.known = p.text[:n], p.text[n:], true
	return p.token
}

func isWord(b byte) bool {
	return b == '_' || b == '-' || b == '.' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}

func (p *parser) next() string {
	t := p.peek()
	p.known = false
	return t
}

func (p *parser) take(sign string) bool {
	if p.peek() != sign {
		return false
	}
	p.next()
	return true
}

func (p *parser) need(sign string) {
	if !p.take(sign) {
		p.fail()
	}
}

// operation passes over "query Name($a: [String!]!)".
func (p *parser) operation() {
	p.need("query")
	if p.peek() != "{" && p.peek() != "(" {
		p.next()
	}
	if p.take("(") {
		for !p.take(")") {
			if p.peek() == "" {
				p.fail()
			}
			p.next()
		}
	}
}

func (p *parser) selection() []*field {
	p.need("{")
	var fields []*field
	for !p.take("}") {
		fields = append(fields, p.field())
	}
	if len(fields) == 0 {
		panic(&syntaxError{`Expected Name, found "}".`})
	}
	return fields
}

func (p *parser) field() *field {
	if t := p.peek(); t == "" || !isWord(t[0]) {
		p.fail()
	}
	f := &field{name: p.next()}
	if p.take(":") {
		f.alias, f.name = f.name, p.next()
	}
	if p.take("(") {
		f.args = map[string]any{}
		for !p.take(")") {
			name := p.next()
			p.need(":")
			f.args[name] = p.value()
		}
	}
	for p.take("@") {
		directive := p.next()
		p.need("(")
		p.need("if")
		p.need(":")
		switch directive {
		case "skip":
			f.skip = p.value()
		case "include":
			f.include = p.value()
		}
		p.need(")")
	}
	if p.peek() == "{" {
		f.fields = p.selection()
	}
	return f
}

func (p *parser) value() any {
	t := p.next()
	switch {
	case t == "":
		p.fail()
	case t == "[":
		list := []any{}
		for !p.take("]") {
			list = append(list, p.value())
		}
		return list
	case t == "{":
		object := map[string]any{}
		for !p.take("}") {
			name := p.next()
			p.need(":")
			object[name] = p.value()
		}
		return object
	case t[0] == '$':
		return variable(t[1:])
	case t[0] == '"', t == "true", t == "false", t == "null", t[0] == '-', t[0] >= '0' && t[0] <= '9':
		var v any
		d := json.NewDecoder(strings.NewReader(t))
		d.UseNumber()
		if err := d.Decode(&v); err != nil {
			panic(&syntaxError{"a value that is none: " + t})
		}
		return v
	}
	return enum(t)
}

// resolve puts the request's variables in the place of their names. One that was not given is as if it was not written.
func resolve(value any, variables map[string]any) (any, bool) {
	switch v := value.(type) {
	case variable:
		given, ok := variables[string(v)]
		return given, ok
	case enum:
		return string(v), true
	case []any:
		list := make([]any, 0, len(v))
		for _, item := range v {
			if r, ok := resolve(item, variables); ok {
				list = append(list, r)
			}
		}
		return list, true
	case map[string]any:
		object := make(map[string]any, len(v))
		for name, item := range v {
			if r, ok := resolve(item, variables); ok {
				object[name] = r
			}
		}
		return object, true
	default:
		return value, true
	}
}
