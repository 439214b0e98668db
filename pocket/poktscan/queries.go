package poktscan

import (
	"embed"
	"fmt"
	"strings"
)

// The questions that are asked, one operation a file. They are our own and name only the fields that are used.
//
//go:embed queries/*.graphql
var queryFiles embed.FS

// A query is a question in GraphQL.
type query struct {
	operation string
	text      string
}

// load returns the query of a file without its ending. The files are part of the program, so that one that is missing is a mistake in it.
func load(file string) query {
	body, err := queryFiles.ReadFile("queries/" + file + ".graphql")
	if err != nil {
		panic(fmt.Sprintf("poktscan: query %q: %v", file, err))
	}
	text := strings.Join(strings.Fields(string(body)), " ") // the service needs no layout
	operation, _, _ := strings.Cut(strings.TrimPrefix(text, "query "), " ")
	operation, _, _ = strings.Cut(operation, "(")
	return query{operation: operation, text: text}
}

// with returns the same question put to another field of the same arguments.
func (q query) with(field, other string) query {
	q.text = strings.Replace(q.text, field+"(", other+"(", 1)
	return q
}
