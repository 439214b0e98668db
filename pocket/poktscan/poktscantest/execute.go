package poktscantest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// A refusal is a question that is refused whole, with status 400.
type refusal struct{ code, message string }

func (e *refusal) Error() string { return e.message }

// A fault is an error of one field: the rest of the answer is good. state is the database's code, "" when it was not the database.
type fault struct{ state, message string }

func (e *fault) Error() string { return e.message }

// An execution answers one request.
type execution struct {
	s         *Server
	variables map[string]any
	errors    []map[string]any
}

// run answers a query: it appends the data as JSON.
func (x *execution) run(out []byte, root *field) ([]byte, error) {
	for _, f := range root.fields {
		if !x.s.has(f.name) {
			return nil, &refusal{"GRAPHQL_VALIDATION_FAILED", fmt.Sprintf("Cannot query field %q on type \"Query\".", f.name)}
		}
	}
	for i, f := range root.fields {
		out = appendKey(append(out, "{,"[min(i, 1)]), f.key())
		made, err := x.rootField(out, f)
		if r, ok := err.(*refusal); ok {
			return nil, r
		}
		if err != nil {
			x.fail(f, err)
			made = append(out, "null"...)
		}
		out = made
	}
	return append(out, '}'), nil
}

// past returns a table as of the block that a question names. What has no history here has always been so.
func (s *Server) past(t *table, args map[string]any) *table {
	since := map[string]string{"balances": "lastUpdatedBlockId", "params": "blockId"}[t.name]
	if height, ok := args["blockHeight"]; ok && since != "" {
		return t.asOf(since, fmt.Sprint(height))
	}
	return t
}

func (x *execution) fail(f *field, err error) {
	extensions := map[string]any{"code": "INTERNAL_SERVER_ERROR"}
	if db, ok := err.(*fault); ok && db.state != "" {
		extensions["exception"] = map[string]any{"name": "error", "severity": "ERROR", "code": db.state, "routine": "secret inside"}
	}
	x.errors = append(x.errors, map[string]any{
		"message": err.Error(), "locations": []any{map[string]any{"line": 1, "column": 1}}, "path": []any{f.key()}, "extensions": extensions,
	})
}

// appendKey appends the name of a field, which needs no escapes.
func appendKey(out []byte, key string) []byte {
	return append(append(append(out, '"'), key...), '"', ':')
}

// args returns a field's arguments with the variables put in. Those that the request left out are not there.
func (x *execution) args(f *field) map[string]any {
	args := map[string]any{}
	for name, value := range f.args {
		if v, ok := resolve(value, x.variables); ok && v != nil {
			args[name] = v
		}
	}
	return args
}

func (x *execution) wanted(f *field) bool {
	if f.skip != nil {
		if v, _ := resolve(f.skip, x.variables); v == true {
			return false
		}
	}
	if f.include != nil {
		if v, _ := resolve(f.include, x.variables); v != true {
			return false
		}
	}
	return true
}

func (x *execution) rootField(out []byte, f *field) ([]byte, error) {
	args := x.args(f)
	switch {
	case f.name == "_metadata":
		return x.selectJSON(out, f, x.s.metadata()), nil
	case f.name == "__type":
		body, err := x.functionNames()
		return append(out, body...), err
	case singles[f.name] != "":
		t := x.s.past(x.s.tables[singles[f.name]], args)
		for _, row := range t.by("id", fmt.Sprint(args["id"])) {
			if x.s.visible(t, row) {
				return x.row(out, t, row, f)
			}
		}
		return append(out, "null"...), nil
	case x.s.tables[f.name] != nil:
		return x.connection(out, x.s.past(x.s.tables[f.name], args), f, args, nil)
	default:
		body, err := x.s.function(f.name, args)
		return append(out, body...), err
	}
}

// selectJSON appends the selected fields of an object.
func (x *execution) selectJSON(out []byte, f *field, object map[string]any) []byte {
	for i, c := range f.fields {
		body, err := json.Marshal(object[c.name])
		if err != nil {
			panic(err) // of our own values
		}
		out = append(appendKey(append(out, "{,"[min(i, 1)]), c.key()), body...)
	}
	return append(out, '}')
}

func (x *execution) functionNames() ([]byte, error) {
	if x.s.secretive {
		return nil, &refusal{"GRAPHQL_VALIDATION_FAILED", "GraphQL introspection is not allowed by Apollo Server, but the query contained __schema or __type. " +
			"To enable introspection, pass introspection: true to ApolloServer in production"}
	}
	var names []string
	for name := range x.s.tables {
		names = append(names, name)
	}
	for name := range functions {
		if x.s.has(name) {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	var list []map[string]string
	for _, name := range names {
		list = append(list, map[string]string{"name": name})
	}
	return json.Marshal(map[string]any{"fields": list})
}

// row appends a row's selected fields.
func (x *execution) row(out []byte, t *table, row int, f *field) ([]byte, error) {
	out = append(out, '{')
	first := true
	for _, c := range f.fields {
		if !x.wanted(c) {
			continue
		}
		if !first {
			out = append(out, ',')
		}
		first = false
		out = appendKey(out, c.key())
		var err error
		if out, err = x.value(out, t, row, c); err != nil {
			return nil, err
		}
	}
	return append(out, '}'), nil
}

func (x *execution) value(out []byte, t *table, row int, f *field) ([]byte, error) {
	if r, ok := t.one[f.name]; ok {
		other := x.s.tables[r.table]
		found := other.by(r.foreign, t.value(row, r.own))
		if len(found) == 0 {
			return append(out, "null"...), nil
		}
		return x.row(out, other, found[0], f)
	}
	if r, ok := t.many[f.name]; ok {
		other := x.s.tables[r.table]
		return x.connection(out, other, f, x.args(f), append([]int{}, other.by(r.foreign, t.value(row, r.own))...))
	}
	place, ok := t.places[f.name]
	if !ok {
		return nil, &refusal{"GRAPHQL_VALIDATION_FAILED", fmt.Sprintf("Cannot query field %q on type %q.", f.name, t.name)}
	}
	return appendValue(out, t.columns[place].kind, t.rows[row][place]), nil
}

func appendValue(out []byte, k kind, value string) []byte {
	switch {
	case value == null:
		return append(out, "null"...)
	case k == integer, k == document, k == flag:
		return append(out, value...)
	case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' || r >= 0x7f }):
		body, _ := json.Marshal(value)
		return append(out, body...)
	default:
		return append(append(append(out, '"'), value...), '"')
	}
}

// connection answers a list. of are the rows to choose from, nil for all of the table.
func (x *execution) connection(out []byte, t *table, f *field, args map[string]any, of []int) ([]byte, error) {
	o, err := t.parseOrder(texts(args["orderBy"]))
	if err != nil {
		return nil, err
	}
	condition, _ := args["filter"].(map[string]any)
	matches, err := x.s.compile(t, condition)
	if err != nil {
		return nil, err
	}
	candidates := of
	if of == nil {
		candidates = t.candidates(o, condition)
	} else {
		candidates = slices.Clone(of)
		slices.SortFunc(candidates, func(a, b int) int { return t.compare(o, a, b) })
	}
	if x.s.mostRows > 0 && len(candidates) > x.s.mostRows {
		return nil, &fault{"57014", "canceling statement due to statement timeout"}
	}
	matches = all([]test{func(row int) bool { return x.s.visible(t, row) }, matches})
	p, err := x.page(t, o, args, candidates, matches, f.child("totalCount") != nil || f.child("groupedAggregates") != nil)
	if err != nil {
		return nil, err
	}
	return x.writeConnection(out, t, f, o, p)
}

func texts(value any) []string {
	switch v := value.(type) {
	case nil:
		return nil
	case []any:
		var list []string
		for _, item := range v {
			list = append(list, fmt.Sprint(item))
		}
		return list
	default:
		return []string{fmt.Sprint(v)}
	}
}

type pageOfRows struct {
	rows    []int
	next    bool
	matched []int // all that match, when they were wanted
}

// page cuts the page out of the rows that match. A first beyond the limit is cut down, without a word.
func (x *execution) page(t *table, o order, args map[string]any, candidates []int, matches test, everything bool) (pageOfRows, error) {
	first := x.s.limit
	if n, ok := args["first"]; ok {
		asked, err := strconv.Atoi(fmt.Sprint(n))
		switch {
		case err != nil:
			return pageOfRows{}, &refusal{"BAD_USER_INPUT", fmt.Sprintf("Int cannot represent non-integer value: %q", fmt.Sprint(n))}
		case asked < 0:
			return pageOfRows{}, &fault{"2201W", "LIMIT must not be negative"}
		}
		first = min(first, asked)
	}
	if args["last"] != nil && args["first"] != nil {
		return pageOfRows{}, &fault{"", "We don't support setting both first and last"}
	}
	begin := 0
	if after, ok := args["after"].(string); ok {
		row, err := readCursor(t, o, after)
		if err != nil {
			return pageOfRows{}, err
		}
		begin, _ = slices.BinarySearchFunc(candidates, row, func(have, want int) int {
			if t.compare(o, have, want) <= 0 {
				return -1
			}
			return 1
		})
	}
	var p pageOfRows
	if everything {
		for _, row := range candidates {
			if matches(row) {
				p.matched = append(p.matched, row)
			}
		}
	}
	for _, row := range candidates[begin:] {
		if !matches(row) {
			continue
		}
		if len(p.rows) == first {
			p.next = true
			break
		}
		p.rows = append(p.rows, row)
	}
	return p, nil
}

// A cursor holds the order, the row's values in it, and the row's number in this service's database: as the real ones do.
func cursor(t *table, o order, row int) string {
	var words, values []string
	for _, by := range o {
		words = append(words, by.column+direction(by.down))
		values = append(values, t.value(row, by.column))
	}
	body, _ := json.Marshal([]any{words, values, row})
	return base64.StdEncoding.EncodeToString(body)
}

func direction(down bool) string {
	if down {
		return "_desc"
	}
	return "_asc"
}

func readCursor(t *table, o order, text string) (int, error) {
	wrong := &fault{"", "Invalid cursor, please enter a cursor from a previous request, or null."}
	body, err := base64.StdEncoding.DecodeString(text)
	var parts []json.RawMessage
	if err != nil || json.Unmarshal(body, &parts) != nil || len(parts) != 3 {
		return 0, wrong
	}
	row, err := strconv.Atoi(string(parts[2]))
	if err != nil || row < 0 || row >= len(t.rows) || cursor(t, o, row) != text {
		return 0, wrong
	}
	return row, nil
}

func (x *execution) writeConnection(out []byte, t *table, f *field, o order, p pageOfRows) ([]byte, error) {
	for i, c := range f.fields {
		out = appendKey(append(out, "{,"[min(i, 1)]), c.key())
		switch c.name {
		case "totalCount":
			out = strconv.AppendInt(out, int64(len(p.matched)), 10)
		case "pageInfo":
			info := map[string]any{"hasNextPage": p.next, "hasPreviousPage": false, "startCursor": nil, "endCursor": nil}
			if n := len(p.rows); n > 0 {
				info["startCursor"], info["endCursor"] = cursor(t, o, p.rows[0]), cursor(t, o, p.rows[n-1])
			}
			out = x.selectJSON(out, c, info)
		case "nodes":
			out = append(out, '[')
			for i, row := range p.rows {
				if i > 0 {
					out = append(out, ',')
				}
				var err error
				if out, err = x.row(out, t, row, c); err != nil {
					return nil, err
				}
			}
			out = append(out, ']')
		case "groupedAggregates":
			out = append(out, x.groups(t, c, p.matched)...)
		default:
			return nil, &refusal{"GRAPHQL_VALIDATION_FAILED", fmt.Sprintf("Cannot query field %q on type %q.", c.name, t.name+"Connection")}
		}
	}
	return append(out, '}'), nil
}

// groups adds up rows by columns. Sums are texts; of nothing there are no groups.
func (x *execution) groups(t *table, f *field, rows []int) []byte {
	var by []string
	for _, word := range texts(x.args(f)["groupBy"]) {
		by = append(by, camel(word))
	}
	type group struct {
		keys []string
		rows []int
	}
	var list []*group
	known := map[string]*group{}
	for _, row := range rows {
		var keys []string
		for _, column := range by {
			keys = append(keys, t.value(row, column))
		}
		key := strings.Join(keys, "\x01")
		if known[key] == nil {
			known[key] = &group{keys: keys}
			list = append(list, known[key])
		}
		known[key].rows = append(known[key].rows, row)
	}
	made := []map[string]any{}
	for _, g := range list {
		object := map[string]any{"keys": g.keys}
		if sum := f.child("sum"); sum != nil {
			sums := map[string]any{}
			for _, c := range sum.fields {
				total := int64(0)
				for _, row := range g.rows {
					n, _ := strconv.ParseInt(t.value(row, c.name), 10, 64) // null adds nothing
					total += n
				}
				sums[c.key()] = strconv.FormatInt(total, 10)
			}
			object["sum"] = sums
		}
		if f.child("distinctCount") != nil {
			object["distinctCount"] = map[string]any{"id": strconv.Itoa(len(g.rows))}
		}
		made = append(made, object)
	}
	body, _ := json.Marshal(made)
	return body
}
