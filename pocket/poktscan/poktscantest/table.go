package poktscantest

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A kind is how a column's values are compared.
type kind int

const (
	text    kind = iota // also enums
	numeric             // written as text
	integer             // written bare
	moment
	document // JSON
	flag
)

type column struct {
	name string
	kind kind
}

// columns reads "id blockId:n …": a name alone is text, :n numeric, :i integer, :t a moment, :j JSON, :b a flag.
func columns(spec string) []column {
	kinds := map[string]kind{"": text, "n": numeric, "i": integer, "t": moment, "j": document, "b": flag}
	var list []column
	for part := range strings.FieldsSeq(spec) {
		name, suffix, _ := strings.Cut(part, ":")
		list = append(list, column{name, kinds[suffix]})
	}
	return list
}

// A table holds rows of values as they are compared: texts, numbers and moments bare, JSON as it is written. null is none.
type table struct {
	name    string
	columns []column
	places  map[string]int
	rows    [][]string
	former  [][]string     // rows that others took the place of
	ids     map[string]int // the first row of each id

	orders  map[string][]int            // by order: the rows' numbers
	indexes map[string]map[string][]int // by column and value
	one     map[string]relation         // fields that are a row of another table
	many    map[string]relation         // fields that are a list of rows of another table
}

// A relation leads from a row to those of another table whose foreign column has the value of the row's own.
type relation struct{ table, own, foreign string }

// null is the value of a column that has none.
const null = "\x00"

func newTable(name, spec string) *table {
	t := &table{name: name, columns: columns(spec), places: map[string]int{}, ids: map[string]int{}, one: map[string]relation{}, many: map[string]relation{}}
	for i, c := range t.columns {
		t.places[c.name] = i
	}
	t.touch()
	return t
}

// touch forgets what was made of the rows.
func (t *table) touch() {
	t.orders, t.indexes = map[string][]int{}, map[string]map[string][]int{}
}

// add adds a row: names and values in turn. What is not named is null.
func (t *table) add(values ...string) {
	row := make([]string, len(t.columns))
	for i := range row {
		row[i] = null
	}
	for i := 0; i < len(values); i += 2 {
		place, ok := t.places[values[i]]
		if !ok {
			panic(fmt.Sprintf("poktscantest: table %s has no column %s", t.name, values[i])) // a mistake in this package
		}
		row[place] = values[i+1]
	}
	if place, ok := t.places["id"]; ok {
		if _, known := t.ids[row[place]]; !known {
			t.ids[row[place]] = len(t.rows)
		}
	}
	t.rows = append(t.rows, row)
	t.touch()
}

// put is add in the place of the row with the same id, whose former values are kept.
func (t *table) put(values ...string) {
	t.add(values...)
	last := len(t.rows) - 1
	id := t.rows[last][t.places["id"]]
	if old, ok := t.ids[id]; ok && old != last {
		t.former = append(t.former, t.rows[old])
		t.rows[old], t.rows = t.rows[last], t.rows[:last]
		t.ids[id] = old
	}
}

// asOf returns the table as it was after a block: rows tell in a column since when they hold.
func (t *table) asOf(since string, height string) *table {
	old := &table{name: t.name, columns: t.columns, places: t.places, one: t.one, many: t.many, ids: map[string]int{}}
	old.touch()
	best := map[string][]string{}
	for _, row := range slices.Concat(t.former, t.rows) {
		id, from := row[t.places["id"]], row[t.places[since]]
		if compareNumbers(from, height) > 0 {
			continue
		}
		if had, ok := best[id]; !ok || compareNumbers(had[t.places[since]], from) <= 0 {
			best[id] = row
		}
	}
	for _, row := range best {
		old.rows = append(old.rows, row)
	}
	return old
}

func (t *table) value(row int, column string) string { return t.rows[row][t.places[column]] }

// by returns the rows whose column has a value, from an index that is made when first asked for.
func (t *table) by(column, value string) []int {
	index, ok := t.indexes[column]
	if !ok {
		index = map[string][]int{}
		place := t.places[column]
		for i, row := range t.rows {
			index[row[place]] = append(index[row[place]], i)
		}
		t.indexes[column] = index
	}
	return index[value]
}

// An order is a list of columns to sort by.
type order []struct {
	column string
	down   bool
}

// parseOrder reads BLOCK_ID_ASC and the like.
func (t *table) parseOrder(words []string) (order, error) {
	var o order
	for _, word := range words {
		name, down := strings.CutSuffix(word, "_DESC")
		name = camel(strings.TrimSuffix(name, "_ASC"))
		if _, ok := t.places[name]; !ok {
			return nil, &refusal{"GRAPHQL_VALIDATION_FAILED", fmt.Sprintf("Value %q does not exist in %q enum.", word, t.name+"OrderBy")}
		}
		o = append(o, struct {
			column string
			down   bool
		}{name, down})
	}
	return o, nil
}

// camel turns BLOCK_ID into blockId.
func camel(word string) string {
	parts := strings.Split(strings.ToLower(word), "_")
	for i := range parts[1:] {
		if p := parts[i+1]; p != "" {
			parts[i+1] = strings.ToUpper(p[:1]) + p[1:]
		}
	}
	return strings.Join(parts, "")
}

func (o order) key() string { return fmt.Sprint(o) }

// compare orders two rows; rows that are alike by their number.
func (t *table) compare(o order, a, b int) int {
	for _, by := range o {
		place := t.places[by.column]
		c := compareValues(t.columns[place].kind, t.rows[a][place], t.rows[b][place])
		if by.down {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return cmp.Compare(a, b)
}

// sorted returns the numbers of all rows in order.
func (t *table) sorted(o order) []int {
	if list, ok := t.orders[o.key()]; ok {
		return list
	}
	list := make([]int, len(t.rows))
	for i := range list {
		list[i] = i
	}
	slices.SortFunc(list, func(a, b int) int { return t.compare(o, a, b) })
	t.orders[o.key()] = list
	return list
}

// compareValues compares as the database does: nulls come last, ids as text.
func compareValues(k kind, a, b string) int {
	switch {
	case a == b:
		return 0
	case a == null:
		return 1
	case b == null:
		return -1
	case k == numeric || k == integer:
		return compareNumbers(a, b)
	default:
		return strings.Compare(a, b)
	}
}

func compareNumbers(a, b string) int {
	x, errX := strconv.ParseInt(a, 10, 64)
	y, errY := strconv.ParseInt(b, 10, 64)
	if errX == nil && errY == nil {
		return cmp.Compare(x, y)
	}
	f, _ := strconv.ParseFloat(a, 64)
	g, _ := strconv.ParseFloat(b, 64)
	return cmp.Compare(f, g)
}
